//! Which photos are fetched, and into which folder each goes.

use std::collections::{HashMap, HashSet};

use api::{AlbumInfo, AssetInfo, AssetPage, Permission, SearchQuery, SpaceInfo};
use model::{Error, Result, Timestamp};
use uuid::Uuid;

use super::{Fetch, Wanted};
use crate::Client;

/// A photo that is fetched.
pub(super) struct Chosen {
    pub(super) id: Uuid,
    /// As lists call it.
    pub(super) name: String,
    /// Below the target.
    pub(super) folder: String,
}

pub(super) async fn choose(client: &Client, fetch: &Fetch) -> Result<Vec<Chosen>> {
    match &fetch.what {
        Wanted::All => {
            let spaces = client.spaces().await?;
            let mine: HashSet<Uuid> = spaces.iter().map(|space| space.id).collect();
            let (mut all, mut taken) = (Vec::new(), HashSet::new());
            for space in &spaces {
                let mut albums = albums_of(client, space, fetch.as_of).await?;
                // One that is mirrored here comes with its own space, unless that is closed. Where one may only send to,
                // there is nothing to fetch.
                albums.retain(|album| {
                    album.permissions.contains(&Permission::View)
                        && (album.space == space.id || !mine.contains(&album.space))
                });
                taken.extend(albums.iter().map(|album| album.id));
                all.extend(of_albums(client, space, &albums, true, fetch.as_of).await?);
            }
            for album in client.granted().await?.iter().filter(|album| !taken.contains(&album.id)) {
                all.extend(of_album(client, album, &album.folder, &[], fetch.as_of).await?);
            }
            Ok(all)
        }
        Wanted::Space(name) => {
            let space = client.space(name).await?;
            let albums = albums_of(client, &space, fetch.as_of).await?;
            of_albums(client, &space, &albums, false, fetch.as_of).await
        }
        Wanted::Album { space, album } => {
            match the_album(client, space.as_deref(), album, fetch.as_of).await? {
                (Some(space), album) => of_albums(client, &space, &[album], false, fetch.as_of).await,
                (None, album) => of_album(client, &album, &album.folder, &[], fetch.as_of).await,
            }
        }
        Wanted::Found { space, query } => found(client, space.as_deref(), query).await,
    }
}

/// Whether something was there then, or is now: `deleted_at` says since when it is in the trash.
fn was_there(deleted_at: Option<&String>, as_of: Option<Timestamp>) -> bool {
    match (deleted_at, as_of) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(deleted), Some(at)) => *deleted > at.to_string(),
    }
}

async fn albums_of(client: &Client, space: &SpaceInfo, as_of: Option<Timestamp>) -> Result<Vec<AlbumInfo>> {
    let mut albums: Vec<AlbumInfo> = client.get(&format!("/api/v1/spaces/{}/albums", space.id)).await?;
    albums.retain(|album| was_there(album.deleted_at.as_ref(), as_of));
    Ok(albums)
}

/// The one album that is meant, and the space that it was found in; none for an album that was opened to oneself.
async fn the_album(
    client: &Client,
    space: Option<&str>,
    wanted: &str,
    as_of: Option<Timestamp>,
) -> Result<(Option<SpaceInfo>, AlbumInfo)> {
    let spaces = match space {
        Some(name) => vec![client.space(name).await?],
        None => client.spaces().await?,
    };
    let mut found: Vec<(Option<SpaceInfo>, AlbumInfo)> = Vec::new();
    for space in spaces {
        let albums = albums_of(client, &space, as_of).await?;
        let by = |is: fn(&AlbumInfo) -> &str| albums.iter().find(|album| is(album) == wanted).cloned();
        // A folder is unique in its space, and a name need not be.
        let album = by(|album| &album.folder).or_else(|| by(|album| &album.name));
        found.extend(album.map(|album| (Some(space), album)));
    }
    if space.is_none() {
        for album in client.granted().await? {
            let known = found.iter().any(|(_, other)| other.id == album.id);
            if !known && (album.folder == wanted || album.name == wanted) {
                found.push((None, album));
            }
        }
    }
    match found.len() {
        0 => Err(Error::not_found(match space {
            Some(space) => format!("there is no album '{wanted}' in '{space}'"),
            None => format!("there is no album '{wanted}'"),
        })),
        1 => Ok(found.remove(0)),
        _ => {
            let name = |space: Option<&SpaceInfo>| {
                space.map_or_else(|| "one that is not yours".to_owned(), |space| space.name.clone())
            };
            let names: Vec<String> = found.iter().map(|(space, _)| name(space.as_ref())).collect();
            Err(Error::invalid(format!(
                "several spaces have an album '{wanted}': {}; say which with --space, or fetch all with --all",
                names.join(", ")
            )))
        }
    }
}

