//! The web app as a browser meets it. Where it was not built, the server says so.

use reqwest::{Method, Response, StatusCode, header};

use crate::support::{Server, problem};

async fn open(server: &Server, path: &str) -> Response {
    let request = server.request(Method::GET, path, None).header(header::ACCEPT, "text/html,*/*;q=0.8");
    request.send().await.unwrap()
}

/// Whether `npm run build` left an app; a test that wants one says that it is skipped.
fn built() -> bool {
    let built = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/build/index.html").exists();
    if !built {
        testkit::skipped("the web app is not built");
    }
    built
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_the_app_or_is_told_how_to_build_it() {
    let server = Server::start().await;
    let response = open(&server, "/").await;
    assert_eq!(response.status(), StatusCode::OK);
    let html = response.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html");
    let text = response.text().await.unwrap();
    assert!(if html { text.contains("/_app/immutable/") } else { text.contains("npm run build") }, "{text}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_runs_no_script_but_its_own_and_is_framed_by_nobody() {
    if !built() {
        return;
    }
    let server = Server::start().await;
    // Its own addresses are answered with its one page, whatever they name.
    for path in ["/", "/photos?photo=1", "/setup", "/albums/../%2e%2e/etc/passwd", "/nothing/of/this"] {
        let response = open(&server, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(response.headers()[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        let page = response.text().await.unwrap();
        // No script stands in the page, and every one of them comes from this server.
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/_app/immutable/"), "{script}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hashed_files_are_kept_for_ever_and_the_rest_is_asked_for_again() {
    if !built() {
        return;
    }
    let server = Server::start().await;
    let page = open(&server, "/").await.text().await.unwrap();
    let (_, rest) = page.split_once("<script src=\"").unwrap();
    let (script, _) = rest.split_once('"').unwrap();
    let get = |encoding: &'static str| {
        server.request(Method::GET, script, None).header(header::ACCEPT_ENCODING, encoding).send()
    };
    let plain = get("identity").await.unwrap();
    assert!(plain.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert_eq!(plain.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    let packed = get("gzip, br").await.unwrap();
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "br");
    assert_ne!(packed.headers()[header::ETAG], plain.headers()[header::ETAG]);
    assert!(packed.content_length() < plain.content_length());

    let etag = open(&server, "/").await.headers()[header::ETAG].clone();
    let again = server
        .request(Method::GET, "/", None)
        .header(header::ACCEPT, "text/html")
        .header(header::IF_NONE_MATCH, etag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_addresses_of_the_api_never_get_a_page() {
    let server = Server::start().await;
    for path in ["/api/v1/nothing", "/api/nothing", "/metrics/nothing"] {
        assert_eq!(problem(open(&server, path).await, 404).await["type"], "/problems/not-found", "{path}");
    }
    let program = server.request(Method::GET, "/nothing", None).header(header::ACCEPT, "application/json");
    assert_eq!(problem(program.send().await.unwrap(), 404).await["type"], "/problems/not-found");
    let posted = server.request(Method::POST, "/photos", None).header(header::ACCEPT, "text/html");
    assert_eq!(posted.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    server.stop().await;
}

/// The types of the web app are made out of it: `npm run openapi` in `web/` writes it anew.
#[test]
fn the_description_that_the_web_app_is_made_from_is_the_servers() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/openapi.json");
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let told = serde_json::to_value(ourphoto_server::openapi()).unwrap();
    let different: Vec<_> = told["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(path, methods)| kept["paths"][path.as_str()] != **methods)
        .map(|(path, _)| path)
        .collect();
    assert!(different.is_empty(), "{different:#?}");
    assert!(kept == told, "schemas or what is said of the whole");
}
