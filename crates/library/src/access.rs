//! Who may do what: the only place that says so. Every way in passes through here, whether it is HTTP, WebDAV, a link or
//! the command line.
//!
//! Rights come from membership in a space, from a grant on one album, or from an album's mirror in a space that one is a
//! member of; a token narrows them and never widens them. What somebody may not see does not exist for them: it is not
//! found. What they see and may not do is refused.

use std::time::Duration;

use catalog::{Album, Asset, Member, Person, Session, Space, Token, Tx};
use model::{AlbumId, AssetId, Error, ErrorKind, Permission, Permissions, Result, Role, SpaceId, Timestamp};
use uuid::Uuid;

use crate::Library;
use crate::search::Scope;

/// How a refusal calls a space.
const SPACE: &str = "this space";

/// What an album that a photo was added to gives of it, beside what its home gives.
const LOOKING: Permissions = Permissions::of(&[Permission::View, Permission::Download]);

/// For so long after a proof, destructive and key-revealing acts need no other.
const PROOF_LASTS: Duration = Duration::from_mins(15);

/// How somebody came in.
#[derive(Clone, Debug)]
pub enum Via {
    /// Signed in, with everything that they may do.
    Session(Session),
    /// With a token, with what it may do of that.
    Token(Token),
}

/// Somebody who asks for something.
#[derive(Clone, Debug)]
pub struct Actor {
    person: Person,
    via: Via,
}

impl Actor {
    pub(crate) fn new(person: Person, via: Via) -> Self {
        Self { person, via }
    }

    /// Who.
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// How they came in.
    pub fn via(&self) -> &Via {
        &self.via
    }

    /// How the audit log calls them.
    pub fn signature(&self) -> &str {
        &self.person.email
    }

    /// Their session: accounts are managed by people, not by programs with a token.
    pub fn session(&self) -> Result<&Session> {
        match &self.via {
            Via::Session(session) => Ok(session),
            Via::Token(_) => Err(Error::forbidden("a token cannot do this; sign in")),
        }
    }

    /// Their session, if they proved a short while ago who they are.
    ///
    /// # Errors
    /// `Unproved` with the code `proof-required`.
    pub fn proved(&self, now: Timestamp) -> Result<&Session> {
        let session = self.session()?;
        if now > session.proved_at.plus(PROOF_LASTS) {
            return Err(Error::new(ErrorKind::Unproved, "give your password again, to show that it is you")
                .with_code("proof-required"));
        }
        Ok(session)
    }

    /// What tells this way in from every other: the id of its session or token.
    pub(crate) fn way_in(&self) -> Uuid {
        match &self.via {
            Via::Session(session) => session.id.0,
            Via::Token(token) => token.id.0,
        }
    }

    /// What the way in leaves of somebody's rights in a space.
    fn ceiling(&self, space: SpaceId) -> Permissions {
        match &self.via {
            Via::Session(_) => Permissions::ALL,
            Via::Token(token) if token.space_id.is_none_or(|only| only == space) => token.permissions,
            Via::Token(_) => Permissions::NONE,
        }
    }
}

/// What somebody may do in a space.
#[derive(Clone, Debug)]
pub struct SpaceRight {
    /// The space.
    pub space: Space,
    /// What they are there.
    pub role: Role,
    /// What they may do.
    pub permissions: Permissions,
}

/// What somebody may do in an album.
#[derive(Clone, Debug)]
pub struct AlbumRight {
    /// The album.
    pub album: Album,
    /// What they may do.
    pub permissions: Permissions,
}

fn needs(permissions: Permissions, permission: Permission, place: &str) -> Result<()> {
    if permissions.has(permission) {
        return Ok(());
    }
    Err(Error::forbidden(format!("you may not do this in {place}; it takes the permission '{permission}'")))
}

impl SpaceRight {
    /// Refuses whoever may not do this here.
    pub fn needs(&self, permission: Permission) -> Result<()> {
        needs(self.permissions, permission, SPACE)
    }

    /// Refuses to hand on more than one has: only owners make owners, and nobody gives what they may not do.
    pub fn may_give(&self, role: Role, custom: Permissions) -> Result<()> {
        may_give(self.role, self.permissions, role, custom)
    }
}

