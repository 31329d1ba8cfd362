//! Logs say no secret and nothing of photos, however much they are asked to say.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::process::Stdio;

use serde_json::Value;
use support::served::{client, login};
use support::{Cli, Ran};

#[test]
fn no_secret_and_nothing_of_a_photo_is_in_the_log() {
    let cli = Cli::set_up();
    let log = cli.path("log");
    let mut command = cli.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("OURPHOTO_LOG", "debug,ourphoto_server=trace");
    let mut child = command.stderr(Stdio::from(std::fs::File::create(&log).unwrap())).spawn().unwrap();
    let mut first = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut first).unwrap();
    let address = first.split_whitespace().last().unwrap().to_owned();

    let signed_in = login(&cli, &address);
    assert_eq!(signed_in.code, 0, "{}", signed_in.stderr);
    let remembered = std::fs::read_to_string(cli.path("home/.config/ourphoto/credentials.json")).unwrap();
    let remembered: Value = serde_json::from_str(&remembered).unwrap();
    let photos = cli.path("sent");
    std::fs::create_dir_all(photos.join("hidden-wedding")).unwrap();
    std::fs::write(photos.join("hidden-wedding/private-kiss.jpg"), "pixels nobody may see").unwrap();
    let run = |args: &[&str]| Ran::from(client(&cli).args(args).output().unwrap());
    let sent = run(&["upload", photos.to_str().unwrap(), "--space", "Innermost"]);
    assert_eq!(sent.code, 0, "{}{}", sent.stdout, sent.stderr);
    assert_eq!(run(&["search", "needle-in-a-search"]).code, 0);
    let back = cli.path("back");
    assert_eq!(run(&["restore", "--space", "Innermost", "--to", back.to_str().unwrap()]).code, 0);
    // What goes wrong is logged, too.
    std::fs::remove_dir_all(cli.data().join("store/objects")).unwrap();
    let lost = cli.path("lost");
    assert_ne!(run(&["restore", "--space", "Innermost", "--to", lost.to_str().unwrap()]).code, 0);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    child.wait().unwrap();

    let text = std::fs::read_to_string(&log).unwrap();
    assert!(
        text.contains("/api/v1/session") && text.contains("request failed"),
        "the log says too little: {text}"
    );
    let secret = remembered["secret"].as_str().unwrap();
    let never = [
        secret,
        "correct horse battery staple",
        "hidden-wedding",
        "private-kiss",
        "pixels nobody may see",
        "needle-in-a-search",
        "Innermost",
        "ana@example.org",
        "AGE-SECRET-KEY",
        "$argon2id$",
    ];
    for part in never {
        let line = text.lines().find(|line| line.contains(part));
        assert!(line.is_none(), "the log says {part:?}: {}", line.unwrap_or_default());
    }
}
