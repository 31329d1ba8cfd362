//! Folders as people have them: shoots, sidecars, live photos, and names that break careless programs.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use crate::photos::{
    ExifOptions, MovOptions, RawKind, XmpOptions, dng, heic_container, jpeg, mov, png, tiff_raw, xmp,
};
use crate::{Rng, bytes};

/// How large a [`SampleTree`] is and how hard its names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Shots in each folder.
    pub shots: usize,
    /// Width and height of the JPEGs.
    pub picture: (u16, u16),
    /// Adds names at the edges: of 255 bytes, with dots, quotes and spaces at their ends, in both Unicode normal
    /// forms, differing only in case; an empty file and a hidden one.
    pub edge_names: bool,
    /// Adds names that are not Unicode, or hold a line feed.
    pub raw_names: bool,
    /// Adds the same bytes under a second name and in a second folder.
    pub duplicates: bool,
}

impl Shape {
    /// A few shots, quick to make, with edge names and duplicates, without raw names.
    pub fn small() -> Self {
        Self { shots: 2, picture: (320, 213), edge_names: true, raw_names: false, duplicates: true }
    }

    /// Everything that is hard.
    pub fn hard() -> Self {
        Self { raw_names: true, ..Self::small() }
    }

    /// What a person's folder looks like.
    pub fn demo() -> Self {
        Self { shots: 6, picture: (1600, 1067), edge_names: false, raw_names: false, duplicates: false }
    }
}

/// One file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path below the tree's root, as raw bytes.
    pub path: Vec<u8>,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Bytes.
    pub len: u64,
    /// Last modification, in nanoseconds since 1970.
    pub mtime_ns: i128,
}

/// What a tree holds, ordered by path.
pub type Manifest = Vec<Entry>;

/// Writes sample trees.
#[derive(Debug)]
pub struct SampleTree {
    root: PathBuf,
    rng: Rng,
    manifest: Manifest,
}

impl SampleTree {
    /// Writes a tree of `shape` below `dir`, which is made if need be, and says what it holds.
    pub fn write(dir: &Path, seed: u64, shape: &Shape) -> io::Result<Manifest> {
        fs::create_dir_all(dir)?;
        let mut tree = Self { root: dir.to_owned(), rng: Rng::new(seed), manifest: Vec::new() };
        tree.wedding(shape)?;
        tree.phone(shape)?;
        tree.scans(shape)?;
        if shape.edge_names {
            tree.edge_names()?;
        }
        if shape.raw_names {
            tree.file(b"Edge names/not unicode \xff\xfe.jpg", &bytes(1, 900))?;
            tree.file(b"Edge names/two\nlines.jpg", &bytes(2, 900))?;
        }
        if shape.duplicates {
            let photo = tree.photo(shape, |_| ());
            tree.file(b"2024/Wedding Ana & J\xc3\xb3n/Selection/best.jpg", &photo)?;
            tree.file(b"2024/Wedding Ana & J\xc3\xb3n/Selection/best (1).jpg", &photo)?;
            tree.file(b"For the album/best.jpg", &photo)?;
        }
        tree.manifest.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree.manifest)
    }

    /// RAW, JPEG and sidecar of each shot.
    fn wedding(&mut self, shape: &Shape) -> io::Result<()> {
        let folder = "2024/Wedding Ana & Jón";
        for shot in 0..shape.shots {
            let seed = self.rng.u64();
            let (extension, raw) = match shot % 4 {
                0 => ("DNG", dng(seed)),
                1 => (RawKind::Nef.extension(), tiff_raw(seed, RawKind::Nef)),
                2 => (RawKind::Cr2.extension(), tiff_raw(seed, RawKind::Cr2)),
                _ => (RawKind::Arw.extension(), tiff_raw(seed, RawKind::Arw)),
            };
            self.file(format!("{folder}/DSC_{shot:04}.{extension}").as_bytes(), &raw)?;
            let photo = self.photo(shape, |exif| {
                exif.date = Some(format!("2024:06:01 14:{:02}:{:02}", shot / 60 % 60, shot % 60));
                exif.offset = Some("+02:00".to_owned());
                exif.artist = Some("Ana Sample".to_owned());
                exif.copyright = Some("© 2024 Ana Sample".to_owned());
            });
            self.file(format!("{folder}/DSC_{shot:04}.JPG").as_bytes(), &photo)?;
            let sidecar = xmp(&XmpOptions {
                rating: Some((shot % 6) as i8),
                label: (shot % 2 == 0).then(|| "Green".to_owned()),
                title: Some(format!("Ana & Jón, picture {shot}")),
                description: Some("Before the church — 教会の前".to_owned()),
                keywords: vec!["wedding".to_owned(), "family & friends".to_owned(), "Þingvellir".to_owned()],
                creator: Some("Ana Sample".to_owned()),
                rights: Some("All rights reserved".to_owned()),
                date: Some("2024-06-01T14:00:00+02:00".to_owned()),
            });
            self.file(format!("{folder}/DSC_{shot:04}.xmp").as_bytes(), &sidecar)?;
        }
        Ok(())
    }

    /// Live photos and a video.
    fn phone(&mut self, shape: &Shape) -> io::Result<()> {
        for shot in 0..shape.shots {
            let id = format!("{:08X}-0000-4000-8000-{:012X}", self.rng.u64() >> 32, self.rng.u64() >> 16);
            let name = format!("2025/Phone 📱/IMG_{:04}", 1000 + shot);
            if shot % 2 == 0 {
                let photo = self.photo(shape, |exif| {
                    exif.make = Some("Apple".to_owned());
                    exif.model = Some("iPhone 15 Pro".to_owned());
                    exif.content_identifier = Some(id.clone());
                });
                self.file(format!("{name}.JPG").as_bytes(), &photo)?;
            } else {
                let shell = heic_container(self.rng.u64(), 40_000);
                self.file(format!("{name}.HEIC").as_bytes(), &shell)?;
            }
            let movie = mov(
                self.rng.u64(),
                &MovOptions { created: Some(1_717_243_402), content_identifier: Some(id), data: 60_000 },
            );
            self.file(format!("{name}.MOV").as_bytes(), &movie)?;
        }
        let movie = mov(self.rng.u64(), &MovOptions { data: 300_000, ..MovOptions::default() });
        self.file("2025/Phone 📱/白い猫 🐈.mov".as_bytes(), &movie)
    }

    fn scans(&mut self, shape: &Shape) -> io::Result<()> {
        for page in 0..shape.shots.div_ceil(2) {
            let exif =
                ExifOptions { description: Some("Großmutter, 1952".to_owned()), ..ExifOptions::default() };
            let scan = png(self.rng.u64(), 200, 150, &exif);
            self.file(format!("Scans/Großmutter/Seite {page}.png").as_bytes(), &scan)?;
        }
        Ok(())
    }

    fn edge_names(&mut self) -> io::Result<()> {
        let long = format!("{}.jpg", "x".repeat(251));
        let names = [
            long.as_str(),
            "J\u{f3}n.jpg",
            "Jo\u{301}n.jpg",
            "UPPER.JPG",
            "upper.jpg",
            " space before.jpg",
            "space behind.jpg ",
            "dot behind.",
            ".hidden.jpg",
            "no extension",
            "con.jpg",
            "back\\slash.jpg",
            "quote\" ' `$(x).jpg",
            "-dash.jpg",
            "*?<>|:.jpg",
            "👩‍👩‍👧 family.jpg",
            "tab\there.jpg",
        ];
        for name in names {
            let content = bytes(self.rng.u64(), 900);
            self.file(format!("Edge names/{name}").as_bytes(), &content)?;
        }
        self.file(b"Edge names/empty.jpg", b"")?;
        self.file(b"Edge names/deep/er/and/deep/er/still/one.jpg", &bytes(9, 900))
    }

    fn photo(&mut self, shape: &Shape, change: impl FnOnce(&mut ExifOptions)) -> Vec<u8> {
        let seed = self.rng.u64();
        let mut exif = ExifOptions::camera(seed);
        change(&mut exif);
        jpeg(seed, shape.picture.0, shape.picture.1, &exif)
    }

    fn file(&mut self, path: &[u8], content: &[u8]) -> io::Result<()> {
        let full = self.root.join(OsString::from_vec(path.to_vec()));
        fs::create_dir_all(full.parent().unwrap_or(&self.root))?;
        let mut file = File::create(&full)?;
        file.write_all(content)?;
        // Between 2015 and 2024, to the nanosecond, and never a whole second.
        let mtime = 1_420_070_400_000_000_001 + self.rng.below(300_000_000) * 1_000_000_007;
        file.set_modified(UNIX_EPOCH + Duration::from_nanos(mtime))?;
        self.manifest.push(Entry {
            path: path.to_vec(),
            sha256: Sha256::digest(content).into(),
            len: content.len() as u64,
            mtime_ns: i128::from(mtime),
        });
        Ok(())
    }
}

