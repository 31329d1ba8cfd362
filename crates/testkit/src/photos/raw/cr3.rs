//! Canon CR3: boxes (ISO/IEC 14496-12). EXIF is split over boxes that are TIFF files of their own; the JPEGs are a
//! thumbnail, a preview in a box, and the first track, of the picture's full size. As described by Laurent Clévy,
//! <https://github.com/lclevy/canon_cr3>.

use super::super::ExifOptions;
use super::super::exif::gps_directory;
use super::super::isobmff::{boxed, movie_header, track_header};
use super::super::jpeg::picture;
use super::super::tiff::{Directory, write};
use super::THUMBNAIL;
use crate::bytes;

const CANON: &[u8] = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
const PREVIEW_BOX: &[u8] = b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";
/// Sides of the preview in its box.
const PREVIEW: (u16, u16) = (320, 212);
/// Sides of the picture, and of the JPEG in the first track.
const FULL: (u16, u16) = (640, 424);

/// A file in Canon's newer container: EXIF and three decodable JPEGs around random sensor bytes. With `full_size` off
/// the first track is the sensor's, as in files of which only the preview is left to show.
pub fn cr3(seed: u64, full_size: bool) -> Vec<u8> {
    let exif = ExifOptions {
        make: Some("Canon".to_owned()),
        model: Some("Canon EOS R5".to_owned()),
        ..ExifOptions::camera(seed)
    };
    let full = if full_size { picture(seed, FULL.0, FULL.1) } else { Vec::new() };
    let data = bytes(seed ^ 0x5e50, 100_000);
    let file_type = boxed(b"ftyp", &[b"crx \0\0\0\x01crx isom"]);
    let preview = sized(*b"PRVW", seed, PREVIEW);
    let preview = boxed(b"uuid", &[PREVIEW_BOX, &[0, 0, 0, 0, 0, 0, 0, 1], &preview]);
    // The tracks say where their data are, which follows from how long the boxes that say so are.
    let moov = |at: u64| {
        let mut tracks = Vec::new();
        if full_size {
            tracks.push(track(1, FULL, *b"JPEG", at, full.len()));
        }
        tracks.push(track(tracks.len() as u32 + 1, FULL, *b"CMP1", at + full.len() as u64, data.len()));
        let movie = movie_header(Some(1_717_243_402), tracks.len() as u32 + 1);
        boxed(b"moov", &[&canon(seed, &exif), &movie, &tracks.concat()])
    };
    let before = file_type.len() + moov(0).len() + preview.len() + 8;
    let mdat = boxed(b"mdat", &[&full, &data]);
    [file_type, moov(before as u64), preview, mdat].concat()
}

/// What Canon says about the photo.
fn canon(seed: u64, exif: &ExifOptions) -> Vec<u8> {
    let mut main = Directory::default();
    exif.name(&mut main);
    main.short(0x0100, FULL.0);
    main.short(0x0101, FULL.1);
    let gps = exif.gps.as_ref().map_or_else(Directory::default, gps_directory);
    let blocks = [(b"CMT1", main), (b"CMT2", exif.photo()), (b"CMT4", gps)];
    let mut parts = vec![boxed(b"CNCV", &[b"CanonCR3_001/00.09.00/00.00.00"])];
    parts.extend(blocks.map(|(kind, directory)| boxed(kind, &[&write(&[directory])])));
    parts.push(sized(*b"THMB", seed, THUMBNAIL));
    boxed(b"uuid", &[CANON, &parts.concat()])
}

/// A JPEG behind its sides and its length.
fn sized(kind: [u8; 4], seed: u64, (width, height): (u16, u16)) -> Vec<u8> {
    let jpeg = picture(seed, width, height);
    let (width, height) = (width.to_be_bytes(), height.to_be_bytes());
    let length = (jpeg.len() as u32).to_be_bytes();
    // The thumbnail has its length before an unknown number, the preview behind it and one more before its sides.
    match &kind {
        b"THMB" => boxed(&kind, &[&[0; 4], &width, &height, &length, &[0, 1, 0, 0], &jpeg]),
        _ => boxed(&kind, &[&[0; 4], &[0, 1], &width, &height, &[0, 1], &length, &jpeg]),
    }
}

/// A track of one sample.
fn track(id: u32, (width, height): (u16, u16), coding: [u8; 4], at: u64, len: usize) -> Vec<u8> {
    let sample_entry = boxed(
        b"CRAW",
        &[
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &[0; 16],
            &width.to_be_bytes(),
            &height.to_be_bytes(),
            &[0, 72, 0, 0, 0, 72, 0, 0],
            &[0; 4],
            &[0, 1],
            &[0; 32],
            &[0, 24, 0xff, 0xff],
            &[0, 1, 0, 0],
            &boxed(&coding, &[&[0; 4]]),
        ],
    );
    let one = 1_u32.to_be_bytes();
    let table = boxed(
        b"stbl",
        &[
            &boxed(b"stsd", &[&[0; 4], &one, &sample_entry]),
            &boxed(b"stts", &[&[0; 4], &one, &one, &one]),
            &boxed(b"stsc", &[&[0; 4], &one, &one, &one, &one]),
            &boxed(b"stsz", &[&[0; 4], &(len as u32).to_be_bytes(), &one]),
            &boxed(b"co64", &[&[0; 4], &one, &at.to_be_bytes()]),
        ],
    );
    let handler = boxed(b"hdlr", &[&[0; 8], b"vide", &[0; 13]]);
    let media_header = boxed(b"mdhd", &[&[0; 12], &one, &one, &[0x55, 0xc4, 0, 0]]);
    let information = boxed(b"minf", &[&boxed(b"vmhd", &[&[0, 0, 0, 1], &[0; 8]]), &table]);
    let media = boxed(b"mdia", &[&media_header, &handler, &information]);
    boxed(b"trak", &[&track_header(None, id, (u32::from(width), u32::from(height)), 0), &media])
}
