//! Authorization is complete: every operation of the OpenAPI document has a case here, and the case is tried with every
//! role, without one, from another space, without signing in, after revocation and after expiry.

use std::collections::BTreeSet;
use std::time::Duration;

use catalog::NewJob;
use library::accounts::Origin;
use model::{Clock as _, JobId, Permission, Permissions, Role, SpaceId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json, sha256};

/// Who may.
#[derive(Clone, Copy)]
enum Needs {
    /// Anybody, for it asks for a secret of its own.
    Nothing,
    /// Whoever has signed in, a program with a token included.
    Anybody,
    /// Whoever has signed in as a person.
    Session,
    /// Whoever may look into the space at all.
    Member,
    /// Members with this permission.
    Has(Permission),
    /// Members with one of these.
    Either(Permission, Permission),
    /// Whoever manages this space, or the one that an album is mirrored into; most who are asked here manage that one.
    EitherSide,
    /// Whoever manages every space, and has just proved who they are.
    Everywhere,
}

struct Case {
    method: &'static str,
    path: &'static str,
    needs: Needs,
    body: fn(&Scene) -> Option<Value>,
}

/// What the placeholders of a path stand for, made anew for each try.
#[derive(Default)]
struct Scene {
    space: String,
    elsewhere: String,
    album: String,
    asset: String,
    version: String,
    /// A member who may be changed.
    guest: String,
    invitation: String,
    /// The asking person's own.
    session: String,
    token: String,
    factor: String,
    upload: String,
    device: String,
    code: String,
    job: String,
    /// Of the asking person's account, or one that they may vouch for.
    recovery: String,
    phrase: String,
    channel: String,
    copy: String,
    drill: String,
    review: String,
    number: u32,
}

fn nothing(_: &Scene) -> Option<Value> {
    None
}

/// The photo, in the body.
#[expect(clippy::unnecessary_wraps, reason = "as every case says its body")]
fn selection(scene: &Scene) -> Option<Value> {
    Some(json!({"assets": [scene.asset]}))
}

/// A review of one point.
#[expect(clippy::unnecessary_wraps, reason = "as every case says its body")]
fn review(_: &Scene) -> Option<Value> {
    Some(
        json!({"title": "Cards", "points": ["Every card is empty"], "every_days": 7, "due_ms": 1_795_399_200_000i64}),
    )
}