impl Entry {
    /// The path below the tree's root.
    pub fn path(&self) -> &Path {
        Path::new(std::ffi::OsStr::from_bytes(&self.path))
    }

    /// The SHA-256 in hexadecimal.
    pub fn sha256_hex(&self) -> String {
        hex::encode(self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{compare, mtime_ns, sha256};

    #[test]
    fn the_same_seed_writes_the_same_tree() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = SampleTree::write(a.path(), 42, &Shape::hard()).unwrap();
        assert_eq!(SampleTree::write(b.path(), 42, &Shape::hard()).unwrap(), first);
        assert_eq!(compare(a.path(), b.path()).unwrap(), []);
    }

    #[test]
    fn the_manifest_is_what_is_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = SampleTree::write(dir.path(), 1, &Shape::hard()).unwrap();
        for entry in &manifest {
            let path = dir.path().join(entry.path());
            assert_eq!(sha256(&path).unwrap(), entry.sha256, "{path:?}");
            assert_eq!(mtime_ns(&path).unwrap(), entry.mtime_ns, "{path:?}");
            assert_eq!(fs::metadata(&path).unwrap().len(), entry.len);
        }
        let distinct: std::collections::BTreeSet<_> = manifest.iter().map(|e| &e.path).collect();
        assert_eq!(distinct.len(), manifest.len());
        assert!(manifest.iter().any(|e| std::str::from_utf8(&e.path).is_err()));
    }

    #[test]
    fn a_person_s_folder_has_no_raw_names_and_no_duplicates() {
        let dir = tempfile::tempdir().unwrap();
        let shape = Shape { picture: (64, 48), ..Shape::demo() };
        let manifest = SampleTree::write(dir.path(), 1, &shape).unwrap();
        let contents: std::collections::BTreeSet<_> = manifest.iter().map(|e| e.sha256).collect();
        assert_eq!(contents.len(), manifest.len());
        assert!(manifest.iter().all(|e| std::str::from_utf8(&e.path).is_ok()));
    }
}
