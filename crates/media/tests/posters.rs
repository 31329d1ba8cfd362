//! Films made by ffmpeg are shown: the right frame, the right way up, in the right colours, whatever codec and container.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use ourphoto_media::{Format, Limits, NO_FFMPEG, Processed};
use support::films::{CORNERS, Sparse, can_encode, film, films_below, find, with_matrix};
use support::{mean, pixels, process, sniff, testdata, worker};

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const YELLOW: [u8; 3] = [255, 255, 0];

/// The film has all its pictures, of this size, with these colours in the corners (top, then bottom).
fn check(found: &Processed, size: (u32, u32), corners: [[u8; 3]; 4], what: &str) {
    let shown = found.renditions.as_ref().unwrap_or_else(|| panic!("{what}: {:?}", found.note));
    assert_eq!(found.note, None, "{what}");
    assert_eq!((shown.preview.width, shown.preview.height), size, "{what}");
    assert_eq!(shown.thumbnail.width.max(shown.thumbnail.height), size.0.max(size.1).min(512), "{what}");
    assert_eq!((found.metadata.width, found.metadata.height), (Some(size.0), Some(size.1)), "{what}");
    assert!(found.placeholder.is_some() && found.perceptual_hash.is_some(), "{what}");
    for rendition in [&shown.preview, &shown.thumbnail] {
        let (rgb, width, height) = pixels(&rendition.jpeg);
        for (index, wanted) in corners.iter().enumerate() {
            let (x, y) = (width / 8 + index % 2 * width * 3 / 4, height / 8 + index / 2 * height * 3 / 4);
            let seen = &rgb[(y * width + x) * 3..][..3];
            let near = seen.iter().zip(wanted).all(|(seen, wanted)| seen.abs_diff(*wanted) < 40);
            assert!(near, "{what}: corner {index} is {seen:?} instead of {wanted:?}");
        }
    }
}

fn shown(film: &[u8], name: &str) -> Processed {
    process(&worker(Limits::default()), film, name)
}

#[test]
fn films_of_every_common_codec_and_container_are_shown() {
    for (encoder, name, how) in [
        ("libx264", "end.mp4", "-pix_fmt yuv420p"),
        ("libx264", "start.mp4", "-pix_fmt yuv420p -movflags +faststart"),
        ("libx264", "fragments.mp4", "-pix_fmt yuv420p -g 5 -movflags frag_keyframe+empty_moov"),
        ("libx264", "cmaf.mp4", "-pix_fmt yuv420p -movflags frag_keyframe+empty_moov+default_base_moof+cmaf"),
        ("libx264", "open.mp4", "-pix_fmt yuv420p -bf 3 -x264-params open-gop=1:keyint=6:scenecut=0"),
        ("libx264", "interlaced.mov", "-pix_fmt yuv420p -flags +ilme+ildct -x264-params interlaced=1"),
        ("libx265", "phone.mov", "-tag:v hvc1 -pix_fmt yuv420p -x265-params log-level=none"),
        ("libx265", "ten.mp4", "-tag:v hvc1 -pix_fmt yuv420p10le -x265-params log-level=none"),
        ("libvpx-vp9", "nine.mp4", "-pix_fmt yuv420p -deadline realtime -cpu-used 8"),
        ("libsvtav1", "one.mp4", "-pix_fmt yuv420p -preset 12"),
        ("mjpeg", "camera.mov", "-pix_fmt yuvj420p -q:v 3"),
        ("prores_ks", "studio.mov", "-pix_fmt yuv422p10le"),
        ("qtrle", "old.mov", ""),
        ("rawvideo", "raw.mov", "-pix_fmt uyvy422"),
    ] {
        if can_encode(&[encoder]) {
            let film = film(CORNERS, name, &format!("-c:v {encoder} {how}"));
            check(&shown(&film, name), (640, 360), [RED, GREEN, BLUE, YELLOW], &format!("{encoder} {name}"));
        }
    }
}

#[test]
fn a_turned_film_is_shown_upright_once() {
    if !can_encode(&["mjpeg"]) {
        return;
    }
    let film = film(CORNERS, "turned.mov", "-c:v mjpeg -pix_fmt yuvj420p -q:v 3");
    let turns = [
        ([0, 1, -1, 0], (360, 640), [BLUE, RED, YELLOW, GREEN]),
        ([-1, 0, 0, -1], (640, 360), [YELLOW, BLUE, GREEN, RED]),
        ([0, -1, 1, 0], (360, 640), [GREEN, YELLOW, RED, BLUE]),
    ];
    for (matrix, size, corners) in turns {
        check(&shown(&with_matrix(&film, matrix), "turned.mov"), size, corners, &format!("{matrix:?}"));
    }
}

#[test]
fn the_frame_is_the_last_key_frame_up_to_one_second() {
    if !can_encode(&["libx264", "mjpeg"]) {
        return;
    }
    let white = |number: u32| {
        format!("color=black:s=320x180:r=10:d=3,geq=lum='if(eq(N,{number}),235,16)':cb=128:cr=128")
    };
    let brightness = |found: &Processed| mean(&pixels(&found.renditions.as_ref().unwrap().preview.jpeg).0)[1];
    // Every frame is a key frame: the eleventh begins at one second.
    for (number, bright) in [(9, false), (10, true), (11, false)] {
        let found = shown(&film(&white(number), "all.mov", "-c:v mjpeg -pix_fmt yuvj420p"), "all.mov");
        assert_eq!(brightness(&found) > 200.0, bright, "frame {number}");
    }
    // Every fourth is one.
    for (number, bright) in [(4, false), (8, true), (10, false)] {
        let how = "-c:v libx264 -pix_fmt yuv420p -x264-params keyint=4:min-keyint=4:scenecut=0";
        let found = shown(&film(&white(number), "some.mp4", how), "some.mp4");
        assert_eq!(brightness(&found) > 200.0, bright, "frame {number}");
    }
}

