//! Proves that the walls stand: what decoders must not do fails or ends the process.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ourphoto_media::{Format, Limits, Worker};
use support::films::{Sparse, boxed};
use support::worker;

fn deed(word: &str) -> ExitStatus {
    Command::new(env!("CARGO_BIN_EXE_media-worker-test"))
        .arg(word)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
}

#[test]
fn what_decoders_must_not_do_is_stopped() {
    assert_eq!(deed("nothing").code(), Some(0), "the sandbox itself must be survivable");
    let walls = worker(Limits::default()).sandbox().unwrap();
    if !walls.seccomp && !walls.landlock {
        testkit::skipped("this kernel has neither seccomp nor landlock");
        return;
    }
    for word in ["open", "create", "socket", "exec", "thread", "memory"] {
        assert_ne!(deed(word).code(), Some(0), "{word} succeeded inside the sandbox");
    }
    if walls.seccomp {
        for word in ["open", "socket", "exec", "thread"] {
            assert_eq!(deed(word).signal(), Some(31), "{word} must end the process by SIGSYS");
        }
    }
}

#[test]
fn a_worker_that_computes_for_ever_runs_into_its_processor_limit() {
    let start = Instant::now();
    assert!(deed("spin").signal().is_some());
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_worker_that_hangs_is_killed_at_the_deadline_and_the_photo_says_so() {
    let limits = Limits { wall: Duration::from_millis(300), ..Limits::default() };
    let hangs = Worker::new(env!("CARGO_BIN_EXE_media-worker-test").into(), vec!["hang".into()], limits);
    let start = Instant::now();
    let found = hangs.process(&mut std::io::Cursor::new(b"x"), 1, Format::Jpeg, None).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(found.note.unwrap(), "the decoder was stopped: it took longer than 0.3 seconds");
    assert_eq!(found.metadata.kind, model::MediaKind::Photo);
}

#[test]
fn a_worker_that_talks_nonsense_or_is_missing_is_told_apart() {
    let limits = Limits::default();
    let nonsense = Worker::new("/bin/echo".into(), vec!["hello, parent".into()], limits);
    let found = nonsense.process(&mut std::io::Cursor::new(b"x"), 1, Format::Jpeg, None).unwrap();
    assert!(found.note.unwrap().starts_with("the decoder was stopped"));
    let missing = Worker::new("/nowhere/ourphoto".into(), Vec::new(), limits);
    let error = missing.process(&mut std::io::Cursor::new(b"x"), 1, Format::Jpeg, None).unwrap_err();
    assert_eq!(error.kind(), model::ErrorKind::Unavailable);
    assert!(!error.message().contains("nowhere"), "host paths are for the log only");
}

#[test]
fn a_source_that_fails_is_an_error_of_ours_and_keeps_its_kind() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(model::Error::damaged("object ab is not what it was").into())
        }
    }
    impl std::io::Seek for Broken {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Ok(0)
        }
    }
    let error = worker(Limits::default()).process(&mut Broken, 1000, Format::Jpeg, None).unwrap_err();
    assert_eq!(error.kind(), model::ErrorKind::Damaged);
}

#[test]
fn a_large_movie_costs_only_the_ranges_that_are_read() {
    const SIZE: u64 = 20 << 30;
    let header = [
        &[0; 4][..],
        &3_600_000_000u32.to_be_bytes(),
        &[0; 4],
        &600u32.to_be_bytes(),
        &6000u32.to_be_bytes(),
        &[0; 80],
    ];
    let place = [&[0, 18, 0, 0][..], b"+48.8583+002.2944/"].concat();
    let moov = boxed(
        *b"moov",
        &[boxed(*b"mvhd", &header.concat()), boxed(*b"udta", &boxed(*b"\xA9xyz", &place))].concat(),
    );
    let head = boxed(*b"ftyp", b"qt  \0\0\0\0qt  ");
    let middle = SIZE - head.len() as u64 - moov.len() as u64;
    let head = [head, [&1u32.to_be_bytes()[..], b"mdat", &middle.to_be_bytes()].concat()].concat();
    let mut movie = Sparse::new(SIZE, head, moov);
    let found = worker(Limits::default()).process(&mut movie, SIZE, Format::Mov, None).unwrap();
    assert_eq!(found.metadata.duration_ms, Some(10_000));
    assert!((found.metadata.gps.unwrap().latitude - 48.8583).abs() < 1e-9);
    assert_eq!(found.metadata.captured.unwrap().local_ms, (3_600_000_000 - 2_082_844_800) * 1000);
    assert_eq!(found.note.unwrap(), "no preview: the film has no video track");
    assert!(movie.read < 1 << 20, "{} bytes were read", movie.read);
}
