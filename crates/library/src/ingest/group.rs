//! Which files of a folder are one asset: RAW + JPEG + XMP of a shot, and both halves of a live photo.
//!
//! Files belong together by name, as cameras and editors mean it: the same stem in the same folder. Anything that does
//! not fit (two JPEGs that differ in case only, a PNG beside a RAW) is an asset of its own, so nothing is ever hidden
//! behind something else.

use std::collections::{BTreeMap, HashMap};

use model::FileRole;

/// Where a file belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Files of one folder with the same key are one asset.
    pub(crate) key: Vec<u8>,
    /// What the file is within it.
    pub(crate) role: FileRole,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Raw,
    /// What a camera writes beside a RAW or a live photo's clip.
    CameraPhoto,
    /// What may be the moving half of a live photo.
    Clip,
    Sidecar,
    Other,
}

const RAW: &[&str] = &[
    "3fr", "arw", "cr2", "cr3", "crw", "dng", "erf", "fff", "iiq", "k25", "kdc", "mef", "mos", "mrw", "nef",
    "nrw", "orf", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f",
];

fn class(extension: &str) -> Class {
    match extension {
        "jpg" | "jpeg" | "heic" | "heif" | "hif" => Class::CameraPhoto,
        "mov" => Class::Clip,
        "xmp" => Class::Sidecar,
        raw if RAW.contains(&raw) => Class::Raw,
        _ => Class::Other,
    }
}

/// The key of a file that stands alone. No stem has a slash, so it is nobody else's.
pub(crate) fn own_key(name: &[u8]) -> Vec<u8> {
    [b"/", name].concat()
}

/// A place of its own for a file.
pub(crate) fn alone(name: &[u8]) -> Membership {
    Membership { key: own_key(name), role: FileRole::Primary }
}

/// Stem and lower-case extension; a leading dot starts a name, not an extension.
fn split(name: &[u8]) -> (&[u8], String) {
    match name.iter().rposition(|b| *b == b'.') {
        Some(at) if at > 0 => (&name[..at], String::from_utf8_lossy(&name[at + 1..]).to_lowercase()),
        _ => (name, String::new()),
    }
}

/// Places every file of one folder. The outcome does not depend on the order of `names`.
pub(crate) fn group<'a>(names: impl IntoIterator<Item = &'a [u8]>) -> HashMap<&'a [u8], Membership> {
    let mut by_stem: BTreeMap<Vec<u8>, Vec<(&[u8], Class)>> = BTreeMap::new();
    let mut sidecars = Vec::new();
    let mut out = HashMap::new();
    for name in names {
        let (stem, extension) = split(name);
        match class(&extension) {
            Class::Other => {
                out.insert(name, alone(name));
            }
            Class::Sidecar => sidecars.push((name, stem)),
            class => by_stem.entry(stem.to_ascii_lowercase()).or_default().push((name, class)),
        }
    }
    for (key, mut members) in by_stem {
        members.sort_unstable_by_key(|(name, _)| *name);
        let has_photo = members.iter().any(|(_, class)| *class == Class::CameraPhoto);
        let mut taken = Vec::new();
        for (name, class) in members {
            let role = match class {
                Class::Raw => FileRole::Raw,
                Class::Clip if has_photo => FileRole::Motion,
                _ => FileRole::Primary,
            };
            let membership = if taken.contains(&role) {
                Membership { key: own_key(name), role }
            } else {
                taken.push(role);
                Membership { key: key.clone(), role }
            };
            out.insert(name, membership);
        }
    }
    place_sidecars(sidecars, &mut out);
    out
}

