//! Stand-ins for ffmpeg that try what it must not do, and films that are broken: nothing gets out, nothing goes on.
//!
//! A stand-in is a shell script of builtins that shows a picture only if its deed succeeded.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ourphoto_media::{Limits, Processed};
use support::films::{CORNERS, can_encode, film};
use support::{Dice, process, worker};

const SHOW: &str = r"printf 'P6\n8 8\n255\n%0192d' 0";

/// A film that every worker takes for one; no decoder ever sees it.
fn any_film() -> Vec<u8> {
    use support::films::boxed;
    let numbers = |values: &[u32]| values.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<_>>();
    let track = [
        0,
        0,
        0,
        1,
        0,
        1000,
        0,
        0,
        0,
        0,
        0x1_0000,
        0,
        0,
        0,
        0x1_0000,
        0,
        0,
        0,
        0x4000_0000,
        8 << 16,
        8 << 16,
    ];
    let table = [
        boxed(*b"stsd", &numbers(&[0, 0])),
        boxed(*b"stts", &numbers(&[0, 1, 1, 1000])),
        boxed(*b"stsc", &numbers(&[0, 1, 1, 1, 1])),
        boxed(*b"stsz", &numbers(&[0, 4, 1])),
        boxed(*b"stco", &numbers(&[0, 1, 4])),
    ];
    let handler = [&numbers(&[0, 0])[..], b"vide", &[0; 13]].concat();
    let media = [
        boxed(*b"mdhd", &numbers(&[0, 0, 0, 1000, 1000, 0])),
        boxed(*b"hdlr", &handler),
        boxed(*b"minf", &boxed(*b"stbl", &table.concat())),
    ];
    let track = [boxed(*b"tkhd", &numbers(&track)), boxed(*b"mdia", &media.concat())].concat();
    [boxed(*b"ftyp", b"qt  \0\0\0\0qt  "), boxed(*b"moov", &boxed(*b"trak", &track))].concat()
}

