//! Where webhooks and topics must not lead: this machine, its network, the metadata of a cloud. However it is written,
//! whatever a name means, and through whatever redirect.

use std::sync::atomic::Ordering;

use library::notices::PostOptions;
use reqwest::Method;
use serde_json::{Value, json};

use crate::channels::{Catcher, add, listed};
use crate::support::{OWNER, Server, problem};

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_lead_inside_are_refused_however_they_are_written() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let refused = [
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://[::1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "http://example.org/hook",
        "file:///etc/passwd",
        "https://user:password@example.org/",
        "nonsense",
        "",
    ];
    // Half of them each, for only so many may be tried at once.
    let ben = server.someone("ben@example.org").await;
    for (number, address) in refused.iter().enumerate() {
        let who = if number % 2 == 0 { &ana } else { &ben };
        let asked = json!({"kind": "webhook", "address": address});
        let answer = server.send(Method::POST, "/api/v1/channels", who, asked).await;
        assert_eq!(problem(answer, 400).await["type"], "/problems/invalid", "{address}");
    }
    for (kind, address, secret) in [
        ("webhook", "https://example.org/", json!("short")),
        ("webhook", "https://example.org/", json!("with a line\nand more of it")),
        ("ntfy", "https://example.org/topic", json!("to\r\nken")),
    ] {
        let asked = json!({"kind": kind, "address": address, "secret": secret});
        problem(server.send(Method::POST, "/api/v1/channels", &ana, asked).await, 400).await;
    }
    server.stop().await;
}

/// What became of the code for a channel at this address.
async fn outcome(server: &Server, address: &str) -> Value {
    let ana = server.sign_in(OWNER).await;
    add(server, &ana, json!({"kind": "webhook", "address": address})).await;
    let listed = listed(server, &ana).await;
    listed.as_array().unwrap().last().unwrap()["last_error"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_judged_by_what_it_means_when_it_is_used() {
    let here = vec!["127.0.0.2".parse().unwrap()];
    let server = Server::telling(PostOptions { smtp: None, allowed: here }).await;
    let mut inside = Catcher::start("127.0.0.1", None).await;
    let port = inside.address.rsplit(':').next().unwrap().to_owned();
    for address in [format!("https://localhost:{port}/"), format!("http://localhost:{port}/")] {
        let why = outcome(&server, &address).await;
        assert!(why.as_str().unwrap().starts_with("the address "), "{address}: {why}");
    }
    assert!(inside.is_quiet());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_leads_nowhere() {
    let here = vec!["127.0.0.2".parse().unwrap()];
    let server = Server::telling(PostOptions { smtp: None, allowed: here }).await;
    let mut inside = Catcher::start("127.0.0.1", None).await;
    let outside = Catcher::start("127.0.0.2", Some(format!("{}/secret", inside.address))).await;
    for status in [301, 302, 303, 307, 308] {
        outside.answer.store(status, Ordering::SeqCst);
        let why = outcome(&server, &format!("{}/{status}", outside.address)).await;
        assert!(why.as_str().unwrap().starts_with(&format!("it answered {status}")), "{why}");
    }
    assert!(inside.is_quiet());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_failure_tells_nothing_of_the_address_or_the_answer() {
    let server = Server::telling(crate::channels::loopback()).await;
    let ana = server.sign_in(OWNER).await;
    let catcher = Catcher::start("127.0.0.1", None).await;
    catcher.answer.store(404, Ordering::SeqCst);
    let why = outcome(&server, &format!("{}/secret-path", catcher.address)).await;
    assert_eq!(why, "it answered 404");
    // Nobody listens at a port that was just given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let why = outcome(&server, &format!("http://{free}/secret-path")).await;
    assert!(why.as_str().unwrap().starts_with("no connection"), "{why}");
    // The audit log knows where to, and no more of the address.
    let mut tx = server.library.catalog.read().await.unwrap();
    let details = tx.audit_details(OWNER, "channel.add", model::Timestamp(0), 10).await.unwrap();
    assert_eq!(details.len(), 2);
    assert!(
        details.iter().all(|detail| detail["to"] == "127.0.0.1" && !detail.to_string().contains("secret"))
    );
    drop(tx);
    drop(ana);
    server.stop().await;
}
