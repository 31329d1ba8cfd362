//! Spaces: each with a key of its own.

use catalog::{Member, Space};
use model::{Error, Result, Role, SpaceId};
use vault::StorePath;
use vault::keys::SecretKey;

use crate::Library;

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
        let name = name.trim();
        if name.is_empty() || name.len() > MAX_NAME || name.chars().any(|c| c.is_control() || c == '/') {
            return Err(Error::invalid(format!(
                "a space's name has 1 to {MAX_NAME} characters, without '/' and control characters"
            )));
        }
        if let Some(space) = self.catalog.read().await?.space_by_name(name).await? {
            return Ok(space);
        }
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
        let mut tx = self.catalog.begin().await?;
        tx.space_insert(&space).await?;
        // Until there are more accounts, whoever set the library up owns every space.
        for person in tx.person_list().await? {
            tx.member_insert(&Member {
                space_id: id,
                person_id: person.id,
                role: Role::Owner,
                added_at: now,
            })
            .await?;
        }
        tx.audit_append(now, "admin", "space.create", name, &serde_json::json!({})).await?;
        tx.commit().await?;
        Ok(space)
    }

    /// Keeps the wrapped key beside the objects too: with every snapshot of the catalog lost, they still open.
    pub(crate) fn store_key(&self, space: &Space) -> Result<()> {
        let hash = vault::hash_bytes(&mut &space.wrapped_key[..])?.0;
        self.store.create(&StorePath::key(&hash), &mut &space.wrapped_key[..])?;
        Ok(())
    }
}

/// What stands above the key inside its wrapping.
pub(crate) fn space_comment(id: SpaceId, name: &str) -> String {
    format!("OurPhoto space key\nspace: {name}\nid: {id}")
}
