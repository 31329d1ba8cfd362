//! Spaces: each with a key of its own.

use catalog::{Approvals, Member, Person, Space, Tx};
use model::{Error, Permission, Permissions, Result, Role, SpaceId};
use vault::StorePath;
use vault::keys::SecretKey;

use crate::Library;
use crate::access::{Access, Actor, SpaceRight};

/// Longer names than this are somebody's mistake.
const MAX_NAME: usize = 120;

impl Library {
    /// The space of that name.
    pub async fn space(&self, name: &str) -> Result<Space> {
        let mut tx = self.catalog.read().await?;
        if let Some(space) = tx.space_by_name(name).await? {
            return Ok(space);
        }
        let names: Vec<String> = tx.space_list().await?.into_iter().map(|space| space.name).collect();
        let known = if names.is_empty() { "there is none yet".to_owned() } else { names.join(", ") };
        Err(Error::not_found(format!("there is no space '{name}'; spaces here: {known}")))
    }

    /// The space of that name, made when there is none; its key is in the store before anything is encrypted to it.
    pub async fn space_or_new(&self, name: &str) -> Result<Space> {
        let name = space_name(name)?;
        let mut tx = self.catalog.read().await?;
        if let Some(space) = tx.space_by_name(name).await? {
            return Ok(space);
        }
        // Whoever set the library up owns what is made on the machine itself.
        let people = tx.person_list().await?;
        drop(tx);
        let first = people.into_iter().min_by_key(|person| (person.created_at, person.id));
        let first = first.ok_or_else(|| Error::internal("a library without people"))?;
        let tx = self.catalog.begin().await?;
        self.space_make(tx, name, &first, "admin").await
    }

    /// Makes a space, which its maker owns.
    ///
    /// # Errors
    /// `Forbidden` for whoever owns no space: guests do not make spaces of their own.
    pub async fn space_create(&self, actor: &Actor, name: &str) -> Result<Space> {
        actor.session()?;
        let name = space_name(name)?;
        let owned = self.catalog.read().await?.member_by_person(actor.person().id).await?;
        let first = self.catalog.read().await?.space_list().await?.is_empty();
        if !first && !owned.iter().any(|member| member.role == Role::Owner) {
            return Err(Error::forbidden("only who owns a space can make another one"));
        }
        let tx = self.begin_as(actor).await?;
        self.space_make(tx, name, actor.person(), actor.signature()).await
    }

    async fn space_make(&self, mut tx: Tx, name: &str, owner: &Person, by: &str) -> Result<Space> {
        let key = SecretKey::generate();
        let id = SpaceId::generate();
        let now = self.clock.now();
        let wrapped = key.wrap(&self.recipients().await?, &space_comment(id, name))?;
        let space = Space {
            id,
            name: name.to_owned(),
            recipient: key.public().to_string(),
            wrapped_key: wrapped,
            created_at: now,
        };
        self.store_key(&space)?;
        tx.space_insert(&space).await?;
        tx.member_insert(&Member {
            space_id: id,
            person_id: owner.id,
            role: Role::Owner,
            custom: Permissions::NONE,
            added_at: now,
        })
        .await?;
        tx.audit_append_in(id, now, by, "space.create", name, &serde_json::json!({})).await?;
        tx.commit().await?;
        Ok(space)
    }

    /// The spaces that the actor may look into.
    pub async fn spaces(&self, actor: &Actor) -> Result<Vec<SpaceRight>> {
        Access::new(&mut self.catalog.read().await?, actor).spaces().await
    }

    /// One space, and what the actor may do there.
    pub async fn space_view(&self, actor: &Actor, id: SpaceId) -> Result<SpaceView> {
        let mut tx = self.catalog.read().await?;
        let right = Access::new(&mut tx, actor).space(id).await?;
        let (used, quota) = (tx.space_used(id).await?, tx.space_quota(id).await?);
        let approvals = tx.space_approvals(&[id]).await?.remove(&id).unwrap_or_default();
        Ok(SpaceView { right, approvals, used, quota })
    }

    /// Changes a space's name, its quota, or whether photos of contributors wait for approval.
    pub async fn space_change(&self, actor: &Actor, id: SpaceId, change: SpaceChange) -> Result<SpaceView> {
        let mut tx = self.begin_as(actor).await?;
        let right = Access::new(&mut tx, actor).space(id).await?;
        right.needs(Permission::Manage)?;
        if let Some(name) = &change.name {
            tx.space_rename(id, space_name(name)?).await?;
        }
        if change.quota.flatten().is_some_and(|quota| i64::try_from(quota).is_err()) {
            return Err(Error::invalid("that is more than there can be"));
        }
        if let Some(quota) = change.quota {
            tx.space_set_quota(id, quota).await?;
        }
        if let Some(approval) = change.approval {
            tx.space_set_approval(id, approval).await?;
        }
        let detail = serde_json::json!({
            "name": change.name, "quota": change.quota, "approval": change.approval,
        });
        tx.audit_append_in(
            id,
            self.clock.now(),
            actor.signature(),
            "space.change",
            &right.space.name,
            &detail,
        )
        .await?;
        tx.commit().await?;
        self.space_view(actor, id).await
    }

    /// Keeps the wrapped key beside the objects too: with every snapshot of the catalog lost, they still open.
    pub(crate) fn store_key(&self, space: &Space) -> Result<()> {
        let hash = vault::hash_bytes(&mut &space.wrapped_key[..])?.0;
        self.store.create(&StorePath::key(&hash), &mut &space.wrapped_key[..])?;
        Ok(())
    }
}

/// A space as its members see it.
pub struct SpaceView {
    /// The space, and what one may do there.
    pub right: SpaceRight,
    /// Whether photos of contributors wait for approval, and how many do.
    pub approvals: Approvals,
    /// Bytes of originals in it, each content once.
    pub used: u64,
    /// How many it may hold.
    pub quota: Option<u64>,
}

/// What is to change of a space.
#[derive(Default)]
pub struct SpaceChange {
    /// Its name.
    pub name: Option<String>,
    /// How many bytes of originals it may hold; `Some(None)` for as many as there is room for.
    pub quota: Option<Option<u64>>,
    /// Whether photos of those who may not approve wait for those who may.
    pub approval: Option<bool>,
}

fn space_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.len() > MAX_NAME || name.chars().any(|c| c.is_control() || c == '/') {
        return Err(Error::invalid(format!(
            "a space's name has 1 to {MAX_NAME} characters, without '/' and control characters"
        )));
    }
    Ok(name)
}

/// What stands above the key inside its wrapping.
pub(crate) fn space_comment(id: SpaceId, name: &str) -> String {
    format!("OurPhoto space key\nspace: {name}\nid: {id}")
}
