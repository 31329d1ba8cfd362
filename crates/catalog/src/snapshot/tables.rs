//! The one list of tables and columns that snapshots are written and read by.
//!
//! A test compares it with what both engines say of themselves, so that no table and no column is forgotten.

use self::Kind::{Bytes, Hash, Int, Text, Uuid};

/// What a column holds, and so how it is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Int,
    /// A string.
    Text,
    /// A hyphenated string.
    Uuid,
    /// Lower-case hexadecimal.
    Hash,
    /// Base64 with padding.
    Bytes,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// The columns it is sorted by: its primary key. No text, which the engines would sort differently.
    pub key: &'static str,
    /// Whether it is in snapshots. What only this machine knows, or can find out again, is not.
    pub in_snapshot: bool,
}

macro_rules! tables {
    ($($name:ident $([$key:literal])? { $($column:ident: $kind:ident),* $(,)? })*) => {
        &[$(Table {
            name: stringify!($name),
            columns: &[$(Column { name: stringify!($column), kind: $kind }),*],
            key: tables!(@key $($key)?),
            in_snapshot: tables!(@snapshot $($key)?),
        }),*]
    };
    (@key) => { "" };
    (@key $key:literal) => { $key };
    (@snapshot) => { false };
    (@snapshot $key:literal) => { true };
}

