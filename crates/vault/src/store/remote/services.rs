//! How an address becomes an OpenDAL service, one function for each kind.

use model::{Error, Result};
use opendal::Operator;
use opendal::services::{Azblob, Gcs, S3, Sftp, Webdav};

use super::address::Address;
use super::failure::failed;

/// The service at `address`. Nothing is asked of the network yet.
pub(super) fn operator(address: &Address) -> Result<Operator> {
    let operator = match address.scheme() {
        "s3" => Operator::new(s3(address)?),
        "b2" => Operator::new(b2(address)?),
        "azblob" => Operator::new(azblob(address)?),
        "gcs" => Operator::new(gcs(address)?),
        "sftp" => Operator::new(sftp(address)?),
        _ => Operator::new(webdav(address)?),
    };
    operator.map_err(|error| failed("could not use a", &format!("{} address", address.scheme()), &error))
}

/// Whether the service at `address` knows writes on condition, as far as the address tells.
pub(super) fn has_conditional_writes(address: &Address) -> Result<bool> {
    // Backblaze answers "not implemented" to them.
    Ok(address.scheme() != "b2" && is_on(address, "conditional-writes")?)
}

/// What an address says of something that is on unless it says otherwise.
fn is_on(address: &Address, key: &str) -> Result<bool> {
    match address.query(key) {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => Err(Error::invalid(format!("{key} is on or off in an address, not '{other}'"))),
    }
}

/// Credentials: `access_key_id` and `secret_access_key`, and `session_token` with those that pass, else the usual places of
/// Amazon's tools.
fn s3(address: &Address) -> Result<S3> {
    let mut s3 = S3::default().bucket(address.host()?).root(&address.root());
    s3 = s3.region(address.query("region").unwrap_or("us-east-1"));
    if let Some(endpoint) = address.query("endpoint") {
        s3 = s3.endpoint(endpoint);
    }
    if let Some(id) = address.credential("access_key_id") {
        s3 = s3.access_key_id(id);
    }
    if let Some(secret) = address.credential("secret_access_key") {
        s3 = s3.secret_access_key(secret);
    }
    if let Some(token) = address.credential("session_token") {
        s3 = s3.session_token(token);
    }
    // A bucket under object lock takes nothing that comes without a checksum; anywhere else it does no harm.
    if is_on(address, "checksum")? {
        s3 = s3.checksum_algorithm("crc32c");
    }
    // Never ask a cloud's metadata address for credentials: on other machines it is a way to be led astray.
    Ok(s3.disable_ec2_metadata())
}

/// Backblaze B2 by its S3 interface. Credentials: `application_key_id` and `application_key`, else
/// `B2_APPLICATION_KEY_ID` and `B2_APPLICATION_KEY`.
///
/// OpenDAL has B2's own interface too, but it looks for a file by the beginning of its name, and there is nothing that
/// would test it. Backblaze refuses requests with the checksums of Amazon's, so none are sent.
fn b2(address: &Address) -> Result<S3> {
    let region = address.query("region").ok_or_else(|| {
        Error::invalid(
            "a b2 address needs ?region=…, such as us-west-004: it is the part of the bucket's endpoint between \
             's3.' and '.backblazeb2.com'",
        )
    })?;
    // The region becomes part of a host name, which nothing in it may turn into another.
    if region.is_empty() || !region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Error::invalid(format!("'{region}' is not a region of Backblaze B2")));
    }
    let (id, key) = address
        .secret("application_key_id", "B2_APPLICATION_KEY_ID")
        .zip(address.secret("application_key", "B2_APPLICATION_KEY"))
        .ok_or_else(|| {
            missing("application_key_id and application_key", "B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY")
        })?;
    Ok(S3::default()
        .bucket(address.host()?)
        .root(&address.root())
        .region(region)
        .endpoint(&format!("https://s3.{region}.backblazeb2.com"))
        .access_key_id(&id)
        .secret_access_key(&key)
        .disable_config_load()
        .disable_ec2_metadata())
}

