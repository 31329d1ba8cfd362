//! What OpenDAL reports, in words that say what to do.

use model::{Error, ErrorKind};

/// The error for people: `what` could not be done `described` as an address.
pub(super) fn failed(what: &str, described: &str, error: &opendal::Error) -> Error {
    let kind = match error.kind() {
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
        opendal::ErrorKind::ConfigInvalid if error.message().contains("NoSuchBucket") => {
            Some("there is no such bucket; make it first".to_owned())
        }
        _ => None,
    }
}
