//! Albums: made, renamed, put into the trash and taken out, opened to single people, mirrored into other spaces.

mod added;

use std::collections::{BTreeSet, HashMap};

use catalog::{Album, AlbumGrant, AlbumMirror, Glance, NewAlbum, NewChange, Person, Tx};
use model::{AlbumId, Error, NoticeKind, Permission, Permissions, Result, SpaceId, Tier};
use serde_json::json;

use crate::Library;
use crate::access::{Access, Actor, AlbumRight, sees_albums};
use crate::accounts::{email, label};
use crate::ingest::check_folder;

impl Library {
    /// The albums that the actor sees in a space: its own, and those mirrored into it. Those in the trash only for who
    /// may take them out.
    pub async fn albums(&self, actor: &Actor, space: SpaceId) -> Result<Vec<AlbumRight>> {
        let mut tx = self.catalog.read().await?;
        let right = Access::new(&mut tx, actor).space(space).await?;
        let mut albums = Vec::new();
        if sees_albums(right.permissions) {
            let own = tx.album_list(space).await?.into_iter();
            let trash = right.permissions.has(Permission::Delete);
            albums.extend(
                own.filter(|album| album.deleted_at.is_none() || trash)
                    .map(|album| AlbumRight { album, permissions: right.permissions }),
            );
        }
        for mirror in tx.album_mirror_by_space(space).await? {
            let seen = Access::new(&mut tx, actor).album(mirror.album_id).await;
            albums.extend(seen.ok().filter(|seen| seen.album.deleted_at.is_none()));
        }
        Ok(albums)
    }

    /// The albums of other spaces that were opened to the actor alone.
    pub async fn albums_granted(&self, actor: &Actor) -> Result<Vec<AlbumRight>> {
        let mut tx = self.catalog.read().await?;
        let mut albums = Vec::new();
        for grant in tx.album_grant_by_person(actor.person().id).await? {
            let seen = Access::new(&mut tx, actor).album(grant.album_id).await;
            albums.extend(seen.ok().filter(|seen| seen.album.deleted_at.is_none()));
        }
        Ok(albums)
    }

    /// These albums at a glance, as far as one may look into them.
    pub async fn album_glances(&self, rights: &[AlbumRight]) -> Result<HashMap<AlbumId, Glance>> {
        let seen = rights.iter().filter(|right| right.permissions.has(Permission::View));
        let ids: Vec<AlbumId> = seen.map(|right| right.album.id).collect();
        self.catalog.read().await?.album_glances(&ids).await
    }

    /// One album.
    pub async fn album_view(&self, actor: &Actor, id: AlbumId) -> Result<AlbumRight> {
        Access::new(&mut self.catalog.read().await?, actor).album(id).await
    }

    /// Makes an album, whose folder is its name.
    ///
    /// # Errors
    /// `Conflict` where the space has one of that folder.
    pub async fn album_create(&self, actor: &Actor, space: SpaceId, name: &str) -> Result<AlbumRight> {
        let now = self.clock.now();
        let name = label(name, "an album's name")?;
        check_folder(name.as_bytes())?;
        let mut tx = self.begin_as(actor).await?;
        let right = Access::new(&mut tx, actor).space(space).await?;
        right.needs(Permission::Organise)?;
        let new = NewAlbum {
            space_id: space,
            folder: name.as_bytes(),
            name: &name,
            tier: Tier::Working,
            created_at: now,
        };
        let (album, made) = tx.album_find_or_insert(&new).await?;
        if !made {
            return Err(Error::conflict(if album.deleted_at.is_some() {
                "an album of that name is in the trash; take it out, or choose another name"
            } else {
                "there is an album of that name already"
            }));
        }
        self.album_changed(&mut tx, &album, "insert").await?;
        tx.audit_append_in(
            space,
            now,
            actor.signature(),
            "album.create",
            &album.name,
            &json!({"album": album.id}),
        )
        .await?;
        tx.commit().await?;
        Ok(AlbumRight { album, permissions: right.permissions })
    }

