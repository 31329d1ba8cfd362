//! A copy in a bucket, from the command line to the recovery: made, checked, damaged, healed, and all that is left when
//! the machine is gone. The bucket is on a real S3 server that checks signatures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::process::Command;

use support::{Cli, Ran};
use testkit::s3::{ACCESS_KEY, Dialect, S3Server, SECRET_KEY};
use testkit::{SampleTree, Shape, compare};

/// A command that gets the server's credentials from the environment, with a secret of its own.
fn with_secret(cli: &Cli, secret: &str) -> Command {
    let mut command = cli.command();
    command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", secret);
    command
}

#[track_caller]
fn run(mut command: Command, args: &[&str]) -> Ran {
    let ran = Ran::from(command.args(args).output().unwrap());
    for said in [&ran.stdout, &ran.stderr] {
        assert!(!said.contains(SECRET_KEY), "the secret is printed: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    ran
}

#[track_caller]
fn ok(cli: &Cli, args: &[&str]) -> Ran {
    let ran = run(with_secret(cli, SECRET_KEY), args);
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.stdout, ran.stderr);
    ran
}

fn add(url: &str) -> [&str; 9] {
    ["copies", "add", "cloud", "--url", url, "--medium", "cloud", "--place", "offsite"]
}

#[test]
fn a_copy_in_a_bucket_is_checked_healed_and_recovered_from() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    SampleTree::write(&photos, 5, &Shape { picture: (64, 48), ..Shape::hard() }).unwrap();
    // Uploaded in more than one part.
    fs::write(photos.join("film.mov"), testkit::bytes(6, 20 << 20)).unwrap();
    cli.ok(["admin", "import", "--no-previews", "--space", "Family", photos.to_str().unwrap()]);

    let server = S3Server::start(&cli.path("server"), Dialect::Whole).unwrap();
    let url = server.url("backups/ourphoto");
    ok(&cli, &add(&url));
    ok(&cli, &["copies", "run"]);
    ok(&cli, &["copies", "check"]);
    let bucket = server.folder("backups/ourphoto");
    let objects = Cli::objects(&bucket);
    assert_eq!(objects.len(), Cli::objects(&cli.data().join("store")).len());

    // A flipped bit, and an object that is gone.
    let mut bytes = fs::read(&objects[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&objects[0], bytes).unwrap();
    fs::remove_file(&objects[1]).unwrap();
    let check = run(with_secret(&cli, SECRET_KEY), &["copies", "check", "cloud"]);
    assert_eq!(check.code, 1, "{}{}", check.stdout, check.stderr);
    ok(&cli, &["copies", "heal"]);
    ok(&cli, &["copies", "check"]);
    assert_eq!(Cli::objects(&bucket), objects);

    // The machine is gone. The secret now comes from a file.
    fs::remove_dir_all(cli.data()).unwrap();
    let secrets = cli.path("s3.txt");
    fs::write(&secrets, format!("access_key_id = {ACCESS_KEY}\nsecret_access_key = {SECRET_KEY}\n")).unwrap();
    let from = format!("{url}&credentials={}", secrets.display());
    let cli = cli.with_data("new");
    let kit = cli.path("kit.txt");
    let recovered =
        run(cli.command(), &["admin", "recover", "--from", &from, "--recovery-key", kit.to_str().unwrap()]);
    assert_eq!(recovered.code, 0, "{}{}", recovered.stdout, recovered.stderr);
    let out = cli.path("out");
    cli.ok(["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!(compare(&photos, &out.join("photos")).unwrap(), []);
    let check = run(cli.command(), &["copies", "check"]);
    assert_eq!(check.code, 0, "{}{}", check.stdout, check.stderr);
}

#[test]
fn a_bucket_with_a_wrong_secret_or_without_what_a_copy_needs_is_refused_and_says_what_to_do() {
    let cli = Cli::set_up();
    let server = S3Server::start(&cli.path("server"), Dialect::WithoutConditionalWrites).unwrap();
    let url = server.url("ourphoto");
    let plain = format!("{url}&conditional-writes=off");
    let nowhere = plain.replace("s3://photos", "s3://videos");
    for (url, secret, said) in [
        (&plain, "wrong", "AWS_SECRET_ACCESS_KEY in the environment"),
        (&url, SECRET_KEY, "add conditional-writes=off to the address"),
        (&nowhere, SECRET_KEY, "there is no such bucket; make it first"),
    ] {
        let ran = run(with_secret(&cli, secret), &add(url));
        assert_ne!(ran.code, 0, "{url}: {}", ran.stdout);
        assert!(ran.stderr.contains(said), "'{said}' is not in: {}", ran.stderr);
    }
    let ran = run(with_secret(&cli, SECRET_KEY), &add(&format!("{url}&secret=hunter2")));
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("'secret' is not known in s3 addresses"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);

    ok(&cli, &add(&plain));
    ok(&cli, &["copies", "run"]);
    ok(&cli, &["copies", "check"]);
}
