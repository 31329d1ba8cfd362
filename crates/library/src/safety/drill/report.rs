//! What a drill did and found, and the signature under it.

use catalog::{Copy, Drill};
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};
use model::{DrillScope, Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use vault::keys::SecretKey;

use super::seconds;

/// What the signing key is derived for; see [`SecretKey::derive`].
const PURPOSE: &str = "ourphoto drill report v1";
/// Problems that are written down one by one.
const WRITTEN: usize = 1000;

/// What a drill did and found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrillReport {
    /// The form of this report.
    pub format: String,
    /// The copy that was restored from.
    pub copy: String,
    /// The identity of its store.
    pub store: String,
    /// How much.
    pub scope: DrillScope,
    /// When it began, in milliseconds since 1970 (UTC).
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// The catalog snapshot of the copy that was restored by.
    pub snapshot: Option<String>,
    /// When that was written.
    pub snapshot_at: Option<Timestamp>,
    /// Photos that were rehearsed.
    pub photos: u64,
    /// Their files, restored and compared byte by byte.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Photos that changed, or came, after the snapshot was written: nothing is known of them.
    pub newer: u64,
    /// What was compared.
    pub compared: Vec<String>,
    /// What did not come back as it was, by photo.
    pub problems: Vec<DrillProblem>,
    /// Problems beyond those that are written down.
    pub more_problems: u64,
    /// Bytes in a second, from the first read to the last comparison.
    pub bytes_per_second: u64,
    /// Whether everything came back as it was.
    pub passed: bool,
}

/// Something that did not come back as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillProblem {
    /// The photo, as space, album and name; empty for what concerns the whole copy.
    pub photo: String,
    /// What was wrong.
    pub problem: String,
}

impl DrillReport {
    pub(super) fn begin(copy: &Copy, scope: DrillScope, now: Timestamp) -> Self {
        Self {
            format: "ourphoto drill report 1".to_owned(),
            copy: copy.name.clone(),
            store: copy.store_id.to_string(),
            scope,
            started_at: now,
            ended_at: now,
            snapshot: None,
            snapshot_at: None,
            photos: 0,
            files: 0,
            bytes: 0,
            newer: 0,
            compared: [
                "bytes",
                "names",
                "folders",
                "modification times",
                "albums",
                "capture times",
                "metadata",
                "edits",
            ]
            .map(str::to_owned)
            .to_vec(),
            problems: Vec::new(),
            more_problems: 0,
            bytes_per_second: 0,
            passed: false,
        }
    }

    /// The report of a drill that could not be carried out.
    pub(super) fn failed(copy: &Copy, scope: DrillScope, now: Timestamp, error: &Error) -> Self {
        let mut report = Self::begin(copy, scope, now);
        report.problem("", format!("the drill could not be carried out: {error}"));
        report.end(now);
        report
    }

    pub(super) fn problem(&mut self, photo: impl Into<String>, problem: impl Into<String>) {
        if self.problems.len() < WRITTEN {
            self.problems.push(DrillProblem { photo: photo.into(), problem: problem.into() });
        } else {
            self.more_problems += 1;
        }
    }

    pub(super) fn end(&mut self, now: Timestamp) {
        self.ended_at = now;
        self.bytes_per_second = (self.bytes as f64 / seconds(self.started_at, now)) as u64;
        self.problems.sort_by(|a, b| a.photo.cmp(&b.photo));
        // A rehearsal of nothing proves nothing.
        self.passed = self.problems.is_empty() && self.snapshot.is_some() && self.photos > 0;
    }

    /// The report as JSON, and an Ed25519 signature over exactly these bytes.
    pub(super) fn sign(&self, server_key: &SecretKey) -> Result<(String, Vec<u8>)> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::internal("a report that cannot be written").with_source(error))?;
        let signature = signing_key(server_key).sign(text.as_bytes()).to_bytes().to_vec();
        Ok((text, signature))
    }
}

/// A report as others can check it: `openssl pkeyutl -verify -rawin` with the public key.
#[derive(Clone, Debug)]
pub struct SignedReport {
    /// The drill.
    pub drill: Drill,
    /// What it found.
    pub report: DrillReport,
    /// The 32 bytes of the Ed25519 key that checks it.
    pub public_key: [u8; 32],
    /// Whether the signature is that of this server over this report.
    pub genuine: bool,
}

impl SignedReport {
    pub(super) fn of(drill: Drill, server_key: &SecretKey) -> Result<Self> {
        let report = serde_json::from_str(&drill.report)
            .map_err(|error| Error::damaged("this report cannot be read any more").with_source(error))?;
        let key = signing_key(server_key).verifying_key();
        let genuine = ed25519_dalek::Signature::from_slice(&drill.signature)
            .is_ok_and(|signature| key.verify(drill.report.as_bytes(), &signature).is_ok());
        Ok(Self { drill, report, public_key: key.to_bytes(), genuine })
    }
}

fn signing_key(server_key: &SecretKey) -> SigningKey {
    SigningKey::from_bytes(&server_key.derive(PURPOSE))
}