const CASES: &[Case] = &[
    case("POST", "/api/v1/setup", Needs::Nothing, |_| {
        Some(json!({"secret": "x", "email": "eve@example.org", "password": "correct horse battery staple"}))
    }),
    case("POST", "/api/v1/session", Needs::Nothing, |_| Some(json!({"email": "a@b.c", "password": "x"}))),
    case("POST", "/api/v1/invitations/accept", Needs::Nothing, |_| {
        Some(json!({"secret": "x", "password": "y"}))
    }),
    case("POST", "/api/v1/recoveries", Needs::Nothing, |_| Some(json!({"email": "a@b.c"}))),
    case("POST", "/api/v1/recoveries/state", Needs::Nothing, |_| Some(json!({"secret": "x"}))),
    case("POST", "/api/v1/recoveries/finish", Needs::Nothing, |_| {
        Some(json!({"secret": "x", "password": "correct horse battery staple"}))
    }),
    case("POST", "/api/v1/recoveries/kit", Needs::Nothing, |_| Some(json!({"email": "a@b.c"}))),
    case("POST", "/api/v1/recoveries/kit/finish", Needs::Nothing, |_| {
        let ceremony = uuid::Uuid::nil();
        Some(json!({"ceremony": ceremony, "answer": "x", "password": "correct horse battery staple"}))
    }),
    case("GET", "/api/v1/session", Needs::Anybody, nothing),
    case("GET", "/api/v1/spaces", Needs::Anybody, nothing),
    case("GET", "/api/v1/albums", Needs::Anybody, nothing),
    // Each finds and lists what is theirs, which has tests of its own.
    case("GET", "/api/v1/search", Needs::Anybody, nothing),
    case("GET", "/api/v1/search/facets", Needs::Anybody, nothing),
    case("GET", "/api/v1/uploads", Needs::Anybody, nothing),
    case("GET", "/api/v1/events", Needs::Anybody, nothing),
    // Of a server, not of a space: who manages any space may look.
    case("GET", "/api/v1/status", Needs::EitherSide, nothing),
    // The same; the library is a copy that everybody here has, and nobody can run it.
    case("GET", "/api/v1/copies", Needs::EitherSide, nothing),
    case("PUT", "/api/v1/copies/{copy}/care", Needs::Everywhere, |_| {
        Some(json!({"every_minutes": 60, "scrub_days": 90}))
    }),
    case("POST", "/api/v1/copies/{copy}/run", Needs::EitherSide, nothing),
    case("GET", "/api/v1/damage", Needs::EitherSide, nothing),
    case("GET", "/api/v1/alerts", Needs::EitherSide, nothing),
    case("GET", "/api/v1/drills", Needs::EitherSide, nothing),
    case("POST", "/api/v1/drills", Needs::EitherSide, |_| {
        Some(json!({"copy": "library", "scope": "sample"}))
    }),
    // Reports name photos of every space.
    case("GET", "/api/v1/drills/{drill}", Needs::Has(Permission::Manage), nothing),
    case("GET", "/api/v1/reviews", Needs::EitherSide, nothing),
    case("POST", "/api/v1/reviews", Needs::EitherSide, review),
    case("PUT", "/api/v1/reviews/{review}", Needs::EitherSide, review),
    case("DELETE", "/api/v1/reviews/{review}", Needs::EitherSide, nothing),
    case("POST", "/api/v1/reviews/{review}/done", Needs::EitherSide, |_| {
        Some(json!({"passed": true, "ticked": [true]}))
    }),
    case("GET", "/api/v1/spaces/{space}/coverage", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/spaces/{space}/at-risk", Needs::Has(Permission::View), nothing),
    case("PUT", "/api/v1/spaces/{space}/rule", Needs::Has(Permission::Manage), |_| {
        Some(json!({"copies": 3, "media": 2, "offsite": 1, "proof_days": 100}))
    }),
    // A program gives back the token that it comes with, which has a test of its own.
    case("DELETE", "/api/v1/session", Needs::Session, nothing),
    case("POST", "/api/v1/pairings", Needs::Nothing, |_| Some(json!({"name": "program"}))),
    case("POST", "/api/v1/pairings/collect", Needs::Nothing, |_| Some(json!({"secret": "x"}))),
    case("GET", "/api/v1/pairings/{code}", Needs::Session, nothing),
    case("POST", "/api/v1/pairings/{code}/approve", Needs::Session, |_| {
        Some(json!({"permissions": ["view"]}))
    }),
    case("POST", "/api/v1/pairings/{code}/refuse", Needs::Session, nothing),
    // Each finds and adds their own; a program reports for the device that it is, which has a test of its own.
    case("GET", "/api/v1/devices", Needs::Anybody, nothing),
    case("POST", "/api/v1/devices", Needs::Anybody, |_| Some(json!({"name": "phone", "kind": "phone"}))),
    case("PUT", "/api/v1/devices/{device}/report", Needs::Session, |_| Some(json!({"waiting": 3}))),
    case("DELETE", "/api/v1/devices/{device}", Needs::Session, nothing),
    case("GET", "/api/v1/activity?space={space}", Needs::Has(Permission::Manage), nothing),
    case("GET", "/api/v1/activity/check", Needs::EitherSide, nothing),
    case("GET", "/api/v1/jobs", Needs::EitherSide, nothing),
    case("POST", "/api/v1/jobs/{job}/again", Needs::Has(Permission::Manage), nothing),
    case("POST", "/api/v1/session/proof", Needs::Session, |_| {
        Some(json!({"password": "correct horse battery staple"}))
    }),
    case("GET", "/api/v1/sessions", Needs::Session, nothing),
    case("DELETE", "/api/v1/sessions/{session}", Needs::Session, nothing),
    case("PUT", "/api/v1/me/password", Needs::Session, |_| {
        Some(json!({"password": "correct horse battery staple"}))
    }),
    // Nobody here has a passkey; what is answered then comes after who asks.
    case("DELETE", "/api/v1/me/password", Needs::Session, nothing),
    case("POST", "/api/v1/passkeys", Needs::Session, |_| Some(json!({"name": "phone"}))),
    case("POST", "/api/v1/passkeys/{ceremony}/confirm", Needs::Session, |_| Some(json!({"credential": {}}))),
    case("POST", "/api/v1/session/passkey", Needs::Nothing, |_| Some(json!({}))),
    case("POST", "/api/v1/session/passkey/{ceremony}", Needs::Nothing, |_| Some(json!({"credential": {}}))),
    case("GET", "/api/v1/tokens", Needs::Session, nothing),
    case("POST", "/api/v1/tokens", Needs::Session, |_| Some(json!({"name": "t", "permissions": ["view"]}))),
    case("DELETE", "/api/v1/tokens/{token}", Needs::Session, nothing),
    case("GET", "/api/v1/factors", Needs::Session, nothing),
    case("POST", "/api/v1/factors/totp", Needs::Session, |_| Some(json!({"name": "phone"}))),
    // A wrong code is a wrong request, of whoever may make one.
    case("POST", "/api/v1/factors/totp/{factor}/confirm", Needs::Session, |_| {
        Some(json!({"code": "000000"}))
    }),
    case("DELETE", "/api/v1/factors/{factor}", Needs::Session, nothing),
    case("POST", "/api/v1/recovery-codes", Needs::Session, nothing),
    case("GET", "/api/v1/contacts", Needs::Session, nothing),
    case("PUT", "/api/v1/contacts", Needs::Session, |_| Some(json!({"emails": [], "needed": 0}))),
    // Of one's own account, and of those that one may vouch for; other people's have tests of their own.
    case("GET", "/api/v1/recoveries", Needs::Session, nothing),
    case("POST", "/api/v1/recoveries/{recovery}/vouch", Needs::Session, |scene| {
        Some(json!({"phrase": scene.phrase}))
    }),
    case("DELETE", "/api/v1/recoveries/{recovery}/vouch", Needs::Session, nothing),
    case("POST", "/api/v1/recoveries/{recovery}/veto", Needs::Session, nothing),
    case("GET", "/api/v1/notices", Needs::Session, nothing),
    case("POST", "/api/v1/notices/seen", Needs::Session, |_| Some(json!({"until": uuid::Uuid::nil()}))),
    case("GET", "/api/v1/channels", Needs::Session, nothing),
    // This server sends no e-mail, and a wrong code is a wrong request, of whoever may make one.
    case("POST", "/api/v1/channels", Needs::Session, |_| {
        Some(json!({"kind": "email", "address": "eve@example.org"}))
    }),
    case("POST", "/api/v1/channels/{channel}/confirm", Needs::Session, |_| Some(json!({"code": "wrong"}))),
    case("POST", "/api/v1/channels/{channel}/test", Needs::Session, nothing),
    case("PATCH", "/api/v1/channels/{channel}", Needs::Session, |_| Some(json!({"kinds": []}))),
    case("DELETE", "/api/v1/channels/{channel}", Needs::Session, nothing),
    // Who may make spaces is a rule of its own, and has a test of its own.
    case("POST", "/api/v1/spaces", Needs::Nothing, |_| Some(json!({"name": ""}))),
    case("GET", "/api/v1/spaces/{space}", Needs::Member, nothing),
    case("PATCH", "/api/v1/spaces/{space}", Needs::Has(Permission::Manage), |_| Some(json!({"quota": 0}))),
    case("GET", "/api/v1/spaces/{space}/members", Needs::Member, nothing),
    case("PUT", "/api/v1/spaces/{space}/members/{guest}", Needs::Has(Permission::Manage), |_| {
        Some(json!({"role": "viewer"}))
    }),
    case("DELETE", "/api/v1/spaces/{space}/members/{guest}", Needs::Has(Permission::Manage), nothing),
    case("GET", "/api/v1/spaces/{space}/invitations", Needs::Has(Permission::Manage), nothing),
    case("POST", "/api/v1/spaces/{space}/invitations", Needs::Has(Permission::Manage), |_| {
        Some(json!({"email": "new@example.org", "role": "viewer"}))
    }),
    case(
        "DELETE",
        "/api/v1/spaces/{space}/invitations/{invitation}",
        Needs::Has(Permission::Manage),
        nothing,
    ),
    case("GET", "/api/v1/spaces/{space}/albums", Needs::Member, nothing),
    case("POST", "/api/v1/spaces/{space}/albums", Needs::Has(Permission::Organise), |scene| {
        Some(json!({"name": format!("made {}", scene.number)}))
    }),
    case("GET", "/api/v1/albums/{album}", Needs::Either(Permission::View, Permission::Upload), nothing),
    case("PATCH", "/api/v1/albums/{album}", Needs::Has(Permission::Organise), |_| {
        Some(json!({"name": "other"}))
    }),
    case("DELETE", "/api/v1/albums/{album}", Needs::Has(Permission::Delete), nothing),
    case("POST", "/api/v1/albums/{album}/undelete", Needs::Has(Permission::Delete), nothing),
    case("GET", "/api/v1/albums/{album}/openings", Needs::Has(Permission::Manage), nothing),
    case("POST", "/api/v1/albums/{album}/grants", Needs::Has(Permission::Manage), |_| {
        Some(json!({"email": "outsider@example.org", "permissions": ["view"]}))
    }),
    case("DELETE", "/api/v1/albums/{album}/grants/{guest}", Needs::Has(Permission::Manage), nothing),
    case("POST", "/api/v1/albums/{album}/mirrors", Needs::Has(Permission::Manage), |scene| {
        Some(json!({"space": scene.elsewhere}))
    }),
    case("DELETE", "/api/v1/albums/{album}/mirrors/{elsewhere}", Needs::EitherSide, nothing),
    case("GET", "/api/v1/spaces/{space}/assets", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/spaces/{space}/months", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/albums/{album}/assets", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/assets/{asset}", Needs::Has(Permission::View), nothing),
    case("PATCH", "/api/v1/assets/{asset}", Needs::Has(Permission::Organise), |_| {
        Some(json!({"title": "t"}))
    }),
    case("DELETE", "/api/v1/assets/{asset}", Needs::Has(Permission::Delete), nothing),
    case("POST", "/api/v1/assets/{asset}/undelete", Needs::Has(Permission::Delete), nothing),
    case("GET", "/api/v1/assets/{asset}/copies", Needs::Has(Permission::View), nothing),
    case(
        "POST",
        "/api/v1/assets/{asset}/versions/{version}/restore",
        Needs::Has(Permission::Organise),
        nothing,
    ),
    case("GET", "/api/v1/spaces/{space}/trash", Needs::Has(Permission::Delete), nothing),
    case("POST", "/api/v1/trash?{asset}", Needs::Has(Permission::Delete), selection),
    case("POST", "/api/v1/trash/undelete?{asset}", Needs::Has(Permission::Delete), selection),
    case("PUT", "/api/v1/albums/{album}/assets/{asset}", Needs::Has(Permission::Organise), nothing),
    case("DELETE", "/api/v1/albums/{album}/assets/{asset}", Needs::Has(Permission::Organise), nothing),
    case("POST", "/api/v1/albums/{album}/assets?{asset}", Needs::Has(Permission::Organise), selection),
    case("POST", "/api/v1/albums/{album}/assets/remove?{asset}", Needs::Has(Permission::Organise), selection),
    case("GET", "/api/v1/spaces/{space}/waiting", Needs::Has(Permission::View), nothing),
    case("POST", "/api/v1/assets/{asset}/approve", Needs::Has(Permission::Approve), nothing),
    case("POST", "/api/v1/assets/{asset}/decline", Needs::Has(Permission::Approve), |_| Some(json!({}))),
    case("POST", "/api/v1/approvals?{asset}", Needs::Has(Permission::Approve), selection),
    case("POST", "/api/v1/approvals/decline?{asset}", Needs::Has(Permission::Approve), selection),
    case("GET", "/api/v1/assets/{asset}/renditions/thumbnail", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/assets/{asset}/versions/{version}", Needs::Has(Permission::Download), nothing),
    case("GET", "/api/v1/spaces/{space}/changes", Needs::Has(Permission::View), nothing),
    case("PUT", "/api/v1/spaces/{space}/files", Needs::Has(Permission::Upload), nothing),
    case("POST", "/api/v1/spaces/{space}/files/known", Needs::Has(Permission::Upload), |scene| {
        let sha256 = sha256(b"nobody has these");
        Some(json!({"name": format!("{}.jpg", scene.number), "sha256": sha256, "size": 16}))
    }),
    case("POST", "/api/v1/spaces/{space}/files/check", Needs::Has(Permission::Upload), |_| {
        Some(json!({"sha256": []}))
    }),
    case("OPTIONS", "/api/v1/spaces/{space}/uploads", Needs::Nothing, nothing),
    case("POST", "/api/v1/spaces/{space}/uploads", Needs::Has(Permission::Upload), nothing),
    // Their own, begun when they might; other people's are none of theirs, which has a test of its own.
    case("HEAD", "/api/v1/uploads/{upload}", Needs::Has(Permission::Upload), nothing),
    case("PATCH", "/api/v1/uploads/{upload}", Needs::Has(Permission::Upload), nothing),
    case("POST", "/api/v1/uploads/{upload}", Needs::Has(Permission::Upload), nothing),
    case("DELETE", "/api/v1/uploads/{upload}", Needs::Has(Permission::Upload), nothing),
];

const fn case(
    method: &'static str,
    path: &'static str,
    needs: Needs,
    body: fn(&Scene) -> Option<Value>,
) -> Case {
    Case { method, path, needs, body }
}

/// Path parameters do not count: the document and the cases may call them differently.
fn shape(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if part.starts_with('{') || part == "thumbnail" { "{}" } else { part })
        .collect();
    format!("{method} {}", parts.join("/"))
}

#[test]
fn every_operation_has_a_case_and_every_case_an_operation() {
    let document = serde_json::to_value(ourphoto_server::openapi()).unwrap();
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            operations.insert(shape(&method.to_uppercase(), path));
        }
    }
    let cases: BTreeSet<String> = CASES.iter().map(|case| shape(case.method, case.path)).collect();
    let missing: Vec<_> = operations.difference(&cases).collect();
    let stale: Vec<_> = cases.difference(&operations).collect();
    assert!(missing.is_empty(), "operations without a case: {missing:#?}");
    assert!(stale.is_empty(), "cases without an operation: {stale:#?}");
    assert!(operations.len() > 40);
}

