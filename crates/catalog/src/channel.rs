//! Where people are told outside the app.

use std::fmt;

use model::{ChannelId, ChannelKind, NoticeKind, PersonId, Result, Sha256, Timestamp};

use crate::sql::{Row, Tx, Value, args, built, exactly_one, get_word};

/// An e-mail address, a webhook or an ntfy topic of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Who is told there.
    pub person_id: PersonId,
    /// What sort of address it is.
    pub kind: ChannelKind,
    /// The address.
    pub address: String,
    /// What signs the messages of a webhook, or opens a topic.
    pub secret: Option<String>,
    /// What goes there besides what is always told; `None` for everything.
    pub kinds: Option<Vec<NoticeKind>>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when it counts: its owner has shown that it is theirs.
    pub confirmed_at: Option<Timestamp>,
    /// The hash of the code that shows it, while it waits.
    pub code_hash: Option<Sha256>,
    /// When something last arrived there.
    pub told_at: Option<Timestamp>,
    /// Since nothing arrived there: when it last failed.
    pub failed_at: Option<Timestamp>,
    /// Why it failed.
    pub last_error: Option<String>,
}

impl Channel {
    /// Whether notices of this kind go there.
    pub fn wants(&self, kind: NoticeKind) -> bool {
        kind.always_told() || self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}

/// Without its secret, and without the address, which may contain one.
impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

const COLUMNS: &str = "id, person_id, kind, address, secret, kinds, created_at, confirmed_at, code_hash, told_at, failed_at, \
     last_error";

fn channel(row: &Row) -> Result<Channel> {
    let secret: Option<Vec<u8>> = row.get(4)?;
    Ok(Channel {
        id: row.get(0)?,
        person_id: row.get(1)?,
        kind: get_word(row, 2)?,
        address: row.get(3)?,
        secret: secret.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        kinds: row.get::<Option<String>>(5)?.map(|words| kinds(&words)).transpose()?,
        created_at: row.get(6)?,
        confirmed_at: row.get(7)?,
        code_hash: row.get(8)?,
        told_at: row.get(9)?,
        failed_at: row.get(10)?,
        last_error: row.get(11)?,
    })
}

fn kinds(words: &str) -> Result<Vec<NoticeKind>> {
    words.split(',').filter(|word| !word.is_empty()).map(str::parse).collect()
}

fn written(kinds: Option<&[NoticeKind]>) -> Option<String> {
    kinds.map(|kinds| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(","))
}

impl Tx {
    /// Adds a channel.
    pub async fn channel_insert(&mut self, channel: &Channel) -> Result<()> {
        let sql = built(format!(
            "INSERT INTO channel ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ));
        let mut args = args![channel.id, channel.person_id];
        args.push(Value::Word(channel.kind.as_str()));
        args.extend(args![
            &channel.address,
            channel.secret.as_ref().map(|secret| secret.as_bytes().to_vec()),
            written(channel.kinds.as_deref()),
            channel.created_at,
            channel.confirmed_at,
            channel.code_hash,
            channel.told_at,
            channel.failed_at,
            channel.last_error.as_deref()
        ]);
        exactly_one(self.execute(sql, args).await?, "the channel")
    }

    /// One channel.
    pub async fn channel_get(&mut self, id: ChannelId) -> Result<Option<Channel>> {
        let sql = built(format!("SELECT {COLUMNS} FROM channel WHERE id = $1"));
        self.fetch_optional(sql, args![id], channel).await
    }

    /// Someone's channels, oldest first; those that do not count yet too.
    pub async fn channel_list(&mut self, person_id: PersonId) -> Result<Vec<Channel>> {
        let sql = built(format!("SELECT {COLUMNS} FROM channel WHERE person_id = $1 ORDER BY id"));
        self.fetch_all(sql, args![person_id], channel).await
    }

    /// Takes another code for the one that waits, by its hash. Says whether the channel still waits for one.
    pub async fn channel_set_code(&mut self, id: ChannelId, code_hash: &Sha256) -> Result<bool> {
        let sql = "UPDATE channel SET code_hash = $1 WHERE id = $2 AND confirmed_at IS NULL";
        Ok(self.execute(sql, args![*code_hash, id]).await? == 1)
    }

    /// Makes a channel count, by its code. Says whether the code was right, and waited for.
    pub async fn channel_confirm(
        &mut self,
        id: ChannelId,
        code_hash: &Sha256,
        at: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE channel SET confirmed_at = $1, code_hash = NULL \
                   WHERE id = $2 AND code_hash = $3 AND confirmed_at IS NULL";
        Ok(self.execute(sql, args![at, id, *code_hash]).await? == 1)
    }

    /// Changes what goes to a channel.
    pub async fn channel_set_kinds(&mut self, id: ChannelId, kinds: Option<&[NoticeKind]>) -> Result<()> {
        let sql = "UPDATE channel SET kinds = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![written(kinds), id]).await?, "the channel")
    }

    /// Notes that something arrived.
    pub async fn channel_told(&mut self, id: ChannelId, at: Timestamp) -> Result<()> {
        let sql = "UPDATE channel SET told_at = $1, failed_at = NULL, last_error = NULL WHERE id = $2";
        // Removed meanwhile: nothing to note.
        self.execute(sql, args![at, id]).await.map(drop)
    }

    /// Notes that something did not arrive, and why.
    pub async fn channel_failed(&mut self, id: ChannelId, error: &str, at: Timestamp) -> Result<()> {
        let sql = "UPDATE channel SET failed_at = $1, last_error = $2 WHERE id = $3";
        self.execute(sql, args![at, error, id]).await.map(drop)
    }

    /// Removes one of someone's channels. Says whether there was one.
    pub async fn channel_delete(&mut self, person_id: PersonId, id: ChannelId) -> Result<bool> {
        let sql = "DELETE FROM channel WHERE id = $1 AND person_id = $2";
        Ok(self.execute(sql, args![id, person_id]).await? == 1)
    }

    /// Forgets channels that were added before this time and that nobody confirmed.
    pub async fn channel_sweep(&mut self, before: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM channel WHERE confirmed_at IS NULL AND created_at < $1";
        self.execute(sql, args![before]).await
    }
}