/// The photos that live in these albums of a space.
async fn of_albums(
    client: &Client,
    space: &SpaceInfo,
    albums: &[AlbumInfo],
    below_space: bool,
    as_of: Option<Timestamp>,
) -> Result<Vec<Chosen>> {
    let mut trash = Vec::new();
    if as_of.is_some() {
        // Who may not look into the trash gets what is not in it.
        let path = format!("/api/v1/spaces/{}/trash", space.id);
        match pages(client, &path).await {
            Ok(assets) => trash = assets,
            Err(error) if error.kind() == model::ErrorKind::Forbidden => {}
            Err(error) => return Err(error),
        }
    }
    let mut all = Vec::new();
    for album in albums {
        let folder = folder(space, album, below_space);
        all.extend(of_album(client, album, &folder, &trash, as_of).await?);
    }
    Ok(all)
}

/// The photos that live in an album. What was added to it lives in another, and comes with that.
async fn of_album(
    client: &Client,
    album: &AlbumInfo,
    folder: &str,
    trash: &[AssetInfo],
    as_of: Option<Timestamp>,
) -> Result<Vec<Chosen>> {
    let mut here = pages(client, &format!("/api/v1/albums/{}/assets", album.id)).await?;
    here.extend(trash.iter().filter(|asset| was_there(asset.deleted_at.as_ref(), as_of)).cloned());
    let mut seen = HashSet::new();
    here.retain(|asset| asset.album == album.id && seen.insert(asset.id));
    Ok(here.into_iter().map(|asset| chosen(asset, folder)).collect())
}

fn chosen(asset: AssetInfo, folder: &str) -> Chosen {
    Chosen { id: asset.id, name: asset.name, folder: folder.to_owned() }
}

/// Every photo of a list that comes in pages.
async fn pages(client: &Client, path: &str) -> Result<Vec<AssetInfo>> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: AssetPage = client.get(&format!("{path}?limit=500{cursor}")).await?;
        all.extend(page.assets);
        match page.next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(all),
        }
    }
}

async fn found(client: &Client, space: Option<&str>, query: &str) -> Result<Vec<Chosen>> {
    let (spaces, below_space) = match space {
        Some(name) => (vec![client.space(name).await?], false),
        None => (client.spaces().await?, true),
    };
    let only = space.and_then(|_| spaces.first()).map(|space| space.id);
    let mut folders = HashMap::new();
    for space in &spaces {
        for album in albums_of(client, space, None).await? {
            folders.insert(album.id, folder(space, &album, below_space));
        }
    }
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let asked = SearchQuery { q: query.to_owned(), space: only, cursor: cursor.take(), limit: Some(500) };
        let page = client.search_page(&asked).await?;
        for asset in page.assets {
            // An album that is opened to somebody alone is in none of their spaces.
            let folder = match folders.get(&asset.album) {
                Some(folder) => folder.clone(),
                None => {
                    let album: AlbumInfo = client.get(&format!("/api/v1/albums/{}", asset.album)).await?;
                    folders.entry(asset.album).or_insert(album.folder).clone()
                }
            };
            all.push(chosen(asset, &folder));
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(all),
        }
    }
}

fn folder(space: &SpaceInfo, album: &AlbumInfo, below_space: bool) -> String {
    match (below_space, album.folder.as_str()) {
        (false, folder) => folder.to_owned(),
        (true, "") => space.name.clone(),
        (true, folder) => format!("{}/{folder}", space.name),
    }
}