fn may_give(own_role: Role, own: Permissions, role: Role, custom: Permissions) -> Result<()> {
    let given = if role == Role::Custom { custom } else { role.permissions() };
    if role == Role::Owner && own_role != Role::Owner {
        return Err(Error::forbidden("only an owner of the space can make another owner"));
    }
    if role == Role::Custom && given.is_empty() {
        return Err(Error::invalid("a set of one's own needs at least one permission"));
    }
    if !own.covers(given) {
        return Err(Error::forbidden("you may not give others more rights than you have"));
    }
    Ok(())
}

/// Whether an invitation that this member made still holds: it is worth what its maker may give now, not then.
pub(crate) fn may_still_invite(maker: &Member, role: Role, custom: Permissions) -> bool {
    let own = maker.permissions();
    own.has(Permission::Manage) && may_give(maker.role, own, role, custom).is_ok()
}

/// Whether somebody with these rights in a space knows of its albums: to look into them, or to send photos there.
pub(crate) fn sees_albums(permissions: Permissions) -> bool {
    permissions.has(Permission::View) || permissions.has(Permission::Upload)
}

/// Whether somebody with these rights in a space sees the addresses of its members.
pub(crate) fn sees_addresses(permissions: Permissions) -> bool {
    permissions.has(Permission::Manage)
}

impl AlbumRight {
    /// Refuses whoever may not do this here.
    pub fn needs(&self, permission: Permission) -> Result<()> {
        needs(self.permissions, permission, "this album")
    }
}

impl Library {
    /// Begins a transaction that writes in somebody's name, if they are still who they were when they asked: what was
    /// revoked while they waited their turn does nothing any more.
    pub(crate) async fn begin_as(&self, actor: &Actor) -> Result<Tx> {
        let mut tx = self.catalog.begin().await?;
        self.hold(&mut tx, actor).await?;
        Ok(tx)
    }

    /// The same for changes to how somebody signs in: one at a time for each person. The lock comes first, because two who
    /// share it could each wait for the other to let go.
    pub(crate) async fn begin_alone_as(&self, actor: &Actor) -> Result<Tx> {
        let mut tx = self.catalog.begin().await?;
        tx.person_lock(actor.person.id).await?;
        self.hold(&mut tx, actor).await?;
        Ok(tx)
    }

    /// Refuses whoever's session or token has ended since they asked; it does not end before the transaction does.
    pub(crate) async fn hold(&self, tx: &mut Tx, actor: &Actor) -> Result<()> {
        let now = self.clock.now();
        alive(match &actor.via {
            Via::Session(session) => tx.session_hold(session.id, now).await?,
            Via::Token(token) => tx.token_hold(token.id, now).await?,
        })
    }

    /// The same, as things are now, where nothing is written.
    pub(crate) async fn still_valid(&self, tx: &mut Tx, actor: &Actor) -> Result<()> {
        let now = self.clock.now();
        alive(match &actor.via {
            Via::Session(session) => tx.session_alive(session.id, now).await?,
            Via::Token(token) => tx.token_alive(token.id, now).await?,
        })
    }
}

fn alive(alive: bool) -> Result<()> {
    if alive {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unproved, "you are not signed in any more; sign in again"))
}

/// Asks, within one transaction, what an actor may do.
pub struct Access<'a> {
    tx: &'a mut Tx,
    actor: &'a Actor,
}

impl<'a> Access<'a> {
    /// Asks for `actor`.
    pub fn new(tx: &'a mut Tx, actor: &'a Actor) -> Self {
        Self { tx, actor }
    }

    /// What the actor may do in a space.
    ///
    /// # Errors
    /// `NotFound` where they may not even look.
    pub async fn space(&mut self, id: SpaceId) -> Result<SpaceRight> {
        let none = || Error::not_found("there is no such space");
        let member = self.tx.member_get(id, self.actor.person.id).await?.ok_or_else(none)?;
        let permissions = self.of_member(&member);
        if permissions.is_empty() {
            return Err(none());
        }
        let space = self.tx.space_get(id).await?.ok_or_else(none)?;
        Ok(SpaceRight { space, role: member.role, permissions })
    }

