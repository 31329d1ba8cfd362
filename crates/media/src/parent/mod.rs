//! The parent's side: starts workers, serves them ranges of the photo, and believes nothing that they say.

mod poster;
mod process;

use std::ffi::OsString;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Error, ErrorKind, Metadata, Result};

use crate::protocol::{DoneFrame, MAX_READ, StartFrame, Tag};
use crate::{Format, Sandbox};
use poster::Film;
use process::{Process, Stopped};

pub use poster::NO_FFMPEG;

/// What one photo may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Address space of the worker in bytes.
    pub memory: u64,
    /// Processor time; counted in whole seconds, one at least.
    pub cpu: Duration,
    /// How long the worker may take, the time in which the source is read not counted.
    pub wall: Duration,
    /// Pixels of a picture.
    pub pixels: u64,
    /// Workers kept ready, so that starting one overlaps with other work.
    pub spares: usize,
}

impl Default for Limits {
    /// One gigabyte, 60 seconds of work, two minutes in all, 400 megapixels.
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            cpu: Duration::from_mins(1),
            wall: Duration::from_mins(2),
            pixels: 400_000_000,
            spares: 1,
        }
    }
}

/// One derived picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// The JPEG: sRGB, upright, without metadata.
    pub jpeg: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// The pictures that are derived from a photo; never larger than it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renditions {
    /// At most 512 px on the long edge.
    pub thumbnail: Rendition,
    /// At most 2048 px on the long edge.
    pub preview: Rendition,
}

/// What came of one photo.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Processed {
    /// What the file and its sidecar say.
    pub metadata: Metadata,
    /// The pictures, if there is anything to see.
    pub renditions: Option<Renditions>,
    /// A ThumbHash.
    pub placeholder: Option<Vec<u8>>,
    /// 64 bits that are alike for pictures that look alike.
    pub perceptual_hash: Option<u64>,
    /// Why there is no preview, or what is wrong with it, for a person to read.
    pub note: Option<String>,
}

/// Starts decoders in processes of their own. Shared by threads; every call has a process to itself.
#[derive(Debug)]
pub struct Worker {
    program: PathBuf,
    args: Vec<OsString>,
    limits: Limits,
    spares: Mutex<Vec<Process>>,
    /// The only ffmpeg to be used, where it is not the system's.
    ffmpeg: Option<PathBuf>,
}

/// What one worker told, before it is held to what can be.
#[derive(Default)]
struct Heard {
    found: Processed,
    film: Option<Film>,
}

impl Worker {
    /// Workers are `program` called with `args`; it must end up in [`crate::worker::run`].
    pub fn new(program: PathBuf, args: Vec<OsString>, limits: Limits) -> Self {
        Self { program, args, limits, spares: Mutex::new(Vec::new()), ffmpeg: None }
    }

    /// Which walls stand around workers on this machine.
    pub fn sandbox(&self) -> Result<Sandbox> {
        let mut process = self.start()?;
        let walls = process.hello();
        walls.map_err(|_| Error::new(ErrorKind::Unavailable, "the media worker did not start properly"))
    }

    /// Looks into one photo of `size` bytes, reading from `source` only what is needed; `sidecar` is its XMP.
    ///
    /// A photo that cannot be decoded, or whose decoder had to be stopped, is no error: the note says so. An error is a
    /// source that cannot be read, or a worker that cannot be started.
    pub fn process(
        &self,
        source: &mut (impl Read + Seek),
        size: u64,
        format: Format,
        sidecar: Option<&[u8]>,
    ) -> Result<Processed> {
        let start = StartFrame { size, mime: format.mime().into(), pixels: self.limits.pixels, frame: None };
        let Heard { mut found, film } = self.ask(source, &start, sidecar)?;
        if let Some(film) = film {
            self.show(&film, &mut found)?;
        }
        found.note = found.note.and_then(|note| clean(&note, 1_000));
        found.metadata = checked(found.metadata, format);
        Ok(found)
    }

    /// What one worker says of what it is given; where it had to be stopped, the note says so.
    fn ask(
        &self,
        source: &mut (impl Read + Seek),
        start: &StartFrame,
        sidecar: Option<&[u8]>,
    ) -> Result<Heard> {
        let mut process = self.take()?;
        let mut heard = Heard::default();
        let ended = converse(&mut process, source, start, sidecar, &mut heard);
        heard.found.note = match ended {
            Ok(note) => note,
            Err(Ended::Source(error)) => return Err(error),
            Err(Ended::Stopped(stopped)) => {
                heard.film = None;
                heard.found.renditions = None;
                Some(process.why(stopped, &self.limits))
            }
        };
        drop(process);
        self.refill();
        Ok(heard)
    }

