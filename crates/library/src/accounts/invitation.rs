//! Invitations: a single-use address for one person.

use std::time::Duration;

use catalog::{Invitation, Member, Membership, Person};
use model::{Error, InvitationId, Permission, Permissions, PersonId, Result, Role, SpaceId};
use serde_json::json;

use super::password::new_hash;
use super::secret::INVITATION;
use super::{Origin, Secret, Shown, email, label};
use crate::Library;
use crate::access::{Access, Actor, may_still_invite};

/// How long an invitation waits.
const LASTS: Duration = Duration::from_hours(7 * 24);

/// Somebody to be invited into a space.
pub struct NewInvitation {
    /// Whom it is for.
    pub email: String,
    /// Where to.
    pub space: SpaceId,
    /// What they become there.
    pub role: Role,
    /// What they may do, where the role is [`Role::Custom`].
    pub permissions: Permissions,
}

/// Whoever accepts an invitation.
pub struct Accepted<'a> {
    /// The invitation's secret.
    pub secret: &'a Secret,
    /// What others call them; not needed by who has an account.
    pub name: &'a str,
    /// Their new password; the account's own for who has one.
    pub password: &'a str,
    /// A code, where the account has a second factor.
    pub code: Option<&'a str>,
    /// A passkey of the account, in place of both.
    pub passkey: Option<Shown>,
    /// Where they ask from.
    pub origin: Origin,
}

impl Library {
    /// Invites somebody; the secret is shown only now.
    pub async fn invitation_create(&self, actor: &Actor, new: NewInvitation) -> Result<(Secret, Invitation)> {
        let now = self.clock.now();
        let secret = Secret::generate(INVITATION);
        let mut tx = self.begin_as(actor).await?;
        let right = Access::new(&mut tx, actor).space(new.space).await?;
        right.needs(Permission::Manage)?;
        right.may_give(new.role, new.permissions)?;
        // Whoever comes in stays, whatever becomes of the session or token that let them in.
        actor.proved(now)?;
        let invitation = Invitation {
            id: InvitationId::generate(),
            secret_hash: secret.hash()?,
            email: email(&new.email)?,
            membership: Some(Membership {
                space_id: new.space,
                role: new.role,
                permissions: new.permissions,
            }),
            created_by: actor.person().id,
            created_at: now,
            expires_at: now.plus(LASTS),
            used_at: None,
        };
        tx.invitation_insert(&invitation).await?;
        let detail = json!({"email": invitation.email, "role": new.role, "space": right.space.name});
        tx.audit_append_in(
            new.space,
            now,
            actor.signature(),
            "invitation.create",
            &invitation.id.to_string(),
            &detail,
        )
        .await?;
        tx.commit().await?;
        Ok((secret, invitation))
    }

    /// The invitations into a space that wait.
    pub async fn invitations(&self, actor: &Actor, space: SpaceId) -> Result<Vec<Invitation>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::Manage)?;
        tx.invitation_list(space, self.clock.now()).await
    }

    /// Takes an invitation back.
    pub async fn invitation_revoke(&self, actor: &Actor, space: SpaceId, id: InvitationId) -> Result<()> {
        let mut tx = self.begin_as(actor).await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::Manage)?;
        if !tx.invitation_delete(space, id).await? {
            return Err(Error::not_found("there is no such invitation, or it was used"));
        }
        tx.audit_append_in(
            space,
            self.clock.now(),
            actor.signature(),
            "invitation.revoke",
            &id.to_string(),
            &json!({}),
        )
        .await?;
        tx.commit().await
    }

    /// Whom an invitation is for, if it can be used.
    pub async fn invitation_email(&self, secret: &Secret) -> Result<Option<String>> {
        let found = self.catalog.read().await?.invitation_find(&secret.hash()?, self.clock.now()).await?;
        Ok(found.map(|invitation| invitation.email))
    }

    /// Accepts an invitation: makes an account with this password, or, where there is one, asks for its password.
    pub async fn invitation_accept(&self, accepted: Accepted<'_>) -> Result<Person> {
        let now = self.clock.now();
        let gone = || {
            Error::not_found("this invitation was used, taken back, or is older than a week; ask for another")
        };
        let hash = accepted.secret.hash()?;
        let mut tx = self.catalog.read().await?;
        let invitation = tx.invitation_find(&hash, now).await?.ok_or_else(gone)?;
        let account = tx.person_by_email(&invitation.email).await?;
        drop(tx);
        let known = account.is_some();
        let mut signed = None;
        let person = match account {
            Some(person) if accepted.passkey.is_some() => {
                signed = self.passkey_of(&person, accepted.passkey, &accepted.origin).await?;
                person
            }
            Some(person) => {
                let word = zeroize::Zeroizing::new(accepted.password.to_owned());
                let right = super::password::verify(word, person.password_hash.clone()).await?;
                if !right && person.disabled_at.is_none() {
                    self.refusals.count(person.id, &accepted.origin, now);
                }
                if !right || person.disabled_at.is_some() {
                    return Err(Error::new(
                        model::ErrorKind::Unproved,
                        "you have an account already; give its password",
                    )
                    .with_code("sign-in-failed"));
                }
                person
            }
            None => Person {
                id: PersonId::generate(),
                email: invitation.email.clone(),
                name: label(accepted.name, "a name")?,
                password_hash: Some(new_hash(accepted.password, &[&invitation.email, accepted.name]).await?),
                created_at: now,
                disabled_at: None,
            },
        };
        let mut tx = self.catalog.begin().await?;
        if let Some(signed) = signed {
            self.passkey_take(&mut tx, signed).await?;
        } else if known && let Err(error) = self.second_factor(&mut tx, &person, accepted.code).await {
            drop(tx);
            return Err(self.code_refused(&person, &accepted.origin, error).await?);
        }
        // What its maker may give is looked at below, and does not change before this ends.
        if let Some(membership) = invitation.membership {
            tx.space_lock(membership.space_id).await?;
        }
        // Used by somebody else meanwhile, or twice at once.
        if !tx.invitation_use(invitation.id, now).await? {
            return Err(gone());
        }
        if tx.person_get(person.id).await?.is_none() {
            tx.person_insert(&person).await?;
        }
        if let Some(Membership { space_id, role, permissions }) = invitation.membership {
            let maker = tx.member_get(space_id, invitation.created_by).await?;
            let may = maker.is_some_and(|maker| may_still_invite(&maker, role, permissions));
            if !may {
                return Err(gone());
            }
            let member = Member { space_id, person_id: person.id, role, custom: permissions, added_at: now };
            match tx.member_get(space_id, person.id).await? {
                None => tx.member_insert(&member).await?,
                Some(_) => return Err(Error::conflict("you are a member of that space already")),
            }
            self.tell_of_member(&mut tx, &person, space_id, role).await?;
        }
        let detail = json!({"invitation": invitation.id});
        let (action, subject) = ("invitation.accept", person.id.to_string());
        match invitation.membership {
            Some(to) => {
                tx.audit_append_in(to.space_id, now, &person.email, action, &subject, &detail).await?
            }
            None => tx.audit_append(now, &person.email, action, &subject, &detail).await?,
        };
        tx.commit().await?;
        Ok(person)
    }
}
