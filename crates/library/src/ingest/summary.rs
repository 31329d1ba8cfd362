//! What an import did, in numbers and names.

use serde::Serialize;

/// A file that was not imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The file or folder, as text.
    pub path: String,
    /// Why, and what to do.
    pub reason: String,
}

/// What became of every file that an import met: each is in exactly one of the numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// Files whose bytes are new and are stored now.
    pub stored: u64,
    /// Their bytes.
    pub stored_bytes: u64,
    /// Files that are new, with bytes that were stored already: kept by name, stored once.
    pub duplicates: u64,
    /// Contents that the library had lost, and that one of these files brought back. Counted among the other numbers
    /// too.
    pub brought_back: u64,
    /// Files that have changed and got a new version.
    pub versions: u64,
    /// Files that are in the library just so.
    pub already_there: u64,
    /// Of those, files that did not have to be read.
    pub unchanged: u64,
    /// Files that a person put into the trash, and that therefore stay there.
    pub left_in_trash: u64,
    /// Files left out because their content was there under another name, as asked.
    pub duplicates_left_out: u64,
    /// What could not be imported, and why.
    pub skipped: Vec<Skipped>,
    /// Photos that got a new version.
    pub new_versions: Vec<String>,
    /// Files with nothing in them that are new or have become so: kept by name, and no photos. Counted among the numbers.
    pub empty: Vec<String>,
    /// Whether the import was stopped before its end.
    pub interrupted: bool,
}

impl ImportSummary {
    /// Files met.
    pub fn files(&self) -> u64 {
        self.stored
            + self.duplicates
            + self.versions
            + self.already_there
            + self.left_in_trash
            + self.duplicates_left_out
            + self.skipped.len() as u64
    }

    /// Whether there is anything in the library that was not there before.
    pub(super) fn changed_anything(&self) -> bool {
        self.stored + self.duplicates + self.versions + self.brought_back > 0
    }

    /// Adds what a batch came to.
    pub(super) fn add(&mut self, more: Self) {
        self.stored += more.stored;
        self.stored_bytes += more.stored_bytes;
        self.duplicates += more.duplicates;
        self.versions += more.versions;
        self.brought_back += more.brought_back;
        self.already_there += more.already_there;
        self.left_in_trash += more.left_in_trash;
        self.duplicates_left_out += more.duplicates_left_out;
        self.new_versions.extend(more.new_versions);
        self.empty.extend(more.empty);
    }
}