    fn start(&self) -> Result<Process> {
        Process::start(&self.program, &self.args, &self.limits)
    }

    /// A spare worker that still lives, or a new one.
    fn take(&self) -> Result<Process> {
        loop {
            let spare = self.spares.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut process) = spare else { return self.start() };
            if process.is_alive() {
                return Ok(process);
            }
        }
    }

    /// Starts the next worker, so that it is ready when the next photo comes; failing is left to that photo.
    fn refill(&self) {
        let mut spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
        if spares.len() < self.limits.spares
            && let Ok(process) = self.start()
        {
            spares.push(process);
        }
    }
}

/// Serves ranges until all is told; gives the note.
fn converse(
    process: &mut Process,
    source: &mut (impl Read + Seek),
    start: &StartFrame,
    sidecar: Option<&[u8]>,
    heard: &mut Heard,
) -> Result<Option<String>, Ended> {
    process.hello()?;
    if let Some(sidecar) = sidecar.filter(|sidecar| sidecar.len() <= Tag::Sidecar.max_len()) {
        process.send(Tag::Sidecar, sidecar)?;
    }
    let size = start.size;
    process.send(Tag::Start, &serde_json::to_vec(start).map_err(|_| Stopped::Nonsense)?)?;
    // Honest workers read a file at most twice, and some directories again.
    let mut allowance = size.saturating_mul(4).saturating_add(256 << 20);
    let (mut thumbnail, mut preview, mut movie) = (None, None, None);
    let found = &mut heard.found;
    let mut buffer = Vec::new();
    loop {
        let (tag, content) = process.receive()?;
        match tag {
            Tag::Read => {
                let (offset, len) = range(&content, size).ok_or(Stopped::Nonsense)?;
                allowance = allowance.checked_sub(len as u64 + 64).ok_or(Stopped::Nonsense)?;
                buffer.resize(len, 0);
                source.seek(SeekFrom::Start(offset)).map_err(Ended::unreadable)?;
                source.read_exact(&mut buffer).map_err(Ended::unreadable)?;
                process.send(Tag::Data, &buffer)?;
            }
            Tag::Metadata => {
                found.metadata = serde_json::from_slice(&content).map_err(|_| Stopped::Nonsense)?;
            }
            Tag::Thumbnail => thumbnail = Some(rendition(&content, 512).ok_or(Stopped::Nonsense)?),
            Tag::Preview => preview = Some(rendition(&content, 2048).ok_or(Stopped::Nonsense)?),
            Tag::Film => movie = Some(content),
            Tag::Done => {
                let done: DoneFrame = serde_json::from_slice(&content).map_err(|_| Stopped::Nonsense)?;
                found.placeholder = done.placeholder.filter(|hash| (5..=64).contains(&hash.len()));
                found.perceptual_hash = done.perceptual_hash;
                found.renditions =
                    thumbnail.zip(preview).map(|(thumbnail, preview)| Renditions { thumbnail, preview });
                heard.film = movie.map(|movie| Film { movie, colour: done.film_colour });
                return Ok(done.note);
            }
            _ => return Err(Stopped::Nonsense.into()),
        }
    }
}

/// How a conversation ended other than well.
enum Ended {
    Source(Error),
    Stopped(Stopped),
}

impl Ended {
    fn unreadable(error: std::io::Error) -> Self {
        Self::Source(Error::io("could not read the photo", error))
    }
}