struct World {
    server: Server,
    owner: Someone,
    space: SpaceId,
    elsewhere: SpaceId,
    number: u32,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let owner = server.sign_in(OWNER).await;
        let space = server.space("Family").await;
        let elsewhere = server.space("Elsewhere").await;
        server.someone("outsider@example.org").await;
        Self { server, owner, space, elsewhere, number: 0 }
    }

    /// What a case speaks of, made anew: an album with a photo, a guest, an invitation, and what is `who`'s own.
    async fn scene(&mut self, case: &Case, who: &Someone) -> Scene {
        let id = |value: &Value| value.as_str().unwrap().to_owned();
        self.number += 1;
        let number = self.number;
        let (server, space) = (&self.server, self.space);
        let mut scene = Scene {
            space: space.to_string(),
            elsewhere: self.elsewhere.to_string(),
            copy: "library".to_owned(),
            number,
            ..Scene::default()
        };
        if ["{album}", "{asset}", "{job}"].iter().any(|part| case.path.contains(part)) {
            let bytes = format!("photo {number}");
            let put =
                server.put(&self.owner, space, &format!("album {number}"), "a.jpg", bytes.as_bytes()).await;
            scene.asset = id(&json(put, 200).await["asset"]);
            let view =
                json(server.get(&format!("/api/v1/assets/{}", scene.asset), &self.owner).await, 200).await;
            scene.album = id(&view["album"]);
            scene.version = id(&view["files"][0]["versions"][0]["id"]);
        }
        if case.path.contains("/albums/{album}/assets") && case.method != "GET" {
            // Another album than its home.
            let asked = json!({"name": format!("beside {number}")});
            let path = format!("/api/v1/spaces/{space}/albums");
            let made = json(server.send(Method::POST, &path, &self.owner, asked).await, 201).await;
            scene.album = id(&made["id"]);
        }
        if case.path.contains("{asset}") && matches!(case.needs, Needs::Has(Permission::Approve)) {
            let mut tx = server.library.catalog.begin().await.unwrap();
            tx.approval_wait(&[scene.asset.parse().unwrap()]).await.unwrap();
            tx.commit().await.unwrap();
        }
        if case.path.contains("{guest}") {
            let guest = server.person(&format!("guest{number}@example.org")).await;
            server.join(space, guest, Role::Viewer, Permissions::NONE).await;
            scene.guest = guest.to_string();
        }
        if case.path.contains("{invitation}") {
            let asked = json!({"email": format!("invited{number}@example.org"), "role": "viewer"});
            let path = format!("/api/v1/spaces/{space}/invitations");
            let made = json(server.send(Method::POST, &path, &self.owner, asked).await, 201).await;
            scene.invitation = id(&made["invitation"]["id"]);
        }
        if case.path.contains("{session}") || case.path.contains("{token}") || case.path.contains("{factor}")
        {
            let own = server.sign_in(&who.email).await;
            scene.session = id(&self.own(&own, "/api/v1/sessions").await["id"]);
            let asked = json!({"name": "mine", "permissions": ["view"]});
            let token = json(server.send(Method::POST, "/api/v1/tokens", &own, asked).await, 201).await;
            scene.token = id(&token["token"]["id"]);
            let asked = json!({"name": "phone"});
            let factor =
                json(server.send(Method::POST, "/api/v1/factors/totp", &own, asked).await, 201).await;
            scene.factor = id(&factor["id"]);
        }
        if case.path.contains("{job}") {
            scene.job = self.given_up(&scene.asset).await;
        }
        if case.path.contains("{code}") {
            scene.code = server.library.pairing_begin("program", &Origin::default()).await.unwrap().code;
        }
        if case.path.contains("{device}") {
            let asked = json!({"name": "phone", "kind": "phone"});
            let made = json(server.send(Method::POST, "/api/v1/devices", who, asked).await, 201).await;
            scene.device = id(&made["id"]);
        }
        if case.path.contains("{channel}") {
            let confirmed = !case.path.ends_with("/confirm");
            scene.channel = self.server.channel(who, confirmed).await.to_string();
        }
        if case.path.contains("{upload}") {
            scene.upload = self.server.begun(who, space, "sent", 5).await.to_string();
        }
        if case.path.contains("{recovery}") {
            self.recovery(case, who, &mut scene).await;
        }
        if case.path.contains("{drill}") {
            scene.drill = self.drilled().await;
        }
        if case.path.contains("{review}") {
            scene.review = self.reviewed().await;
        }
        self.prepare(case, &scene).await;
        scene
    }

    /// A drill on record.
    async fn drilled(&self) -> String {
        let library = &self.server.library;
        let mut tx = library.catalog.begin().await.unwrap();
        let copy = tx.copy_list().await.unwrap()[0].id;
        let now = self.server.clock.now();
        let report = json!({
            "format": "x", "copy": "library", "store": "x", "scope": "sample", "started_at": 1, "ended_at": 1,
            "snapshot": null, "snapshot_at": null, "photos": 0, "files": 0, "bytes": 0, "newer": 0, "compared": [],
            "problems": [], "more_problems": 0, "bytes_per_second": 0, "passed": false,
        });
        let drill = catalog::Drill {
            id: model::DrillId::generate(),
            copy_id: copy,
            scope: model::DrillScope::Sample,
            started_at: now,
            ended_at: now,
            passed: false,
            report: report.to_string(),
            signature: vec![0; 64],
        };
        tx.drill_insert(&drill).await.unwrap();
        tx.commit().await.unwrap();
        drill.id.to_string()
    }

    /// A review of one point.
    async fn reviewed(&self) -> String {
        let now = self.server.clock.now();
        let review = catalog::Review {
            id: model::ReviewId::generate(),
            kind: model::ReviewKind::Own,
            title: "Cards".into(),
            checklist: vec!["Every card is empty".into()],
            every_days: 7,
            owner_id: None,
            due_at: now,
            created_at: now,
            ended_at: None,
        };
        let mut tx = self.server.library.catalog.begin().await.unwrap();
        tx.review_insert(&review).await.unwrap();
        tx.commit().await.unwrap();
        review.id.to_string()
    }

    /// Work on a photo that was given up.
    async fn given_up(&self, asset: &str) -> String {
        let now = self.server.clock.now();
        let job = NewJob {
            id: JobId::generate(),
            kind: "media",
            payload: json!({"asset": asset}),
            dedupe_key: None,
            run_at: now,
            created_at: now,
        };
        let mut tx = self.server.library.catalog.begin().await.unwrap();
        tx.job_insert_many(&[job.clone()]).await.unwrap();
        tx.job_give_up(job.id, "it was too hard", now).await.unwrap();
        tx.commit().await.unwrap();
        job.id.to_string()
    }

    async fn recovery(&self, case: &Case, who: &Someone, scene: &mut Scene) {
        let server = &self.server;
        let other = server.person(&format!("other{}@example.org", scene.number)).await;
        let own = case.path.ends_with("/veto");
        let (account, contact) = if own { (who.id, other) } else { (other, who.id) };
        server.trust(account, &[contact], 1).await;
        let mut tx = server.library.catalog.read().await.unwrap();
        let email = tx.person_get(account).await.unwrap().unwrap().email;
        drop(tx);
        let asked = server.library.recovery_begin(&email, &Origin::default()).await.unwrap();
        scene.phrase = asked.phrase.to_string();
        let mut tx = server.library.catalog.begin().await.unwrap();
        let recovery = tx.recovery_find(&asked.secret.hash().unwrap()).await.unwrap().unwrap();
        if case.method == "DELETE" {
            assert!(tx.vouch_insert(recovery.id, who.id, recovery.created_at).await.unwrap());
        }
        tx.commit().await.unwrap();
        scene.recovery = recovery.id.to_string();
    }

    async fn own(&self, who: &Someone, path: &str) -> Value {
        json(self.server.get(path, who).await, 200).await[0].clone()
    }

    async fn prepare(&self, case: &Case, scene: &Scene) {
        let album = &scene.album;
        if case.path.ends_with("/grants/{guest}") {
            let asked =
                json!({"email": format!("guest{}@example.org", scene.number), "permissions": ["view"]});
            let path = format!("/api/v1/albums/{album}/grants");
            json(self.server.send(Method::POST, &path, &self.owner, asked).await, 201).await;
        }
        if case.path.ends_with("/mirrors/{elsewhere}") {
            let asked = json!({"space": scene.elsewhere});
            let path = format!("/api/v1/albums/{album}/mirrors");
            let made = self.server.send(Method::POST, &path, &self.owner, asked).await;
            assert_eq!(made.status(), StatusCode::NO_CONTENT);
        }
    }

    async fn ask(&self, case: &Case, scene: &Scene, secret: Option<&str>) -> (u16, Value) {
        let path = case
            .path
            .replace("{space}", &scene.space)
            .replace("{elsewhere}", &scene.elsewhere)
            .replace("{album}", &scene.album)
            .replace("{asset}", &scene.asset)
            .replace("{version}", &scene.version)
            .replace("{guest}", &scene.guest)
            .replace("{invitation}", &scene.invitation)
            .replace("{session}", &scene.session)
            .replace("{token}", &scene.token)
            .replace("{factor}", &scene.factor)
            .replace("{device}", &scene.device)
            .replace("{code}", &scene.code)
            .replace("{job}", &scene.job)
            .replace("{ceremony}", &uuid::Uuid::nil().to_string())
            .replace("{upload}", &scene.upload)
            .replace("{recovery}", &scene.recovery)
            .replace("{channel}", &scene.channel)
            .replace("{copy}", &scene.copy)
            .replace("{drill}", &scene.drill)
            .replace("{review}", &scene.review);
        let method = Method::from_bytes(case.method.as_bytes()).unwrap();
        let mut request = self.server.request(method, &path, secret);
        if case.path.ends_with("/files") {
            let bytes = format!("sent {} {secret:?}", scene.number);
            let hash = sha256(bytes.as_bytes());
            let query = [("album", "sent"), ("name", "s.jpg"), ("sha256", hash.as_str())];
            request = request.query(&query).body(bytes);
        } else if case.path.contains("/uploads") {
            request = request.header("Tus-Resumable", "1.0.0");
            request = match case.method {
                "PATCH" => request
                    .header("Upload-Offset", 0)
                    .header("Content-Type", "application/offset+octet-stream")
                    .body("12345"),
                "POST" => request
                    .header("Upload-Length", 5)
                    .header("Upload-Metadata", "filename cy5qcGc=,album c2VudA==")
                    .header("X-HTTP-Method-Override", "HEAD"),
                _ => request,
            };
        } else if let Some(body) = (case.body)(scene) {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        if status == 200 && case.path.ends_with("/events") {
            // It goes on for ever.
            return (status, Value::Null);
        }
        (status, response.json().await.unwrap_or_default())
    }

    /// Whether the answer is that of somebody who may. What a thing's absence says is told apart from refusal.
    fn allowed(status: u16, body: &Value) -> bool {
        let kind = body["type"].as_str().unwrap_or_default();
        match status {
            200..=299 => true,
            400 => kind == "/problems/second-factor-failed" || kind == "/problems/invalid",
            409 => kind == "/problems/no-passkey",
            404 => kind == "/problems/no-rendition" || kind == "/problems/content-unknown",
            _ => false,
        }
    }
}

