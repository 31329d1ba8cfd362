//! The command line. Flags go over the environment; secrets come from files or standard input, never from arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs, Parser, Subcommand};

use crate::care::CareChange;

/// Keeps photos safe: encrypted, in several places, proved, restored byte for byte.
#[derive(Parser)]
#[command(name = "ourphoto", version, about, max_term_width = 100)]
pub(crate) struct Args {
    /// Print machine-readable JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server; the first start prints the address where it is set up
    Serve(Box<Serve>),
    /// Set up, import, restore, recover and examine the library on this machine
    #[command(subcommand)]
    Admin(Admin),
    /// Keep complete copies of the library in other places
    #[command(subcommand)]
    Copies(Copies),
    /// Set up a new server at the address that it printed, and sign in; writes the recovery kit
    Setup {
        /// The address, as in http://localhost:2342/setup#ops_setup_…
        #[arg(value_name = "ADDRESS")]
        address: String,
        /// Your e-mail address
        #[arg(long)]
        email: String,
        /// Your name
        #[arg(long, default_value = "")]
        name: String,
        /// Read the password from the first line of standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Write the recovery kit to this file, which must not exist
        #[arg(long, value_name = "FILE")]
        kit: PathBuf,
    },
    /// Get your account on a server back
    #[command(subcommand)]
    Account(Account),
    /// Sign in to a server, by letting this program in from a browser, or with a password from standard input
    Login {
        /// The server's address
        #[arg(value_name = "URL")]
        server: String,
        /// Your e-mail address, to sign in with a password
        #[arg(long, requires = "password_stdin")]
        email: Option<String>,
        /// Read the password from the first line of standard input, and a code, where there is a second factor, from the
        /// second
        #[arg(long, requires = "email")]
        password_stdin: bool,
    },
    /// Sign out, and forget what you signed in with
    Logout,
    /// Send files and folders to the server
    Upload {
        #[command(flatten)]
        server: Server,
        /// Files and folders; links inside folders are not followed
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The space they belong to, made when it does not exist
        #[arg(long)]
        space: String,
        /// The album they go into; without it, albums are named after the folders
        #[arg(long)]
        album: Option<String>,
    },
    /// Find photos by words and filters (camera:x100 rating:3+ since:2024-05 -blurred)
    ///
    /// Words must all be there, and -word must not. Filters: album: camera: lens: keyword: type:photo|video|other
    /// kind:master|final|social tier:working|delivery|vault by:NAME (who uploaded it) rating:3+ has:place
    /// missing:copies (in fewer than the space asks for) missing:COPY approval:waiting on:2024-05 since: before:
    Search {
        #[command(flatten)]
        server: Server,
        /// What to look for; what begins with '-' goes between quotes, as in 'beach -blurred'
        #[arg(required = true, value_name = "QUERY")]
        query: Vec<String>,
        /// Only in this space
        #[arg(long)]
        space: Option<String>,
        /// At most so many, the newest
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// How safe the photos are; exits with 1 when something is at risk, for cron
    Status {
        #[command(flatten)]
        server: Server,
    },
    /// Rehearse restores on the server
    #[command(subcommand)]
    Drill(Drill),
    /// List your spaces and the albums that were opened to you, or the albums of one space
    Ls {
        #[command(flatten)]
        server: Server,
        /// The space
        space: Option<String>,
    },
    /// Fetch originals from the server into a folder, every byte verified
    #[command(group = ArgGroup::new("fetched").required(true).multiple(true).args(["all", "space", "album", "query"]))]
    Restore {
        #[command(flatten)]
        server: Server,
        /// Everything that you may download, each space in a folder of its name, and albums that were opened to you
        #[arg(long, conflicts_with_all = ["space", "album", "query"])]
        all: bool,
        /// One space, or the space of the album or of what is found
        #[arg(long)]
        space: Option<String>,
        /// One album, by its name
        #[arg(long)]
        album: Option<String>,
        /// What a search finds, as in 'camera:x100 rating:3+'; over all your spaces, each in a folder of its name
        #[arg(long, value_name = "QUERY", conflicts_with_all = ["album", "as_of"])]
        query: Option<String>,
        /// The folder they are written into
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// As it was then (2026-11-23T14:30:00Z, or a date)
        #[arg(long, value_name = "TIME", value_parser = crate::text::parse_time)]
        as_of: Option<model::Timestamp>,
        /// Out of this copy instead of the library; for who manages the space
        #[arg(long, value_name = "NAME")]
        from_copy: Option<String>,
    },
    /// Looks into one photo in a sandbox; started by the program itself
    #[command(hide = true)]
    MediaWorker {
        /// What to become instead, and its path
        words: Vec<OsString>,
    },
}

/// Where the server key is.
#[derive(ClapArgs, Clone, Default)]
pub(crate) struct Keys {
    /// The server key, if it is not in the data folder
    #[arg(long, env = "OURPHOTO_KEY_FILE", value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// A file whose first line is the passphrase of the server key
    #[arg(long, env = "OURPHOTO_PASSPHRASE_FILE", value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Where the library is.
#[derive(ClapArgs, Clone)]
#[expect(clippy::struct_field_names, reason = "the field is the flag, --data")]
pub(crate) struct Data {
    /// The data folder
    #[arg(long, env = "OURPHOTO_DATA", value_name = "DIR")]
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) keys: Keys,
    /// A PostgreSQL catalog (postgres://…) instead of the embedded one; has to come from the environment
    #[arg(skip)]
    pub(crate) database: Option<String>,
}

/// Which server, and as whom; without these, what `login` remembered.
#[derive(ClapArgs)]
pub(crate) struct Server {
    /// The server's address
    #[arg(long, env = "OURPHOTO_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    /// A token; has to come from the environment, OURPHOTO_TOKEN
    #[arg(skip)]
    pub(crate) token: Option<String>,
}

/// How the server runs. Flags go over the environment, and that over the configuration file.
#[derive(ClapArgs)]
pub(crate) struct Serve {
    /// A configuration file, TOML
    #[arg(long, env = "OURPHOTO_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder
    #[arg(long, env = "OURPHOTO_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) keys: Keys,
    /// The address to listen on, 127.0.0.1:2342 unless you say otherwise; port 0 takes a free one
    #[arg(long, env = "OURPHOTO_LISTEN", value_name = "ADDR")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// The address that people open, as in https://photos.example.org
    #[arg(long, env = "OURPHOTO_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The certificate, PEM, for TLS
    #[arg(long, env = "OURPHOTO_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, env = "OURPHOTO_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) acme: Acme,
    /// A network (10.0.0.0/8, ::1) whose proxies do TLS and say where clients are; may be repeated
    #[arg(long, env = "OURPHOTO_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) trusted_proxy: Vec<server::Network>,
    /// A file whose first line is the token that Prometheus presents at /metrics; without it there are none
    #[arg(long, env = "OURPHOTO_METRICS_TOKEN_FILE", value_name = "FILE")]
    pub(crate) metrics_token_file: Option<PathBuf>,
    /// Send traces of requests to this OpenTelemetry collector (OTLP over HTTP), as in http://127.0.0.1:4318
    #[arg(long, env = "OURPHOTO_OTLP_ENDPOINT", value_name = "URL")]
    pub(crate) otlp_endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) telling: Telling,
}