/// `IMG_1.CR2.xmp` goes with `IMG_1.CR2`, `IMG_1.xmp` with the shot `IMG_1`; one sidecar to an asset.
fn place_sidecars<'a>(mut sidecars: Vec<(&'a [u8], &'a [u8])>, out: &mut HashMap<&'a [u8], Membership>) {
    let exact: HashMap<Vec<u8>, Vec<u8>> =
        out.iter().map(|(name, membership)| (name.to_vec(), membership.key.clone())).collect();
    // Of names that differ in case only, the first in order stands for all.
    let mut keys: BTreeMap<Vec<u8>, (&[u8], Vec<u8>)> = BTreeMap::new();
    for (name, membership) in &*out {
        let key = keys.entry(name.to_ascii_lowercase()).or_insert((name, membership.key.clone()));
        if *name < key.0 {
            *key = (name, membership.key.clone());
        }
    }
    let mut taken = Vec::new();
    // The longer name is the more exact one.
    sidecars.sort_unstable_by_key(|(name, _)| (std::cmp::Reverse(name.len()), *name));
    for (name, stem) in sidecars {
        let beside = exact.get(stem).cloned();
        let stem = stem.to_ascii_lowercase();
        let beside = beside.or_else(|| keys.get(&stem).map(|(_, key)| key.clone()));
        let key = beside.unwrap_or_else(|| {
            let (inner, extension) = split(&stem);
            if class(&extension) == Class::Other { stem.clone() } else { inner.to_vec() }
        });
        let key = if taken.contains(&key) { own_key(name) } else { key };
        taken.push(key.clone());
        out.insert(name, Membership { key, role: FileRole::Sidecar });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn together(names: &[&str]) -> Vec<(String, FileRole)> {
        let placed = group(names.iter().map(|name| name.as_bytes()));
        names
            .iter()
            .map(|name| {
                let membership = &placed[name.as_bytes()];
                (String::from_utf8(membership.key.clone()).unwrap(), membership.role)
            })
            .collect()
    }

    #[test]
    fn a_shot_is_one_asset_with_several_files() {
        let placed = together(&["IMG_1.CR2", "img_1.jpg", "IMG_1.xmp", "IMG_2.NEF", "IMG_2.NEF.xmp"]);
        assert_eq!(
            placed,
            [
                ("img_1".into(), FileRole::Raw),
                ("img_1".into(), FileRole::Primary),
                ("img_1".into(), FileRole::Sidecar),
                ("img_2".into(), FileRole::Raw),
                ("img_2".into(), FileRole::Sidecar),
            ]
        );
    }

    #[test]
    fn a_live_photo_is_one_asset_and_a_video_alone_is_a_video() {
        let placed = together(&["IMG_1.HEIC", "IMG_1.MOV", "MVI_2.MOV", "clip.mp4"]);
        assert_eq!(placed[0], ("img_1".into(), FileRole::Primary));
        assert_eq!(placed[1], ("img_1".into(), FileRole::Motion));
        assert_eq!(placed[2], ("mvi_2".into(), FileRole::Primary));
        assert_eq!(placed[3], ("/clip.mp4".into(), FileRole::Primary));
    }

    #[test]
    fn what_does_not_fit_stands_alone() {
        let placed = together(&["a.JPG", "a.jpg", "a.png", "a.xmp", "A.jpg.xmp", ".jpg", "noext"]);
        assert_eq!(placed[0].0, "a");
        assert_eq!(placed[1].0, "/a.jpg");
        assert_eq!(placed[2].0, "/a.png");
        assert_eq!(placed[5], ("/.jpg".into(), FileRole::Primary));
        assert_eq!(placed[6], ("/noext".into(), FileRole::Primary));
    }

    proptest! {
        #[test]
        fn no_two_files_ever_take_the_same_place(names in prop::collection::hash_set("[abAB]{1,2}(\\.(jpg|JPG|cr2|xmp|mov|png|jpg.xmp|heic))?", 1..12)) {
            let names: Vec<String> = names.into_iter().collect();
            let placed = group(names.iter().map(std::string::String::as_bytes));
            prop_assert_eq!(placed.len(), names.len());
            let mut places: Vec<_> = placed.values().map(|place| (place.key.clone(), place.role)).collect();
            places.sort();
            places.dedup();
            prop_assert_eq!(places.len(), names.len());
            let reversed = group(names.iter().rev().map(std::string::String::as_bytes));
            prop_assert_eq!(placed, reversed);
        }
    }
}
