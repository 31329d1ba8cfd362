//! Cuts one picture out of a film: a movie of a single sample, small enough to be handed to a decoder by a pipe.
//!
//! Runs only inside the sandboxed worker and decodes nothing. Every size and count of the film may be a lie, so each
//! table is read in bounded parts and a film of many gigabytes costs a few ranges and its one picture.

mod fragment;
mod samples;
mod tiny;
mod track;

use crate::bytes::Bytes;
use crate::metadata::boxes::first;
use crate::metadata::heif::Nclx;
use crate::pixels::Reason;
use track::Track;

/// The largest movie that is handed on; one intra frame of 8K professional video is about half of it.
pub(crate) const MAX_FILM: usize = 32 << 20;

/// A film of one picture.
pub(crate) struct Film {
    /// A whole movie file.
    pub(crate) movie: Vec<u8>,
    /// What the numbers of its picture mean, where the container says so.
    pub(crate) colour: Option<Nclx>,
}

/// The film's key frame at about one second, or the head of a fragmented film.
pub(crate) fn read(bytes: &mut impl Bytes) -> Result<Film, Reason> {
    let end = bytes.size();
    let moov = first(bytes, 0, end, *b"moov").ok_or(
        "no preview: the film has no table of contents (moov); the recording was not finished, or the file is cut off",
    )?;
    let tracks: Vec<_> = moov
        .children(bytes)
        .into_iter()
        .filter(|part| &part.kind == b"trak")
        .filter_map(|part| Track::read(bytes, &part))
        .collect();
    let track = tracks.first().ok_or("no preview: the film has no video track")?;
    let samples = samples::candidates(bytes, track);
    let movie = if samples.is_empty() {
        fragment::head(bytes, &moov, track.id).ok_or("no preview: the film's video track is empty")?
    } else {
        let (sample, data) = samples::fetch(bytes, &samples)?;
        tiny::movie(bytes, track, sample.description, &data)
    };
    Ok(Film { movie, colour: track.colour })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(film: &[u8]) -> Reason {
        read(&mut { film }).err().unwrap_or_default()
    }

    #[test]
    fn films_without_a_picture_say_what_is_missing() {
        assert!(why(b"\0\0\0\x10ftypqt  \0\0\0\0\0\0\0\x08mdat").contains("not finished"));
        assert!(why(b"\0\0\0\x08moov").contains("no video track"));
    }
}
