//! Guessing: it costs the guesser, and not the owner of the account.

use std::time::Duration;

use ourphoto_server::Proxies;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::accounts::{code, totp};
use crate::device::Device;
use crate::passkeys::{add, asked, post, shown};
use crate::support::{OWNER, PASSWORD, Server, json, problem};

/// A try that comes through a trusted proxy, from somewhere.
async fn from(server: &Server, network: &str, password: &str) -> Response {
    let body = json!({"email": OWNER, "password": password});
    let request = server.request(Method::POST, "/api/v1/session", None).json(&body);
    request.header("X-Forwarded-For", network).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_use_up_the_tries_of_an_account() {
    let trusted = Proxies(vec!["127.0.0.1".parse().unwrap()]);
    let server = Server::start_as(|config| config.proxies = trusted).await;
    // One party, whatever addresses it takes out of its own, and whatever it says of others.
    let strangers: Vec<String> =
        (0..16).map(|number| format!("198.51.100.{number}, 2001:db8:0:1::{number:x}")).collect();
    let tries = strangers.iter().map(|stranger| from(&server, stranger, "wrong password here"));
    let answers = futures_util::future::join_all(tries).await;
    let refused = answers.iter().filter(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS).count();
    assert!((1..=6).contains(&refused), "{refused}");
    // The owner, elsewhere, has lost nothing by it.
    for _ in 0..2 {
        json(from(&server, "198.51.100.7", PASSWORD).await, 200).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_cost_growing_waits_but_only_after_a_right_password() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (app, codes) = totp(&server, &ana).await;
    let device = Device::default();
    add(&server, &ana, &device, "phone").await;
    let sign_in = async |password: &str, code: Option<&str>, passkey: Option<Value>| {
        let body = json!({"email": OWNER, "password": password, "code": code, "passkey": passkey});
        post(&server, "/api/v1/session", body).await
    };
    server.clock.advance(Duration::from_mins(1));
    // Whoever does not know the password guesses at nothing, and makes nobody wait.
    for _ in 0..3 {
        let wrong = problem(sign_in("wrong password here", Some("123123"), None).await, 401).await;
        assert_eq!(wrong["type"], "/problems/sign-in-failed");
    }
    let right = code(&app, &server);
    let wrong_code = if right == "123123" { "321321" } else { "123123" };
    for _ in 0..6 {
        // Straight at the library: the network has a limit of its own, which is not what is looked at here.
        let wrong = guess(&server, wrong_code).await.unwrap_err();
        assert_eq!(wrong.code(), Some("second-factor-failed"));
    }
    // Now not even the right one is looked at,
    let waits = problem(sign_in(PASSWORD, Some(&right), None).await, 429).await;
    assert_eq!(waits["type"], "/problems/second-factor-waits");
    // while what cannot be guessed goes on working.
    json(sign_in(PASSWORD, Some(&codes[0]), None).await, 200).await;
    let passkey = shown(&server, &device, &asked(&server).await).await;
    json(sign_in(PASSWORD, None, Some(passkey)).await, 200).await;
    server.clock.advance(Duration::from_secs(30));
    assert_eq!(guess(&server, wrong_code).await.unwrap_err().code(), Some("second-factor-failed"));
    server.clock.advance(Duration::from_secs(30));
    assert_eq!(guess(&server, wrong_code).await.unwrap_err().code(), Some("second-factor-waits"));
    server.clock.advance(Duration::from_secs(30));
    // The right one ends it.
    guess(&server, &code(&app, &server)).await.unwrap();
    assert_eq!(guess(&server, wrong_code).await.unwrap_err().code(), Some("second-factor-failed"));
    server.stop().await;
}

async fn guess(server: &Server, code: &str) -> model::Result<()> {
    let password = zeroize::Zeroizing::new(PASSWORD.to_owned());
    let proof = library::accounts::Proof { password, code: Some(code.to_owned()), passkey: None };
    let given = library::accounts::SignIn { email: OWNER.into(), proof };
    server.library.sign_in(given, &library::accounts::Origin::default()).await.map(drop)
}
