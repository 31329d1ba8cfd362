//! Facts of a photo that filters ask for. Each is a word of its own: a letter for what it is about, and then what.

use catalog::Unindexed;
use model::{AlbumId, MediaKind, Metadata, PersonId, SpaceId, Timestamp};

use super::words::{each_once, words};

/// What a fact is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    Space,
    Album,
    AlbumWord,
    Approval,
    By,
    Camera,
    Day,
    Has,
    Keyword,
    Kind,
    Lens,
    Rating,
    Tier,
    Type,
    Year,
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
        Class::By => 'u',
        Class::Camera => 'c',
        Class::Day => 'd',
        Class::Has => 'h',
        Class::Keyword => 'w',
        Class::Kind => 'm',
        Class::Lens => 'l',
        Class::Rating => 'r',
        Class::Tier => 't',
        Class::Type => 'k',
        Class::Year => 'y',
    };
    format!("{letter}{what}")
}

pub(super) fn space(id: SpaceId) -> String {
    fact(Class::Space, &id.0.simple().to_string())
}

pub(super) fn album(id: AlbumId) -> String {
    fact(Class::Album, &id.0.simple().to_string())
}

/// That somebody brought a photo into a space. The space is in it, because who may see them among the members of one space
/// need not learn what they do in another.
pub(super) fn by(space: SpaceId, person: PersonId) -> String {
    fact(Class::By, &format!("{}{}", space.0.simple(), person.0.simple()))
}

/// What no photo has.
pub(super) fn nobody() -> String {
    fact(Class::By, "nobody")
}

/// A sort of names that a space is known to have, however old the photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Camera,
    Lens,
    Year,
}

impl Named {
    /// As the catalog calls it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Lens => "lens",
            Self::Year => "year",
        }
    }

    /// The facts of a photo that has this name.
    pub(super) fn facts(self, name: &str) -> Vec<String> {
        let class = match self {
            Self::Camera => Class::Camera,
            Self::Lens => Class::Lens,
            Self::Year => Class::Year,
        };
        words(name).iter().map(|word| fact(class, word)).collect()
    }
}

/// When a photo was taken, by the clock on the wall there, which is what people remember.
fn local(photo_time: Timestamp, shown: &Metadata) -> Timestamp {
    shown.captured.map_or(photo_time, |captured| Timestamp(captured.local_ms))
}

/// The year in which a photo was taken.
pub(super) fn year(captured_at: Timestamp, shown: &Metadata) -> String {
    format!("{:04}", local(captured_at, shown).civil().0.max(0))
}

/// What is said of a photo by its names.
pub(super) fn names(photo: &Unindexed) -> Vec<(&'static str, String)> {
    let shown = photo.asset.shown();
    let year = year(photo.asset.captured_at, &shown);
    let camera = shown.camera_model.map(|name| (Named::Camera.as_str(), name));
    let lens = shown.lens.map(|name| (Named::Lens.as_str(), name));
    camera.into_iter().chain(lens).chain([(Named::Year.as_str(), year)]).collect()
}

/// All facts of a photo.
pub(super) fn of(photo: &Unindexed) -> Vec<String> {
    let shown = photo.asset.shown();
    let mut facts = vec![space(photo.asset.space_id)];
    facts.extend(photo.albums.iter().map(|(id, _)| album(*id)));
    // How strictly its home is kept says something of its home, which who sees it elsewhere may not know.
    if photo.albums.iter().any(|(id, _)| *id == photo.asset.album_id) {
        facts.push(fact(Class::Tier, photo.tier.as_str()));
    }
    facts.extend(photo.uploaders.iter().map(|person| by(photo.asset.space_id, *person)));
    if let Some(approval) = photo.asset.approval {
        facts.push(fact(Class::Approval, approval.as_str()));
    }
    facts.push(fact(Class::Kind, photo.asset.kind.as_str()));
    facts.push(fact(Class::Type, media(shown.kind)));
    let (year, month, day, ..) = local(photo.asset.captured_at, &shown).civil();
    facts.push(fact(Class::Day, &format!("{:04}{month:02}{day:02}", year.max(0))));
    facts.push(fact(Class::Year, &format!("{:04}", year.max(0))));
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

/// How a sort of media is called.
pub(super) fn media(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Photo => "photo",
        MediaKind::Video => "video",
        MediaKind::Other => "other",
    }
}
