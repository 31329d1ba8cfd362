//! The child process: one photo, one process.
//!
//! Invariant: no byte of a photo is read before [`sandbox::enter`] has returned, and after the photo the process
//! exits. Whatever goes wrong with the connection also ends it: there is nobody left to work for.

mod remote;
mod sandbox;

use std::io::{Stdout, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use model::Metadata;

use crate::bytes::Bytes;
use crate::pixels::{self, Budget, Reason, Rendered};
use crate::protocol::{self, DoneFrame, LimitsFrame, StartFrame, Tag};
use crate::{Format, metadata};
use remote::Remote;

pub use sandbox::enter as enter_sandbox;

/// How a worker ends when its parent is gone or talks nonsense.
const CONNECTION_LOST: i32 = 3;

/// Serves one photo over standard input and output, then exits. The hidden subcommand of the binary calls this first
/// thing, before it starts any thread.
pub fn run() -> ! {
    let mut input = std::io::stdin().lock();
    let Ok((Tag::Limits, content)) = protocol::read(&mut input) else { lost() };
    let Ok(limits) = serde_json::from_slice::<LimitsFrame>(&content) else { lost() };
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
    let orientation = metadata.orientation.unwrap_or(1);
    let done = match catch_unwind(AssertUnwindSafe(|| picture(bytes, format, budget, orientation))) {
        Ok(Ok((rendered, note))) => {
            for (tag, rendition) in [(Tag::Thumbnail, &rendered.thumbnail), (Tag::Preview, &rendered.preview)]
            {
                let size = [rendition.width.to_le_bytes(), rendition.height.to_le_bytes()].concat();
                send(output, tag, &[&size, &rendition.jpeg]);
            }
            DoneFrame { note, placeholder: rendered.placeholder, perceptual_hash: rendered.perceptual_hash }
        }
        Ok(Err(note)) => DoneFrame { note: Some(note), ..DoneFrame::default() },
        Err(_) => DoneFrame {
            note: Some("the picture data is damaged: the decoder gave up".into()),
            ..DoneFrame::default()
        },
    };
    send(output, Tag::Done, &[&json(&done)]);
}

fn picture(
    bytes: &mut impl Bytes,
    format: Format,
    budget: &Budget,
    orientation: u8,
) -> Result<(Rendered, Option<Reason>), Reason> {
    let mut picture = pixels::decode(bytes, format, budget)?;
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
