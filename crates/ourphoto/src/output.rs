//! What the program prints: text for people, or one JSON document for programs.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use model::{Error, ErrorKind};
use serde::Serialize;

use crate::text::{count, printable};

/// How many names of a kind are shown before the rest is only counted.
pub(crate) const SHOWN: usize = 20;

/// How to print.
pub(crate) struct Output {
    json: bool,
}

#[expect(clippy::print_stderr, reason = "this is where the program speaks")]
impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of text; nothing when JSON was asked for.
    pub(crate) fn line(&self, text: impl Display) {
        if !self.json {
            print(&text.to_string());
        }
    }

    /// The document; nothing when text was asked for.
    pub(crate) fn document(&self, document: &impl Serialize) {
        if self.json {
            match serde_json::to_string_pretty(document) {
                Ok(text) => print(&text),
                Err(error) => eprintln!("ourphoto: {error}"),
            }
        }
    }

    /// Some of the names of a kind; `--json` has all.
    pub(crate) fn names(&self, kind: &str, names: &[String]) {
        for name in names.iter().take(SHOWN) {
            self.line(format!("  {kind}: {}", printable(name)));
        }
        self.more(names.len());
    }

    /// How many of so many things are not shown.
    pub(crate) fn more(&self, number: usize) {
        if number > SHOWN {
            self.line(format!("  … and {} more (--json lists all)", count((number - SHOWN) as u64)));
        }
    }

    /// The error that ended the program, and its exit code.
    pub(crate) fn failed(&self, error: &Error) -> ExitCode {
        if self.json {
            let kind = format!("{:?}", error.kind()).to_lowercase();
            print(&serde_json::json!({"error": {"kind": kind, "message": error.message()}}).to_string());
        } else {
            eprintln!("ourphoto: {}", error.message());
        }
        if std::env::var_os("OURPHOTO_DEBUG").is_some() {
            eprintln!("{error:#?}");
        }
        match error.kind() {
            ErrorKind::Invalid => ExitCode::from(2),
            _ => ExitCode::from(1),
        }
    }
}

/// Prints a line. Whoever reads may stop reading (`| head`); the work goes on, and its exit code still counts.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints something that must reach the person before work goes on.
pub(crate) fn deliver(text: &str) -> model::Result<()> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| Error::io("could not print the recovery kit; nothing was set up", error))
}
