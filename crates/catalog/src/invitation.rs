//! Invitations: single-use addresses that make somebody an account, and perhaps a member.

use model::{InvitationId, Permissions, PersonId, Result, Role, Sha256, SpaceId, Timestamp};

use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// A single-use address for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// SHA-256 of the secret in the address.
    pub secret_hash: Sha256,
    /// Whom it is for.
    pub email: String,
    /// What they become, and where; without it only an account.
    pub membership: Option<Membership>,
    /// Who invited them.
    pub created_by: PersonId,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// A place in a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The space.
    pub space_id: SpaceId,
    /// What they are there.
    pub role: Role,
    /// What they may do, where the role is [`Role::Custom`].
    pub permissions: Permissions,
}

const COLUMNS: &str =
    "id, secret_hash, email, space_id, role, permissions, created_by, created_at, expires_at, used_at";

fn invitation(row: &Row) -> Result<Invitation> {
    let membership = match row.get::<Option<SpaceId>>(3)? {
        Some(space_id) => Some(Membership {
            space_id,
            role: get_word(row, 4)?,
            permissions: match row.get::<Option<String>>(5)? {
                Some(_) => get_word(row, 5)?,
                None => Permissions::NONE,
            },
        }),
        None => None,
    };
    Ok(Invitation {
        id: row.get(0)?,
        secret_hash: row.get(1)?,
        email: row.get(2)?,
        membership,
        created_by: row.get(6)?,
        created_at: row.get(7)?,
        expires_at: row.get(8)?,
        used_at: row.get(9)?,
    })
}

impl Tx {
    /// Adds an invitation.
    pub async fn invitation_insert(&mut self, invitation: &Invitation) -> Result<()> {
        let sql = built(format!(
            "INSERT INTO invitation ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ));
        let membership = invitation.membership;
        let args = args![
            invitation.id,
            invitation.secret_hash,
            invitation.email.to_lowercase(),
            membership.map(|membership| membership.space_id),
            membership.map(|membership| membership.role),
            membership.map(|membership| membership.permissions),
            invitation.created_by,
            invitation.created_at,
            invitation.expires_at,
            invitation.used_at
        ];
        exactly_one(self.execute(sql, args).await?, "the invitation")
    }

    /// The invitation with this secret, if it can still be used.
    pub async fn invitation_find(
        &mut self,
        secret_hash: &Sha256,
        now: Timestamp,
    ) -> Result<Option<Invitation>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM invitation WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2"
        ));
        self.fetch_optional(sql, args![*secret_hash, now], invitation).await
    }

    /// Uses an invitation up. Says whether it was there to be used.
    pub async fn invitation_use(&mut self, id: InvitationId, at: Timestamp) -> Result<bool> {
        let sql = "UPDATE invitation SET used_at = $1 WHERE id = $2 AND used_at IS NULL";
        Ok(self.execute(sql, args![at, id]).await? == 1)
    }

    /// The invitations into a space that wait, newest first.
    pub async fn invitation_list(&mut self, space_id: SpaceId, now: Timestamp) -> Result<Vec<Invitation>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM invitation WHERE space_id = $1 AND used_at IS NULL AND expires_at > $2 \
             ORDER BY id DESC"
        ));
        self.fetch_all(sql, args![space_id, now], invitation).await
    }

    /// Takes an invitation into a space back. Says whether there was one.
    pub async fn invitation_delete(&mut self, space_id: SpaceId, id: InvitationId) -> Result<bool> {
        let sql = "DELETE FROM invitation WHERE id = $1 AND space_id = $2 AND used_at IS NULL";
        Ok(self.execute(sql, args![id, space_id]).await? == 1)
    }
}
