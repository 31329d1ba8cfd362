//! What the catalog knows of the files of a batch, asked in one go.

use std::collections::{HashMap, HashSet};

use catalog::{Album, FileState, NewAlbum, Tx};
use model::{
    AlbumId, AssetId, FileRole, ObjectId, Permission, PersonId, Result, Sha256, SpaceId, Tier, Timestamp,
};

use super::plan::Arrival;

/// What a batch needs to know of the catalog.
pub(super) struct Lookups {
    /// Albums by folder, made where there were none.
    pub(super) albums: HashMap<Vec<u8>, Album>,
    pub(super) files: HashMap<(AlbumId, Vec<u8>), FileState>,
    pub(super) groups: HashMap<(AlbumId, Vec<u8>), Group>,
    /// Objects by content, and whether the library holds them.
    pub(super) contents: HashMap<Sha256, (ObjectId, bool)>,
    /// Those of the photos found that an album of the vault shows, whichever album they live in.
    pub(super) in_vault: HashSet<AssetId>,
    /// Those of the senders whose photos wait for approval.
    pub(super) judged: HashSet<PersonId>,
}

/// An asset and the places in it that are taken.
pub(super) struct Group {
    pub(super) asset: AssetId,
    pub(super) roles: Vec<FileRole>,
}

impl Lookups {
    pub(super) async fn find(
        tx: &mut Tx,
        space: SpaceId,
        arrivals: &[Arrival],
        now: Timestamp,
    ) -> Result<Self> {
        let mut found = Self {
            albums: HashMap::new(),
            files: HashMap::new(),
            groups: HashMap::new(),
            contents: HashMap::new(),
            in_vault: HashSet::new(),
            judged: judged(tx, space, arrivals).await?,
        };
        let contents: Vec<Sha256> = arrivals.iter().map(|arrival| arrival.id.sha256).collect();
        let objects = tx.object_find_by_content(space, &contents).await?;
        let ids: Vec<ObjectId> = objects.iter().map(|object| object.id).collect();
        let held = tx.objects_in_library(&ids).await?;
        for object in objects {
            found.contents.insert(object.content_sha256, (object.id, held.contains(&object.id)));
        }
        let mut by_album: HashMap<&[u8], Vec<&Arrival>> = HashMap::new();
        for arrival in arrivals {
            by_album.entry(&arrival.album).or_default().push(arrival);
        }
        for (folder, files) in by_album {
            let album = album(tx, space, folder, now).await?;
            let names: Vec<&[u8]> = files.iter().map(|file| file.name.as_slice()).collect();
            for state in tx.file_find_by_names(album.id, &names).await? {
                found.files.insert((album.id, state.name.clone()), state);
            }
            let keys: HashSet<&[u8]> = files.iter().map(|file| file.place.key.as_slice()).collect();
            let keys: Vec<&[u8]> = keys.into_iter().collect();
            for group in tx.asset_find_groups(album.id, &keys).await? {
                if !group.deleted {
                    let key = (album.id, group.group_key);
                    found.groups.entry(key).or_insert(Group { asset: group.asset_id, roles: group.roles });
                }
            }
            found.albums.insert(folder.to_vec(), album);
        }
        let files = found.files.values().map(|file| file.asset_id);
        let there: HashSet<AssetId> = files.chain(found.groups.values().map(|group| group.asset)).collect();
        found.in_vault = tx.album_asset_in_vault(&there.into_iter().collect::<Vec<_>>()).await?;
        Ok(found)
    }
}

/// Those of the senders whose photos wait for approval. What they may do themselves counts, not what their token may: the
/// phone of somebody who approves sends photos that need no second look.
async fn judged(tx: &mut Tx, space: SpaceId, arrivals: &[Arrival]) -> Result<HashSet<PersonId>> {
    let senders: HashSet<PersonId> = arrivals.iter().filter_map(|arrival| arrival.added_by).collect();
    let mut judged = HashSet::new();
    for sender in senders {
        if waits_for_approval(tx, space, sender).await? {
            judged.insert(sender);
        }
    }
    Ok(judged)
}

/// Whether what somebody brings into a space waits for approval there.
pub(crate) async fn waits_for_approval(tx: &mut Tx, space: SpaceId, sender: PersonId) -> Result<bool> {
    if !tx.space_approval(space).await? {
        return Ok(false);
    }
    let member = tx.member_get(space, sender).await?;
    Ok(!member.is_some_and(|member| member.permissions().has(Permission::Approve)))
}

/// The album of a folder, one in the trash included.
async fn album(tx: &mut Tx, space: SpaceId, folder: &[u8], now: Timestamp) -> Result<Album> {
    let name =
        if folder.is_empty() { "Unsorted".to_owned() } else { String::from_utf8_lossy(folder).into_owned() };
    let new = NewAlbum { space_id: space, folder, name: &name, tier: Tier::Working, created_at: now };
    let (album, _) = tx.album_find_or_insert(&new).await?;
    Ok(album)
}
