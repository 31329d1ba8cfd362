//! A mail server on loopback: aiosmtpd, which `scripts/setup test` installs into `target/tools/python`. It keeps what it
//! took until the test asks for it, and ends when it is dropped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How connections to a [`Sink`] are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// After STARTTLS, without which nothing is taken.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// A mail server.
pub struct Sink {
    process: Child,
    port: u16,
    lines: Receiver<String>,
}

impl Sink {
    /// Starts a server on a free port, which takes mail only of this user if one is given. Its certificate and key are
    /// made in `folder`; see [`certificate`]. `None` where aiosmtpd is not installed.
    ///
    /// # Panics
    /// If it is installed and does not start.
    pub fn start(encryption: Encryption, folder: &Path, login: Option<(&str, &str)>) -> Option<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = here.join("../../target/tools/python/bin/python");
        let installed = Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        if !installed.is_ok_and(|status| status.success()) {
            return None;
        }
        let mut command = Command::new(python);
        command.arg(here.join("python/smtp_sink.py"));
        match encryption {
            Encryption::None => command.arg("none"),
            Encryption::StartTls => command.arg("starttls").args(certificate(folder)),
            Encryption::Implicit => command.arg("implicit").args(certificate(folder)),
        };
        if let Some((user, password)) = login {
            command.args([user, password]);
        }
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONWARNINGS", "ignore");
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().ok()?;
        let said = BufReader::new(process.stdout.take()?);
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let first = lines.recv_timeout(PATIENCE).expect("the mail server ended before it listened");
        let port = first.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a port");
        Some(Self { process, port, lines })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next message that it took, as JSON: `mail_from`, `rcpt_to`, `encrypted`, `authenticated`, `headers`, `type`,
    /// `text`.
    ///
    /// # Panics
    /// If none comes.
    pub fn next(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("no message came")
    }

    /// Whether it took a message that nobody has asked for yet.
    pub fn has_more(&self) -> Option<String> {
        self.lines.try_recv().ok()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certificate for `localhost` and 127.0.0.1 that vouches for itself, and its key, made in `folder` by `openssl`.
///
/// # Panics
/// If `openssl` cannot.
pub fn certificate(folder: &Path) -> [PathBuf; 2] {
    let paths = [folder.join("certificate.pem"), folder.join("key.pem")];
    if !paths[0].exists() {
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args([
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ])
            .args(["-addext", "extendedKeyUsage=serverAuth", "-addext", "basicConstraints=critical,CA:false"])
            .arg("-out")
            .arg(&paths[0])
            .arg("-keyout")
            .arg(&paths[1])
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    paths
}
