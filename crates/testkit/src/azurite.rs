//! Azurite, Microsoft's emulator of Azure Blob Storage, on loopback. `scripts/setup test` installs it into
//! `target/tools/azurite`. It checks signatures, keeps everything in memory, and ends when it is dropped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The account that every Azurite has.
pub const ACCOUNT: &str = "devstoreaccount1";
/// The account's key, which Microsoft publishes: it opens emulators and nothing else.
pub const ACCOUNT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// An emulator with one container, [`Azurite::CONTAINER`].
pub struct Azurite {
    process: Child,
    endpoint: String,
}

impl Azurite {
    /// The container that is there.
    pub const CONTAINER: &'static str = "photos";

    /// Starts an emulator on a free port; `None` where Azurite or Node.js is not installed.
    ///
    /// # Panics
    /// If it is installed and does not start.
    pub fn start() -> Option<Self> {
        let program = tools().join("azurite/node_modules/azurite/dist/src/blob/main.js");
        if !program.is_file() {
            return None;
        }
        let mut process = Command::new("node")
            .arg(program)
            .args(["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent"])
            // Newer clients say a newer version of the protocol than the emulator of their day knows.
            .args(["--skipApiVersionCheck", "--disableTelemetry"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let said = BufReader::new(process.stdout.take()?);
        let mut server = Self { process, endpoint: String::new() };
        let address = said
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("successfully listens on ").map(|(_, at)| at.trim().to_owned()));
        server.endpoint = format!("{}/{ACCOUNT}", address.expect("Azurite ended before it listened"));
        let made = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("azurite/create-container.mjs"))
            .args([&server.endpoint, ACCOUNT, ACCOUNT_KEY, Self::CONTAINER])
            .output()
            .ok()?;
        assert!(made.status.success(), "no container: {}", String::from_utf8_lossy(&made.stderr));
        Some(server)
    }

    /// The address of a store below `prefix` in the container, without credentials.
    pub fn url(&self, prefix: &str) -> String {
        format!("azblob://{}/{prefix}?account={ACCOUNT}&endpoint={}", Self::CONTAINER, self.endpoint)
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where `scripts/setup` puts what no package of the system brings.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools")
}
