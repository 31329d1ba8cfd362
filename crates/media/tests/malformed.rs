//! Broken and hostile photos: never a crash of the parent, never a hang, never memory beyond the limit, always a word.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use ourphoto_media::{Format, Limits, Processed, Worker};
use support::{Dice, jpeg, photos, process, sniff, testdata, worker};

fn strict() -> Limits {
    Limits {
        memory: 512 << 20,
        cpu: Duration::from_secs(8),
        wall: Duration::from_secs(10),
        ..Limits::default()
    }
}

/// Either there is something to see, or there is a reason.
fn judge(worker: &Worker, content: &[u8], name: &str) -> Processed {
    let start = Instant::now();
    let found = process(worker, content, name);
    assert!(start.elapsed() < Duration::from_secs(15), "{name} took {:?}", start.elapsed());
    assert!(found.renditions.is_some() || found.note.is_some(), "{name} has neither picture nor reason");
    // Kilobytes of the largest child so far.
    let most = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    assert!(most <= 520 << 10, "{name}: a worker used {most} kB");
    found
}

#[test]
fn photos_that_are_known_to_be_broken_are_survived() {
    let Some(folder) = testdata() else { return };
    let worker = worker(strict());
    for part in ["invalid", "xmp", "tests"] {
        for path in photos(&folder.join("exif-samples/jpg").join(part)) {
            judge(&worker, &std::fs::read(&path).unwrap(), &path.to_string_lossy());
        }
    }
}

/// Breaks every real photo once, whatever its size and format; how is decided by chance that is the same in every run
/// and does not depend on what other photos there are.
fn break_every_photo(seed: u64, harm: impl Fn(&mut Dice, &mut Vec<u8>)) {
    let Some(folder) = testdata() else { return };
    let worker = worker(strict());
    let mut judged = 0;
    for path in photos(&folder) {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy();
        let mut dice = Dice(name.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31) + u64::from(byte)));
        let mut content = std::fs::read(&path).unwrap();
        harm(&mut dice, &mut content);
        // Parsers are run in this process on everything: here a panic would fail the test.
        let format = sniff(&content, &path);
        let _ = ourphoto_media::read_metadata(&content, format, Some(&content));
        judge(&worker, &content, &name);
        judged += 1;
    }
    assert!(judged > 100, "only {judged} photos were broken");
}

#[test]
fn cut_photos_are_survived() {
    break_every_photo(2026, |dice, content| content.truncate(dice.roll(content.len())));
}

#[test]
fn bit_flipped_photos_are_survived() {
    break_every_photo(2027, |dice, content| {
        for _ in 0..=dice.roll(24) {
            // Headers are where a wrong bit does most.
            let reach = if dice.roll(2) == 0 { 2048 } else { content.len() };
            let at = dice.roll(reach.min(content.len()));
            content[at] ^= 1 << dice.roll(8);
        }
    });
}

#[test]
fn parsers_never_panic_on_mangled_input() {
    let Some(folder) = testdata() else { return };
    let mut dice = Dice(7);
    for path in photos(&folder) {
        let content = std::fs::read(&path).unwrap();
        let head = &content[..content.len().min(96 << 10)];
        for _ in 0..20 {
            let mut mangled = head[..dice.roll(head.len())].to_vec();
            for _ in 0..8 {
                let at = dice.roll(mangled.len());
                if let Some(byte) = mangled.get_mut(at) {
                    *byte = [0, 0xFF, 0x7F, 0x80, dice.roll(256) as u8][dice.roll(5)];
                }
            }
            let _ = ourphoto_media::sniff(&mangled);
            for format in
                [sniff(&content, &path), Format::Heic, Format::Mov, Format::Cr3, Format::Nef, Format::Xmp]
            {
                let _ = ourphoto_media::read_metadata(&mangled, format, None);
            }
        }
    }
}

#[test]
fn a_cut_jpeg_is_shown_as_far_as_it_goes_and_says_so() {
    let photo = jpeg(1600, 1200);
    let found = judge(&worker(strict()), &photo[..photo.len() * 2 / 3], "cut.jpg");
    assert!(found.renditions.is_some());
    assert_eq!(found.note.as_deref(), Some("the JPEG data ends early: part of the picture is missing"));
    assert_eq!((found.metadata.width, found.metadata.height), (Some(1600), Some(1200)));
}