/// A certificate that an authority gives (ACME).
#[derive(ClapArgs, Default)]
#[expect(clippy::struct_field_names, reason = "the fields are the flags")]
pub(crate) struct Acme {
    /// Get a certificate for this name by ACME; may be repeated. The server has to be reachable at port 443 of it
    #[arg(
        long,
        env = "OURPHOTO_ACME_DOMAIN",
        value_name = "NAME",
        value_delimiter = ',',
        conflicts_with = "tls_certificate"
    )]
    pub(crate) acme_domain: Vec<String>,
    /// An e-mail address that the authority may write to
    #[arg(long, env = "OURPHOTO_ACME_CONTACT", value_name = "EMAIL")]
    pub(crate) acme_contact: Option<String>,
    /// The authority's directory, Let's Encrypt unless you say otherwise
    #[arg(long, env = "OURPHOTO_ACME_DIRECTORY", value_name = "URL")]
    pub(crate) acme_directory: Option<String>,
    /// Certificates, PEM, of an authority of your own
    #[arg(long, env = "OURPHOTO_ACME_TRUSTED", value_name = "FILE")]
    pub(crate) acme_trusted: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum Account {
    /// Give any account a new password with the recovery kit, which stays on this machine
    Recover {
        /// The server's address
        #[arg(long, env = "OURPHOTO_SERVER", value_name = "URL")]
        server: String,
        /// The account's e-mail address
        #[arg(long)]
        email: String,
        /// The recovery kit, or a file with the recovery key
        #[arg(long, value_name = "FILE")]
        kit: PathBuf,
        /// Read the new password from the first line of standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

/// How the server tells people what happens, outside the app.
#[derive(ClapArgs)]
pub(crate) struct Telling {
    /// The mail server; without one no e-mail is sent
    #[arg(long, env = "OURPHOTO_SMTP_HOST", value_name = "HOST")]
    pub(crate) smtp_host: Option<String>,
    /// Its port, if it is not the usual one
    #[arg(long, env = "OURPHOTO_SMTP_PORT", value_name = "PORT")]
    pub(crate) smtp_port: Option<u16>,
    /// How its connection is encrypted: starttls, implicit, or none, which is for this machine only
    #[arg(long, env = "OURPHOTO_SMTP_TLS", value_name = "HOW")]
    pub(crate) smtp_tls: Option<library::notices::SmtpTls>,
    /// The user it asks for
    #[arg(long, env = "OURPHOTO_SMTP_USER", value_name = "USER")]
    pub(crate) smtp_user: Option<String>,
    /// A file whose first line is the user's password
    #[arg(long, env = "OURPHOTO_SMTP_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) smtp_password_file: Option<PathBuf>,
    /// Who messages are from, as in 'Photos <photos@example.org>'
    #[arg(long, env = "OURPHOTO_SMTP_FROM", value_name = "ADDRESS")]
    pub(crate) smtp_from: Option<String>,
    /// The certificate of an authority of your own that vouches for the mail server, PEM
    #[arg(long, env = "OURPHOTO_SMTP_CA_FILE", value_name = "FILE")]
    pub(crate) smtp_ca_file: Option<PathBuf>,
    /// A network (192.168.1.0/24) that webhooks and ntfy topics may be in besides the public ones; may be repeated
    #[arg(long, env = "OURPHOTO_ALLOW_NETWORK", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) allow_network: Vec<server::Network>,
}

#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Make a library in an empty folder, and its recovery kit
    Setup {
        #[command(flatten)]
        data: Data,
        /// Your e-mail address
        #[arg(long)]
        email: String,
        /// Your name
        #[arg(long, default_value = "")]
        name: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Write the recovery kit to this file instead of printing it
        #[arg(long, value_name = "FILE")]
        kit: Option<PathBuf>,
    },
    /// Import files and folders
    Import {
        #[command(flatten)]
        data: Data,
        /// Files and folders; links inside folders are not followed
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The space they belong to, made when it does not exist
        #[arg(long)]
        space: String,
        /// The album they go into; without it, albums are named after the folders
        #[arg(long)]
        album: Option<String>,
        /// Leave out files whose content the space has already, under whatever name
        #[arg(long)]
        skip_duplicates: bool,
        /// Make previews later ('admin previews')
        #[arg(long)]
        no_previews: bool,
    },
    /// Make the previews that are still waiting
    Previews {
        #[command(flatten)]
        data: Data,
    },
    /// Write photos back into a folder, every byte verified
    #[command(group = ArgGroup::new("what").required(true).multiple(true).args(["all", "space", "album"]))]
    Restore {
        #[command(flatten)]
        data: Data,
        /// Everything, each space in a folder of its name
        #[arg(long, conflicts_with_all = ["space", "album"])]
        all: bool,
        /// One space, or the space of the album
        #[arg(long)]
        space: Option<String>,
        /// One album, by its name
        #[arg(long)]
        album: Option<String>,
        /// One photo of the album, by the name of its file
        #[arg(long, requires = "album", value_name = "NAME")]
        photo: Option<String>,
        /// The folder to write to; best an empty one
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// As it was then (2026-11-23T14:30:00Z, or a date)
        #[arg(long, value_name = "TIME", value_parser = crate::text::parse_time)]
        as_of: Option<model::Timestamp>,
        /// Read from this copy instead of the library
        #[arg(long, value_name = "NAME")]
        from_copy: Option<String>,
    },
    /// Make a new library out of one copy and the recovery key
    Recover {
        #[command(flatten)]
        data: Data,
        /// The address of the copy (file:///path, s3://…, b2://…, azblob://…, gcs://…, sftp://…, webdavs://…)
        #[arg(long, value_name = "STORE-URL")]
        from: String,
        /// The recovery kit, or a file with the recovery key
        #[arg(long, value_name = "FILE")]
        recovery_key: PathBuf,
    },
    /// Write photos back into a folder straight from a copy, while there is no library: the recovery key is enough
    #[command(group = ArgGroup::new("which").required(true).multiple(true).args(["all", "space", "album"]))]
    Rescue {
        /// The address of the copy (file:///path, s3://…, b2://…, azblob://…, gcs://…, sftp://…, webdavs://…)
        #[arg(long, value_name = "STORE-URL")]
        from: String,
        /// The recovery kit, or a file with the recovery key
        #[arg(long, value_name = "FILE")]
        recovery_key: PathBuf,
        /// Everything, each space in a folder of its name
        #[arg(long, conflicts_with_all = ["space", "album"])]
        all: bool,
        /// One space, or the space of the album
        #[arg(long)]
        space: Option<String>,
        /// One album, by its name
        #[arg(long)]
        album: Option<String>,
        /// One photo of the album, by the name of its file
        #[arg(long, requires = "album", value_name = "NAME")]
        photo: Option<String>,
        /// The folder to write to; best an empty one
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Make a token for a program, in the name of somebody with an account; it is printed once
    Token {
        #[command(flatten)]
        data: Data,
        /// In whose name the program acts, by their address
        #[arg(long)]
        email: String,
        /// What the token is called in the list where it can be revoked
        #[arg(long, default_value = "made on the server")]
        name: String,
        /// What it may do: view, download, upload, organise, approve, share, revoke, delete, manage; may be repeated
        #[arg(long = "scope", value_name = "PERMISSION", value_delimiter = ',', default_value = "view")]
        scopes: Vec<model::Permission>,
        /// The only space that it may do it in
        #[arg(long)]
        space: Option<String>,
        /// For how many days; two years at most
        #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=730))]
        days: u32,
    },
    /// Check catalog, keys, store and queue, without reading the photos themselves
    Doctor {
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Subcommand)]
pub(crate) enum Copies {
    /// Add a copy: an empty place, or a store that is a copy already
    Add {
        #[command(flatten)]
        data: Data,
        /// What you call it
        name: String,
        /// Where it is: file:///path, s3://bucket/prefix?endpoint=…, b2://bucket/prefix?region=…,
        /// azblob://container/prefix?account=…, gcs://bucket/prefix, sftp://user@host/path, webdavs://host/path
        #[arg(long)]
        url: String,
        /// What it is stored on: disk, nas, cloud or offline
        #[arg(long)]
        medium: model::Medium,
        /// Whether it is in the same building: onsite or offsite
        #[arg(long)]
        place: model::Place,
    },
    /// Every copy and how it stands
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Say how the server looks after a copy by itself, or look it up
    Care {
        #[command(flatten)]
        data: Data,
        /// The copy; the library itself is called 'library'
        name: String,
        #[command(flatten)]
        change: CareChange,
    },
    /// Bring copies up to date
    Run {
        #[command(flatten)]
        data: Data,
        /// The copy; without it, all of them
        name: Option<String>,
    },
    /// Read every object again and compare it; the library itself is called 'library'
    Check {
        #[command(flatten)]
        data: Data,
        /// The copy; without it, the library and all copies
        name: Option<String>,
    },
    /// Put damaged and missing objects right, from wherever they are still good
    Heal {
        #[command(flatten)]
        data: Data,
        /// The copy to heal; without it, the library and all copies
        name: Option<String>,
    },
    /// Rehearse a restore from a copy and compare everything; exits with 1 when something came back different
    Drill {
        #[command(flatten)]
        data: Data,
        /// The copy
        name: String,
        #[command(flatten)]
        what: Rehearsed,
    },
    /// Stop using a copy; its files stay where they are
    Remove {
        #[command(flatten)]
        data: Data,
        /// The copy
        name: String,
    },
}

/// How much of a copy a drill restores.
#[derive(ClapArgs)]
pub(crate) struct Rehearsed {
    /// So many photos, chosen by chance
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) photos: u64,
    /// One album instead, by its name
    #[arg(long)]
    pub(crate) album: Option<String>,
    /// The space of the album, if there could be a doubt
    #[arg(long, requires = "album")]
    pub(crate) space: Option<String>,
    /// Everything instead
    #[arg(long, conflicts_with_all = ["album", "photos"])]
    pub(crate) everything: bool,
}

/// Rehearsed restores on the server
#[derive(Subcommand)]
pub(crate) enum Drill {
    /// Rehearse a restore from a copy, wait for it and tell what came of it; exits with 1 when something came back different
    Run {
        #[command(flatten)]
        server: Server,
        /// The copy
        copy: String,
        #[command(flatten)]
        what: Rehearsed,
    },
    /// The last drills
    List {
        #[command(flatten)]
        server: Server,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
