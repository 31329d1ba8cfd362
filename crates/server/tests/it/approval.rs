//! What contributors bring waits for somebody who may approve: seen, marked, safe, and decided on the record.

use std::time::Duration;

use model::{Permissions, Role, SpaceId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json as ok, problem, sha256};

struct Desk {
    server: Server,
    ana: Someone,
    /// An approver, an editor and a contributor.
    mia: Someone,
    eve: Someone,
    ben: Someone,
    space: SpaceId,
}

impl Desk {
    /// A space that asks for approval.
    async fn open() -> Self {
        let server = Server::start().await;
        let ana = server.sign_in(OWNER).await;
        let space = server.space("Family").await;
        let mut people = Vec::new();
        for (name, role) in [("mia", Role::Approver), ("eve", Role::Editor), ("ben", Role::Contributor)] {
            let who = server.someone(&format!("{name}@example.org")).await;
            server.join(space, &who, role, Permissions::NONE).await;
            people.push(who);
        }
        let [mia, eve, ben] = people.try_into().ok().unwrap();
        let desk = Self { server, ana, mia, eve, ben, space };
        desk.ask(true).await;
        desk
    }

    async fn ask(&self, approval: bool) -> Value {
        let path = format!("/api/v1/spaces/{}", self.space);
        ok(self.server.send(Method::PATCH, &path, &self.ana, json!({ "approval": approval })).await, 200)
            .await
    }

    async fn brings(&self, who: &Someone, name: &str, bytes: &str) -> String {
        let put = ok(self.server.put(who, self.space, "Sent", name, bytes.as_bytes()).await, 200).await;
        put["asset"].as_str().unwrap().to_owned()
    }

    async fn seen(&self, who: &Someone, photo: &str) -> Value {
        ok(self.server.get(&format!("/api/v1/assets/{photo}"), who).await, 200).await
    }

    async fn state(&self, photo: &str) -> Value {
        self.seen(&self.ana, photo).await["approval"].clone()
    }