    /// The number of the last change of a space whose timeline the actor may look at.
    ///
    /// # Errors
    /// As for [`Access::space`], and `Forbidden` for whoever may not look at all of it.
    pub async fn timeline_head(&mut self, id: SpaceId) -> Result<i64> {
        let none = || Error::not_found("there is no such space");
        let found = self.tx.member_get_with_head(id, self.actor.person.id).await?;
        let (member, head) = found.ok_or_else(none)?;
        let permissions = self.of_member(&member);
        if permissions.is_empty() {
            return Err(none());
        }
        needs(permissions, Permission::View, SPACE)?;
        Ok(head)
    }

    /// Every space that the actor may look into.
    pub async fn spaces(&mut self) -> Result<Vec<SpaceRight>> {
        let mut rights = Vec::new();
        for member in self.tx.member_by_person(self.actor.person.id).await? {
            let permissions = self.of_member(&member);
            if permissions.is_empty() {
                continue;
            }
            if let Some(space) = self.tx.space_get(member.space_id).await? {
                rights.push(SpaceRight { space, role: member.role, permissions });
            }
        }
        rights.sort_by_key(|right| right.space.name.to_lowercase());
        Ok(rights)
    }

    /// Refuses whoever manages no space of this server.
    ///
    /// # Errors
    /// `NotFound`, with these words: for them there is no such thing.
    pub(crate) async fn manages_some_space(&mut self, refused: &'static str) -> Result<()> {
        let rights = self.spaces().await?;
        if rights.iter().any(|right| right.permissions.has(Permission::Manage)) {
            return Ok(());
        }
        Err(Error::not_found(refused))
    }

    /// Whether the actor manages every space of this server.
    pub(crate) async fn manages_every_space(&mut self) -> Result<bool> {
        let rights = self.spaces().await?;
        let managed = rights.iter().filter(|right| right.permissions.has(Permission::Manage)).count();
        Ok(managed == self.tx.space_list().await?.len())
    }

    /// Where the actor may look at photos: in one space, or everywhere.
    ///
    /// # Errors
    /// `NotFound` for a space that they may not even look into.
    pub(crate) async fn scopes(&mut self, only: Option<SpaceId>) -> Result<Vec<Scope>> {
        let rights = match only {
            Some(id) => vec![self.space(id).await?],
            None => self.spaces().await?,
        };
        let mut scopes = Vec::new();
        let mut opened = Vec::new();
        for right in rights.iter().filter(|right| right.permissions.has(Permission::View)) {
            scopes.push(Scope::Space(right.space.id));
            opened.extend(
                self.tx.album_mirror_by_space(right.space.id).await?.iter().map(|mirror| mirror.album_id),
            );
        }
        if only.is_none() {
            let granted = self.tx.album_grant_by_person(self.actor.person.id).await?;
            opened.extend(granted.iter().map(|grant| grant.album_id));
        }
        for id in opened {
            let Ok(right) = self.album(id).await else { continue };
            let within = scopes.contains(&Scope::Space(right.album.space_id));
            if right.permissions.has(Permission::View) && !within {
                scopes.push(Scope::Album(id));
            }
        }
        Ok(scopes)
    }

    /// What the actor may do in an album, one in the trash included.
    ///
    /// # Errors
    /// `NotFound` where they may not even look.
    pub async fn album(&mut self, id: AlbumId) -> Result<AlbumRight> {
        let none = || Error::not_found("there is no such album");
        let album = self.tx.album_get(id).await?.ok_or_else(none)?;
        let permissions = self.in_album(&album).await?;
        let hidden = album.deleted_at.is_some() && !permissions.has(Permission::Delete);
        if hidden || !sees_albums(permissions) {
            return Err(none());
        }
        Ok(AlbumRight { album, permissions })
    }

