//! What OpenDAL reports, in words that say what to do.

use model::{Error, ErrorKind};

/// The error for people: `what` could not be done `described` as an address.
pub(super) fn failed(what: &str, described: &str, error: &opendal::Error) -> Error {
    let kind = match error.kind() {
        _ if is_full(error) => ErrorKind::OutOfSpace,
        _ if says(error, &EXPIRED) || is_refused_without_a_word(described, error) => ErrorKind::Forbidden,
        opendal::ErrorKind::NotFound => ErrorKind::NotFound,
        opendal::ErrorKind::PermissionDenied => ErrorKind::Forbidden,
        opendal::ErrorKind::ConfigInvalid => ErrorKind::Invalid,
        opendal::ErrorKind::AlreadyExists | opendal::ErrorKind::ConditionNotMatch => ErrorKind::Conflict,
        _ => ErrorKind::Unavailable,
    };
    let said = advice(described, error).unwrap_or_else(|| error.message().to_owned());
    // OpenDAL's full text carries request contexts; a person gets the short form, the log the rest.
    Error::new(kind, format!("{what} {described}: {said}")).with_detail(error.to_string())
}

/// What S3 calls credentials whose time is over.
const EXPIRED: [&str; 3] = ["ExpiredToken", "TokenRefreshRequired", "InvalidToken"];
/// What services that speak S3 call a place where nothing more fits: Ceph, MinIO, others.
const FULL: [&str; 4] =
    ["QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "XMinioStorageFull", "InsufficientStorage"];

/// Whether a service that speaks S3 gave one of these codes.
fn says(error: &opendal::Error, codes: &[&str]) -> bool {
    codes.iter().any(|code| error.message().contains(&format!("code: \"{code}\"")))
}

/// Whether nothing more fits. OpenDAL has no kind for that.
fn is_full(error: &opendal::Error) -> bool {
    says(error, &FULL)
        // Garage says so only in words.
        || error.message().contains("quota is reached")
        // Insufficient Storage (RFC 4918 section 11.5), from whatever speaks HTTP.
        || error.to_string().contains("status: 507")
}

/// Whether a service that speaks S3 refused a question that is answered without a body. That is how Amazon answers
/// credentials whose time is over when it is asked whether there is an object.
fn is_refused_without_a_word(described: &str, error: &opendal::Error) -> bool {
    described.starts_with("s3:")
        && (error.message().is_empty() || error.message().contains("code: \"\""))
        && error.to_string().contains("status: 400")
}

/// What a person can do about it, where that is known.
fn advice(described: &str, error: &opendal::Error) -> Option<String> {
    let scheme = described.split(':').next().unwrap_or_default();
    let secrets = match scheme {
        "s3" => {
            "access_key_id and secret_access_key in the credentials file, or AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY in the environment"
        }
        "b2" => {
            "application_key_id and application_key in the credentials file, or B2_APPLICATION_KEY_ID and \
             B2_APPLICATION_KEY in the environment"
        }
        "azblob" => {
            "account_key or sas_token in the credentials file, or AZURE_STORAGE_ACCOUNT_KEY or \
             AZURE_STORAGE_SAS_TOKEN in the environment"
        }
        "gcs" => "the service account's key file",
        "webdav" | "webdavs" => {
            "the user's name, and password in the credentials file or OURPHOTO_WEBDAV_PASSWORD in the environment"
        }
        _ => "",
    };
    match error.kind() {
        _ if is_full(error) => Some("the place is full, or its quota is used up; make room there".to_owned()),
        _ if says(error, &EXPIRED) => {
            Some(format!("the credentials have expired; put new ones in their place ({secrets})"))
        }
        _ if is_refused_without_a_word(described, error) => Some(format!(
            "the service refused without a word, as it does when credentials have expired; put new ones in their place \
             ({secrets})"
        )),
        _ if says(error, &["RequestTimeTooSkewed"]) => {
            Some("the service says that this machine's clock is wrong; set it".to_owned())
        }
        opendal::ErrorKind::PermissionDenied if !secrets.is_empty() => Some(format!(
            "the service refused. Check the credentials ({secrets}), that they may list, read and write there, and \
             that this machine's clock is right"
        )),
        // What S3 calls it when a service does not know `If-None-Match` on a write.
        opendal::ErrorKind::Unexpected if scheme == "s3" && error.message().contains("NotImplemented") => {
            Some(format!(
                "the service lacks something of S3 ({}). If it cannot write on condition, add conditional-writes=off \
                 to the address",
                error.message()
            ))
        }
        opendal::ErrorKind::Unexpected if scheme == "s3" && error.message().contains("x-amz-checksum-") => {
            Some(format!(
                "the service does not know checksums ({}). Add checksum=off to the address",
                error.message()
            ))
        }
        opendal::ErrorKind::ConfigInvalid if error.message().contains("NoSuchBucket") => {
            Some("there is no such bucket; make it first".to_owned())
        }
        _ => None,
    }
}