/// Credentials: `account_key` or `sas_token`, else `AZURE_STORAGE_ACCOUNT_KEY` or `AZURE_STORAGE_SAS_TOKEN`.
fn azblob(address: &Address) -> Result<Azblob> {
    let account = address.query("account").ok_or_else(|| {
        Error::invalid("an azblob address needs ?account=…, the name of the storage account")
    })?;
    if account.is_empty() || !account.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Error::invalid(format!("'{account}' is not the name of a storage account")));
    }
    let usual = format!("https://{account}.blob.core.windows.net");
    let endpoint = address.query("endpoint").unwrap_or(&usual);
    let azblob = Azblob::default()
        .container(address.host()?)
        .root(&address.root())
        .account_name(account)
        .endpoint(endpoint);
    // One of the two is always given, so that the library never looks for others: at a metadata address, or by
    // running a program.
    let token_in_file =
        address.credential("account_key").is_none() && address.credential("sas_token").is_some();
    let key = address.secret("account_key", "AZURE_STORAGE_ACCOUNT_KEY").filter(|_| !token_in_file);
    if let Some(key) = key {
        Ok(azblob.account_key(&key))
    } else if let Some(token) = address.secret("sas_token", "AZURE_STORAGE_SAS_TOKEN") {
        // A key signs and stays here; a token is sent, and opens the container to whoever reads it.
        if !endpoint.starts_with("https://") {
            return Err(Error::invalid("a sas_token is only sent to an https:// endpoint"));
        }
        Ok(azblob.sas_token(token.trim_start_matches('?')))
    } else {
        Err(missing("account_key or sas_token", "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN"))
    }
}

/// Credentials: a service account's key file, which `?credentials=/path` or `GOOGLE_APPLICATION_CREDENTIALS` names.
fn gcs(address: &Address) -> Result<Gcs> {
    let named = std::env::var("GOOGLE_APPLICATION_CREDENTIALS").ok().filter(|path| !path.is_empty());
    let file = address.query("credentials").map(str::to_owned).or(named).ok_or_else(|| {
        Error::invalid(
            "no credentials: add ?credentials=/path/to/key.json, the JSON key file of a service account, or name it in \
             GOOGLE_APPLICATION_CREDENTIALS",
        )
    })?;
    std::fs::File::open(&file)
        .map_err(|error| Error::io(format!("could not read the service account's key file {file}"), error))?;
    let gcs = Gcs::default().bucket(address.host()?).root(&address.root()).credential_path(&file);
    Ok(gcs.disable_config_load().disable_vm_metadata())
}

fn sftp(address: &Address) -> Result<Sftp> {
    let host = address.host()?;
    let endpoint = address.port().map_or_else(|| host.to_owned(), |port| format!("ssh://{host}:{port}"));
    let mut sftp = Sftp::default().endpoint(&endpoint).root(&address.root());
    if let Some(user) = address.username() {
        sftp = sftp.user(&user);
    }
    if let Some(key) = address.query("key") {
        sftp = sftp.key(key);
    }
    Ok(sftp.known_hosts_strategy(address.query("known-hosts").unwrap_or("Strict")))
}

/// Credentials: `password`, and `username` unless the address has it, else `OURPHOTO_WEBDAV_PASSWORD`.
fn webdav(address: &Address) -> Result<Webdav> {
    let scheme = if address.scheme() == "webdavs" { "https" } else { "http" };
    let host = address.host()?;
    let port = address.port().map_or_else(String::new, |port| format!(":{port}"));
    let mut webdav = Webdav::default().endpoint(&format!("{scheme}://{host}{port}")).root(&address.root());
    if let Some(user) = address.username().or_else(|| address.credential("username").map(str::to_owned)) {
        webdav = webdav.username(&user);
    }
    if let Some(password) = address.secret("password", "OURPHOTO_WEBDAV_PASSWORD") {
        webdav = webdav.password(&password);
    }
    Ok(webdav)
}

