//! Programs that act for people: let in from a browser, or by a token that was made on the server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use support::served::{client, serve, with_space};
use support::{Cli, Ran};

async fn ask(address: &str, secret: Option<&str>, path: &str, asked: &Value) -> (u16, Value) {
    // The client wants a provider of cryptography even where it speaks plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut request = reqwest::Client::new().post(format!("{address}{path}")).json(asked);
    if let Some(secret) = secret {
        request = request.bearer_auth(secret);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_signs_in_without_ever_seeing_a_password() {
    let cli = Cli::set_up();
    with_space(&cli);
    let served = serve(&cli);
    let mut child = client(&cli)
        .args(["login", &served.address])
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let code = first.split_once("/link#").unwrap().1.split_whitespace().next().unwrap().to_owned();
    assert!(lines.next().unwrap().unwrap().contains(&code));
    // What the page in the browser does.
    let who =
        json!({"email": "ana@example.org", "password": "correct horse battery staple", "agent": "program"});
    let (_, session) = ask(&served.address, None, "/api/v1/session", &who).await;
    let secret = session["secret"].as_str();
    let rights = json!({"permissions": ["view", "upload", "download"]});
    let path = format!("/api/v1/pairings/{code}/approve");
    assert_eq!(ask(&served.address, secret, &path, &rights).await.0, 204);
    assert!(child.wait().unwrap().success());
    let listed = Ran::from(client(&cli).args(["ls"]).output().unwrap());
    assert!(listed.stdout.contains("Family"), "{}{}", listed.stdout, listed.stderr);
    std::fs::create_dir_all(cli.path("more")).unwrap();
    std::fs::write(cli.path("more/a.jpg"), testkit::bytes(1, 5000)).unwrap();
    let more = cli.path("more");
    let sent = client(&cli).args(["upload", more.to_str().unwrap(), "--space", "Family"]).output().unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    // Signing out ends the token on the server too.
    let remembered = std::fs::read_to_string(cli.path("home/.config/ourphoto/credentials.json")).unwrap();
    let remembered: Value = serde_json::from_str(&remembered).unwrap();
    let out = Ran::from(client(&cli).args(["logout"]).output().unwrap());
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    let device = json!({"name": "x", "kind": "phone"});
    let stolen = remembered["secret"].as_str();
    assert_eq!(ask(&served.address, stolen, "/api/v1/devices", &device).await.0, 401);

    // One that is turned away says so.
    let mut child = client(&cli)
        .args(["login", &served.address])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let code = first.split_once("/link#").unwrap().1.split_whitespace().next().unwrap().to_owned();
    let path = format!("/api/v1/pairings/{code}/refuse");
    assert_eq!(ask(&served.address, secret, &path, &json!({})).await.0, 204);
    let ended = Ran::from(child.wait_with_output().unwrap());
    assert_ne!(ended.code, 0);
    assert!(ended.stderr.contains("turned away"), "{}", ended.stderr);
    served.stop();
}

#[test]
fn a_token_that_was_made_on_the_server_does_what_it_is_for_and_no_more() {
    let cli = Cli::set_up();
    with_space(&cli);
    let made =
        cli.ok(["admin", "token", "--email", "ana@example.org", "--scope", "view,download", "--days", "7"]);
    let token = made.stdout.trim().to_owned();
    assert!(token.starts_with("opt_"), "{}", made.stdout);
    assert_ne!(cli.run(["admin", "token", "--email", "nobody@example.org"]).code, 0);
    assert_eq!(cli.run(["admin", "token", "--email", "ana@example.org", "--scope", "everything"]).code, 2);
    let served = serve(&cli);
    let run = |args: &[&str]| {
        let mut command = client(&cli);
        command.env("OURPHOTO_SERVER", &served.address).env("OURPHOTO_TOKEN", &token);
        Ran::from(command.args(args).output().unwrap())
    };
    let out = cli.path("out");
    let restored = run(&["restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!(restored.code, 0, "{}{}", restored.stdout, restored.stderr);
    assert_eq!(std::fs::read(out.join("first/first.txt")).unwrap(), b"first");
    let first = cli.path("first");
    assert_ne!(run(&["upload", first.to_str().unwrap(), "--space", "Family"]).code, 0);
    served.stop();
}
