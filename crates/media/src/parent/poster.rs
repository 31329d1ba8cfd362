//! What stands for a film: one frame, decoded by ffmpeg in a process of its own, made into renditions by another worker.

use std::io::Cursor;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use model::Result;

use super::process::{Process, Stopped};
use super::{Processed, Worker};
use crate::Format;
use crate::metadata::heif::Nclx;
use crate::protocol::{FrameStart, StartFrame};
use crate::worker::{CANNOT_START, FILM_WORD};

/// Why films have no preview where ffmpeg is missing. Who installs it finds these films again by this very note.
pub const NO_FFMPEG: &str = "no preview: ffmpeg is not installed on the server. Once it is, 'ourphoto admin previews', or a \
                             restart of the server, makes the preview of this film";

/// Where systems install programs. Never a search path: what is found is run.
const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
/// Header and samples of the largest frame that ffmpeg is asked for.
const MAX_FRAME: usize = 2048 * 2048 * 6 + 64;

/// A movie of one frame.
pub(super) struct Film {
    pub(super) movie: Vec<u8>,
    pub(super) colour: Option<Nclx>,
}

impl Worker {
    /// Uses this ffmpeg and no other, whether it exists or not.
    #[must_use]
    pub fn with_ffmpeg(self, program: PathBuf) -> Self {
        Self { ffmpeg: Some(program), ..self }
    }

    /// The ffmpeg that shows films, if there is one; looked for each time, so that installing it is enough.
    pub fn ffmpeg(&self) -> Option<PathBuf> {
        let runs = |path: &PathBuf| {
            path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        match &self.ffmpeg {
            Some(program) => Some(program.clone()).filter(runs),
            None => FOLDERS.iter().map(|folder| Path::new(folder).join("ffmpeg")).find(runs),
        }
    }

    /// Adds the pictures of a film to what was found in it.
    pub(super) fn show(&self, film: &Film, found: &mut Processed) -> Result<()> {
        let Some(ffmpeg) = self.ffmpeg() else {
            found.note = Some(NO_FFMPEG.into());
            return Ok(());
        };
        let frame = match self.decode(&ffmpeg, &film.movie)? {
            Ok(frame) => frame,
            Err(note) => {
                found.note = Some(note);
                return Ok(());
            }
        };
        let start = StartFrame {
            size: frame.len() as u64,
            mime: Format::Unknown.mime().into(),
            pixels: self.limits.pixels,
            frame: Some(FrameStart { colour: film.colour }),
        };
        let shown = self.ask(&mut Cursor::new(frame), &start, None)?.found;
        found.renditions = shown.renditions;
        found.placeholder = shown.placeholder;
        found.perceptual_hash = shown.perceptual_hash;
        found.note = shown.note;
        Ok(())
    }

    /// A frame as PPM, or why there is none.
    fn decode(&self, ffmpeg: &Path, movie: &[u8]) -> Result<Result<Vec<u8>, String>> {
        let mut args = self.args.clone();
        args.extend([FILM_WORD.into(), ffmpeg.into()]);
        let mut process = Process::start(&self.program, &args, &self.limits)?;
        Ok(match frame(&mut process, movie) {
            Ok(Ok(frame)) => Ok(frame),
            Ok(Err(note)) => Err(note.to_owned()),
            Err(stopped) => Err(process.why(stopped, &self.limits)),
        })
    }
}

fn frame(process: &mut Process, movie: &[u8]) -> Result<Result<Vec<u8>, &'static str>, Stopped> {
    if !process.hello()?.all() {
        return Ok(Err(
            "no preview: the server's kernel lacks landlock or seccomp, and without them ffmpeg is not run",
        ));
    }
    let frame = process.pump(movie, MAX_FRAME)?;
    if !frame.is_empty() {
        return Ok(Ok(frame));
    }
    match process.ended().ok_or(Stopped::Deadline)?.code() {
        // A signal: who stopped it is worth telling.
        None => Err(Stopped::Gone),
        Some(CANNOT_START) => Ok(Err("no preview: ffmpeg could not be started; is it installed completely?")),
        Some(_) => Ok(Err("no preview: ffmpeg could not show a frame of this film")),
    }
}
