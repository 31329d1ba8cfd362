//! Whoever an album was opened to, and nothing else, sees it and restores it with the same commands as everybody.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use support::served::{Served, client, serve};
use support::{Cli, Ran};
use testkit::{bytes, compare};

const PASSWORD: &str = "correct horse battery staple";

/// Asks the server for something, perhaps as somebody.
async fn ask(served: &Served, secret: Option<&str>, path: &str, body: Option<Value>) -> Value {
    // The client wants a provider of cryptography even where it speaks plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (http, address) = (reqwest::Client::new(), format!("{}/api/v1/{path}", served.address));
    let request = match body {
        Some(body) => http.post(address).json(&body),
        None => http.get(address),
    };
    let request = match secret {
        Some(secret) => request.bearer_auth(secret),
        None => request,
    };
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

async fn signed_in(served: &Served, email: &str) -> String {
    let asked = json!({"email": email, "password": PASSWORD, "agent": "program"});
    ask(served, None, "session", Some(asked)).await["secret"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_album_that_was_opened_is_listed_and_restored() {
    let cli = Cli::set_up();
    for (number, album) in [(1, "wedding"), (2, "private")] {
        let folder = cli.path("photos").join(album);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.jpg"), bytes(number, 20_000)).unwrap();
        cli.ok(["admin", "import", "--no-previews", "--space", "Family", folder.to_str().unwrap()]);
    }
    let served = serve(&cli);
    let ana = signed_in(&served, "ana@example.org").await;
    let ana = Some(ana.as_str());
    let family = ask(&served, ana, "spaces", None).await[0]["id"].as_str().unwrap().to_owned();
    // The guest may send to a space, and look into none.
    let lobby = ask(&served, ana, "spaces", Some(json!({"name": "Lobby"}))).await;
    let lobby = lobby["id"].as_str().unwrap_or_else(|| panic!("{lobby}")).to_owned();
    ask(&served, ana, &format!("spaces/{lobby}/albums"), Some(json!({"name": "inbox"}))).await;
    let invited = json!({"email": "guest@example.org", "role": "custom", "permissions": ["upload"]});
    let made = ask(&served, ana, &format!("spaces/{lobby}/invitations"), Some(invited)).await;
    let accepted = json!({"secret": made["secret"], "name": "Guest", "password": PASSWORD});
    ask(&served, None, "invitations/accept", Some(accepted)).await;
    let guest = signed_in(&served, "guest@example.org").await;

    let run = |args: &[&str]| {
        let mut command = client(&cli);
        command.env("OURPHOTO_SERVER", &served.address).env("OURPHOTO_TOKEN", &guest).args(args);
        Ran::from(command.output().unwrap())
    };
    let restore = |to: &str, what: &[&str]| {
        let out = cli.path(to);
        let ran = run(&[&["restore", "--to", out.to_str().unwrap()], what].concat());
        (out, ran)
    };
    let (_, nothing) = restore("nothing", &["--all"]);
    assert_eq!(nothing.code, 0, "{}{}", nothing.stdout, nothing.stderr);
    assert_eq!(nothing.stdout.trim(), "There are no photos to restore.");

    let albums = ask(&served, ana, &format!("spaces/{family}/albums"), None).await;
    let album = albums.as_array().unwrap().iter().find(|album| album["name"] == "wedding").unwrap();
    let opened = json!({"email": "guest@example.org", "permissions": ["view", "download"]});
    ask(&served, ana, &format!("albums/{}/grants", album["id"].as_str().unwrap()), Some(opened)).await;

    let listed = run(&["ls"]).stdout;
    assert!(listed.contains("wedding") && !listed.contains("private"), "{listed}");
    for (to, what) in [("all", &["--all"][..]), ("album", &["--album", "wedding"])] {
        let (out, ran) = restore(to, what);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.starts_with("1 file restored"), "{}", ran.stdout);
        assert_eq!(compare(&cli.path("photos/wedding"), &out.join("wedding")).unwrap(), []);
    }
    let (_, hidden) = restore("hidden", &["--album", "private"]);
    assert!(hidden.code == 1 && hidden.stderr.contains("there is no album"), "{}", hidden.stderr);
    served.stop();
}
