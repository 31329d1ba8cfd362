//! E-mail, against a real mail server on loopback.

use std::path::Path;

use library::notices::{PostOptions, Smtp, SmtpTls};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::smtp::{Encryption, Sink, certificate};
use zeroize::Zeroizing;

use crate::channels::{add, listed};
use crate::support::{OWNER, Server, json, problem};

const LOGIN: (&str, &str) = ("photos", "a password of the mail server");

fn smtp(sink: &Sink, tls: SmtpTls) -> Smtp {
    Smtp {
        host: "127.0.0.1".into(),
        port: Some(sink.port()),
        tls,
        login: None,
        from: "Our Photos <photos@example.org>".into(),
        authority: None,
    }
}

fn trusted(folder: &Path, password: &str, smtp: Smtp) -> Smtp {
    Smtp {
        login: Some((LOGIN.0.into(), Zeroizing::new(password.to_owned()))),
        authority: Some(std::fs::read(&certificate(folder)[0]).unwrap()),
        ..smtp
    }
}

fn sink(encryption: Encryption, folder: &Path, login: Option<(&str, &str)>) -> Option<Sink> {
    let sink = Sink::start(encryption, folder, login);
    if sink.is_none() {
        testkit::skipped("aiosmtpd is not installed");
    }
    sink
}

async fn server(smtp: Smtp) -> Server {
    Server::telling(PostOptions { smtp: Some(smtp), allowed: Vec::new() }).await
}

fn next(sink: &Sink) -> Value {
    let mail: Value = serde_json::from_str(&sink.next()).unwrap();
    // One of each, and none that was not meant.
    let mut names: Vec<&str> =
        mail["headers"].as_array().unwrap().iter().map(|header| header[0].as_str().unwrap()).collect();
    names.sort_unstable();
    let wanted = [
        "auto-submitted",
        "content-transfer-encoding",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "subject",
        "to",
    ];
    names.retain(|name| *name != "mime-version");
    assert_eq!(names, wanted.iter().filter(|name| **name != "mime-version").copied().collect::<Vec<_>>());
    assert_eq!(mail["type"], "text/plain");
    mail
}

fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().unwrap();
    headers.iter().find(|header| header[0] == name).unwrap()[1].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_address_counts_at_once_and_is_told_in_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    let Some(sink) = sink(Encryption::None, folder.path(), None) else { return };
    let server = server(smtp(&sink, SmtpTls::None)).await;
    let ana = server.sign_in(OWNER).await;
    let made = add(&server, &ana, json!({"kind": "email", "address": " Ana@Example.org "})).await;
    assert_eq!((&made["confirmed"], &made["address"]), (&json!(true), &json!(OWNER)));
    let hostile = "Büro <b>\u{202e} ".repeat(4) + "https://evil.example";
    json(
        server
            .send(Method::POST, "/api/v1/tokens", &ana, json!({"name": hostile, "permissions": ["view"]}))
            .await,
        201,
    )
    .await;
    let mail = next(&sink);
    assert_eq!((&mail["mail_from"], &mail["rcpt_to"]), (&json!("photos@example.org"), &json!([OWNER])));
    assert_eq!(header(&mail, "from"), "Our Photos <photos@example.org>");
    assert_eq!(header(&mail, "to"), OWNER);
    assert_eq!(header(&mail, "subject"), "A token for your account was made");
    assert_eq!(header(&mail, "date"), "Mon, 21 Sep 2026 14:13:20 +0000");
    assert_eq!(header(&mail, "auto-submitted"), "auto-generated");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("The token ‘Büro ‹b› Büro ‹b›") && text.contains("It may: view."), "{text}");
    assert!(text.contains("If it was not you, revoke the token"), "{text}");
    assert!(!text.contains(['<', '\u{202e}']) && !text.contains("evil.example://"), "{text}");
    assert!(text.trim_end().ends_with(&server.base.replace("127.0.0.1", "localhost")), "{text}");
    // A name in a title stays in its title.
    let space = json(
        server.send(Method::POST, "/api/v1/spaces", &ana, json!({"name": "Süden ⛱ Bcc: x@y.z"})).await,
        201,
    )
    .await;
    let path = format!("/api/v1/spaces/{}/invitations", space["id"].as_str().unwrap());
    let invited = json(
        server.send(Method::POST, &path, &ana, json!({"email": "ben@example.org", "role": "viewer"})).await,
        201,
    )
    .await;
    let accept = json!({"secret": invited["secret"], "name": "Ben", "password": crate::support::PASSWORD});
    let accepted =
        server.request(Method::POST, "/api/v1/invitations/accept", None).json(&accept).send().await;
    json(accepted.unwrap(), 201).await;
    assert_eq!(header(&next(&sink), "subject"), "‘Süden ⛱ Bcc: x@y.z’ has a new member");
    assert!(listed(&server, &ana).await[0]["told_at"].is_string());
    assert_eq!(sink.has_more(), None);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_is_sent_a_code_and_nothing_else_until_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let Some(sink) = sink(Encryption::StartTls, folder.path(), Some(LOGIN)) else { return };
    let server = server(trusted(folder.path(), LOGIN.1, smtp(&sink, SmtpTls::StartTls))).await;
    let ana = server.sign_in(OWNER).await;
    let made = add(&server, &ana, json!({"kind": "email", "address": "desk@example.com"})).await;
    assert_eq!(made["confirmed"], false);
    let mail = next(&sink);
    assert_eq!((&mail["encrypted"], &mail["authenticated"]), (&json!(true), &json!(true)));
    assert_eq!(mail["rcpt_to"], json!(["desk@example.com"]));
    assert_eq!(header(&mail, "subject"), "Confirm that this is yours");
    json(
        server
            .send(Method::POST, "/api/v1/tokens", &ana, json!({"name": "t", "permissions": ["view"]}))
            .await,
        201,
    )
    .await;
    server.delivered().await;
    assert_eq!(sink.has_more(), None);
    let code = mail["text"].as_str().unwrap().split_once("enter this code: ").unwrap().1;
    let code = code.split_whitespace().next().unwrap();
    let path = format!("/api/v1/channels/{}/confirm", made["id"].as_str().unwrap());
    assert_eq!(server.send(Method::POST, &path, &ana, json!({"code": code})).await.status(), 204);
    let path = format!("/api/v1/channels/{}/test", made["id"].as_str().unwrap());
    assert_eq!(server.send(Method::POST, &path, &ana, json!({})).await.status(), 204);
    assert_eq!(header(&next(&sink), "subject"), "A test from OurPhoto");
    for wrong in ["a@b.c,d@e.f", "a@b.c\r\nBcc: d@e.f", "<a@b.c>", "nobody", "a b@c.d"] {
        let asked = json!({"kind": "email", "address": wrong});
        problem(server.send(Method::POST, "/api/v1/channels", &ana, asked).await, 400).await;
    }
    let asked = json!({"kind": "email", "address": "x@example.com", "secret": "no use for one here"});
    problem(server.send(Method::POST, "/api/v1/channels", &ana, asked).await, 400).await;
    // What the mail server refuses is told to whoever added it.
    add(&server, &ana, json!({"kind": "email", "address": "nobody@example.com"})).await;
    let listed = listed(&server, &ana).await;
    let why =
        listed.as_array().unwrap().iter().find(|channel| channel["address"] == "nobody@example.com").unwrap();
    assert!(why["last_error"].as_str().unwrap().contains("there is nobody of that name"), "{why}");
    server.stop().await;
}

