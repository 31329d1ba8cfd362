//! An account comes back through trusted contacts, and only so: after a wait, told to everybody, ended by a veto.

use std::time::Duration;

use model::{Clock as _, NoticeKind};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{OWNER, PASSWORD, Server, Someone, json as ok, problem};

pub(crate) const NEW: &str = "another good long passphrase";
pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);

/// Ana, who trusts Ben, Cyd and Dan; two of them must vouch, and all wait for three days.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) ana: Someone,
    pub(crate) ben: Someone,
    pub(crate) cyd: Someone,
    pub(crate) dan: Someone,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let server = Server::start().await;
        let ana = server.sign_in(OWNER).await;
        let [ben, cyd, dan] = ["ben@example.org", "cyd@example.org", "dan@example.org"];
        let (ben, cyd, dan) =
            (server.someone(ben).await, server.someone(cyd).await, server.someone(dan).await);
        let asked = json!({"emails": [ben.email, "Cyd@example.org ", dan.email, ben.email], "needed": 2});
        done(server.send(Method::PUT, "/api/v1/contacts", &ana, asked).await);
        Self { server, ana, ben, cyd, dan }
    }

    pub(crate) async fn vouch(&self, who: &Someone, id: &str, phrase: &str) -> Response {
        let path = format!("/api/v1/recoveries/{id}/vouch");
        self.server.send(Method::POST, &path, who, json!({"phrase": phrase})).await
    }

    async fn veto(&self, who: &Someone, id: &str) -> Response {
        self.server.send(Method::POST, &format!("/api/v1/recoveries/{id}/veto"), who, json!({})).await
    }

    /// The only recovery of Ana's that is under way.
    pub(crate) async fn id(&self) -> String {
        let found = ok(self.server.get("/api/v1/recoveries", &self.ana).await, 200).await;
        assert_eq!(found["mine"].as_array().unwrap().len(), 1, "{found}");
        found["mine"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A recovery for which Ben and Cyd have vouched.
    async fn waiting(&self) -> (String, String) {
        let (secret, phrase) = begin(&self.server, OWNER).await;
        let id = self.id().await;
        for who in [&self.ben, &self.cyd] {
            let who = self.server.sign_in(&who.email).await;
            done(self.vouch(&who, &id, &phrase).await);
        }
        (secret, id)
    }

    pub(crate) async fn told(&self, who: &Someone, kind: NoticeKind) -> usize {
        let mut tx = self.server.library.catalog.read().await.unwrap();
        let notices = tx.notice_list(who.id, None, 100).await.unwrap();
        notices.iter().filter(|notice| notice.kind == kind).count()
    }
}

pub(crate) fn done(response: Response) {
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
}

pub(crate) async fn post(server: &Server, path: &str, body: Value) -> Response {
    server.request(Method::POST, path, None).json(&body).send().await.unwrap()
}

pub(crate) async fn begin(server: &Server, email: &str) -> (String, String) {
    let made = ok(post(server, "/api/v1/recoveries", json!({"email": email})).await, 201).await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("secret"), text("phrase"))
}

pub(crate) async fn state(server: &Server, secret: &str) -> Value {
    ok(post(server, "/api/v1/recoveries/state", json!({"secret": secret})).await, 200).await
}

pub(crate) async fn finish(server: &Server, secret: &str, password: &str) -> Response {
    let asked = json!({"secret": secret, "password": password});
    post(server, "/api/v1/recoveries/finish", asked).await
}

pub(crate) async fn sign_in(server: &Server, email: &str, password: &str, code: Option<&str>) -> Response {
    let asked = json!({"email": email, "password": password, "code": code, "agent": "program"});
    post(server, "/api/v1/session", asked).await
}

