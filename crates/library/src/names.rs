//! Naming photos to people: by space, album and file name, never by hash alone.

use std::collections::HashMap;
use std::fmt;

use catalog::ObjectName;
use model::{ObjectId, Result};
use serde::Serialize;

use crate::Library;

/// A file as a person knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PhotoName {
    /// Its space.
    pub space: String,
    /// The folder of its album, as text.
    pub album: String,
    /// Its name, as text.
    pub name: String,
    /// Which of its versions, from 1.
    pub version: u32,
}

impl From<ObjectName> for PhotoName {
    fn from(name: ObjectName) -> Self {
        Self {
            space: name.space,
            album: String::from_utf8_lossy(&name.folder).into_owned(),
            name: String::from_utf8_lossy(&name.name).into_owned(),
            version: name.version,
        }
    }
}

impl fmt::Display for PhotoName {
    /// `Family/2024/Beach/IMG_1.jpg`, control characters escaped; the version is told from the second on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.space, &self.album] {
            if !part.is_empty() {
                write!(f, "{}/", printable(part))?;
            }
        }
        f.write_str(&printable(&self.name))?;
        if self.version > 1 { write!(f, " (version {})", self.version) } else { Ok(()) }
    }
}

/// Text that cannot move a cursor, end a line or reverse what follows it.
pub(crate) fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

impl Library {
    /// The photos that each of these objects is, or was a version of.
    pub(crate) async fn photo_names(
        &self,
        objects: &[ObjectId],
    ) -> Result<HashMap<ObjectId, Vec<PhotoName>>> {
        let names = self.catalog.read().await?.object_names(objects).await?;
        Ok(names
            .into_iter()
            .map(|(id, names)| (id, names.into_iter().map(PhotoName::from).collect()))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_play_tricks_on_a_terminal() {
        let name = PhotoName {
            space: "Family".into(),
            album: "2024/Beach".into(),
            name: "a\nb\u{202e}gpj.exe".into(),
            version: 2,
        };
        assert_eq!(name.to_string(), "Family/2024/Beach/a\\nb\\u{202e}gpj.exe (version 2)");
    }
}
