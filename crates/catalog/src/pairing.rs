//! Programs that wait for somebody to let them in (RFC 8628): a long secret that the program keeps, a short code that a
//! person types into the browser that they are signed in with.

use model::{PairingId, Permissions, PersonId, Result, Sha256, SpaceId, Timestamp};

use crate::sql::{Row, Tx, args, built, exactly_one};

/// A program that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// Its id.
    pub id: PairingId,
    /// SHA-256 of what the program asks with.
    pub secret_hash: Sha256,
    /// SHA-256 of what the person types.
    pub code_hash: Sha256,
    /// What the program calls itself.
    pub name: String,
    /// What it says it is.
    pub agent: String,
    /// Where it asked from.
    pub network: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it waits.
    pub expires_at: Timestamp,
    /// What was decided.
    pub decision: Option<Decision>,
}

/// What somebody said to a program that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may come in, in this person's name.
    Let {
        /// Who let it in.
        person_id: PersonId,
        /// What it may do, as far as they may.
        permissions: Permissions,
        /// The only space that it may do it in, if any.
        space_id: Option<SpaceId>,
    },
    /// It may not.
    Refused,
}

const COLUMNS: &str = "id, secret_hash, code_hash, name, agent, network, created_at, expires_at, person_id, permissions, \
                       space_id, refused";

fn pairing(row: &Row) -> Result<Pairing> {
    let (person, permissions): (Option<PersonId>, Option<String>) = (row.get(8)?, row.get(9)?);
    let decision = match (person, permissions) {
        _ if row.get(11)? => Some(Decision::Refused),
        (Some(person_id), Some(permissions)) => {
            Some(Decision::Let { person_id, permissions: permissions.parse()?, space_id: row.get(10)? })
        }
        _ => None,
    };
    Ok(Pairing {
        id: row.get(0)?,
        secret_hash: row.get(1)?,
        code_hash: row.get(2)?,
        name: row.get(3)?,
        agent: row.get(4)?,
        network: row.get(5)?,
        created_at: row.get(6)?,
        expires_at: row.get(7)?,
        decision,
    })
}

impl Tx {
    /// Adds a program that waits.
    pub async fn pairing_insert(&mut self, pairing: &Pairing) -> Result<()> {
        let sql = "INSERT INTO pairing (id, secret_hash, code_hash, name, agent, network, created_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let args = args![
            pairing.id,
            pairing.secret_hash,
            pairing.code_hash,
            &pairing.name,
            &pairing.agent,
            &pairing.network,
            pairing.created_at,
            pairing.expires_at
        ];
        exactly_one(self.execute(sql, args).await?, "the pairing")
    }

    /// The programs that nothing was said to yet, and where they asked from; those that wait longest first.
    pub async fn pairing_waiting(&mut self, now: Timestamp) -> Result<Vec<(PairingId, String)>> {
        let sql = "SELECT id, network FROM pairing WHERE expires_at > $1 AND decided_at IS NULL \
                   ORDER BY created_at, id";
        self.fetch_all(sql, args![now], |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// The program with this secret, if its time is not over.
    pub async fn pairing_by_secret(&mut self, hash: &Sha256, now: Timestamp) -> Result<Option<Pairing>> {
        let sql = built(format!("SELECT {COLUMNS} FROM pairing WHERE secret_hash = $1 AND expires_at > $2"));
        self.fetch_optional(sql, args![*hash, now], pairing).await
    }

    /// The undecided program with this code, if its time is not over.
    pub async fn pairing_by_code(&mut self, hash: &Sha256, now: Timestamp) -> Result<Option<Pairing>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM pairing WHERE code_hash = $1 AND expires_at > $2 AND decided_at IS NULL"
        ));
        self.fetch_optional(sql, args![*hash, now], pairing).await
    }

    /// Decides, once. Says whether there was something to decide.
    pub async fn pairing_decide(
        &mut self,
        id: PairingId,
        decision: Decision,
        now: Timestamp,
    ) -> Result<bool> {
        let (person, permissions, space, refused) = match decision {
            Decision::Let { person_id, permissions, space_id } => {
                (Some(person_id), Some(permissions.to_string()), space_id, false)
            }
            Decision::Refused => (None, None, None, true),
        };
        let sql = "UPDATE pairing SET person_id = $1, permissions = $2, space_id = $3, refused = $4, decided_at = $5 \
                   WHERE id = $6 AND decided_at IS NULL";
        let args = args![person, permissions, space, refused, now, id];
        Ok(self.execute(sql, args).await? == 1)
    }

    /// Uses a decision up. Says whether it was there to be used.
    pub async fn pairing_delete(&mut self, id: PairingId) -> Result<bool> {
        Ok(self.execute("DELETE FROM pairing WHERE id = $1", args![id]).await? == 1)
    }

    /// Forgets programs whose time is over.
    pub async fn pairing_sweep(&mut self, now: Timestamp) -> Result<u64> {
        self.execute("DELETE FROM pairing WHERE expires_at <= $1", args![now]).await
    }
}
