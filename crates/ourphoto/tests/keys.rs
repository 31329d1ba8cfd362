//! A server key that is kept elsewhere, behind a passphrase.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use support::{Cli, Ran};
use testkit::{SampleTree, Shape, compare};

#[test]
fn a_key_elsewhere_behind_a_passphrase_opens_everything_and_nothing_opens_without_it() {
    let cli = Cli::empty();
    let photos = cli.path("photos");
    SampleTree::write(&photos, 5, &Shape::small()).unwrap();
    let (key, passphrase, wrong) = (cli.path("keys/server.key"), cli.path("passphrase"), cli.path("wrong"));
    fs::create_dir_all(key.parent().unwrap()).unwrap();
    fs::write(&passphrase, "a passphrase for the key\n").unwrap();
    fs::write(&wrong, "another passphrase\n").unwrap();
    let with = |args: &[&str], passphrase: Option<&Path>, input: &[u8]| {
        let mut command = cli.command();
        command.args(args).env("OURPHOTO_KEY_FILE", &key).stdin(Stdio::piped());
        if let Some(passphrase) = passphrase {
            command.env("OURPHOTO_PASSPHRASE_FILE", passphrase);
        }
        let mut child = command.spawn().unwrap();
        // Who refuses before reading has closed its end.
        let _ = child.stdin.take().unwrap().write_all(input);
        Ran::from(child.wait_with_output().unwrap())
    };
    let good = |args: &[&str]| {
        let ran = with(args, Some(&passphrase), b"");
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.stdout, ran.stderr);
    };
    let kit = cli.path("kit.txt");
    let kit = kit.to_str().unwrap();
    let set_up = ["admin", "setup", "--email", "ana@example.org", "--password-stdin", "--kit", kit];
    let ran = with(&set_up, Some(&passphrase), b"correct horse battery staple\n");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(!cli.data().join("server.key").exists());
    assert!(!in_the_clear(&key), "the key is not behind the passphrase");

    good(&["admin", "import", "--space", "Family", photos.to_str().unwrap()]);
    let copy = cli.path("copy");
    let url = format!("file://{}", copy.display());
    good(&["copies", "add", "copy", "--url", &url, "--medium", "disk", "--place", "onsite"]);
    good(&["copies", "run"]);
    good(&["admin", "doctor"]);
    for bad in [None, Some(wrong.as_path())] {
        let ran = with(&["admin", "doctor"], bad, b"");
        assert_ne!(ran.code, 0, "{}", ran.stdout);
        assert!(ran.stderr.contains("passphrase"), "{}", ran.stderr);
    }
    let out = cli.path("out");
    good(&["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert!(compare(&photos, &out.join("photos")).unwrap().is_empty());

    // The new machine's key is behind a passphrase too.
    let (data, new_key) = (cli.path("new"), cli.path("keys/new.key"));
    let mut command = cli.command();
    command.args(["admin", "recover", "--from", &url, "--recovery-key", kit]);
    command.env("OURPHOTO_DATA", &data).env("OURPHOTO_KEY_FILE", &new_key);
    let ran = Ran::from(command.env("OURPHOTO_PASSPHRASE_FILE", &wrong).output().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(!in_the_clear(&new_key));
}

fn in_the_clear(key: &Path) -> bool {
    fs::read(key).unwrap().windows(15).any(|part| part == b"AGE-SECRET-KEY-")
}
