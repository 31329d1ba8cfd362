//! An S3 server on loopback, for tests: `s3s` speaks the protocol and checks every signature, `s3s-fs` keeps objects as
//! files below a folder, so that a test can look at them and damage them. It ends when it is dropped.

mod checked;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use checked::Checked;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::path::S3Path;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The access key that a server knows.
pub const ACCESS_KEY: &str = "an-access-key";
/// Another one, that stays good when the time of the first is over.
pub const NEXT_ACCESS_KEY: &str = "the-next-access-key";
/// The secret that goes with both.
pub const SECRET_KEY: &str = "a secret, that is not in any address";

/// A server with one bucket, [`S3Server::BUCKET`].
pub struct S3Server {
    runtime: Option<Runtime>,
    address: SocketAddr,
    root: PathBuf,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

/// What a server knows of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// What Amazon's does.
    Whole,
    /// Lets nobody delete or overwrite, as credentials that may only add.
    CreateOnly,
    /// A bucket under object lock: lets nobody delete or overwrite, and takes nothing without a checksum, which has to be
    /// right.
    ObjectLock,
    /// Refuses checksums, as Backblaze B2 and older servers do.
    WithoutChecksums,
    /// Refuses `If-None-Match` on writes, as Backblaze B2 and others do.
    WithoutConditionalWrites,
}

/// What goes wrong from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// So many writes are taken, and then nothing fits any more, as MinIO says it.
    FullAfter(u64),
    /// The bucket's quota is used up, as Ceph says it.
    OverQuota,
    /// The time of [`ACCESS_KEY`] is over.
    Expired,
}

impl S3Server {
    /// The bucket that is there.
    pub const BUCKET: &'static str = "photos";

    /// Starts a server on a free port, its objects below the folder `root`. It answers when this returns.
    pub fn start(root: &Path, dialect: Dialect) -> io::Result<Self> {
        std::fs::create_dir_all(root.join(Self::BUCKET))?;
        let files = FileSystem::new(root).map_err(|error| io::Error::other(format!("{error:?}")))?;
        let trouble = Arc::default();
        let mut service = S3ServiceBuilder::new(Checked(files));
        let mut known = SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY);
        known.register(NEXT_ACCESS_KEY.into(), SECRET_KEY.into());
        service.set_auth(known);
        service.set_access(Gate { dialect, root: root.to_owned(), trouble: Arc::clone(&trouble) });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        runtime.spawn(serve(listener, service.build()));
        Ok(Self { runtime: Some(runtime), address, root: root.to_owned(), trouble })
    }

    /// Lets something go wrong from now on, or nothing any more.
    pub fn trouble(&self, trouble: Option<Trouble>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
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
    trouble: Arc<Mutex<Option<Trouble>>>,
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

    /// What is wrong now for who asks with this key, and writes or only reads.
    fn refusal(&self, key: &str, writes: bool) -> Option<S3Error> {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble.as_mut()? {
            Trouble::FullAfter(left) if writes && *left > 0 => {
                *left -= 1;
                None
            }
            Trouble::FullAfter(_) if writes => {
                let code = S3ErrorCode::Custom("XMinioStorageFull".into());
                let mut error =
                    S3Error::with_message(code, "Storage backend has reached its minimum free drive");
                error.set_status_code(507_u16.try_into().ok()?);
                Some(error)
            }
            Trouble::OverQuota if writes => {
                let mut error = S3Error::new(S3ErrorCode::Custom("QuotaExceeded".into()));
                error.set_status_code(403_u16.try_into().ok()?);
                Some(error)
            }
            Trouble::Expired if key == ACCESS_KEY => {
                Some(s3_error!(ExpiredToken, "The provided token has expired."))
            }
            _ => None,
        }
    }
}

/// Whether a request brings content: an object or a part of one.
fn brings_content(context: &S3AccessContext<'_>) -> bool {
    context.method() == "PUT" && matches!(context.s3_path(), S3Path::Object { .. })
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(key) = context.credentials().map(|credentials| credentials.access_key.clone()) else {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        };
        // s3s-fs makes a bucket by writing into it, which no service does.
        if context.s3_path().get_bucket_name().is_some_and(|bucket| !self.root.join(bucket).is_dir()) {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        let only_adds = matches!(self.dialect, Dialect::CreateOnly | Dialect::ObjectLock);
        if only_adds && self.takes_away(context) {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        let writes = context.method() == "PUT" || context.method() == "POST";
        if let Some(refusal) = self.refusal(&key, writes) {
            return Err(refusal);
        }
        let checksum = context.headers().keys().find(|name| name.as_str().starts_with("x-amz-checksum-"));
        let checked = checksum.is_some() || context.headers().contains_key("content-md5");
        if self.dialect == Dialect::ObjectLock && brings_content(context) && !checked {
            return Err(s3_error!(
                InvalidRequest,
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock \
                 parameters"
            ));
        }
        if let Some(name) = checksum.filter(|_| self.dialect == Dialect::WithoutChecksums) {
            let text = format!("Unsupported header '{name}' received for this API call.");
            return Err(S3Error::with_message(S3ErrorCode::InvalidArgument, text));
        }
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