#[test]
fn a_large_frame_is_made_small_and_oblong_pixels_are_made_square() {
    if !can_encode(&["mjpeg"]) {
        return;
    }
    let large = format!("{CORNERS},scale=2560:1440");
    let found = shown(&film(&large, "large.mov", "-c:v mjpeg -pix_fmt yuvj420p -frames:v 1"), "large.mov");
    let preview = found.renditions.unwrap().preview;
    assert_eq!((preview.width, preview.height), (2048, 1152));
    let oblong = format!("{CORNERS},scale=320:360,setsar=2");
    let found = shown(&film(&oblong, "oblong.mp4", "-c:v mjpeg -pix_fmt yuvj420p"), "oblong.mp4");
    check(&found, (640, 360), [RED, GREEN, BLUE, YELLOW], "oblong");
}

#[test]
fn a_film_of_high_dynamic_range_is_not_shown_dark() {
    if !can_encode(&["libx265"]) {
        return;
    }
    // Diffuse white in PQ. Shown as it is, it would be a grey of 148.
    let white = "color=black:s=320x180:r=10:d=1,format=yuv420p10le,geq=lum=573:cb=512:cr=512";
    let how = "-c:v libx265 -tag:v hvc1 -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 \
               -colorspace bt2020nc -movflags +write_colr -x265-params log-level=none";
    let film = film(white, "hdr.mov", how);
    find(&film, b"colrncl");
    let seen = mean(&pixels(&shown(&film, "hdr.mov").renditions.unwrap().preview.jpeg).0);
    assert!(seen.iter().all(|value| *value > 215.0), "{seen:?}");
}

#[test]
fn of_a_film_of_twenty_gigabytes_one_frame_is_read() {
    if !can_encode(&["mjpeg"]) {
        return;
    }
    let film = film(CORNERS, "long.mov", "-c:v mjpeg -pix_fmt yuvj420p -q:v 3");
    // Room between the pictures and their table, as if hours of film were there.
    let at = find(&film, b"moov") - 4;
    let (head, tail) = film.split_at(at);
    let hole = 20u64 << 30;
    let free = [&1u32.to_be_bytes()[..], b"free", &hole.to_be_bytes()].concat();
    let size = film.len() as u64 + hole;
    let mut long = Sparse::new(size, [head, &free].concat(), tail.to_vec());
    let found = worker(Limits::default()).process(&mut long, size, Format::Mov, None).unwrap();
    check(&found, (640, 360), [RED, GREEN, BLUE, YELLOW], "long.mov");
    assert!(long.read < 1 << 20, "{} bytes were read", long.read);
}

#[test]
fn without_ffmpeg_the_note_says_what_to_do_and_the_rest_is_found() {
    if !can_encode(&["mjpeg"]) {
        return;
    }
    let film = film(CORNERS, "film.mov", "-c:v mjpeg -pix_fmt yuvj420p");
    let worker = worker(Limits::default()).with_ffmpeg("/nowhere/ffmpeg".into());
    assert_eq!(worker.ffmpeg(), None);
    let found = process(&worker, &film, "film.mov");
    assert_eq!((found.note.as_deref(), &found.renditions), (Some(NO_FFMPEG), &None));
    assert_eq!((found.metadata.width, found.metadata.duration_ms), (Some(640), Some(2000)));
}

#[test]
fn films_that_cannot_be_shown_say_why() {
    if !can_encode(&["mjpeg"]) {
        return;
    }
    let film = film(CORNERS, "film.mov", "-c:v mjpeg -pix_fmt yuvj420p");
    let why = |film: &[u8]| shown(film, "film.mov").note.unwrap();
    let moov = find(&film, b"moov") - 4;
    assert!(why(&film[..moov]).contains("not finished, or the file is cut off"));
    let mut unknown = film.clone();
    let codec = find(&film, b"stsd") + 16;
    unknown[codec..codec + 4].copy_from_slice(b"zzzz");
    assert_eq!(why(&unknown), "no preview: ffmpeg could not show a frame of this film");
    let mut empty = film.clone();
    let mdat = find(&film, b"mdat") + 4;
    empty[mdat..moov].fill(0);
    assert_eq!(why(&empty), "no preview: ffmpeg could not show a frame of this film");
    let mut sound = film;
    let handler = find(&sound, b"vide");
    sound[handler..handler + 4].copy_from_slice(b"soun");
    assert_eq!(why(&sound), "no preview: the film has no video track");
}

#[test]
fn real_films_are_shown() {
    let Some(folder) = testdata() else { return };
    let films = films_below(&folder);
    if films.is_empty() {
        testkit::skipped("there is no film among the test photos");
        return;
    }
    for path in films {
        let content = std::fs::read(&path).unwrap();
        if sniff(&content, &path).is_video() {
            let found = shown(&content, &path.to_string_lossy());
            assert!(found.renditions.is_some(), "{}: {:?}", path.display(), found.note);
        }
    }
}
