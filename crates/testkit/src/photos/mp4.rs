//! MPEG-4 movies as phones write them.

use super::isobmff::{boxed, movie_header, video_track};
use crate::bytes;

/// What a movie says about itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mp4Options {
    /// When it was shot, in seconds since 1970 UTC.
    pub created: Option<i64>,
    /// Maker of the camera.
    pub make: Option<String>,
    /// Model of the camera.
    pub model: Option<String>,
    /// Where it was shot, in ISO 6709: `+37.7749-122.4194/`.
    pub place: Option<String>,
    /// Quarter turns clockwise after which it is upright.
    pub quarter_turns: u8,
    /// Bytes of the media data.
    pub data: usize,
}

/// A movie of 1.5 seconds at 1280 x 720 in structure; its media data is random, so that no player shows it.
///
/// What a phone sends may begin with its media data, so this one does: readers must look behind it.
pub fn mp4(seed: u64, options: &Mp4Options) -> Vec<u8> {
    let texts = [(b"\xa9mak", &options.make), (b"\xa9mod", &options.model), (b"\xa9xyz", &options.place)];
    let texts = texts.into_iter().filter_map(|(kind, text)| Some(user_text(*kind, text.as_ref()?)));
    let movie = boxed(
        b"moov",
        &[
            &movie_header(options.created, 2),
            &video_track(options.created, (1280, 720), options.quarter_turns),
            &boxed(b"udta", &[&texts.collect::<Vec<_>>().concat()]),
        ],
    );
    [boxed(b"ftyp", &[b"mp42\0\0\0\0isommp42"]), boxed(b"mdat", &[&bytes(seed, options.data)]), movie]
        .concat()
}

/// QuickTime user data: a text behind its length and its language, which is English.
fn user_text(kind: [u8; 4], text: &str) -> Vec<u8> {
    boxed(&kind, &[&(text.len() as u16).to_be_bytes(), &[0x15, 0xc7], text.as_bytes()])
}