fn stand_in(folder: &Path, deed: &str) -> PathBuf {
    let path = folder.join("ffmpeg");
    let _ = std::fs::remove_file(&path);
    std::fs::write(&path, format!("#!/bin/bash\n{deed}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn play(folder: &Path, deed: &str, limits: Limits) -> Processed {
    process(&worker(limits).with_ffmpeg(stand_in(folder, deed)), &any_film(), "film.mov")
}

/// Whether these tests can tell anything here.
fn fenced() -> bool {
    if worker(Limits::default()).sandbox().unwrap().all() && Path::new("/bin/bash").exists() {
        return true;
    }
    testkit::skipped("no landlock, no seccomp, or no bash for stand-ins");
    false
}

#[test]
fn ffmpeg_cannot_read_write_connect_fork_or_signal() {
    if !fenced() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    assert!(
        play(folder.path(), SHOW, limits).renditions.is_some(),
        "a harmless stand-in must be able to show"
    );
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "secret\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let at = secret.display();
    let deeds = [
        format!("read -r line < {at}"),
        "read -r line < /etc/passwd".to_owned(),
        "read -r line < /proc/version".to_owned(),
        "read -r -d '' line < /proc/$PPID/environ || [ -n \"$line\" ]".to_owned(),
        format!("all=({}/*); [ ${{#all[@]}} -gt 1 ]", folder.path().display()),
        format!("echo changed > {at}"),
        format!("echo more >> {}/ffmpeg", folder.path().display()),
        format!("echo new > {}/new", folder.path().display()),
        "echo new > /dev/shm/ourphoto-escaped".to_owned(),
        format!("exec 3<>/dev/tcp/127.0.0.1/{port}"),
        "exec 3<>/dev/udp/127.0.0.1/9".to_owned(),
        "kill -0 $PPID".to_owned(),
        "( true )".to_owned(),
        "ulimit -f unlimited".to_owned(),
    ];
    for deed in deeds {
        // Where a redirection of `exec` fails the shell ends, which is as good.
        let script = format!("{{ {deed}; }} 2>&- && {SHOW}");
        let free = Command::new("/bin/bash").args(["-c", &script]).output().unwrap();
        assert!(
            free.stdout.starts_with(b"P6"),
            "without walls this must succeed, or it proves nothing: {deed}"
        );
        while listener.accept().is_ok() {}
        for made in [folder.path().join("new"), "/dev/shm/ourphoto-escaped".into()] {
            let _ = std::fs::remove_file(made);
        }
        std::fs::write(&secret, "secret\n").unwrap();
        let found = play(folder.path(), &script, limits);
        assert!(found.renditions.is_none(), "succeeded behind the walls: {deed}");
        assert_eq!(
            found.note.as_deref(),
            Some("no preview: ffmpeg could not show a frame of this film"),
            "{deed}"
        );
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "secret\n", "{deed}");
    }
    assert!(!folder.path().join("new").exists());
    assert!(listener.accept().is_err(), "somebody connected");
}

/// Processes that were started as this stand-in.
fn running(program: &Path) -> usize {
    let program = program.to_string_lossy().into_owned();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .filter(|line| String::from_utf8_lossy(line).contains(&program))
        .count()
}

#[test]
fn ffmpeg_does_not_outlive_its_deadline_or_its_limits() {
    if !fenced() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let short = Limits { wall: Duration::from_millis(800), ..Limits::default() };
    let busy = Limits { cpu: Duration::from_secs(1), ..Limits::default() };
    for (deed, limits, why) in [
        ("while :; do :; done", short, "it took longer than 0.8 seconds"),
        ("exec 1>&-; while :; do :; done", short, "it took longer than 0.8 seconds"),
        ("trap '' TERM XCPU; while :; do :; done", busy, "it used more than 1 seconds of processor time"),
        ("while :; do printf '%065536d' 0; done", Limits::default(), "it gave an answer that makes no sense"),
        ("printf 'P6\\n9999999 9999999\\n255\\n'", Limits::default(), "megapixel limit"),
        ("printf 'P6\\n8 8\\n255\\n%0100d' 0", Limits::default(), "could not show a frame"),
    ] {
        let start = Instant::now();
        let found = play(folder.path(), deed, limits);
        assert!(start.elapsed() < Duration::from_secs(10), "{deed} took {:?}", start.elapsed());
        assert!(found.renditions.is_none(), "{deed}");
        assert!(found.note.as_ref().unwrap().contains(why), "{deed}: {:?}", found.note);
        assert_eq!(running(&folder.path().join("ffmpeg")), 0, "{deed} still runs");
    }
}

#[test]
fn a_program_that_cannot_be_started_is_told() {
    if !fenced() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = stand_in(folder.path(), "");
    std::fs::write(&path, "neither a script nor a program").unwrap();
    let found = process(&worker(Limits::default()).with_ffmpeg(path), &any_film(), "film.mov");
    assert!(found.note.unwrap().contains("ffmpeg could not be started"));
}

#[test]
fn cut_and_flipped_films_are_survived() {
    if !can_encode(&["libx264", "mjpeg"]) {
        return;
    }
    let limits = Limits {
        memory: 512 << 20,
        cpu: Duration::from_secs(8),
        wall: Duration::from_secs(10),
        ..Limits::default()
    };
    let worker = worker(limits);
    let mut dice = Dice(2026);
    for (name, how) in [
        ("a.mp4", "-c:v libx264 -pix_fmt yuv420p -movflags +faststart"),
        ("b.mov", "-c:v mjpeg -pix_fmt yuvj420p"),
        ("c.mp4", "-c:v libx264 -pix_fmt yuv420p -movflags frag_keyframe+empty_moov"),
    ] {
        let whole = film(CORNERS, name, how);
        for round in 0..40 {
            let mut broken = whole.clone();
            if round % 4 == 0 {
                broken.truncate(dice.roll(whole.len()));
            }
            // Tables stand at one of the ends, and a wrong bit does most there.
            let reach = if round % 2 == 0 { 2048 } else { whole.len() }.min(broken.len());
            for _ in 0..=dice.roll(16) {
                let at = dice.roll(reach);
                let at =
                    if name == "b.mov" && round % 2 == 0 { broken.len().saturating_sub(at + 1) } else { at };
                if let Some(byte) = broken.get_mut(at) {
                    *byte = if dice.roll(2) == 0 { 0xFF } else { *byte ^ 1 << dice.roll(8) };
                }
            }
            let start = Instant::now();
            let found = process(&worker, &broken, name);
            assert!(start.elapsed() < Duration::from_secs(25), "{name} took {:?}", start.elapsed());
            assert!(found.renditions.is_some() || found.note.is_some(), "{name}: neither picture nor reason");
        }
    }
}