    /// Renames an album for people; its folder stays, so that a restore is the same as ever.
    pub async fn album_rename(&self, actor: &Actor, id: AlbumId, name: &str) -> Result<AlbumRight> {
        let name = label(name, "an album's name")?;
        let mut tx = self.begin_as(actor).await?;
        let right = Access::new(&mut tx, actor).album(id).await?;
        right.needs(Permission::Organise)?;
        tx.album_rename(id, &name).await?;
        self.album_changed(&mut tx, &right.album, "update").await?;
        let detail = json!({"album": id, "was": right.album.name});
        tx.audit_append_in(
            right.album.space_id,
            self.clock.now(),
            actor.signature(),
            "album.rename",
            &name,
            &detail,
        )
        .await?;
        tx.commit().await?;
        Ok(AlbumRight { album: Album { name, ..right.album }, ..right })
    }

    /// Puts an album with all that is in it into the trash, or takes it out again.
    pub async fn album_trash(&self, actor: &Actor, id: AlbumId, into: bool) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let right = Access::new(&mut tx, actor).album(id).await?;
        right.needs(Permission::Delete)?;
        if right.album.deleted_at.is_some() == into {
            return Ok(());
        }
        if into && right.album.tier == Tier::Vault {
            return Err(Error::conflict("the album is in the vault: nothing in it can be deleted")
                .with_code("vault-locked"));
        }
        tx.album_set_deleted(id, into.then_some(now)).await?;
        self.album_changed(&mut tx, &right.album, if into { "delete" } else { "insert" }).await?;
        let action = if into { "album.delete" } else { "album.undelete" };
        tx.audit_append_in(
            right.album.space_id,
            now,
            actor.signature(),
            action,
            &right.album.name,
            &json!({"album": id}),
        )
        .await?;
        tx.commit().await
    }

    /// Opens an album to somebody who has an account, or changes what they may do in it.
    pub async fn album_grant(
        &self,
        actor: &Actor,
        id: AlbumId,
        to: &str,
        permissions: Permissions,
    ) -> Result<(AlbumGrant, Person)> {
        let now = self.clock.now();
        let allowed = Permissions::of(&[
            Permission::View,
            Permission::Download,
            Permission::Upload,
            Permission::Organise,
        ]);
        if !permissions.has(Permission::View) || !allowed.covers(permissions) {
            return Err(Error::invalid(
                "a grant on an album has 'view', and may have 'download', 'upload', 'organise'",
            ));
        }
        let mut tx = self.begin_as(actor).await?;
        lock_spaces(&mut tx, id, None).await?;
        let right = Access::new(&mut tx, actor).album(id).await?;
        right.needs(Permission::Manage)?;
        if !right.permissions.covers(permissions) {
            return Err(Error::forbidden("you may not give others more rights than you have"));
        }
        actor.proved(now)?;
        let person = tx.person_by_email(&email(to)?).await?;
        let person = person.ok_or_else(|| {
            Error::not_found("nobody here has that address; invite them into a space, or make a share link")
        })?;
        let grant = AlbumGrant {
            album_id: id,
            person_id: person.id,
            permissions,
            added_by: actor.person().id,
            added_at: now,
        };
        let opened = tx.album_grant_get(id, person.id).await?.is_none();
        tx.album_grant_put(&grant).await?;
        // More or fewer rights in it are no news, and nobody needs to be told what they did.
        if opened && person.id != actor.person().id {
            let facts = json!({"album": right.album.name, "by": actor.person().name});
            self.tell(&mut tx, person.id, NoticeKind::AlbumOpened, facts).await?;
        }
        let detail = json!({"album": id, "to": person.email, "permissions": permissions.to_string()});
        tx.audit_append_in(
            right.album.space_id,
            now,
            actor.signature(),
            "album.grant",
            &right.album.name,
            &detail,
        )
        .await?;
        tx.commit().await?;
        Ok((grant, person))
    }

    /// Closes an album to somebody.
    pub async fn album_grant_end(&self, actor: &Actor, id: AlbumId, person: model::PersonId) -> Result<()> {
        let mut tx = self.begin_as(actor).await?;
        let right = Access::new(&mut tx, actor).album(id).await?;
        right.needs(Permission::Manage)?;
        if !tx.album_grant_delete(id, person).await? {
            return Err(Error::not_found("the album is not opened to that person"));
        }
        let detail = json!({"album": id, "person": person});
        tx.audit_append_in(
            right.album.space_id,
            self.clock.now(),
            actor.signature(),
            "album.grant-end",
            &right.album.name,
            &detail,
        )
        .await?;
        tx.commit().await
    }

    /// To whom an album is opened, and where it is mirrored.
    pub async fn album_openings(
        &self,
        actor: &Actor,
        id: AlbumId,
    ) -> Result<(Vec<(AlbumGrant, Person)>, Vec<AlbumMirror>)> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).album(id).await?.needs(Permission::Manage)?;
        let mut grants = Vec::new();
        for grant in tx.album_grant_list(id).await? {
            if let Some(person) = tx.person_get(grant.person_id).await? {
                grants.push((grant, person));
            }
        }
        Ok((grants, tx.album_mirror_list(id).await?))
    }

    /// Mirrors an album, to be looked at, into another space of the actor's.
    pub async fn album_mirror(&self, actor: &Actor, id: AlbumId, into: SpaceId) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        lock_spaces(&mut tx, id, Some(into)).await?;
        let right = Access::new(&mut tx, actor).album(id).await?;
        // Everybody there will see it: that is for who decides about this space, and about that one.
        right.needs(Permission::Manage)?;
        let target = Access::new(&mut tx, actor).space(into).await?;
        target.needs(Permission::Organise)?;
        actor.proved(now)?;
        if right.album.space_id == into {
            return Err(Error::invalid("the album is in that space already"));
        }
        let mirror = AlbumMirror { album_id: id, space_id: into, added_by: actor.person().id, added_at: now };
        tx.album_mirror_insert(&mirror).await?;
        let detail = json!({"album": id, "into": target.space.name});
        tx.audit_append_in(
            right.album.space_id,
            now,
            actor.signature(),
            "album.mirror",
            &right.album.name,
            &detail,
        )
        .await?;
        tx.commit().await
    }

    /// Ends a mirror; either side may.
    pub async fn album_mirror_end(&self, actor: &Actor, id: AlbumId, space: SpaceId) -> Result<()> {
        let mut tx = self.begin_as(actor).await?;
        let right = Access::new(&mut tx, actor).album(id).await?;
        if right.needs(Permission::Manage).is_err() {
            Access::new(&mut tx, actor).space(space).await?.needs(Permission::Manage)?;
        }
        if !tx.album_mirror_delete(id, space).await? {
            return Err(Error::not_found("the album is not mirrored there"));
        }
        let detail = json!({"album": id, "space": space});
        tx.audit_append_in(
            right.album.space_id,
            self.clock.now(),
            actor.signature(),
            "album.mirror-end",
            &right.album.name,
            &detail,
        )
        .await?;
        tx.commit().await
    }

    async fn album_changed(&self, tx: &mut Tx, album: &Album, op: &'static str) -> Result<()> {
        let at = self.clock.now();
        let change = NewChange { space_id: album.space_id, entity: "album", entity_id: album.id.0, op, at };
        tx.change_append_many(&[change]).await.map(drop)
    }
}

/// Locks the space of an album, and another one, before the rights of whoever gives some there are read: nobody gives by a
/// right that was taken from them while they waited.
async fn lock_spaces(tx: &mut Tx, id: AlbumId, other: Option<SpaceId>) -> Result<()> {
    let home = tx.album_get(id).await?.map(|album| album.space_id);
    // In one order, or two who each lock one could wait for the other.
    for space in home.into_iter().chain(other).collect::<BTreeSet<_>>() {
        tx.space_lock(space).await?;
    }
    Ok(())
}
