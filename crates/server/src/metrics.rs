//! Numbers for Prometheus, in the OpenMetrics text format.
//!
//! Only for who presents the token that the server was given for it: how much is stored, and how often who comes, is
//! nobody else's business.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use library::accounts::Secret;
use library::copies::CopyStatus;
use model::{Error, ErrorKind, Result, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::Mutex;

use crate::app::App;
use crate::auth::bearer;
use crate::problem::Answer;

/// Counting all that is stored takes a moment, so it is not done more often than this.
const COUNTED: Duration = Duration::from_mins(1);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

/// What is counted while the server runs.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram>,
    /// What is stored, as text, and when it was counted.
    stored: Mutex<Option<(Instant, String)>>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("ourphoto");
        let requests = Family::<Answered, Counter>::default();
        // 1 ms to about 33 s.
        let seconds = Family::<Asked, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 2.0, 16))
        });
        registry.register("http_requests", "Requests that were answered", requests.clone());
        let help = "Time until the answer begins";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, seconds.clone());
        Self { registry, requests, seconds, stored: Mutex::new(None) }
    }

    /// Counts a request.
    pub(crate) fn answered(&self, method: &axum::http::Method, route: &str, status: u16, took: Duration) {
        // Anybody can make up methods; they must not make up series.
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
        let route = route.to_owned();
        self.seconds.get_or_create(&Asked { method, route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { method, route, status }).inc();
    }

    async fn text(&self, app: &App) -> Result<String> {
        let mut text = String::new();
        encode(&mut text, &self.registry)
            .map_err(|error| Error::internal("metrics cannot be written").with_source(error))?;
        let text = text.trim_end().trim_end_matches("# EOF");
        let mut stored = self.stored.lock().await;
        let fresh = stored.as_ref().filter(|(at, _)| at.elapsed() < COUNTED).map(|(_, text)| text.clone());
        let counted = match fresh {
            Some(counted) => counted,
            None => {
                let counted = count(app).await?;
                *stored = Some((Instant::now(), counted.clone()));
                counted
            }
        };
        Ok(format!("{text}{counted}# EOF\n"))
    }
}

/// What is stored and what is at risk.
async fn count(app: &App) -> Result<String> {
    let Some(library) = app.library() else { return Ok(String::new()) };
    let (cared, open) = library.safety_counts().await?;
    let copies: Vec<CopyStatus> = cared.iter().map(|copy| copy.status.clone()).collect();
    let now = library.clock.now();
    let jobs = library.jobs().await?;
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, values: &[(String, u64)]| {
        let _ = writeln!(text, "# HELP ourphoto_{name} {help}.\n# TYPE ourphoto_{name} gauge");
        for (labels, value) in values {
            let _ = writeln!(text, "ourphoto_{name}{labels} {value}");
        }
    };
    let one = |value: u64| [(String::new(), value)];
    gauge("jobs_waiting", "Previews and other work that waits", &one(jobs.due + jobs.later));
    gauge("jobs_failed", "Work that was given up", &one(jobs.failed));
    let by_copy = |value: fn(&CopyStatus) -> u64| -> Vec<(String, u64)> {
        let labels = |copy: &CopyStatus| format!("{{copy=\"{}\"}}", escaped(&copy.name));
        copies.iter().map(|copy| (labels(copy), value(copy))).collect()
    };
    gauge("copy_objects", "Objects that a copy holds; the library is the first", &by_copy(|copy| copy.held));
    gauge("copy_bytes", "Their encrypted bytes", &by_copy(|copy| copy.held_bytes));
    gauge("copy_waiting_objects", "Objects that no run has copied yet", &by_copy(|copy| copy.waiting));
    gauge(
        "copy_damaged_objects",
        "Objects whose bytes are not what they were",
        &by_copy(|copy| copy.damaged),
    );
    gauge(
        "copy_missing_objects",
        "Objects that a copy held and holds no more",
        &by_copy(|copy| copy.missing),
    );
    // Times that are not known are no series: a zero would look like 1970.
    let age = |at: Option<Timestamp>| Some(now.0.saturating_sub(at?.0).max(0) as u64 / 1000);
    let mut ages: [Vec<(String, u64)>; 2] = Default::default();
    let mut failures = Vec::new();
    let mut free = Vec::new();
    for copy in &cared {
        let labels = format!("{{copy=\"{}\"}}", escaped(&copy.status.name));
        ages[0].extend(age(copy.care.ran_at).map(|age| (labels.clone(), age)));
        ages[1].extend(age(copy.status.oldest_proof).map(|age| (labels.clone(), age)));
        free.extend(copy.care.free_bytes.map(|free| (labels.clone(), free)));
        failures.push((labels, u64::from(copy.care.failures)));
    }
    gauge("copy_run_age_seconds", "Time since a run last ended with nothing left to do", &ages[0]);
    gauge("copy_proof_age_seconds", "Age of the oldest proof", &ages[1]);
    gauge("copy_failures", "Runs that failed in a row", &failures);
    gauge("copy_free_bytes", "Room that is left in its place", &free);
    let mut alerts = std::collections::BTreeMap::new();
    for kind in open {
        *alerts.entry(format!("{{kind=\"{kind}\"}}")).or_insert(0) += 1;
    }
    gauge("alerts", "Open alerts by kind", &alerts.into_iter().collect::<Vec<_>>());
    Ok(text)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Answers Prometheus.
pub(crate) async fn answer(State(app): State<App>, headers: HeaderMap) -> Answer<Response> {
    let expected = app.config().metrics_token.as_ref();
    let expected = expected.ok_or_else(|| {
        Error::not_found("metrics are off; start the server with --metrics-token-file to have them")
    })?;
    let presented = bearer(&headers).as_ref().map(Secret::hash).transpose()?;
    // Hashes are compared, so that the time taken says nothing of the token.
    if presented != Some(expected.hash()?) {
        return Err(Error::new(ErrorKind::Unproved, "present the token for metrics").into());
    }
    let text = app.metrics().text(&app).await?;
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
