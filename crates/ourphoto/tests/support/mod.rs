//! The program as a person runs it: a library in a temporary folder and commands on it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several test programs; a test fails by panicking"
)]

pub mod served;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A library in a temporary folder, with room beside it for sources, copies and restores.
pub struct Cli {
    dir: tempfile::TempDir,
    data: PathBuf,
}

/// What a command did.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Cli {
    /// A library that is set up, its kit in `kit.txt`.
    pub fn set_up() -> Self {
        let cli = Self::empty();
        let ran = cli.set_up_in(&cli.data.clone());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        cli
    }

    /// A folder where nothing is set up.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        Self { dir, data }
    }

    /// The same folder, with commands on another data folder in it.
    pub fn with_data(mut self, name: &str) -> Self {
        self.data = self.dir.path().join(name);
        self
    }

    fn set_up_in(&self, data: &Path) -> Ran {
        let kit = self.path("kit.txt");
        let mut child = self
            .command()
            .args([
                "admin",
                "setup",
                "--email",
                "ana@example.org",
                "--name",
                "Ana",
                "--password-stdin",
                "--kit",
            ])
            .arg(kit)
            .env("OURPHOTO_DATA", data)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"correct horse battery staple\n").unwrap();
        Ran::from(child.wait_with_output().unwrap())
    }

    /// A path beside the library.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The program on this library, not started yet.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ourphoto"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("OURPHOTO_DATA", &self.data);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::from(self.command().args(args).output().unwrap())
    }

    /// Runs a command that must succeed.
    pub fn ok<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs a command with `--json`; gives its exit code and its document.
    pub fn json<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> (i32, serde_json::Value) {
        let ran = Ran::from(self.command().arg("--json").args(args).output().unwrap());
        let document = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr));
        (ran.code, document)
    }

    /// Adds a copy in a folder beside the library.
    pub fn add_copy(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let url = format!("file://{}", path.display());
        self.ok(["copies", "add", name, "--url", &url, "--medium", "disk", "--place", "onsite"]);
        path
    }

    /// Every file below `objects/` of a store, sorted.
    pub fn objects(store: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut todo = vec![store.join("objects")];
        while let Some(folder) = todo.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { todo.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