#[test]
fn pictures_that_claim_too_many_pixels_are_refused_in_words() {
    let worker = worker(strict());
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let crc = crc32(&[kind.as_slice(), body].concat());
        [&(body.len() as u32).to_be_bytes()[..], kind, body, &crc.to_be_bytes()].concat()
    };
    let size = [&100_000u32.to_be_bytes()[..], &100_000u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let png = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &size),
        chunk(b"IDAT", &[0x78, 1]),
        chunk(b"IEND", &[]),
    ]
    .concat();
    let mut photo = jpeg(64, 64);
    let sof = photo.windows(2).position(|pair| pair == b"\xFF\xC0").unwrap();
    photo[sof + 5..sof + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    let gif = [b"GIF89a\xFF\xFF\xFF\xFF\xF0\0\0".as_slice(), &[0; 6], b",\0\0\0\0\xFF\xFF\xFF\xFF\0\x02\0;"]
        .concat();
    let webp = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF".to_vec();
    let claims = [
        (png, "bomb.png", true),
        (photo, "bomb.jpg", true),
        (gif, "bomb.gif", true),
        (webp, "bomb.webp", false),
    ];
    for (bomb, name, told) in claims {
        let found = judge(&worker, &bomb, name);
        assert!(found.renditions.is_none(), "{name}");
        let note = found.note.unwrap();
        assert!(!told || note.contains("larger than the 400-megapixel limit"), "{name}: {note}");
    }
    // Within the pixel limit, but more than the worker may have.
    let mut photo = jpeg(64, 64);
    photo[sof + 5..sof + 9].copy_from_slice(&[0x46, 0x50, 0x46, 0x50]);
    let note = judge(&worker, &photo, "large.jpg").note.unwrap();
    assert!(note.contains("needs") && note.contains("MB of memory"), "{note}");
}

#[test]
fn metadata_that_claim_too_much_cost_nothing() {
    let worker = worker(strict());
    // An EXIF field of four gigabytes, and directories that point at each other.
    let exif = [
        b"Exif\0\0II*\0\x08\0\0\0\x02\0".as_slice(),
        b"\x0e\x01\x02\0\xFF\xFF\xFF\xFF\x08\0\0\0",
        b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0",
        b"\x08\0\0\0",
    ]
    .concat();
    let photo = jpeg(200, 100);
    let segment = [&[0xFF, 0xE1][..], &(exif.len() as u16 + 2).to_be_bytes(), &exif].concat();
    let found = judge(&worker, &[&photo[..2], &segment, &photo[2..]].concat(), "exif.jpg");
    assert!(found.renditions.is_some(), "{:?}", found.note);

    let deep = format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">{}",
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">".repeat(40_000)
    );
    judge(&worker, deep.as_bytes(), "deep.xmp");

    // Boxes of size zero and one, and a box table that repeats itself.
    let heic =
        [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &b"\0\0\0\x01meta\0\0\0\0\0\0\0\0".repeat(1000)]
            .concat();
    judge(&worker, &heic, "boxes.heic");
    let mov = [b"\0\0\0\x14ftypqt  \0\0\0\0qt  ".as_slice(), &b"\0\0\0\0moov".repeat(100_000)].concat();
    judge(&worker, &mov, "boxes.mov");

    // Text that unpacks to a thousand times its size.
    let bomb = {
        use std::io::Write;
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..1024 {
            packer.write_all(&vec![b'a'; 1 << 20]).unwrap();
        }
        packer.finish().unwrap()
    };
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let crc = crc32(&[kind.as_slice(), body].concat());
        [&(body.len() as u32).to_be_bytes()[..], kind, body, &crc.to_be_bytes()].concat()
    };
    let mut png = Vec::new();
    image::ImageEncoder::write_image(
        image::codecs::png::PngEncoder::new(&mut png),
        &support::painting(50, 50),
        50,
        50,
        image::ExtendedColorType::Rgb8,
    )
    .unwrap();
    let text = chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\x01\0\0\0", bomb.as_slice()].concat());
    judge(&worker, &[&png[..33], &text, &png[33..]].concat(), "text.png");
    let profile = chunk(b"iCCP", &[b"bomb\0\0", bomb.as_slice()].concat());
    judge(&worker, &[&png[..33], &profile, &png[33..]].concat(), "profile.png");
}

/// CRC-32 as PNG has it.
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}