fn missing(names: &str, variables: &str) -> Error {
    Error::invalid(format!(
        "no credentials: put {names} into a file and add credentials=/path/to/file to the address, or set {variables} \
         in the environment"
    ))
}

#[cfg(test)]
mod tests {
    use model::ErrorKind;
    use url::Url;

    use super::*;

    fn opened(url: &str, credentials: &str) -> Result<Operator> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, credentials).unwrap();
        let url = format!("{url}credentials={}", file.path().display());
        operator(&Address::parse(&Url::parse(&url).unwrap())?)
    }

    fn refused(url: &str, credentials: &str, said: &str) {
        let error = opened(url, credentials).err().unwrap_or_else(|| panic!("{url} is accepted"));
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        assert!(error.message().contains(said), "{url}: {}", error.message());
    }

    #[test]
    fn addresses_of_clouds_name_bucket_and_folder() {
        let b2 = "application_key_id = id\napplication_key = key";
        let azure = "account_key = c2VjcmV0";
        for (url, credentials, service, bucket) in [
            ("s3://bucket/a%20b?", "access_key_id = id\nsecret_access_key = s", "s3", "bucket"),
            ("b2://bucket/a%20b?region=us-west-004&", b2, "s3", "bucket"),
            ("azblob://container/a%20b?account=mine&", azure, "azblob", "container"),
            ("azblob://container/a%20b?account=mine&", "sas_token = ?sv=1&sig=2", "azblob", "container"),
            ("gcs://bucket/a%20b?", "{}", "gcs", "bucket"),
        ] {
            let info = opened(url, credentials).unwrap_or_else(|error| panic!("{url}: {error}")).info();
            assert_eq!((info.scheme(), &*info.name(), &*info.root()), (service, bucket, "/a b/"), "{url}");
        }
    }

    #[test]
    fn what_an_address_of_a_cloud_lacks_is_named() {
        let b2 = "application_key_id = id\napplication_key = key";
        refused("b2://bucket/p?", b2, "?region=");
        refused("b2://bucket/p?region=evil.example/&", b2, "not a region");
        refused("b2://bucket/p?region=us-west-004&", "application_key_id = id", "B2_APPLICATION_KEY");
        refused("azblob://container/p?", "account_key = c2VjcmV0", "?account=");
        refused("azblob://container/p?account=evil.example/&", "account_key = c2VjcmV0", "not the name");
        refused("azblob://container/p?account=mine&", "", "account_key or sas_token");
        refused("azblob://container/p?account=mine&", "account_key = ?!", "base64");
        let clear = "azblob://container/p?account=mine&endpoint=http://127.0.0.1:1/mine&";
        refused(clear, "sas_token = sv=1&sig=2", "only sent to an https:// endpoint");
        refused("s3:///p?", "", "names no host");
        refused("b2:///p?region=us-west-004&", b2, "names no host");
        refused("azblob:///p?account=mine&", "account_key = c2VjcmV0", "names no host");
        refused("gcs:///p?", "{}", "names no host");
    }

    #[test]
    fn only_the_address_of_a_service_that_knows_them_has_conditional_writes() {
        let conditional =
            |url: &str| has_conditional_writes(&Address::parse(&Url::parse(url).unwrap()).unwrap());
        assert!(conditional("s3://bucket/p").unwrap());
        assert!(conditional("s3://bucket/p?conditional-writes=on").unwrap());
        assert!(!conditional("s3://bucket/p?conditional-writes=off").unwrap());
        assert!(!conditional("b2://bucket/p?region=r").unwrap());
        assert_eq!(
            conditional("s3://bucket/p?conditional-writes=no").unwrap_err().kind(),
            ErrorKind::Invalid
        );
        let s3 = "access_key_id = id\nsecret_access_key = s";
        opened("s3://bucket/p?checksum=off&", s3).unwrap();
        refused("s3://bucket/p?checksum=md5&", s3, "checksum is on or off");
    }
}
