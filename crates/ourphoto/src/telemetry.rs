//! What the server tells of itself while it runs: logs as JSON lines on standard error, and, where a collector is named,
//! traces of requests by OpenTelemetry. Neither says more than the log may: no names, no addresses, of paths their shape.

use std::time::Duration;

use model::{Error, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, filter};

/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends with the server.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Logs as `OURPHOTO_LOG` says, and traces to `collector`.
    ///
    /// # Errors
    /// `Invalid` for a filter or an address that cannot be understood.
    pub(crate) fn start(collector: Option<&str>) -> Result<Self> {
        let wanted = std::env::var("OURPHOTO_LOG").unwrap_or_else(|_| "warn,ourphoto_server=info".to_owned());
        let filter = EnvFilter::try_new(&wanted).map_err(|error| {
            Error::invalid(format!("OURPHOTO_LOG={wanted} cannot be understood: {error}"))
        })?;
        let lines = tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr).with_filter(filter);
        let provider = collector.map(provider).transpose()?;
        let traces = provider.as_ref().map(|provider| {
            let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("ourphoto"));
            // Of spans those of requests, and of events none: their text is for the log.
            spans.with_filter(filter::filter_fn(|of| {
                of.is_span() && of.target().starts_with("ourphoto_server")
            }))
        });
        let subscriber = tracing_subscriber::registry().with(lines).with(traces);
        subscriber.try_init().map_err(|error| Error::internal("logging").with_detail(error.to_string()))?;
        Ok(Self(provider))
    }

    /// Sends what waits to be sent.
    pub(crate) fn end(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last traces did not reach the collector");
        }
    }
}

fn provider(collector: &str) -> Result<SdkTracerProvider> {
    let wrong = |error: &dyn std::fmt::Display| {
        Error::invalid(format!("the collector's address '{collector}' cannot be used: {error}"))
    };
    url::Url::parse(collector).map_err(|error| wrong(&error))?;
    // Set once for the process; who set it before chose the same.
    server::install_tls();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
        .with_timeout(PATIENCE)
        .build()
        .map_err(|error| wrong(&error))?;
    let resource = Resource::builder_empty()
        .with_service_name("ourphoto")
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
