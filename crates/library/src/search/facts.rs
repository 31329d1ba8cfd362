//! Facts of a photo that filters ask for. Each is a word of its own: a letter for what it is about, and then what.

use catalog::Unindexed;
use model::{AlbumId, MediaKind, SpaceId, Timestamp};

use super::words::each_once;

/// What a fact is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    Space,
    Album,
    AlbumWord,
    Approval,
    Camera,
    Day,
    Has,
    Keyword,
    Kind,
    Lens,
    Rating,
}

/// Words of one class that a photo has at most.
const MOST: usize = 64;

/// The word that stands for a fact.
pub(super) fn fact(class: Class, what: &str) -> String {
    let letter = match class {
        Class::Space => 's',
        Class::Album => 'a',
        Class::AlbumWord => 'b',
        Class::Approval => 'p',
        Class::Camera => 'c',
        Class::Day => 'd',
        Class::Has => 'h',
        Class::Keyword => 'w',
        Class::Kind => 'k',
        Class::Lens => 'l',
        Class::Rating => 'r',
    };
    format!("{letter}{what}")
}

pub(super) fn space(id: SpaceId) -> String {
    fact(Class::Space, &id.0.simple().to_string())
}

pub(super) fn album(id: AlbumId) -> String {
    fact(Class::Album, &id.0.simple().to_string())
}

/// All facts of a photo.
pub(super) fn of(photo: &Unindexed) -> Vec<String> {
    let shown = photo.asset.shown();
    let mut facts = vec![space(photo.asset.space_id)];
    facts.extend(photo.albums.iter().map(|(id, _)| album(*id)));
    if let Some(approval) = photo.asset.approval {
        facts.push(fact(Class::Approval, approval.as_str()));
    }
    let kind = match shown.kind {
        MediaKind::Photo => "photo",
        MediaKind::Video => "video",
        MediaKind::Other => "other",
    };
    facts.push(fact(Class::Kind, kind));
    // The day where it was taken, which is what people remember.
    let local = shown.captured.map_or(photo.asset.captured_at, |captured| Timestamp(captured.local_ms));
    let (year, month, day, ..) = local.civil();
    facts.push(fact(Class::Day, &format!("{:04}{month:02}{day:02}", year.max(0))));
    if shown.gps.is_some() {
        facts.push(fact(Class::Has, "place"));
    }
    if let Some(stars) = shown.rating {
        facts.push(fact(Class::Rating, &if stars < 0 { "x".to_owned() } else { stars.to_string() }));
    }
    let mut several = |class, texts: Vec<&str>| {
        facts.extend(each_once(texts, MOST).iter().map(|word| fact(class, word)));
    };
    several(
        Class::Camera,
        [&shown.camera_make, &shown.camera_model].into_iter().flatten().map(String::as_str).collect(),
    );
    several(Class::Lens, shown.lens.iter().map(String::as_str).collect());
    several(Class::Keyword, shown.keywords.iter().map(String::as_str).collect());
    several(Class::AlbumWord, photo.albums.iter().map(|(_, name)| name.as_str()).collect());
    facts
}
