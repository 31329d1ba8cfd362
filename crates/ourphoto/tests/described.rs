//! The server keeps to its own description: schemathesis asks every operation of the OpenAPI document for things that it
//! should take and things that it should not, with all checks on.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it measured"
)]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::Cli;
use support::served::{serve, with_space};

/// Questions that are made up for each operation.
const EXAMPLES: &str = "25";

fn schemathesis(address: &str, token: &str, without: &[&str]) -> (bool, String) {
    let testkit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/python");
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/python/bin");
    let ran = Command::new(tools.join("schemathesis"))
        .arg("--config-file")
        .arg(testkit.join("schemathesis.toml"))
        .args(["run", &format!("{address}/api/openapi.json"), "--checks", "all"])
        // The stream of changes goes on for ever; the set-up is over.
        .args(["--exclude-path", "/api/v1/events", "--exclude-path", "/api/v1/setup"])
        .args(without.iter().flat_map(|path| ["--exclude-path", path]))
        .args(["--max-examples", EXAMPLES, "--seed", "1", "--no-color", "--warnings", "off"])
        .env("OURPHOTO_TOKEN", token)
        .env("PYTHONPATH", &testkit)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    (ran.status.success(), said)
}

/// A session's secret.
fn session(http: &Http, address: &str) -> String {
    let asked =
        json!({"email": "ana@example.org", "password": "correct horse battery staple", "agent": "program"});
    http.post(&format!("{address}/api/v1/session"), "", &asked)["secret"].as_str().unwrap().to_owned()
}

struct Http(tokio::runtime::Runtime);

impl Http {
    fn post(&self, address: &str, secret: &str, body: &Value) -> Value {
        let _ = rustls::crypto::ring::default_provider().install_default();
        self.0.block_on(async {
            let request = reqwest::Client::new().post(address).bearer_auth(secret).json(body);
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
            answer.json().await.unwrap()
        })
    }
}

#[test]
fn the_server_answers_as_its_description_says_whatever_is_asked() {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/python/bin/schemathesis");
    if !tools.exists() {
        testkit::skipped("schemathesis is not installed");
        return;
    }
    let cli = Cli::set_up();
    with_space(&cli);
    let served = serve(&cli);
    let http = Http(tokio::runtime::Runtime::new().unwrap());
    let secret = session(&http, &served.address);
    let all = ["view", "download", "upload", "organise", "approve", "share", "revoke", "delete", "manage"];
    let asked = json!({"name": "judge", "permissions": all});
    let token = http.post(&format!("{}/api/v1/tokens", served.address), &secret, &asked);
    // As a program that may do everything, and as a person; of the person not what ends their session.
    let without = ["/api/v1/session", "/api/v1/sessions/{id}", "/api/v1/me/password"];
    for (who, secret, without) in [
        ("a program", token["secret"].as_str().unwrap(), &[][..]),
        ("a person", secret.as_str(), &without[..]),
    ] {
        let (good, said) = schemathesis(&served.address, secret, without);
        println!(
            "as {who}: {}",
            said.lines().rev().find(|line| line.starts_with("====")).unwrap_or_default()
        );
        assert!(good, "as {who}:\n{said}");
    }
    served.stop();
}
