//! What the cases speak of, made anew for each, and how they are asked.

use std::time::Duration;

use catalog::NewJob;
use library::accounts::{Origin, Secret};
use model::{Clock as _, JobId, Permission, Permissions, Role, SpaceId, TokenId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::cases::{Case, Needs, Scene};
use crate::support::{OWNER, Server, Someone, declared, json, sha256};

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) owner: Someone,
    pub(crate) space: SpaceId,
    pub(crate) elsewhere: SpaceId,
    number: u32,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::start().await;
        let owner = server.sign_in(OWNER).await;
        let space = server.space("Family").await;
        let elsewhere = server.space("Elsewhere").await;
        server.someone("outsider@example.org").await;
        Self { server, owner, space, elsewhere, number: 0 }
    }

    /// What a case speaks of, made anew: an album with a photo, a guest, an invitation, and what is `who`'s own.
    pub(crate) async fn scene(&mut self, case: &Case, who: &Someone) -> Scene {
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

    /// A token of somebody's that may do everything, for ever or for an hour: its id and its secret.
    pub(crate) async fn token(&self, who: &Someone, for_an_hour: bool) -> (TokenId, String) {
        let (now, secret) = (self.server.clock.now(), Secret::generate("opt_"));
        let token = catalog::Token {
            device_id: None,
            id: TokenId::generate(),
            person_id: who.id,
            secret_hash: secret.hash().unwrap(),
            name: "program".into(),
            permissions: Permissions::ALL,
            space_id: None,
            network: String::new(),
            created_at: now,
            seen_at: None,
            expires_at: for_an_hour.then(|| now.plus(Duration::from_hours(1))),
        };
        let mut tx = self.server.library.catalog.begin().await.unwrap();
        tx.token_insert(&token).await.unwrap();
        tx.commit().await.unwrap();
        (token.id, secret.reveal().to_owned())
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

    pub(crate) async fn ask(&self, case: &Case, scene: &Scene, secret: Option<&str>) -> (u16, Value) {
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
        assert!(
            declared(case.method, response.url().path(), status),
            "the description of {} {} does not know of {status}",
            case.method,
            case.path
        );
        if status == 200 && case.path.ends_with("/events") {
            // It goes on for ever.
            return (status, Value::Null);
        }
        (status, response.json().await.unwrap_or_default())
    }
}