/// Gives somebody an authenticator app and recovery codes; gives one of the codes.
pub(crate) async fn second_factor(server: &Server, who: &Someone) -> String {
    let made = server.send(Method::POST, "/api/v1/factors/totp", who, json!({"name": "phone"})).await;
    let made = ok(made, 201).await;
    let secret = totp_rs::Secret::try_from_base32(made["secret"].as_str().unwrap()).unwrap();
    let app = totp_rs::Builder::new()
        .with_secret(secret.as_bytes().to_vec())
        .with_digits(6)
        .with_skew(0)
        .with_step_duration(30)
        .build_noncompliant();
    let code = app.generate(u64::try_from(server.clock.now().0 / 1000).unwrap()).to_string();
    let path = format!("/api/v1/factors/totp/{}/confirm", made["id"].as_str().unwrap());
    let confirmed = ok(server.send(Method::POST, &path, who, json!({"code": code})).await, 200).await;
    confirmed["recovery_codes"][0].as_str().unwrap().to_owned()
}

pub(crate) async fn token(server: &Server, who: &Someone) -> Someone {
    let asked = json!({"name": "t", "permissions": ["view"]});
    let made = ok(server.send(Method::POST, "/api/v1/tokens", who, asked).await, 201).await;
    Someone { secret: made["secret"].as_str().unwrap().to_owned(), ..who.clone() }
}