/// Why nothing arrived.
async fn refused(smtp: Smtp, sink: &Sink) -> String {
    let server = server(smtp).await;
    let ana = server.sign_in(OWNER).await;
    add(&server, &ana, json!({"kind": "email", "address": "desk@example.com"})).await;
    let why = listed(&server, &ana).await[0]["last_error"].as_str().unwrap().to_owned();
    assert_eq!(sink.has_more(), None, "{why}");
    assert!(!why.contains("password of"), "{why}");
    server.stop().await;
    why
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_unless_the_mail_server_is_the_right_one_and_the_connection_is_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let Some(implicit) = sink(Encryption::Implicit, folder.path(), Some(LOGIN)) else { return };
    let good = server(trusted(folder.path(), LOGIN.1, smtp(&implicit, SmtpTls::Implicit))).await;
    let ana = good.sign_in(OWNER).await;
    add(&good, &ana, json!({"kind": "email", "address": "desk@example.com"})).await;
    let mail = next(&implicit);
    assert_eq!((&mail["encrypted"], &mail["authenticated"]), (&json!(true), &json!(true)));
    good.stop().await;

    let stranger =
        Smtp { authority: None, ..trusted(folder.path(), LOGIN.1, smtp(&implicit, SmtpTls::Implicit)) };
    let why = refused(stranger, &implicit).await;
    assert!(why.contains("certificate") || why.contains("UnknownIssuer"), "{why}");
    let wrong = trusted(folder.path(), "another password", smtp(&implicit, SmtpTls::Implicit));
    let why = refused(wrong, &implicit).await;
    assert!(why.contains("535"), "{why}");
    // Somebody on the way who takes STARTTLS out of what the server offers gets nothing.
    let clear = sink(Encryption::None, folder.path(), None).unwrap();
    let downgraded = trusted(folder.path(), LOGIN.1, smtp(&clear, SmtpTls::StartTls));
    let why = refused(downgraded, &clear).await;
    assert!(why.contains("STARTTLS"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_there_is_no_e_mail_and_it_says_so() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let asked = json!({"kind": "email", "address": OWNER});
    let told = problem(server.send(Method::POST, "/api/v1/channels", &ana, asked).await, 400).await;
    assert!(told["detail"].as_str().unwrap().contains("smtp_host"), "{told}");
    server.stop().await;
}
