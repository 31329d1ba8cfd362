//! The data folder: where the parts of a library are on this machine.

use std::path::{Path, PathBuf};

/// The files and folders below one data folder.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of the data folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The data folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The server key, unless it is kept elsewhere.
    pub fn server_key(&self) -> PathBuf {
        self.root.join("server.key")
    }

    /// The embedded catalog.
    pub fn catalog(&self) -> PathBuf {
        self.root.join("catalog.db")
    }

    /// The library's own store.
    pub fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    /// The store of renditions: encrypted, but never copied, for they can be made again.
    pub fn renditions(&self) -> PathBuf {
        self.root.join("renditions")
    }

    /// What has arrived of uploads that come in pieces, encrypted.
    pub fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    /// The account and the certificate that an authority gave the server.
    pub fn acme(&self) -> PathBuf {
        self.root.join("acme")
    }

    /// Exists while a recovery into this folder is not finished.
    pub fn recovering(&self) -> PathBuf {
        self.root.join("recovering.json")
    }
}
