//! A process that becomes ffmpeg, which turns the film on its input into one frame on its output.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::{ffmpeg_walls, json, send};
use crate::protocol::{LimitsFrame, Tag};

/// How the process ends when ffmpeg could not be started; the same as a missing library's and a shell's.
pub(crate) const CANNOT_START: i32 = 127;

/// Sixteen bits for any depth, since narrowing is left to those who know the colours. Autorotation comes before.
const FILTER: &str = "scale=w='max(1,round(iw*sar*min(1,2048/max(iw*sar,ih))))'\
                      :h='max(1,round(ih*min(1,2048/max(iw*sar,ih))))',format=rgb48be";

/// The container is told, and pipes are the only protocol, so that no film makes ffmpeg read anything else.
const ARGS: &[&str] = &[
    "-nostdin",
    "-hide_banner",
    "-loglevel",
    "quiet",
    "-filter_threads",
    "1",
    "-threads",
    "1",
    "-protocol_whitelist",
    "pipe",
    "-f",
    "mov",
    // A key frame may still say that it refers to others; there are none.
    "-flags2",
    "showall",
    "-i",
    "pipe:0",
    "-map",
    "0:v:0",
    "-frames:v",
    "1",
    "-vf",
    FILTER,
    "-threads",
    "1",
    "-c:v",
    "ppm",
    "-f",
    "image2pipe",
    "pipe:1",
];

/// Puts up the walls and becomes `program`; without all of the walls, says so and ends.
pub(super) fn run(program: &OsStr, limits: &LimitsFrame) -> ! {
    let walls = ffmpeg_walls::enter(Path::new(program), limits);
    send(&mut std::io::stdout(), Tag::Hello, &[&json(&walls)]);
    if walls.all() {
        let mut ffmpeg = Command::new(program);
        // Newer versions start many threads, and an arena for each would fill the address space with nothing.
        ffmpeg.args(ARGS).env_clear().env("MALLOC_ARENA_MAX", "2");
        let _not_started = ffmpeg.exec();
    }
    std::process::exit(CANNOT_START)
}
