//! An S3 server on loopback, for tests: `s3s` speaks the protocol and checks every signature, `s3s-fs` keeps objects as
//! files below a folder, so that a test can look at them and damage them. It ends when it is dropped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::path::S3Path;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The one access key that a server knows.
pub const ACCESS_KEY: &str = "an-access-key";
/// The secret that goes with it.
pub const SECRET_KEY: &str = "a secret, that is not in any address";

/// A server with one bucket, [`S3Server::BUCKET`].
pub struct S3Server {
    runtime: Option<Runtime>,
    address: SocketAddr,
    root: PathBuf,
}

/// What a server knows of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// What Amazon's does.
    Whole,
    /// Lets nobody delete or overwrite, as a bucket under object lock, or credentials that may only add.
    CreateOnly,
    /// Refuses `If-None-Match` on writes, as Backblaze B2 and others do.
    WithoutConditionalWrites,
}

impl S3Server {
    /// The bucket that is there.
    pub const BUCKET: &'static str = "photos";

    /// Starts a server on a free port, its objects below the folder `root`. It answers when this returns.
    pub fn start(root: &Path, dialect: Dialect) -> io::Result<Self> {
        std::fs::create_dir_all(root.join(Self::BUCKET))?;
        let files = FileSystem::new(root).map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        service.set_access(Gate { dialect, root: root.to_owned() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        runtime.spawn(serve(listener, service.build()));
        Ok(Self { runtime: Some(runtime), address, root: root.to_owned() })
    }

    /// Where it listens, as `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of a store below `prefix` in the bucket, without credentials.
    pub fn url(&self, prefix: &str) -> String {
        format!("s3://{}/{prefix}?endpoint={}", Self::BUCKET, self.endpoint())
    }

    /// The folder that holds what is below `prefix` in the bucket.
    pub fn folder(&self, prefix: &str) -> PathBuf {
        self.root.join(Self::BUCKET).join(prefix)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    while let Ok((socket, _)) = listener.accept().await {
        // Head and body of an answer are written apart: together with a late acknowledgement each would take 40 ms.
        let _ = socket.set_nodelay(true);
        let service = service.clone();
        tokio::spawn(async move {
            let connections = Builder::new(hyper_util::rt::TokioExecutor::new());
            // A client that goes away is its own business.
            let _ = connections.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

/// Lets in who has signed, and refuses what the dialect lacks.
struct Gate {
    dialect: Dialect,
    root: PathBuf,
}

impl Gate {
    /// Whether a request removes an object or replaces one that is there.
    fn takes_away(&self, context: &S3AccessContext<'_>) -> bool {
        let S3Path::Object { bucket, key } = context.s3_path() else {
            // Many objects at once.
            return context.method() == "POST";
        };
        let there = self.root.join(&**bucket).join(&**key).is_file();
        there && matches!(context.method().as_str(), "DELETE" | "PUT" | "POST")
    }
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        }
        // s3s-fs makes a bucket by writing into it, which no service does.
        if context.s3_path().get_bucket_name().is_some_and(|bucket| !self.root.join(bucket).is_dir()) {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        if self.dialect == Dialect::CreateOnly && self.takes_away(context) {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        let writes = context.method() == "PUT" || context.method() == "POST";
        if self.dialect == Dialect::WithoutConditionalWrites
            && writes
            && context.headers().contains_key("if-none-match")
        {
            return Err(s3_error!(
                NotImplemented,
                "A header you provided implies functionality that is not implemented"
            ));
        }
        Ok(())
    }
}
