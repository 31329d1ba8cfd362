//! The ways in which servers of this kind were really broken; here they fail.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use model::{FixedClock, Permissions, Role, Timestamp};
use ourphoto_server::{App, Config, Patience, Serve, serve};
use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::support::{METRICS, OWNER, PASSWORD, Server, config, json, problem, sha256};

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_whatever_headers_say_and_whether_the_account_exists() {
    let server = Server::start().await;
    for email in [OWNER, "nobody@example.org"] {
        let mut refused = None;
        for number in 0..15 {
            let asked = json!({"email": email, "password": "wrong password here"});
            let request = server.request(Method::POST, "/api/v1/session", None).json(&asked);
            // Each try pretends to come from somewhere else.
            let response =
                request.header("x-forwarded-for", format!("198.51.100.{number}")).send().await.unwrap();
            if response.status() == StatusCode::TOO_MANY_REQUESTS {
                refused = Some(number);
                assert!(response.headers().contains_key(header::RETRY_AFTER));
                break;
            }
            assert_eq!(problem(response, 401).await["type"], "/problems/sign-in-failed");
        }
        // A try comes back every six seconds, which a busy machine takes to check a few.
        assert!(refused.is_some_and(|refused| (10..14).contains(&refused)), "{email}: {refused:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_does_not_tell_whether_an_account_exists() {
    let server = Server::start().await;
    let mut took = Vec::new();
    let mut told = Vec::new();
    for email in [OWNER, "nobody@example.org", OWNER, "nobody@example.org", OWNER, "nobody@example.org"] {
        let start = Instant::now();
        let asked = json!({"email": email, "password": "wrong password here"});
        let response =
            server.request(Method::POST, "/api/v1/session", None).json(&asked).send().await.unwrap();
        told.push(problem(response, 401).await);
        took.push(start.elapsed().as_secs_f64());
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    // Both hash a password; without that, an unknown address would be answered a hundred times sooner. The first try
    // for nobody makes nobody's hash.
    let (known, unknown) = (took[2].min(took[4]), took[3].min(took[5]));
    assert!(unknown > known / 5.0, "known {known} s, unknown {unknown} s");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_can_use_the_cookie() {
    let server = Server::start().await;
    let asked = json!({"email": OWNER, "password": PASSWORD});
    let response = server.request(Method::POST, "/api/v1/session", None).json(&asked).send().await.unwrap();
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    for needed in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(needed), "{cookie}");
    }
    assert!(json(response, 200).await["secret"].is_null(), "a browser's scripts never see the secret");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let ask = async |method: Method, headers: &[(&str, &str)]| {
        let mut request = server.request(method, "/api/v1/spaces", None).header(header::COOKIE, &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.json(&json!({"name": "Made by whom"})).send().await.unwrap()
    };
    assert_eq!(ask(Method::GET, &[]).await.status(), StatusCode::OK);
    for foreign in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    ] {
        assert_eq!(
            problem(ask(Method::POST, foreign).await, 403).await["type"],
            "/problems/cross-site",
            "{foreign:?}"
        );
    }
    let own = [("origin", server.base.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(ask(Method::POST, &own).await.status(), StatusCode::CREATED);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_forbids_framing_sniffing_and_scripts() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    for path in ["/", "/api/v1/spaces", "/api/openapi.json", "/healthz", "/nothing"] {
        let response = server.get(path, &ana).await;
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
    }
    problem(server.get("/nothing", &ana).await, 404).await;
    problem(server.send(Method::PATCH, "/api/v1/spaces", &ana, json!({})).await, 405).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_came_over_tls_is_told_to_come_so_always() {
    for tls in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp(1_790_000_000_000)));
        // As behind a proxy that does it.
        let (app, _) = App::open(Config { tls, ..config(&dir, &clock) }).await.unwrap();
        let how =
            Serve { listen: SocketAddr::from(([127, 0, 0, 1], 0)), tls: None, patience: Patience::default() };
        let running = serve(app, how).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let answer = reqwest::get(format!("http://{}/healthz", running.address)).await.unwrap();
        let told = answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap());
        assert_eq!(told, tls.then_some("max-age=31536000"));
        running.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_not_asked_for_are_refused() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    for (method, path, body) in [
        (Method::POST, "/api/v1/spaces".to_owned(), json!({"name": "x", "owner": "me"})),
        (Method::PATCH, format!("/api/v1/spaces/{space}"), json!({"name": "x", "id": "y"})),
        (
            Method::POST,
            "/api/v1/tokens".to_owned(),
            json!({"name": "t", "permissions": ["view"], "person": "z"}),
        ),
        (Method::POST, format!("/api/v1/spaces/{space}/albums"), json!({"name": "a", "tier": "vault"})),
    ] {
        assert_eq!(
            problem(server.send(method, &path, &ana, body).await, 400).await["type"],
            "/problems/malformed"
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_cannot_be_broader_than_its_maker_nor_make_another() {
    let server = Server::start().await;
    let space = server.space("Family").await;
    let ben = server.someone("ben@example.org").await;
    server.join(space, &ben, Role::Viewer, Permissions::NONE).await;
    let broad = json!({"name": "t", "permissions": ["view", "delete"], "space": space.to_string()});
    problem(server.send(Method::POST, "/api/v1/tokens", &ben, broad).await, 403).await;
    // Without a space it may say more, and still does no more than its maker may.
    let asked = json!({"name": "t", "permissions": ["view", "manage"]});
    let token = json(server.send(Method::POST, "/api/v1/tokens", &ben, asked.clone()).await, 201).await;
    let mut token_only = ben.clone();
    token_only.secret = token["secret"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/spaces/{space}/invitations");
    problem(server.get(&path, &token_only).await, 403).await;
    problem(server.send(Method::POST, "/api/v1/tokens", &token_only, asked).await, 403).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_database() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let asked = json!({"name": "t", "permissions": ["view"]});
    let token = json(server.send(Method::POST, "/api/v1/tokens", &ana, asked).await, 201).await;
    let mut tx = server.library.catalog.read().await.unwrap();
    let person = tx.person_by_email(OWNER).await.unwrap().unwrap();
    let session = tx.session_list(person.id, model::Timestamp(0)).await.unwrap();
    let tokens = tx.token_list(person.id).await.unwrap();
    drop(tx);
    let kept = format!("{person:?}{session:?}{tokens:?}");
    for secret in [ana.secret.as_str(), token["secret"].as_str().unwrap(), PASSWORD] {
        assert!(!kept.contains(secret), "{kept}");
        assert!(!kept.contains(&secret[4..]), "{kept}");
    }
    assert!(kept.contains(&sha256(ana.secret.as_bytes())), "{kept}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_types_of_uploads_cannot_attack() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    for (album, name) in
        [("", ".."), ("", "a/b"), ("", ""), ("..", "a"), ("a//b", "a"), ("/etc", "a"), ("a", "x\0y")]
    {
        let refused = server.put(&ana, space, album, name, b"bytes").await;
        assert_eq!(problem(refused, 400).await["type"], "/problems/invalid", "{album:?} {name:?}");
    }
    // A page that somebody uploads is never shown as a page of this server.
    for (name, page) in
        [("page.html", "<script>alert(1)</script>"), ("a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")]
    {
        let put = json(server.put(&ana, space, "pages", name, page.as_bytes()).await, 200).await;
        let asset = put["asset"].as_str().unwrap();
        let view = json(server.get(&format!("/api/v1/assets/{asset}"), &ana).await, 200).await;
        let version = view["files"][0]["versions"][0]["id"].as_str().unwrap();
        let got = server.get(&format!("/api/v1/assets/{asset}/versions/{version}"), &ana).await;
        let headers = got.headers();
        assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment"), "{headers:?}");
        assert!(headers["content-security-policy"].to_str().unwrap().contains("sandbox"), "{headers:?}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_who_has_their_token_and_name_nobody() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    server.put(&ana, space, "secret album", "secret.jpg", b"photo").await;
    for secret in [None, Some("nonsense"), Some(ana.secret.as_str())] {
        let refused = server.request(Method::GET, "/metrics", secret).send().await.unwrap();
        problem(refused, 401).await;
    }
    let made_up = Method::from_bytes(b"MADEUP").unwrap();
    server.request(made_up, "/api/v1/spaces", None).send().await.unwrap();
    let told = server.request(Method::GET, "/metrics", Some(METRICS)).send().await.unwrap();
    assert!(told.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = told.text().await.unwrap();
    for line in [
        "ourphoto_http_requests_total{method=\"PUT\",route=\"/api/v1/spaces/{id}/files\",status=\"200\"} 1",
        "ourphoto_copy_objects{copy=\"library\"} 1",
        "ourphoto_jobs_waiting 1",
        "method=\"other\"",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    for secret in ["secret", "example.org", "MADEUP", &space.to_string()] {
        assert!(!text.contains(secret), "{secret}");
    }
    server.stop().await;
}
