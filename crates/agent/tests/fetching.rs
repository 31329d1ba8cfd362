//! What disappears while photos are fetched is told by its name, and the others come all the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use model::ErrorKind;
use ourphoto_agent::{Client, Fetch, FetchReport, Wanted, fetch};
use serde_json::{Value, json};
use support::{Answer, Heard, SPACE, ok, problem, serve, usual};

const ALBUM: &str = "0195d5b0-0000-7000-8000-00000000000a";
const GONE: &str = "0195d5b0-0000-7000-8000-000000000011";
const STAYS: &str = "0195d5b0-0000-7000-8000-000000000012";
const VERSION: &str = "0195d5b0-0000-7000-8000-000000000021";

fn photo(id: &str, name: &str) -> Value {
    json!({
        "id": id, "album": ALBUM, "name": name, "kind": "master", "media": "photo",
        "captured_at": "2026-05-01T10:00:00Z", "previews": "none",
    })
}

fn detail() -> Value {
    let sha256 = vault::hash_bytes(&mut &b"bytes"[..]).unwrap().0.to_string();
    let version = json!({
        "id": VERSION, "number": 1, "size": 5, "sha256": sha256, "media_type": "image/jpeg",
        "added_at": "2026-05-01T10:00:00Z",
    });
    let mut detail = photo(STAYS, "stays.jpg");
    let more = json!({
        "metadata": {}, "edits": {}, "permissions": ["view", "download"], "albums": [],
        "files": [{"name": "stays.jpg", "role": "primary", "versions": [version]}],
    });
    detail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    detail
}

/// Fetches an album of two photos, the first of which is answered with `gone`.
async fn fetched(gone: fn() -> Answer) -> model::Result<FetchReport> {
    let album = json!({
        "id": ALBUM, "space": SPACE, "name": "lake", "folder": "lake", "tier": "working",
        "permissions": ["view", "download"], "created_at": "",
    });
    let (address, _) = serve(move |asked, _| {
        usual(asked, |asked| {
            let path = asked.trim_start_matches("GET /api/v1/");
            match path.split('/').collect::<Vec<_>>()[..] {
                ["spaces", _, "albums"] => ok(json!([album]).to_string()),
                ["albums", _, "assets"] => {
                    let photos = [photo(GONE, "gone.jpg"), photo(STAYS, "stays.jpg")];
                    ok(json!({"assets": photos}).to_string())
                }
                ["assets", GONE] => gone(),
                ["assets", STAYS] => ok(detail().to_string()),
                ["assets", STAYS, "versions", VERSION] => ok("bytes"),
                _ => problem(404, "not-found", "unexpected"),
            }
        })
    });
    let to = tempfile::tempdir().unwrap();
    let client = Client::new(&address, Some("secret".to_owned())).unwrap();
    let what = Wanted::Space("Family".to_owned());
    let asked = Fetch { what, to: to.path().to_owned(), as_of: None, from_copy: None };
    let report = fetch(&client, asked, Arc::new(Heard::default())).await?;
    assert_eq!(std::fs::read(to.path().join("lake/stays.jpg")).unwrap(), b"bytes");
    Ok(report)
}

#[tokio::test]
async fn a_photo_that_disappears_meanwhile_is_named_and_the_others_are_fetched() {
    let report = fetched(|| problem(404, "not-found", "there is no such photo")).await.unwrap();
    assert_eq!((report.restored, report.bytes), (1, 5), "{report:?}");
    assert_eq!(report.failed, [("lake/gone.jpg".to_owned(), "there is no such photo".to_owned())]);
}

#[tokio::test]
async fn what_concerns_all_photos_ends_it() {
    let ended = fetched(|| problem(401, "unproved", "you are not signed in any more")).await.unwrap_err();
    assert_eq!((ended.kind(), ended.message()), (ErrorKind::Unproved, "you are not signed in any more"));
}