    /// What the actor may do with an asset, one in the trash included: what its home says, and to look at it wherever else
    /// it was added to an album that they may look into.
    ///
    /// # Errors
    /// `NotFound` where they may not look at it.
    pub async fn asset(&mut self, id: AssetId) -> Result<(Asset, AlbumRight)> {
        let none = || Error::not_found("there is no such photo");
        let asset = self.tx.asset_get(id).await?.ok_or_else(none)?;
        let album = self.tx.album_get(asset.album_id).await?.ok_or_else(none)?;
        let mut permissions = self.in_album(&album).await?;
        let in_trash = asset.deleted_at.is_some() || album.deleted_at.is_some();
        if !in_trash && !permissions.covers(LOOKING) {
            for other in self.tx.album_asset_albums(id).await? {
                permissions = permissions.and_also(self.in_album(&other).await?.only_of(LOOKING));
            }
        }
        // What is in the trash is for those who could have put it there.
        let hidden = in_trash && !permissions.has(Permission::Delete);
        if !permissions.has(Permission::View) || hidden {
            return Err(none());
        }
        Ok((asset, AlbumRight { album, permissions }))
    }

    /// The albums in which the actor sees an asset that they may look at: its home first, if that is one of them.
    pub(crate) async fn albums_of(&mut self, asset: &Asset) -> Result<Vec<Album>> {
        let mut seen = Vec::new();
        let home = self.tx.album_get(asset.album_id).await?;
        for album in home.into_iter().chain(self.tx.album_asset_albums(asset.id).await?) {
            let there = album.id == asset.album_id || album.deleted_at.is_none();
            if there && self.in_album(&album).await?.has(Permission::View) {
                seen.push(album);
            }
        }
        Ok(seen)
    }

    /// Refuses whoever may not organise the space of an album that they see. What is in an album is seen by all whom it is
    /// opened to, so a grant on it is not enough to put photos of the space there.
    pub(crate) async fn organises(&mut self, right: &AlbumRight) -> Result<()> {
        match self.space(right.album.space_id).await {
            Ok(space) => space.needs(Permission::Organise),
            Err(_) => needs(Permissions::NONE, Permission::Organise, SPACE),
        }
    }

    /// Refuses whoever may not send photos into this folder of a space. Says whether they may bring back what is in the
    /// trash by it, which is for those who could have put it there.
    pub async fn upload(&mut self, space: SpaceId, folder: &[u8]) -> Result<bool> {
        let refused = match self.space(space).await {
            Ok(right) => match right.needs(Permission::Upload) {
                Ok(()) => return Ok(right.permissions.has(Permission::Delete)),
                Err(refused) => refused,
            },
            Err(refused) => refused,
        };
        // A grant on this one album will do.
        let album = self.tx.album_by_folder(space, folder).await?;
        let album = album.filter(|album| album.deleted_at.is_none()).ok_or(refused)?;
        match self.album(album.id).await {
            Ok(right) => right.needs(Permission::Upload).map(|()| false),
            Err(_) => Err(Error::not_found("there is no such space")),
        }
    }

    fn of_member(&self, member: &Member) -> Permissions {
        member.permissions().only_of(self.actor.ceiling(member.space_id))
    }

    async fn in_album(&mut self, album: &Album) -> Result<Permissions> {
        let person = self.actor.person.id;
        let mut permissions = Permissions::NONE;
        if let Some(member) = self.tx.member_get(album.space_id, person).await? {
            permissions = permissions.and_also(self.of_member(&member));
        }
        // Of what is opened to others, they do not see the trash.
        if album.deleted_at.is_some() {
            return Ok(permissions);
        }
        if let Some(grant) = self.tx.album_grant_get(album.id, person).await? {
            permissions = permissions.and_also(grant.permissions.only_of(self.actor.ceiling(album.space_id)));
        }
        // A mirror is for looking, in whatever space: who may look already gets nothing more of it.
        if permissions.covers(LOOKING) {
            return Ok(permissions);
        }
        for mirror in self.tx.album_mirror_list(album.id).await? {
            if let Some(member) = self.tx.member_get(mirror.space_id, person).await? {
                permissions = permissions.and_also(self.of_member(&member).only_of(LOOKING));
            }
        }
        Ok(permissions)
    }
}
