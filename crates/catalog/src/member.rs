//! Members of spaces.

use model::{Permissions, PersonId, Result, Role, SpaceId, Timestamp};

use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// Who may do what in a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The space.
    pub space_id: SpaceId,
    /// The person.
    pub person_id: PersonId,
    /// What they are there.
    pub role: Role,
    /// What they may do, where the role is [`Role::Custom`].
    pub custom: Permissions,
    /// Since when.
    pub added_at: Timestamp,
}

impl Member {
    /// What they may do.
    pub fn permissions(&self) -> Permissions {
        if self.role == Role::Custom { self.custom } else { self.role.permissions() }
    }

    /// The set as it is stored: only where the role does not say it.
    fn stored(&self) -> Option<Permissions> {
        (self.role == Role::Custom).then_some(self.custom)
    }
}

const COLUMNS: &str = "space_id, person_id, role, permissions, added_at";

fn member(row: &Row) -> Result<Member> {
    let custom = if row.get::<Option<String>>(3)?.is_some() { get_word(row, 3)? } else { Permissions::NONE };
    Ok(Member {
        space_id: row.get(0)?,
        person_id: row.get(1)?,
        role: get_word(row, 2)?,
        custom,
        added_at: row.get(4)?,
    })
}

impl Tx {
    /// Makes someone a member; `Conflict` when they are one already.
    pub async fn member_insert(&mut self, member: &Member) -> Result<()> {
        let sql = built(format!("INSERT INTO member ({COLUMNS}) VALUES ($1, $2, $3, $4, $5)"));
        let args = args![member.space_id, member.person_id, member.role, member.stored(), member.added_at];
        exactly_one(self.execute(sql, args).await?, "the member")
    }

    /// Changes what a member is.
    pub async fn member_update(&mut self, member: &Member) -> Result<()> {
        let sql = "UPDATE member SET role = $1, permissions = $2 WHERE space_id = $3 AND person_id = $4";
        let args = args![member.role, member.stored(), member.space_id, member.person_id];
        exactly_one(self.execute(sql, args).await?, "the member")
    }

    /// Removes a member.
    pub async fn member_delete(&mut self, space_id: SpaceId, person_id: PersonId) -> Result<()> {
        let sql = "DELETE FROM member WHERE space_id = $1 AND person_id = $2";
        exactly_one(self.execute(sql, args![space_id, person_id]).await?, "the member")
    }

    /// The members of a space, in order of joining.
    pub async fn member_list(&mut self, space_id: SpaceId) -> Result<Vec<Member>> {
        let sql =
            built(format!("SELECT {COLUMNS} FROM member WHERE space_id = $1 ORDER BY added_at, person_id"));
        self.fetch_all(sql, args![space_id], member).await
    }

    /// Where someone is a member.
    pub async fn member_by_person(&mut self, person_id: PersonId) -> Result<Vec<Member>> {
        let sql =
            built(format!("SELECT {COLUMNS} FROM member WHERE person_id = $1 ORDER BY added_at, space_id"));
        self.fetch_all(sql, args![person_id], member).await
    }

    /// What someone is in a space, if anything, and the number of the last change of the space, 0 before the first: in one
    /// question, because every look at a timeline begins with it.
    pub async fn member_get_with_head(
        &mut self,
        space_id: SpaceId,
        person_id: PersonId,
    ) -> Result<Option<(Member, i64)>> {
        let sql = built(format!(
            "SELECT {COLUMNS}, (SELECT coalesce(max(seq), 0) FROM change WHERE space_id = $1) FROM member \
             WHERE space_id = $1 AND person_id = $2"
        ));
        self.fetch_optional(sql, args![space_id, person_id], |row| Ok((member(row)?, row.get(5)?))).await
    }

    /// What someone is in a space, if anything.
    pub async fn member_get(&mut self, space_id: SpaceId, person_id: PersonId) -> Result<Option<Member>> {
        let sql = built(format!("SELECT {COLUMNS} FROM member WHERE space_id = $1 AND person_id = $2"));
        self.fetch_optional(sql, args![space_id, person_id], member).await
    }
}