    async fn waiting(&self, who: &Someone) -> Vec<String> {
        let page = self.server.get(&format!("/api/v1/spaces/{}/waiting", self.space), who).await;
        let page = ok(page, 200).await;
        let assets = page["assets"].as_array().unwrap().iter();
        assets.map(|asset| asset["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn act(&self, who: &Someone, path: &str, body: Value) -> u16 {
        self.server.send(Method::POST, &format!("/api/v1/{path}"), who, body).await.status().as_u16()
    }

    async fn notices(&self, who: &Someone, kind: &str) -> Vec<Value> {
        let page = ok(self.server.get("/api/v1/notices", who).await, 200).await;
        page["notices"].as_array().unwrap().iter().filter(|notice| notice["kind"] == kind).cloned().collect()
    }

    async fn found(&self, question: &str) -> usize {
        let request = self.server.request(Method::GET, "/api/v1/search", Some(&self.ana.secret));
        let page = ok(request.query(&[("q", question)]).send().await.unwrap(), 200).await;
        page["assets"].as_array().unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contributed_photo_waits_in_the_sight_of_all_until_somebody_approves_it() {
    let desk = Desk::open().await;
    let photo = desk.brings(&desk.ben, "a.jpg", "one").await;
    for who in [&desk.ana, &desk.mia, &desk.ben] {
        assert_eq!(desk.seen(who, &photo).await["approval"], "waiting", "{}", who.email);
        assert_eq!(desk.waiting(who).await, [photo.clone()], "{}", who.email);
        let path = format!("/api/v1/spaces/{}/assets", desk.space);
        let timeline = ok(desk.server.get(&path, who).await, 200).await;
        assert_eq!(timeline["assets"][0]["approval"], "waiting");
    }
    let space = ok(desk.server.get("/api/v1/spaces", &desk.ben).await, 200).await;
    assert_eq!((&space[0]["approval"], &space[0]["waiting"]), (&json!(true), &json!(1)));
    assert_eq!((desk.found("approval:waiting").await, desk.found("approval:approved").await), (1, 0));
    // Not by who brought it, and not by who only edits.
    for who in [&desk.ben, &desk.eve] {
        assert_eq!(desk.act(who, &format!("assets/{photo}/approve"), json!({})).await, 403);
        assert_eq!(desk.act(who, &format!("assets/{photo}/decline"), json!({})).await, 403);
    }
    for _ in 0..2 {
        assert_eq!(desk.act(&desk.mia, &format!("assets/{photo}/approve"), json!({})).await, 204);
    }
    let view = desk.seen(&desk.ben, &photo).await;
    assert_eq!((&view["approval"], &view["decision"]["by"]), (&json!("approved"), &json!("mia")));
    assert_eq!(view["decision"]["at"], "2026-09-21T14:13:20Z");
    assert!(desk.waiting(&desk.ana).await.is_empty());
    assert_eq!((desk.found("approval:waiting").await, desk.found("approval:approved").await), (0, 1));
    let told = desk.notices(&desk.ben, "approved").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["title"], "Your photo ‘a.jpg’ was approved");
    assert!(
        told[0]["text"].as_str().unwrap().starts_with("Your photo ‘a.jpg’ in ‘Family’ was approved by ‘mia’")
    );
    let path = format!("/api/v1/activity?space={}&action=asset.approve", desk.space);
    let log = ok(desk.server.get(&path, &desk.ana).await, 200).await;
    assert_eq!(log["entries"].as_array().unwrap().len(), 1, "once: {log}");
    assert_eq!(
        (&log["entries"][0]["actor"], &log["entries"][0]["subject"]),
        (&json!("mia@example.org"), &json!(photo))
    );
    desk.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_photo_is_in_the_trash_with_its_reason_and_waits_again_when_it_comes_back() {
    let desk = Desk::open().await;
    let photo = desk.brings(&desk.ben, "a.jpg", "one").await;
    let path = format!("assets/{photo}/decline");
    let reason = "It is blurred.\nSend the one before.";
    for wrong in [json!({"reason": "x".repeat(501)}), json!({"reason": "a\u{0}b"}), json!({"why": "x"})] {
        assert_eq!(desk.act(&desk.mia, &path, wrong).await, 400);
    }
    for _ in 0..2 {
        assert_eq!(desk.act(&desk.mia, &path, json!({ "reason": reason })).await, 204);
    }
    let told = desk.notices(&desk.ben, "declined").await;
    assert_eq!(told.len(), 1, "{told:?}");
    let text = told[0]["text"].as_str().unwrap();
    assert!(text.contains("The reason: ‘It is blurred. Send the one before.’."), "{text}");
    problem(desk.server.get(&format!("/api/v1/assets/{photo}"), &desk.ben).await, 404).await;
    let trash =
        ok(desk.server.get(&format!("/api/v1/spaces/{}/trash", desk.space), &desk.eve).await, 200).await;
    assert_eq!(
        (&trash["assets"][0]["id"], &trash["assets"][0]["approval"]),
        (&json!(photo), &json!("declined"))
    );
    assert_eq!(desk.seen(&desk.eve, &photo).await["decision"]["reason"], reason);
    assert_eq!(
        desk.act(&desk.mia, &format!("assets/{photo}/approve"), json!({})).await,
        409,
        "not in the trash"
    );
    // The same bytes again do not bring it back.
    let again = ok(desk.server.put(&desk.ben, desk.space, "Sent", "a.jpg", b"one").await, 200).await;
    assert_eq!(again["was"], "in-trash");

    assert_eq!(desk.act(&desk.eve, &format!("assets/{photo}/undelete"), json!({})).await, 204);
    let view = desk.seen(&desk.ben, &photo).await;
    assert_eq!((&view["approval"], &view["decision"]), (&json!("waiting"), &Value::Null));
    assert_eq!(desk.act(&desk.mia, &format!("assets/{photo}/approve"), json!({})).await, 204);
    assert_eq!(desk.act(&desk.mia, &path, json!({})).await, 409, "it does not wait any more");
    desk.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_those_bring_who_may_not_approve_waits_by_whatever_way_it_comes() {
    let desk = Desk::open().await;
    let (server, space) = (&desk.server, desk.space);
    assert_eq!(desk.state(&desk.brings(&desk.ana, "own.jpg", "own").await).await, Value::Null);
    assert_eq!(desk.state(&desk.brings(&desk.mia, "mia.jpg", "mia").await).await, Value::Null);
    assert_eq!(desk.state(&desk.brings(&desk.eve, "eve.jpg", "eve").await).await, "waiting");
    // The phone of somebody who may approve, whose token may only upload.
    let asked = json!({"name": "phone", "permissions": ["upload"]});
    let token = ok(server.send(Method::POST, "/api/v1/tokens", &desk.mia, asked).await, 201).await;
    let phone = Someone { secret: token["secret"].as_str().unwrap().to_owned(), ..desk.mia.clone() };
    assert_eq!(desk.state(&desk.brings(&phone, "phone.jpg", "phone").await).await, Value::Null);
    // Without its bytes, in pieces, and through a grant on one album.
    let known = json!({"album": "Sent", "name": "known.jpg", "sha256": sha256(b"own"), "size": 3});
    let path = format!("/api/v1/spaces/{space}/files/known");
    let known = ok(server.send(Method::POST, &path, &desk.ben, known).await, 200).await;
    assert_eq!(desk.state(known["asset"].as_str().unwrap()).await, "waiting");
    let upload = server.begun(&desk.ben, space, "Sent", 5).await;
    let patched = server
        .request(Method::PATCH, &format!("/api/v1/uploads/{upload}"), Some(&desk.ben.secret))
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Offset", 0)
        .header("Content-Type", "application/offset+octet-stream")
        .body("12345")
        .send()
        .await
        .unwrap();
    assert_eq!(patched.status(), StatusCode::NO_CONTENT);
    assert_eq!(desk.waiting(&desk.ana).await.len(), 3);
    let out = server.someone("out@example.org").await;
    let view = desk.seen(&desk.ana, known["asset"].as_str().unwrap()).await;
    let grant = json!({"email": "out@example.org", "permissions": ["view", "upload"]});
    let path = format!("/api/v1/albums/{}/grants", view["album"].as_str().unwrap());
    ok(server.send(Method::POST, &path, &desk.ana, grant).await, 201).await;
    let guest = desk.brings(&out, "out.jpg", "out").await;
    assert_eq!(desk.seen(&out, &guest).await["approval"], "waiting");
    assert_eq!(desk.act(&desk.mia, &format!("assets/{guest}/approve"), json!({})).await, 204);
    assert_eq!(desk.notices(&out, "approved").await.len(), 1);
    assert_eq!(
        desk.seen(&out, &guest).await["decision"]["by"],
        Value::Null,
        "no names of members for guests"
    );

    // Off, nothing new waits, and what waits can still be decided.
    assert_eq!(desk.ask(false).await["waiting"], 3);
    assert_eq!(desk.state(&desk.brings(&desk.ben, "free.jpg", "free").await).await, Value::Null);
    let waiting = desk.waiting(&desk.mia).await;
    assert_eq!(desk.act(&desk.mia, "approvals", json!({ "assets": waiting })).await, 204);
    assert!(desk.waiting(&desk.mia).await.is_empty());
    desk.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_unless_the_space_says_so() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let ben = server.someone("ben@example.org").await;
    let space = server.space("Family").await;
    server.join(space, &ben, Role::Contributor, Permissions::NONE).await;
    let put = ok(server.put(&ben, space, "Sent", "a.jpg", b"one").await, 200).await;
    let path = format!("/api/v1/assets/{}", put["asset"].as_str().unwrap());
    let view = ok(server.get(&path, &ana).await, 200).await;
    assert_eq!((&view["approval"], &view["decision"]), (&Value::Null, &Value::Null));
    // Asked later, what is there does not begin to wait, and cannot be declined.
    let asked = json!({"approval": true});
    ok(server.send(Method::PATCH, &format!("/api/v1/spaces/{space}"), &ana, asked).await, 200).await;
    assert_eq!(ok(server.get(&path, &ana).await, 200).await["approval"], Value::Null);
    let declined = server.send(Method::POST, &format!("{path}/decline"), &ana, json!({})).await;
    assert_eq!(problem(declined, 409).await["type"], "/problems/not-waiting");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_under_an_approved_name_wait_again() {
    let desk = Desk::open().await;
    let photo = desk.brings(&desk.ben, "a.jpg", "one").await;
    let approve = format!("assets/{photo}/approve");
    assert_eq!(desk.act(&desk.mia, &approve, json!({})).await, 204);
    assert_eq!(desk.brings(&desk.ben, "a.jpg", "one").await, photo);
    assert_eq!(desk.state(&photo).await, "approved", "the same bytes are no news");
    assert_eq!(desk.brings(&desk.mia, "a.jpg", "two").await, photo);
    assert_eq!(desk.state(&photo).await, "approved", "nor do those of who may approve wait");
    // A new version, a RAW beside it, and an earlier version that an editor brings back.
    assert_eq!(desk.brings(&desk.ben, "a.jpg", "three").await, photo);
    assert_eq!(desk.state(&photo).await, "waiting");
    assert_eq!(desk.seen(&desk.ana, &photo).await["decision"], Value::Null);
    assert_eq!(desk.act(&desk.mia, &approve, json!({})).await, 204);
    assert_eq!(desk.brings(&desk.ben, "a.dng", "raw").await, photo);
    assert_eq!(desk.state(&photo).await, "waiting");
    assert_eq!(desk.act(&desk.mia, &approve, json!({})).await, 204);
    let view = desk.seen(&desk.eve, &photo).await;
    let files = view["files"].as_array().unwrap();
    let jpeg = files.iter().find(|file| file["name"] == "a.jpg").unwrap();
    let first = jpeg["versions"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        desk.act(&desk.eve, &format!("assets/{photo}/versions/{first}/restore"), json!({})).await,
        204
    );
    assert_eq!(desk.state(&photo).await, "waiting");
    // What nobody ever had to approve waits too, once a contributor changed it.
    let own = desk.brings(&desk.ana, "own.jpg", "own").await;
    assert_eq!(desk.brings(&desk.ben, "own.jpg", "other").await, own);
    assert_eq!(desk.state(&own).await, "waiting");
    desk.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_may_approve_are_told_once_an_hour_and_those_who_brought_many_are_told_once() {
    let desk = Desk::open().await;
    let mut photos = Vec::new();
    for number in 0..3 {
        photos.push(desk.brings(&desk.ben, &format!("{number}.jpg"), &format!("photo {number}")).await);
    }
    for who in [&desk.ana, &desk.mia] {
        let told = desk.notices(who, "approval-asked").await;
        assert_eq!(told.len(), 1, "{} {told:?}", who.email);
        assert_eq!(told[0]["title"], "Photos wait for approval in ‘Family’");
    }
    for who in [&desk.eve, &desk.ben] {
        assert!(desk.notices(who, "approval-asked").await.is_empty(), "{}", who.email);
    }
    desk.server.clock.advance(Duration::from_mins(59));
    photos.push(desk.brings(&desk.ben, "late.jpg", "late").await);
    assert_eq!(desk.notices(&desk.mia, "approval-asked").await.len(), 1);
    desk.server.clock.advance(Duration::from_mins(1));
    photos.push(desk.brings(&desk.ben, "later.jpg", "later").await);
    let told = desk.notices(&desk.mia, "approval-asked").await;
    assert_eq!(told.len(), 2);
    assert!(told[0]["text"].as_str().unwrap().starts_with("5 photos of contributors in ‘Family’ waited"));

    // All of them, or none.
    let own = desk.brings(&desk.ana, "own.jpg", "own").await;
    let mixed = json!({"assets": [photos[0], own], "reason": "no"});
    assert_eq!(desk.act(&desk.mia, "approvals/decline", mixed).await, 409);
    assert_eq!(desk.waiting(&desk.mia).await.len(), 5);
    let some = json!({"assets": photos[..3], "reason": "Too dark"});
    assert_eq!(desk.act(&desk.mia, "approvals/decline", some).await, 204);
    assert_eq!(desk.act(&desk.mia, "approvals", json!({"assets": photos[3..]})).await, 204);
    let declined = desk.notices(&desk.ben, "declined").await;
    assert_eq!(declined.len(), 1);
    assert_eq!(declined[0]["title"], "3 of your photos were declined");
    assert_eq!(desk.notices(&desk.ben, "approved").await[0]["title"], "2 of your photos were approved");
    assert!(desk.notices(&desk.mia, "approved").await.is_empty());
    desk.server.stop().await;
}
