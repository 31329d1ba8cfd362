//! Ctrl-C: the work stops at the next safe point, says so, and goes on when the command is run again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::served::{serve, with_space};
use support::{Cli, Ran};
use testkit::{bytes, compare};

/// More than one batch, so that there is a rest when the first part is seen.
const PHOTOS: u64 = 3_000;

fn photos(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for number in 0..PHOTOS {
        fs::write(folder.join(format!("IMG_{number:04}.JPG")), bytes(number, 30_000)).unwrap();
    }
}

fn any_file(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        // What has no name yet does not count.
        let part = path.extension().is_some_and(|extension| extension == "part");
        if path.is_dir() { any_file(&path) } else { !part }
    })
}

/// Runs a command, presses Ctrl-C when the first file is in `seen`, and gives what it printed.
fn interrupt(cli: &Cli, args: &[&str], seen: &Path) -> Value {
    let mut command = cli.command();
    let mut child =
        command.arg("--json").args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !any_file(seen) {
        assert!(child.try_wait().unwrap().is_none(), "{args:?} ended before anything was to be seen");
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{args:?}: {}{}", ran.stdout, ran.stderr);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    // Some commands speak of several copies.
    let said = if said.is_array() { said[0].clone() } else { said };
    assert_eq!(said["interrupted"], true, "{args:?}: {said}");
    said
}

#[test]
fn import_copy_restore_and_recovery_stop_on_ctrl_c_and_go_on() {
    let cli = Cli::set_up();
    let source = cli.path("photos");
    photos(&source);
    let import = ["admin", "import", "--space", "Family", "--no-previews", source.to_str().unwrap()];
    let said = interrupt(&cli, &import, &cli.data().join("store/objects"));
    let stored = said["stored"].as_u64().unwrap();
    assert!(stored < PHOTOS, "{said}");
    // What was counted is there, and no more is missing than was not counted.
    let (_, check) = cli.json(["copies", "check", "library"]);
    assert_eq!(check[0]["proved"].as_u64(), Some(stored), "{check}");
    let (code, rest) = cli.json(import);
    assert_eq!((code, rest["stored"].as_u64()), (0, Some(PHOTOS - stored)), "{rest}");

    let copy = cli.add_copy("second");
    let said = interrupt(&cli, &["copies", "run", "second"], &copy.join("objects"));
    let copied = said["copied"].as_u64().unwrap();
    let (code, rest) = cli.json(["copies", "run", "second"]);
    let now = rest[0]["copied"].as_u64().unwrap() + rest[0]["adopted"].as_u64().unwrap();
    assert_eq!((code, copied + now), (0, PHOTOS), "{rest}");

    let out = cli.path("out");
    let restore = ["admin", "restore", "--all", "--to", out.to_str().unwrap()];
    let said = interrupt(&cli, &restore, &out);
    let restored = said["restored"].as_u64().unwrap();
    let (code, rest) = cli.json(restore);
    assert_eq!((code, rest["restored"].as_u64().unwrap() + restored), (0, PHOTOS), "{rest}");
    assert!(compare(&source, &out.join("Family/photos")).unwrap().is_empty());

    let kit = cli.path("kit.txt");
    let new = cli.with_data("recovered");
    let url = format!("file://{}", copy.display());
    let recover = ["admin", "recover", "--from", &url, "--recovery-key", kit.to_str().unwrap()];
    interrupt(&new, &recover, &new.data().join("store/objects"));
    // Until it is finished, the library says that it is not.
    let early = new.run(["admin", "restore", "--all", "--to", "/nowhere"]);
    assert_eq!(early.code, 1, "{}", early.stdout);
    new.ok(recover);
    let again = new.path("again");
    new.ok(["admin", "restore", "--all", "--to", again.to_str().unwrap()]);
    assert!(compare(&source, &again.join("Family/photos")).unwrap().is_empty());
}

#[test]
fn a_photo_that_never_comes_to_its_end_in_a_copy_does_not_hold_a_server_that_is_stopped() {
    let cli = Cli::set_up();
    with_space(&cli);
    cli.add_copy("slow");
    // Whoever reads this object waits for whoever writes it.
    let object = Cli::objects(&cli.data().join("store")).remove(0);
    fs::remove_file(&object).unwrap();
    assert!(Command::new("mkfifo").arg(&object).status().unwrap().success());
    let server = serve(&cli);
    // Opened without waiting (O_NONBLOCK), it is refused for as long as nobody reads.
    let write = || fs::OpenOptions::new().write(true).custom_flags(0o4000).open(&object);
    let held = loop {
        match write() {
            Ok(held) => break held,
            Err(_) => std::thread::yield_now(),
        }
    };
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(50), "systemd would have killed it: {:?}", begun.elapsed());
    drop(held);
}