/// What the audit log says was done.
pub(crate) async fn audited(server: &Server) -> Vec<String> {
    let mut tx = server.library.catalog.read().await.unwrap();
    tx.audit_list(0, 10_000).await.unwrap().into_iter().map(|entry| entry.action).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_bring_an_account_back_after_the_wait_and_nothing_old_is_left() {
    let scene = Scene::new().await;
    let Scene { server, ana, ben, cyd, dan } = &scene;
    let program = token(server, ana).await;
    let code = second_factor(server, ana).await;

    let (secret, phrase) = begin(server, "Ana@Example.org").await;
    assert_eq!(phrase.split(' ').count(), 4);
    let asking = state(server, &secret).await;
    assert_eq!((&asking["state"], &asking["vouched"]), (&json!("asking"), &json!(0)));
    assert!(asking["needed"].is_null() && asking["ready_at"].is_null(), "{asking}");
    // Everybody hears of it, and nobody sees the phrase.
    let id = scene.id().await;
    for contact in [ben, cyd, dan] {
        let list = ok(server.get("/api/v1/recoveries", contact).await, 200).await;
        assert_eq!(list["to_vouch"][0]["id"], id, "{list}");
        assert_eq!(list["to_vouch"][0]["account"]["email"], OWNER);
        assert!(list["mine"].as_array().unwrap().is_empty());
        assert!(!list.to_string().contains(&phrase), "{list}");
        assert_eq!(scene.told(contact, NoticeKind::VouchAsked).await, 1);
    }
    assert_eq!(scene.told(ana, NoticeKind::RecoveryStarted).await, 1);

    // One is too few.
    let said = phrase.to_uppercase().replace(' ', " - ");
    done(scene.vouch(ben, &id, &said).await);
    let one = state(server, &secret).await;
    assert_eq!((&one["state"], &one["vouched"], &one["needed"]), (&json!("asking"), &json!(1), &json!(2)));
    assert_eq!(
        problem(finish(server, &secret, NEW).await, 409).await["type"],
        "/problems/recovery-not-ready"
    );
    let ben_sees = ok(server.get("/api/v1/recoveries", ben).await, 200).await;
    assert_eq!(ben_sees["to_vouch"][0]["vouched_by_me"], true, "{ben_sees}");

    // Two are enough, and all wait.
    done(scene.vouch(cyd, &id, &phrase).await);
    assert_eq!(scene.told(ana, NoticeKind::RecoveryWaiting).await, 1);
    let ready_at = server.clock.now().plus(72 * HOUR).to_string();
    let waiting = state(server, &secret).await;
    assert_eq!((&waiting["state"], &waiting["ready_at"]), (&json!("waiting"), &json!(ready_at)));
    server.clock.advance((72 * HOUR).saturating_sub(Duration::from_millis(1)));
    let early = problem(finish(server, &secret, NEW).await, 409).await;
    assert!(early["detail"].as_str().unwrap().contains(&ready_at), "{early}");
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(state(server, &secret).await["state"], "ready");

    assert_eq!(problem(finish(server, &secret, OWNER).await, 400).await["type"], "/problems/weak-password");
    done(finish(server, &secret, NEW).await);
    assert_eq!(state(server, &secret).await["state"], "ended");
    problem(finish(server, &secret, NEW).await, 404).await;
    // Sessions, tokens, the old password and the second factor are gone.
    for old in [ana, &program] {
        problem(server.get("/api/v1/spaces", old).await, 401).await;
    }
    problem(sign_in(server, OWNER, PASSWORD, Some(&code)).await, 401).await;
    let me = ok(sign_in(server, OWNER, NEW, None).await, 200).await;
    let ana = Someone { secret: me["secret"].as_str().unwrap().to_owned(), ..ana.clone() };
    let factors = ok(server.get("/api/v1/factors", &ana).await, 200).await;
    assert_eq!(factors, json!({"factors": [], "recovery_codes_left": 0, "password": true}));
    for who in [&ana, ben, cyd, dan] {
        assert_eq!(scene.told(who, NoticeKind::Recovered).await, 1, "{}", who.email);
    }
    let actions = audited(server).await;
    for action in ["contacts.change", "recovery.begin", "recovery.vouch", "recovery.finish"] {
        assert!(actions.iter().any(|found| found == action), "{actions:?}");
    }
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_veto_ends_a_recovery_at_any_time_until_it_is_used() {
    let scene = Scene::new().await;
    let Scene { server, ana, ben, cyd, .. } = &scene;
    let program = token(server, ana).await;
    for (when, vouches, wait) in [
        ("before anybody vouched", 0, HOUR),
        ("after one vouched", 1, HOUR),
        ("during the wait", 2, HOUR),
        ("when the wait is over", 2, 72 * HOUR),
        ("at the very end", 2, (72 * HOUR + 14 * DAY).saturating_sub(HOUR)),
    ] {
        let (secret, phrase) = begin(server, OWNER).await;
        // A session that nobody has proved anything with for a while is enough; a token is not, and nobody else can.
        let ana = server.sign_in(OWNER).await;
        let list = ok(server.get("/api/v1/recoveries", &ana).await, 200).await;
        let id = list["mine"][0]["id"].as_str().unwrap().to_owned();
        for contact in [ben, cyd].into_iter().take(vouches) {
            let contact = server.sign_in(&contact.email).await;
            done(scene.vouch(&contact, &id, &phrase).await);
        }
        // Whoever does not come for two weeks is signed in no more, and signs in again.
        for _ in 0..(wait.as_secs() / DAY.as_secs()) {
            server.clock.advance(DAY);
            ok(server.get("/api/v1/session", &ana).await, 200).await;
        }
        server.clock.advance(Duration::from_secs(wait.as_secs() % DAY.as_secs()));
        if when == "during the wait" {
            problem(scene.veto(&program, &id).await, 403).await;
            let contact = server.sign_in(&ben.email).await;
            problem(scene.veto(&contact, &id).await, 404).await;
            assert_eq!(state(server, &secret).await["state"], "waiting");
        }
        let (vetoed, told) =
            (scene.veto(&ana, &id).await, scene.told(&ana, NoticeKind::RecoveryVetoed).await);
        assert_eq!(vetoed.status(), StatusCode::NO_CONTENT, "{when}");
        assert_eq!(told, scene.told(ben, NoticeKind::RecoveryVetoed).await);
        assert_eq!(state(server, &secret).await["state"], "ended", "{when}");
        problem(finish(server, &secret, NEW).await, 404).await;
        problem(scene.veto(&ana, &id).await, 404).await;
        let contact = server.sign_in(&scene.dan.email).await;
        problem(scene.vouch(&contact, &id, &phrase).await, 404).await;
    }
    assert_eq!(scene.told(ana, NoticeKind::RecoveryVetoed).await, 5);
    ok(sign_in(server, OWNER, PASSWORD, None).await, 200).await;
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_survives_a_restart_and_so_does_what_is_said_of_none() {
    let scene = Scene::new().await;
    let (secret, id) = scene.waiting().await;
    let (made_up, _) = begin(&scene.server, "nobody@example.org").await;
    let server = scene.server.restarted().await;
    assert_eq!(state(&server, &secret).await["state"], "waiting");
    assert_eq!(state(&server, &made_up).await["state"], "asking");
    let ana = server.sign_in(OWNER).await;
    let list = ok(server.get("/api/v1/recoveries", &ana).await, 200).await;
    assert_eq!(list["mine"][0]["id"], id, "whoever signs in as usual sees it");
    server.clock.advance(72 * HOUR);
    done(finish(&server, &secret, NEW).await);
    ok(sign_in(&server, OWNER, NEW, None).await, 200).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_used_expires() {
    let scene = Scene::new().await;
    let Scene { server, .. } = &scene;
    let (secret, id) = scene.waiting().await;
    server.clock.advance((72 * HOUR + 14 * DAY).saturating_sub(Duration::from_millis(1)));
    assert_eq!(state(server, &secret).await["state"], "ready");
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(state(server, &secret).await["state"], "ended");
    problem(finish(server, &secret, NEW).await, 404).await;
    server.library.sweep().await.unwrap();
    let mut tx = server.library.catalog.read().await.unwrap();
    let ended = tx.recovery_get(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(ended.outcome, Some(catalog::RecoveryOutcome::Expired));
    let entries = tx.audit_list(0, 1000).await.unwrap();
    let expired: Vec<_> = entries.iter().filter(|entry| entry.action == "recovery.expire").collect();
    assert_eq!((expired.len(), expired[0].subject.as_str()), (1, OWNER));
    drop(tx);
    server.clock.advance(31 * DAY);
    server.library.sweep().await.unwrap();
    let mut tx = server.library.catalog.read().await.unwrap();
    assert_eq!(tx.recovery_get(id.parse().unwrap()).await.unwrap(), None);
    drop(tx);
    assert_eq!(state(server, &secret).await["state"], "ended");
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_does_not_come_back() {
    let scene = Scene::new().await;
    let Scene { server, ana, dan, .. } = &scene;
    let (secret, id) = scene.waiting().await;
    server.clock.advance(72 * HOUR);
    let mut tx = server.library.catalog.begin().await.unwrap();
    tx.person_set_disabled(ana.id, Some(server.clock.now())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state(server, &secret).await["state"], "ended");
    problem(finish(server, &secret, NEW).await, 404).await;
    let dan = server.sign_in(&dan.email).await;
    let list = ok(server.get("/api/v1/recoveries", &dan).await, 200).await;
    assert_eq!(list["to_vouch"], json!([]));
    problem(scene.vouch(&dan, &id, "any words at all").await, 404).await;
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_finish_and_one_who_vetoes_exactly_one_succeeds() {
    let scene = Scene::new().await;
    let Scene { server, ana, .. } = &scene;
    let (secret, id) = scene.waiting().await;
    server.clock.advance(72 * HOUR);
    let passwords =
        ["first good long passphrase", "second good long passphrase", "third good long passphrase"];
    let [one, other, third] = passwords.map(|password| finish(server, &secret, password));
    let (one, other, third, veto) = tokio::join!(one, other, third, scene.veto(ana, &id));
    let worked: Vec<bool> =
        [&one, &other, &third, &veto].iter().map(|r| r.status() == StatusCode::NO_CONTENT).collect();
    assert_eq!(worked.iter().filter(|worked| **worked).count(), 1, "{worked:?}");
    for (password, finished) in passwords.iter().zip(&worked) {
        let signed_in = sign_in(server, OWNER, password, None).await;
        assert_eq!(signed_in.status() == StatusCode::OK, *finished, "{password}");
    }
    scene.server.stop().await;
}
