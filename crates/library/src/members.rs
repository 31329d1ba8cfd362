//! Who belongs to a space, and what they may do there. A space always has an owner.

use catalog::{Member, Tx};
use model::{Error, Permission, Permissions, PersonId, Result, Role, SpaceId};
use serde_json::json;

use crate::Library;
use crate::access::{Access, Actor, SpaceRight, sees_addresses};

/// A member as others see them.
pub struct MemberView {
    /// What they are.
    pub member: Member,
    /// Their name.
    pub name: String,
    /// Their address, for who may see it.
    pub email: Option<String>,
}

impl Library {
    /// The members of a space. Whoever may look into it sees who else may.
    pub async fn members(&self, actor: &Actor, space: SpaceId) -> Result<Vec<MemberView>> {
        let mut tx = self.catalog.read().await?;
        let right = Access::new(&mut tx, actor).space(space).await?;
        seen(&mut tx, &right).await
    }

    /// Changes what a member is.
    ///
    /// # Errors
    /// `Forbidden` for more rights than the actor has, and for changing an owner without being one; `Conflict` for the
    /// last owner.
    pub async fn member_change(
        &self,
        actor: &Actor,
        space: SpaceId,
        person: PersonId,
        role: Role,
        custom: Permissions,
    ) -> Result<()> {
        let mut tx = self.begin_as(actor).await?;
        // Before the rights are read: two owners must not step down at the same moment, and nobody gives by a right that was
        // taken from them while they waited.
        tx.space_lock(space).await?;
        let right = Access::new(&mut tx, actor).space(space).await?;
        right.needs(Permission::Manage)?;
        right.may_give(role, custom)?;
        actor.proved(self.clock.now())?;
        let member = tx.member_get(space, person).await?.ok_or_else(no_member)?;
        if member.role == Role::Owner && right.role != Role::Owner {
            return Err(Error::forbidden("only an owner of the space can change what another owner is"));
        }
        if member.role == Role::Owner && role != Role::Owner {
            another_owner(&tx.member_list(space).await?, person)?;
        }
        let changed = Member { role, custom, ..member };
        tx.member_update(&changed).await?;
        let mut detail = json!({"person": person, "role": role, "permissions": custom.to_string()});
        // What they opened with rights that they had is no way to keep them.
        if !changed.permissions().covers(member.permissions()) {
            detail["grants_ended"] = tx.album_grant_delete_own(space, person).await?.into();
            detail["mirrors_ended"] = tx.album_mirror_delete_by(space, person).await?.into();
        }
        tx.audit_append_in(
            space,
            self.clock.now(),
            actor.signature(),
            "member.change",
            &right.space.name,
            &detail,
        )
        .await?;
        tx.commit().await
    }

    /// Removes a member; everybody may remove themselves.
    pub async fn member_remove(&self, actor: &Actor, space: SpaceId, person: PersonId) -> Result<()> {
        let mut tx = self.begin_as(actor).await?;
        tx.space_lock(space).await?;
        let right = Access::new(&mut tx, actor).space(space).await?;
        let oneself = actor.person().id == person;
        if oneself {
            actor.session()?;
        } else {
            right.needs(Permission::Manage)?;
            actor.proved(self.clock.now())?;
        }
        let member = tx.member_get(space, person).await?.ok_or_else(no_member)?;
        if member.role == Role::Owner {
            if right.role != Role::Owner {
                return Err(Error::forbidden("only an owner of the space can remove another owner"));
            }
            another_owner(&tx.member_list(space).await?, person)?;
        }
        tx.member_delete(space, person).await?;
        // What was opened to them ends with it, and so does what they show of it in spaces that they are still in.
        let grants = tx.album_grant_delete_in_space(space, person).await?;
        let mirrors = tx.album_mirror_delete_by(space, person).await?;
        let detail = json!({"person": person, "grants_ended": grants, "mirrors_ended": mirrors});
        tx.audit_append_in(
            space,
            self.clock.now(),
            actor.signature(),
            "member.remove",
            &right.space.name,
            &detail,
        )
        .await?;
        tx.commit().await
    }
}

/// The members of a space as whoever has this right there sees them.
pub(crate) async fn seen(tx: &mut Tx, right: &SpaceRight) -> Result<Vec<MemberView>> {
    let mut members = Vec::new();
    for member in tx.member_list(right.space.id).await? {
        if let Some(person) = tx.person_get(member.person_id).await? {
            let email = sees_addresses(right.permissions).then_some(person.email);
            members.push(MemberView { member, name: person.name, email });
        }
    }
    Ok(members)
}

fn no_member() -> Error {
    Error::not_found("that person is not a member of this space")
}

fn another_owner(members: &[Member], person: PersonId) -> Result<()> {
    if members.iter().any(|other| other.role == Role::Owner && other.person_id != person) {
        return Ok(());
    }
    Err(Error::conflict("this is the last owner of the space; make somebody else an owner first"))
}