/// Every table, parents before children. Those with a sort key are in snapshots.
pub const TABLES: &[Table] = tables! {
    library ["id"] { id: Uuid, created_at: Int, server_recipient: Text }
    recovery_key ["id"] { id: Uuid, recipient: Text, label: Text, created_at: Int, retired_at: Int }
    person ["id"] { id: Uuid, email: Text, name: Text, password_hash: Text, created_at: Int, disabled_at: Int }
    space ["id"] {
        id: Uuid, name: Text, name_key: Text, recipient: Text, wrapped_key: Bytes, created_at: Int, quota: Int,
        approval: Int, approval_told_at: Int,
    }
    member ["space_id, person_id"] {
        space_id: Uuid, person_id: Uuid, role: Text, added_at: Int, permissions: Text,
    }
    factor ["id"] {
        id: Uuid, person_id: Uuid, kind: Text, name: Text, secret: Bytes, created_at: Int, confirmed_at: Int,
        used_at: Int, counter: Int,
    }
    recovery_code ["person_id, hash"] { person_id: Uuid, hash: Hash, used_at: Int }
    album ["id"] {
        id: Uuid, space_id: Uuid, name: Text, folder: Bytes, tier: Text, created_at: Int, deleted_at: Int,
    }
    asset ["id"] {
        id: Uuid, space_id: Uuid, album_id: Uuid, group_key: Bytes, kind: Text, derived_from: Uuid, created_at: Int,
        deleted_at: Int, captured_at: Int, media_state: Text, media_note: Text, placeholder: Bytes,
        perceptual_hash: Int, metadata: Text, edits: Text, approval: Text, decided_by: Uuid, decided_at: Int,
        decision_reason: Text,
    }
    object ["id"] {
        id: Uuid, space_id: Uuid, hash: Hash, size: Int, content_sha256: Hash, content_sha1: Hash,
        content_size: Int, media_type: Text, created_at: Int,
    }
    file ["id"] {
        id: Uuid, asset_id: Uuid, album_id: Uuid, name: Bytes, name_text: Text, role: Text, version_id: Uuid,
    }
    version ["id"] {
        id: Uuid, file_id: Uuid, object_id: Uuid, number: Int, modified_ns: Int, added_at: Int, added_by: Uuid,
    }
    album_asset ["album_id, asset_id"] { album_id: Uuid, asset_id: Uuid, added_by: Uuid, added_at: Int }
    album_grant ["album_id, person_id"] {
        album_id: Uuid, person_id: Uuid, permissions: Text, added_by: Uuid, added_at: Int,
    }
    album_mirror ["album_id, space_id"] { album_id: Uuid, space_id: Uuid, added_by: Uuid, added_at: Int }
    copy ["id"] {
        id: Uuid, name: Text, url: Text, medium: Text, place: Text, store_id: Uuid, is_library: Int, created_at: Int,
        removed_at: Int,
    }
    audit ["seq"] {
        seq: Int, at: Int, actor: Text, action: Text, subject: Text, detail: Text, prev: Hash, hash: Hash,
        space_id: Uuid,
    }
    contact ["person_id, contact_id"] { person_id: Uuid, contact_id: Uuid, added_at: Int }
    contact_rule ["person_id"] { person_id: Uuid, needed: Int, wait_ms: Int }
    channel ["id"] {
        id: Uuid, person_id: Uuid, kind: Text, address: Text, secret: Bytes, kinds: Text, created_at: Int,
        confirmed_at: Int, code_hash: Hash, told_at: Int, failed_at: Int, last_error: Text,
    }
    device ["id"] {
        id: Uuid, person_id: Uuid, name: Text, kind: Text, created_at: Int, seen_at: Int, waiting: Int,
        waiting_bytes: Int, oldest_at: Int, note: Text, removed_at: Int,
    }
    care ["copy_id"] {
        copy_id: Uuid, every_ms: Int, scrub_days: Int, rate: Int, quiet_from: Int, quiet_until: Int, tried_at: Int,
        ran_at: Int, failing_since: Int, failures: Int, last_error: Text, scrubbed_at: Int, free_bytes: Int,
        total_bytes: Int, thin_out: Int, bad_files: Text, named_at: Int,
    }
    rule ["space_id"] { space_id: Uuid, copies: Int, media: Int, offsite: Int, proof_days: Int }
    damage ["id"] {
        id: Uuid, copy_id: Uuid, object_id: Uuid, state: Text, note: Text, found_at: Int, healed_at: Int,
        healed_from: Uuid, tried_at: Int, unhealed: Text,
    }
    alert ["id"] {
        id: Uuid, kind: Text, subject: Text, facts: Text, raised_at: Int, told_at: Int, escalated: Int,
        resolved_at: Int,
    }
    drill ["id"] {
        id: Uuid, copy_id: Uuid, scope: Text, started_at: Int, ended_at: Int, passed: Int, report: Text,
        signature: Bytes,
    }
    review ["id"] {
        id: Uuid, kind: Text, title: Text, checklist: Text, every_days: Int, owner_id: Uuid, due_at: Int,
        created_at: Int, ended_at: Int,
    }
    review_done ["id"] {
        id: Uuid, review_id: Uuid, due_at: Int, done_at: Int, done_by: Uuid, passed: Int, evidence: Text, note: Text,
    }
    stale { asset_id: Uuid }
    indexed { asset_id: Uuid, key: Int }
    facet { space_id: Uuid, class: Text, name: Text }
    lacking { copy_id: Uuid, object_id: Uuid }
    unread { copy_id: Uuid, object_id: Uuid, since: Int, note: Text }
    replica {
        copy_id: Uuid, object_id: Uuid, state: Text, stored_at: Int, proved_at: Int, note: Text, proved_by: Text,
        looked_at: Int,
    }
    rendition { object_id: Uuid, kind: Text, hash: Hash, size: Int, width: Int, height: Int }
    seen_folder { space_id: Uuid, album_id: Uuid, path: Bytes, entries: Bytes }
    job {
        id: Uuid, kind: Text, payload: Text, dedupe_key: Text, run_at: Int, attempts: Int, leased_until: Int,
        last_error: Text, created_at: Int, failed_at: Int,
    }
    change { seq: Int, space_id: Uuid, entity: Text, entity_id: Uuid, op: Text, at: Int }
    session {
        id: Uuid, person_id: Uuid, secret_hash: Hash, agent: Text, network: Text, created_at: Int, seen_at: Int,
        expires_at: Int, proved_at: Int,
    }
    token {
        id: Uuid, person_id: Uuid, secret_hash: Hash, name: Text, permissions: Text, space_id: Uuid, network: Text,
        created_at: Int, seen_at: Int, expires_at: Int, device_id: Uuid,
    }
    notice { id: Uuid, person_id: Uuid, kind: Text, facts: Text, at: Int, seen_at: Int }
    recovery {
        id: Uuid, person_id: Uuid, secret_hash: Hash, agent: Text, network: Text, created_at: Int, ready_at: Int,
        expires_at: Int, ended_at: Int, outcome: Text,
    }
    vouch { recovery_id: Uuid, contact_id: Uuid, at: Int }
    pairing {
        id: Uuid, secret_hash: Hash, code_hash: Hash, name: Text, agent: Text, network: Text, created_at: Int,
        expires_at: Int, person_id: Uuid, permissions: Text, space_id: Uuid, decided_at: Int, refused: Int,
    }
    invitation {
        id: Uuid, secret_hash: Hash, email: Text, space_id: Uuid, role: Text, permissions: Text, created_by: Uuid,
        created_at: Int, expires_at: Int, used_at: Int,
    }
    upload {
        id: Uuid, person_id: Uuid, space_id: Uuid, folder: Bytes, name: Bytes, size: Int, content_sha256: Hash,
        modified_ns: Int, created_at: Int, expires_at: Int, asset_id: Uuid,
    }
    snapshot { name: Text, created_at: Int, change_seq: Int, audit_seq: Int, rows: Int }
    sequence { name: Text, last: Int }
    schema_version { version: Int }
};

impl Table {
    /// `a, b, c`.
    pub(super) fn column_list(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        names.join(", ")
    }
}

/// The tables that are in snapshots, in order.
pub(super) fn snapshot_tables() -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(|table| table.in_snapshot)
}
