//! Guessing: it costs the guesser, and not the owner of the account.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
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

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_after_a_right_password_are_told_once_for_each_run_of_them() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (app, codes) = totp(&server, &ana).await;
    server.clock.advance(Duration::from_mins(1));
    let told = async || {
        let notices = json(server.get("/api/v1/notices", &ana).await, 200).await;
        let notices = notices["notices"].as_array().unwrap().clone();
        notices.into_iter().filter(|notice| notice["kind"] == "password-known").collect::<Vec<_>>()
    };
    let wrong = || if code(&app, &server) == "123123" { "321321" } else { "123123" };
    // A slip is none.
    for _ in 0..2 {
        guess(&server, wrong()).await.unwrap_err();
    }
    assert!(told().await.is_empty());
    for _ in 0..4 {
        guess(&server, wrong()).await.unwrap_err();
    }
    let first = told().await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0]["title"], "Somebody knows your password");
    server.clock.advance(Duration::from_mins(1));
    guess(&server, &code(&app, &server)).await.unwrap();
    // The next run is news again, also when it is tried with a session of theirs.
    for _ in 0..3 {
        let proof = json!({"password": PASSWORD, "code": wrong()});
        problem(server.send(Method::POST, "/api/v1/session/proof", &ana, proof).await, 401).await;
    }
    assert_eq!(told().await.len(), 2);

    // A recovery code that proves is on record, and new ones are told.
    let proof = json!({"password": PASSWORD, "code": codes[0]});
    let proved = server.send(Method::POST, "/api/v1/session/proof", &ana, proof).await;
    assert_eq!(proved.status(), StatusCode::NO_CONTENT);
    json(server.send(Method::POST, "/api/v1/recovery-codes", &ana, json!({})).await, 201).await;
    let notices = json(server.get("/api/v1/notices?limit=1", &ana).await, 200).await;
    let text = notices["notices"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Recovery codes were changed in your account"), "{text}");
    let mut tx = server.library.catalog.read().await.unwrap();
    let entries = tx.audit_list(0, 1000).await.unwrap();
    let proved = entries.iter().find(|entry| entry.action == "session.prove").unwrap();
    assert!(proved.detail.contains("\"codes_left\":9"), "{}", proved.detail);
    drop(tx);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_sign_ins_are_on_record_and_do_not_fill_it() {
    let server = Server::start().await;
    let entries = async || {
        let mut tx = server.library.catalog.read().await.unwrap();
        let entries = tx.audit_list(0, 1000).await.unwrap();
        entries.into_iter().filter(|entry| entry.action == "session.refused").collect::<Vec<_>>()
    };
    let try_from = async |email: &str, network: u8| {
        let password = zeroize::Zeroizing::new("wrong password here".to_owned());
        let proof = library::accounts::Proof { password, code: None, passkey: None };
        let given = library::accounts::SignIn { email: email.into(), proof };
        let origin = library::accounts::Origin { agent: "x".into(), network: format!("192.0.2.{network}") };
        let refused = server.library.sign_in(given, &origin).await.err().unwrap();
        assert_eq!(refused.code(), Some("sign-in-failed"));
    };
    for number in 0..8 {
        try_from(OWNER, number).await;
        try_from("nobody@example.org", number).await;
    }
    assert!(entries().await.is_empty(), "writing would tell by its time that there is an account");
    server.library.sweep().await.unwrap();
    let found = entries().await;
    assert_eq!((found.len(), found[0].subject.as_str()), (1, OWNER));
    assert!(found[0].detail.contains("\"times\":8"), "{}", found[0].detail);
    assert_eq!(found[0].detail.matches("192.0.2.").count(), 5);
    server.library.sweep().await.unwrap();
    assert_eq!(entries().await.len(), 1);
    // Or with the next that goes well.
    try_from(OWNER, 1).await;
    server.sign_in(OWNER).await;
    assert_eq!(entries().await.len(), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_by_an_invitation_or_a_session_are_on_record_and_told_too() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let ben = server.someone("ben@example.org").await;
    let (app, _) = totp(&server, &ben).await;
    server.clock.advance(Duration::from_mins(1));
    let space = server.space("Family").await;
    let invited = json!({"email": ben.email, "role": "viewer"});
    let path = format!("/api/v1/spaces/{space}/invitations");
    let made = json(server.send(Method::POST, &path, &ana, invited).await, 201).await;
    let accept = async |password: &str, code: Option<&str>| {
        let body = json!({"secret": made["secret"], "password": password, "code": code});
        problem(post(&server, "/api/v1/invitations/accept", body).await, 401).await["type"].clone()
    };
    for _ in 0..2 {
        assert_eq!(accept("wrong password here", None).await, "/problems/sign-in-failed");
    }
    let proof = json!({"password": "wrong password here"});
    problem(server.send(Method::POST, "/api/v1/session/proof", &ben, proof).await, 401).await;
    server.library.sweep().await.unwrap();
    let mut tx = server.library.catalog.read().await.unwrap();
    let entries = tx.audit_list(0, 1000).await.unwrap();
    drop(tx);
    let refused: Vec<_> = entries.iter().filter(|entry| entry.action == "session.refused").collect();
    assert_eq!((refused.len(), refused[0].subject.as_str()), (1, "ben@example.org"));
    assert!(refused[0].detail.contains("\"times\":3"), "{}", refused[0].detail);

    let wrong = if code(&app, &server) == "123123" { "321321" } else { "123123" };
    for _ in 0..3 {
        assert_eq!(accept(PASSWORD, Some(wrong)).await, "/problems/second-factor-failed");
    }
    let notices = json(server.get("/api/v1/notices", &ben).await, 200).await;
    let notices = notices["notices"].as_array().unwrap();
    assert_eq!(notices.iter().filter(|notice| notice["kind"] == "password-known").count(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_session_is_no_way_around_the_waits_of_a_password() {
    let trusted = Proxies(vec!["127.0.0.1".parse().unwrap()]);
    let server = Server::start_as(|config| config.proxies = trusted).await;
    let ana = server.sign_in(OWNER).await;
    let prove = |number: u32| {
        let network = std::net::Ipv4Addr::from(0xc633_6400 + number).to_string();
        let body = json!({"password": "wrong password here"});
        let request = server.request(Method::POST, "/api/v1/session/proof", Some(&ana.secret)).json(&body);
        async move { request.header("X-Forwarded-For", network).send().await.unwrap().status().as_u16() }
    };
    // Few from each of many networks: together they wait, and then they are refused.
    let mut answers: FuturesUnordered<_> = (0..120).map(prove).collect();
    let mut refused = false;
    while let Some(status) = answers.next().await {
        refused |= status == 429;
        if refused {
            break;
        }
    }
    assert!(refused);
    drop(answers);
    server.stop().await;
}
