//! The child process: one photo, one process.
//!
//! Invariant: no byte of a photo is read before [`sandbox::enter`] has returned, and after the photo the process
//! exits. Whatever goes wrong with the connection also ends it: there is nobody left to work for.
//!
//! Called with [`FILM_WORD`] and a path, the process becomes the ffmpeg at that path instead, behind its own walls.

mod ffmpeg;
#[cfg(target_os = "linux")]
mod ffmpeg_calls;
mod ffmpeg_walls;
mod remote;
mod sandbox;

use std::ffi::OsString;
use std::io::{Stdout, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use model::Metadata;

use crate::bytes::Bytes;
use crate::pixels::{self, Budget, Picture, Reason, Rendered, ppm};
use crate::protocol::{self, DoneFrame, LimitsFrame, StartFrame, Tag};
use crate::{Format, film, metadata};
use remote::Remote;

pub(crate) use ffmpeg::CANNOT_START;
pub use sandbox::enter as enter_sandbox;

/// How a worker ends when its parent is gone or talks nonsense.
const CONNECTION_LOST: i32 = 3;
/// The word that asks the process to become ffmpeg.
pub const FILM_WORD: &str = "film";

/// Serves one photo over standard input and output, then exits. The hidden subcommand of the binary calls this first
/// thing, before it starts any thread, with the words that followed on its command line.
pub fn run(words: &[OsString]) -> ! {
    let mut input = std::io::stdin().lock();
    let Ok((Tag::Limits, content)) = protocol::read(&mut input) else { lost() };
    let Ok(limits) = serde_json::from_slice::<LimitsFrame>(&content) else { lost() };
    match words {
        [] => {}
        // So far the input had nothing but the limits, so that ffmpeg will miss nothing of it.
        [word, program] if word == FILM_WORD => ffmpeg::run(program, &limits),
        _ => lost(),
    }
    // Decoders that would like threads get this one.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    let walls = sandbox::enter(limits.memory, limits.cpu_seconds);
    let mut output = std::io::stdout();
    send(&mut output, Tag::Hello, &[&json(&walls)]);

    let mut sidecar = None;
    let start = loop {
        match protocol::read(&mut input) {
            Ok((Tag::Sidecar, content)) => sidecar = Some(content),
            Ok((Tag::Start, content)) => match serde_json::from_slice::<StartFrame>(&content) {
                Ok(start) => break start,
                Err(_) => lost(),
            },
            // End of input is how a spare worker learns that it is not needed.
            _ => lost(),
        }
    };
    // The remote photo reads from the same stream.
    drop(input);
    let format = Format::from_mime(&start.mime);
    let budget = Budget { pixels: start.pixels, memory: limits.memory / 10 * 8 };
    let mut remote = Remote::new(start.size);
    if let Some(frame) = start.frame {
        let data = remote.read_at(0, usize::try_from(start.size).unwrap_or(usize::MAX));
        let done = show(&mut output, 1, || ppm::decode(&data, frame.colour, &budget));
        send(&mut output, Tag::Done, &[&json(&done)]);
        std::process::exit(0)
    }
    // Random access pays for what is read in parts; everything else is needed whole.
    let in_parts = format.is_raw() || format.is_video() || format == Format::Tiff;
    if in_parts || start.size > budget.memory / 4 {
        photo(&mut remote, format, sidecar.as_deref(), &budget, &mut output);
    } else {
        let data = remote.read_at(0, start.size as usize);
        photo(&mut data.as_slice(), format, sidecar.as_deref(), &budget, &mut output);
    }
    std::process::exit(0)
}

/// Tells metadata first, so that they arrive even if decoding kills the process.
fn photo(
    bytes: &mut impl Bytes,
    format: Format,
    sidecar: Option<&[u8]>,
    budget: &Budget,
    output: &mut Stdout,
) {
    let metadata = catch_unwind(AssertUnwindSafe(|| metadata::read(bytes, format, sidecar)))
        .unwrap_or_else(|_| Metadata { kind: format.kind(), ..Metadata::default() });
    send(output, Tag::Metadata, &[&json(&metadata)]);
    let done = if format.is_video() {
        cut(bytes, output)
    } else {
        show(output, metadata.orientation.unwrap_or(1), || pixels::decode(bytes, format, budget))
    };
    send(output, Tag::Done, &[&json(&done)]);
}

/// Hands on one frame of a film, still coded.
fn cut(bytes: &mut impl Bytes, output: &mut Stdout) -> DoneFrame {
    match catch_unwind(AssertUnwindSafe(|| film::read(bytes))) {
        Ok(Ok(film)) => {
            send(output, Tag::Film, &[&film.movie]);
            DoneFrame { film_colour: film.colour, ..DoneFrame::default() }
        }
        Ok(Err(note)) => DoneFrame { note: Some(note), ..DoneFrame::default() },
        Err(_) => DoneFrame {
            note: Some("no preview: the film's table of contents is damaged".into()),
            ..DoneFrame::default()
        },
    }
}

/// Sends the renditions of a picture.
fn show(output: &mut Stdout, orientation: u8, decode: impl FnOnce() -> Result<Picture, Reason>) -> DoneFrame {
    match catch_unwind(AssertUnwindSafe(|| render(decode()?, orientation))) {
        Ok(Ok((rendered, note))) => {
            for (tag, rendition) in [(Tag::Thumbnail, &rendered.thumbnail), (Tag::Preview, &rendered.preview)]
            {
                let size = [rendition.width.to_le_bytes(), rendition.height.to_le_bytes()].concat();
                send(output, tag, &[&size, &rendition.jpeg]);
            }
            DoneFrame {
                note,
                placeholder: rendered.placeholder,
                perceptual_hash: rendered.perceptual_hash,
                film_colour: None,
            }
        }
        Ok(Err(note)) => DoneFrame { note: Some(note), ..DoneFrame::default() },
        Err(_) => DoneFrame {
            note: Some("the picture data is damaged: the decoder gave up".into()),
            ..DoneFrame::default()
        },
    }
}

fn render(mut picture: Picture, orientation: u8) -> Result<(Rendered, Option<Reason>), Reason> {
    let note = picture.note.take();
    let rendered = pixels::render(picture, orientation).ok_or("the picture could not be made smaller")?;
    Ok((rendered, note))
}

fn send(output: &mut Stdout, tag: Tag, parts: &[&[u8]]) {
    if protocol::write(output, tag, parts).is_err() || output.flush().is_err() {
        lost()
    }
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|_| lost())
}

fn lost() -> ! {
    std::process::exit(CONNECTION_LOST)
}