/// What a case must answer to somebody with these rights in the space.
fn expected(needs: Needs, rights: Permissions) -> bool {
    match needs {
        Needs::Nothing | Needs::Anybody | Needs::Session | Needs::EitherSide => true,
        Needs::Everywhere => rights.has(Permission::Manage),
        Needs::Member => !rights.is_empty(),
        Needs::Has(permission) => rights.has(permission),
        Needs::Either(one, other) => rights.has(one) || rights.has(other),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_exactly_what_it_may() {
    let mut world = World::new().await;
    let mut people = Vec::new();
    for role in Role::ALL.iter().filter(|role| **role != Role::Custom) {
        people.push((format!("{role}@example.org"), *role, Permissions::NONE));
    }
    let only = Permissions::of(&[Permission::Upload]);
    people.push(("uploader@example.org".into(), Role::Custom, only));
    let looks = Permissions::of(&[Permission::View]);
    people.push(("looker@example.org".into(), Role::Custom, looks));
    for (email, role, custom) in people {
        let who = world.server.someone(&email).await;
        world.server.join(world.space, &who, role, custom).await;
        world.server.join(world.elsewhere, &who, Role::Manager, Permissions::NONE).await;
        let rights = if role == Role::Custom { custom } else { role.permissions() };
        // What ends sessions comes last.
        let mut cases: Vec<&Case> = CASES.iter().collect();
        cases.sort_by_key(|case| matches!(case.needs, Needs::Session));
        for case in cases.into_iter().filter(|case| !matches!(case.needs, Needs::Nothing)) {
            let scene = world.scene(case, &who).await;
            // One's own session, and the sessions beside it, may be ended by the case.
            let fresh = match case.needs {
                Needs::Session => world.server.sign_in(&email).await,
                _ => who.clone(),
            };
            let (status, body) = world.ask(case, &scene, Some(&fresh.secret)).await;
            let may = expected(case.needs, rights);
            assert_eq!(
                World::allowed(status, &body),
                may,
                "{} {} as {email}: {status} {body}",
                case.method,
                case.path
            );
            if !may {
                assert!(matches!(status, 403 | 404), "{} {} as {email}: {status}", case.method, case.path);
            }
        }
    }
    world.server.stop().await;
}

/// What is about the whole server is for who manages something on it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_manages_nothing_learns_nothing_of_the_server() {
    let mut world = World::new().await;
    for role in Role::ALL.iter().filter(|role| **role != Role::Custom) {
        let who = world.server.someone(&format!("{role}@example.org")).await;
        world.server.join(world.space, &who, *role, Permissions::NONE).await;
        let manages = role.permissions().has(Permission::Manage);
        for case in CASES.iter().filter(|case| matches!(case.needs, Needs::EitherSide | Needs::Everywhere)) {
            let scene = world.scene(case, &who).await;
            let (status, body) = world.ask(case, &scene, Some(&who.secret)).await;
            let what = format!("{} {} as {role}", case.method, case.path);
            match (manages, case.needs) {
                (false, _) => assert_eq!(status, 404, "{what}: {body}"),
                // The other space is not theirs.
                (true, Needs::Everywhere) => assert_eq!(status, 403, "{what}: {body}"),
                (true, _) => assert!(World::allowed(status, &body), "{what}: {status} {body}"),
            }
        }
    }
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anywhere_without_a_right() {
    let mut world = World::new().await;
    let stranger = world.server.someone("stranger@example.org").await;
    world.server.join(world.elsewhere, &stranger, Role::Owner, Permissions::NONE).await;
    let nobody = world.server.sign_in("outsider@example.org").await;
    let gone = world.server.someone("gone@example.org").await;
    world.server.join(world.space, &gone, Role::Owner, Permissions::NONE).await;
    for case in CASES.iter().filter(|case| !matches!(case.needs, Needs::Nothing)) {
        let scene = world.scene(case, &stranger).await;
        let what = format!("{} {}", case.method, case.path);
        for secret in [None, Some("nonsense"), Some("ops_nonsense"), Some("opt_nonsense")] {
            let (status, body) = world.ask(case, &scene, secret).await;
            assert_eq!(status, 401, "{what} with {secret:?}: {body}");
        }
        // Another space's things do not exist for strangers, whatever they are at home.
        if matches!(case.needs, Needs::Member | Needs::Has(_) | Needs::Either(..)) {
            let (status, body) = world.ask(case, &scene, Some(&stranger.secret)).await;
            assert_eq!(status, 404, "{what} as a stranger: {body}");
        }
        if matches!(case.needs, Needs::EitherSide | Needs::Everywhere) {
            let (status, body) = world.ask(case, &scene, Some(&nobody.secret)).await;
            assert_eq!(status, 404, "{what} as a member of neither: {body}");
        }
        // A session that was ended, and one that has expired, are none.
        let ended = world.server.sign_in("gone@example.org").await;
        let actor = world.server.request(Method::DELETE, "/api/v1/session", Some(&ended.secret)).send().await;
        assert_eq!(actor.unwrap().status(), StatusCode::NO_CONTENT);
        let (status, body) = world.ask(case, &scene, Some(&ended.secret)).await;
        assert_eq!(status, 401, "{what} after the session was ended: {body}");
    }
    let late = world.server.sign_in("gone@example.org").await;
    // Who one is comes before what is asked for, so these need not exist.
    let id = || uuid::Uuid::nil().to_string();
    let scene = Scene {
        space: world.space.to_string(),
        elsewhere: world.elsewhere.to_string(),
        album: id(),
        asset: id(),
        version: id(),
        guest: id(),
        invitation: id(),
        session: id(),
        token: id(),
        factor: id(),
        upload: id(),
        device: id(),
        code: id(),
        job: id(),
        recovery: id(),
        phrase: String::new(),
        channel: id(),
        copy: "library".to_owned(),
        drill: id(),
        review: id(),
        number: 0,
    };
    world.server.clock.advance(Duration::from_hours(15 * 24));
    for case in CASES.iter().filter(|case| !matches!(case.needs, Needs::Nothing)) {
        let (status, body) = world.ask(case, &scene, Some(&late.secret)).await;
        assert_eq!(status, 401, "{} {} after the session expired: {body}", case.method, case.path);
    }
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_no_more_than_it_may_and_never_what_asks_for_a_person() {
    let mut world = World::new().await;
    let owner = world.owner.clone();
    let mut tokens = Vec::new();
    for permission in Permission::ALL {
        let asked = json!({"name": permission.as_str(), "permissions": [permission.as_str()]});
        let made = world.server.send(Method::POST, "/api/v1/tokens", &owner, asked).await;
        let secret = json(made, 201).await["secret"].as_str().unwrap().to_owned();
        tokens.push((Permissions::of(&[*permission]), secret));
    }
    let asked =
        json!({"name": "elsewhere", "permissions": ["view", "manage"], "space": world.elsewhere.to_string()});
    let made = world.server.send(Method::POST, "/api/v1/tokens", &owner, asked).await;
    let narrow = json(made, 201).await["secret"].as_str().unwrap().to_owned();
    for case in CASES.iter().filter(|case| !matches!(case.needs, Needs::Nothing)) {
        let what = format!("{} {}", case.method, case.path);
        if what == "DELETE /api/v1/session" {
            continue;
        }
        for (rights, secret) in &tokens {
            let scene = world.scene(case, &owner).await;
            let (status, body) = world.ask(case, &scene, Some(secret)).await;
            let mut may = match case.needs {
                Needs::Session | Needs::Everywhere => false,
                Needs::EitherSide => rights.has(Permission::Manage),
                needs => expected(needs, *rights),
            };
            // What lets others in, or out, asks for a person.
            let person = case.path.ends_with("/{guest}") && case.path.contains("/members/")
                || case.method == "POST"
                    && ["/invitations", "/grants", "/mirrors"].iter().any(|end| case.path.ends_with(end))
                || case.method != "GET" && case.path.starts_with("/api/v1/reviews");
            may &= !person;
            // To do something to what one may not see, one has to see it first.
            let hidden = ["{asset}", "{job}"].iter().any(|part| case.path.contains(part))
                && !rights.has(Permission::View)
                || case.path.contains("{album}")
                    && !rights.has(Permission::View)
                    && !rights.has(Permission::Upload);
            // The trash is looked at, too.
            let hidden = hidden || case.path.ends_with("/trash") && !rights.has(Permission::View);
            may &= !hidden;
            assert_eq!(World::allowed(status, &body), may, "{what} with {rights}: {status} {body}");
        }
        if matches!(case.needs, Needs::Member | Needs::Has(_) | Needs::Either(..)) {
            let scene = world.scene(case, &owner).await;
            let (status, body) = world.ask(case, &scene, Some(&narrow)).await;
            let elsewhere_too = case.path.contains("{elsewhere}");
            assert!(status == 404 || elsewhere_too, "{what} with a token of another space: {status} {body}");
        }
    }
    world.server.stop().await;
}
