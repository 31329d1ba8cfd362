//! Names within a store. Only names that every file system and object store takes can be made.

use std::fmt;

use model::{Error, Result, Sha256};

/// A relative path of lower-case names; never absolute, never climbing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath(String);

impl StorePath {
    /// Where an object is: `objects/ab/<64 hex>`.
    pub fn object(hash: &Sha256) -> Self {
        let name = hash.to_string();
        Self(format!("objects/{}/{name}", &name[..2]))
    }

    /// Where a catalog snapshot is: `catalog/<name>`.
    pub fn snapshot(name: &str) -> Result<Self> {
        Self::parse(&format!("catalog/{name}"))
    }

    /// Where a wrapped space key is: `keys/<SHA-256 of the file>.age`.
    pub fn key(hash: &Sha256) -> Self {
        Self(format!("keys/{hash}.age"))
    }

    /// The description of the store itself.
    pub fn info() -> Self {
        Self("ourphoto-store.json".to_owned())
    }

    /// The guide for whoever has nothing but the store and the recovery key.
    pub fn guide() -> Self {
        Self("RECOVERY.md".to_owned())
    }

    /// Reads a path as it was listed.
    ///
    /// # Errors
    /// `Invalid` for anything but relative names of letters, digits, `.`, `-` and `_`.
    pub fn parse(text: &str) -> Result<Self> {
        let name_ok = |name: &str| {
            !name.is_empty()
                && !name.starts_with('.')
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        };
        if text.len() <= 200 && text.split('/').all(name_ok) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::invalid(format!("'{}' is not a path in a store", text.escape_debug())))
        }
    }

    /// The path with `/` between names.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The hash that an object's path promises, if it is an object's path.
    pub fn object_hash(&self) -> Option<Sha256> {
        let hash: Sha256 = self.name().parse().ok()?;
        (Self::object(&hash) == *self).then_some(hash)
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn climbing_absolute_and_odd_names_are_refused() {
        for bad in
            ["", "/etc/passwd", "../x", "objects/../x", "a//b", ".hidden", "a b", "a\\b", "catalog/\u{202e}x"]
        {
            assert!(StorePath::parse(bad).is_err(), "{bad}");
        }
        assert!(StorePath::parse("objects/ab/cd").is_ok());
    }

    #[test]
    fn an_object_path_gives_its_hash_back() {
        let hash = Sha256([0x5a; 32]);
        assert_eq!(StorePath::object(&hash).object_hash(), Some(hash));
        assert_eq!(StorePath::parse(&format!("objects/00/{hash}")).unwrap().object_hash(), None);
    }
}
