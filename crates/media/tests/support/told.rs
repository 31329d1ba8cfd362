//! What exiftool says, the outside reader that ours is held against.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// One file's tags, by group and name (`IFD0:Make`), with numbers as numbers.
pub struct Told(Value);

impl Told {
    /// Reads files in one run; `None`, said aloud, where exiftool is not installed.
    pub fn by_exiftool(options: &[&str], files: &[impl AsRef<Path>]) -> Option<Vec<Self>> {
        let mut command = Command::new("exiftool");
        command.args(["-j", "-n", "-G1", "-api", "struct=0"]).args(options);
        let Ok(output) = command.args(files.iter().map(AsRef::as_ref)).output() else {
            testkit::skipped("exiftool is not installed");
            return None;
        };
        let told: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told.len(), files.len());
        Some(told.into_iter().map(Self).collect())
    }

    /// The first of these tags that is there, as text; several values with bars between them.
    pub fn text(&self, keys: &[&str]) -> Option<String> {
        keys.iter()
            .find_map(|key| match self.0.get(*key)? {
                Value::String(text) => Some(text.trim().to_owned()),
                Value::Array(list) => Some(list.iter().map(plain).collect::<Vec<_>>().join("|")),
                other => Some(plain(other)),
            })
            .filter(|text| !text.is_empty())
    }

    /// The same as a number.
    pub fn number(&self, keys: &[&str]) -> Option<f64> {
        self.text(keys)?.parse().ok()
    }

    /// All JPEGs within the file, if binary values were asked for (`-b`).
    pub fn embedded(&self) -> impl Iterator<Item = Vec<u8>> {
        let texts = self.0.as_object().unwrap().values().filter_map(Value::as_str);
        let binary = texts.filter_map(|text| STANDARD.decode(text.strip_prefix("base64:")?).ok());
        binary.filter(|bytes| bytes.starts_with(b"\xFF\xD8\xFF"))
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A time of ours as exiftool writes it.
pub fn civil(local_ms: i64) -> String {
    let text = model::Timestamp(local_ms).to_string();
    text.trim_end_matches('Z').replace('T', " ").replacen('-', ":", 2)
}

/// An offset from UTC as exiftool writes it.
pub fn offset(minutes: i16) -> String {
    format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}