impl From<Stopped> for Ended {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

fn range(content: &[u8], size: u64) -> Option<(u64, usize)> {
    let (offset, len) = content.split_at_checked(8)?;
    let offset = u64::from_le_bytes(offset.try_into().ok()?);
    let len = u32::from_le_bytes(len.try_into().ok()?) as usize;
    let inside = offset.checked_add(len as u64).is_some_and(|end| end <= size);
    (inside && (1..=MAX_READ).contains(&len)).then_some((offset, len))
}

/// A JPEG that begins and ends as one, with a size that it may have.
fn rendition(content: &[u8], edge: u32) -> Option<Rendition> {
    let (size, jpeg) = content.split_at_checked(8)?;
    let width = u32::from_le_bytes(size[..4].try_into().ok()?);
    let height = u32::from_le_bytes(size[4..].try_into().ok()?);
    let sized = (1..=edge).contains(&width) && (1..=edge).contains(&height);
    let framed = jpeg.starts_with(b"\xFF\xD8\xFF") && jpeg.ends_with(b"\xFF\xD9");
    (sized && framed).then(|| Rendition { jpeg: jpeg.to_vec(), width, height })
}

/// Text without NULs and control characters, not endless.
fn clean(text: &str, max: usize) -> Option<String> {
    let text: String =
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(max).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a worker told, held to what can be.
fn checked(told: Metadata, format: Format) -> Metadata {
    const SHORT: usize = 1_000;
    const LONG: usize = 16_384;
    const EDGE: u32 = 10_000_000;
    let text = |value: Option<String>, max| value.and_then(|value| clean(&value, max));
    let size = told.width.zip(told.height).filter(|(w, h)| (1..=EDGE).contains(w) && (1..=EDGE).contains(h));
    let positive = |value: Option<f64>| value.filter(|value| value.is_finite() && *value > 0.0);
    Metadata {
        kind: format.kind(),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        orientation: told.orientation.filter(|orientation| (1..=8).contains(orientation)),
        duration_ms: told.duration_ms.filter(|ms| i64::try_from(*ms).is_ok()),
        captured: told.captured.filter(|time| {
            // The years 1826 to 2200, as the parsers allow.
            (-4_544_208_000_000..=7_289_654_400_000).contains(&time.local_ms)
                && time.offset_minutes.is_none_or(|offset| (-840..=900).contains(&offset))
        }),
        gps: told.gps.filter(|gps| {
            (-90.0..=90.0).contains(&gps.latitude)
                && (-180.0..=180.0).contains(&gps.longitude)
                && gps.altitude.is_none_or(f64::is_finite)
        }),
        camera_make: text(told.camera_make, SHORT),
        camera_model: text(told.camera_model, SHORT),
        lens: text(told.lens, SHORT),
        exposure: model::Exposure {
            seconds: positive(told.exposure.seconds),
            f_number: positive(told.exposure.f_number),
            iso: told.exposure.iso,
            focal_length: positive(told.exposure.focal_length),
        },
        title: text(told.title, LONG),
        caption: text(told.caption, LONG),
        keywords: told.keywords.iter().take(SHORT).filter_map(|keyword| clean(keyword, SHORT)).collect(),
        creator: text(told.creator, SHORT),
        copyright: text(told.copyright, LONG),
        rating: told.rating.filter(|stars| (-1..=5).contains(stars)),
        live_photo_id: text(told.live_photo_id, 64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_outside_the_photo_are_refused() {
        let ask =
            |offset: u64, len: u32| range(&[&offset.to_le_bytes()[..], &len.to_le_bytes()].concat(), 100);
        assert_eq!(ask(90, 10), Some((90, 10)));
        assert_eq!(ask(91, 10), None);
        assert_eq!(ask(u64::MAX, 10), None);
        assert_eq!(ask(0, 0), None);
    }

    #[test]
    fn renditions_that_are_too_large_or_no_jpeg_are_refused() {
        let tell = |width: u32, height: u32, jpeg: &[u8]| {
            rendition(&[&width.to_le_bytes()[..], &height.to_le_bytes(), jpeg].concat(), 512)
        };
        assert!(tell(512, 1, b"\xFF\xD8\xFF\xDA\xFF\xD9").is_some());
        assert!(tell(513, 1, b"\xFF\xD8\xFF\xDA\xFF\xD9").is_none());
        assert!(tell(0, 1, b"\xFF\xD8\xFF\xDA\xFF\xD9").is_none());
        assert!(tell(1, 1, b"<script>").is_none());
    }

    #[test]
    fn a_worker_that_lies_is_held_to_what_can_be() {
        let told = Metadata {
            rating: Some(100),
            orientation: Some(99),
            camera_make: Some("a\0b\u{1b}[31m".into()),
            gps: Some(model::Gps { latitude: 1e9, longitude: 0.0, altitude: None }),
            ..Metadata::default()
        };
        let held = checked(told, Format::Jpeg);
        assert_eq!((held.rating, held.orientation, held.gps), (None, None, None));
        assert_eq!(held.camera_make.as_deref(), Some("ab[31m"));
        assert_eq!(held.kind, model::MediaKind::Photo);
    }
}
