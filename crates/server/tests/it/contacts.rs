//! Who is trusted, and who vouches.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{Clock as _, NoticeKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::recovery::{HOUR, NEW, Scene, begin, done, finish, sign_in, state, token};
use crate::support::{OWNER, PASSWORD, Someone, json as ok, problem};

#[tokio::test(flavor = "multi_thread")]
async fn only_contacts_vouch_each_once_with_the_phrase_and_a_recent_proof() {
    let scene = Scene::new().await;
    let Scene { server, ana, ben, cyd, dan } = &scene;
    let eve = server.someone("eve@example.org").await;
    let (secret, phrase) = begin(server, OWNER).await;
    let id = scene.id().await;
    problem(scene.vouch(&eve, &id, &phrase).await, 404).await;
    // Nobody is their own contact.
    problem(scene.vouch(ana, &id, &phrase).await, 404).await;
    let program = token(server, ben).await;
    problem(scene.vouch(&program, &id, &phrase).await, 403).await;
    for wrong in ["", "apple apple apple apple", phrase.split_once(' ').unwrap().1] {
        let refused = problem(scene.vouch(ben, &id, wrong).await, 400).await;
        assert_eq!(refused["type"], "/problems/phrase-differs");
    }
    done(scene.vouch(ben, &id, &phrase).await);
    problem(scene.vouch(ben, &id, &phrase).await, 409).await;
    let counted = state(server, &secret).await;
    assert_eq!((&counted["vouched"], &counted["state"]), (&json!(1), &json!("asking")));
    server.clock.advance(Duration::from_mins(16));
    let stale = problem(scene.vouch(cyd, &id, &phrase).await, 401).await;
    assert_eq!(stale["type"], "/problems/proof-required");
    let cyd = &server.sign_in(&cyd.email).await;
    done(scene.vouch(cyd, &id, &phrase).await);
    assert_eq!(state(server, &secret).await["state"], "waiting");

    // What is taken back does not count, and neither does who may not sign in any more; the wait begins anew.
    let path = format!("/api/v1/recoveries/{id}/vouch");
    done(server.send(Method::DELETE, &path, cyd, json!({})).await);
    problem(server.send(Method::DELETE, &path, cyd, json!({})).await, 404).await;
    problem(server.send(Method::DELETE, &path, &eve, json!({})).await, 404).await;
    let asking = state(server, &secret).await;
    assert_eq!((&asking["state"], &asking["ready_at"]), (&json!("asking"), &Value::Null));
    server.clock.advance(HOUR);
    let dan = &server.sign_in(&dan.email).await;
    done(scene.vouch(dan, &id, &phrase).await);
    let ready_at = server.clock.now().plus(72 * HOUR).to_string();
    assert_eq!(state(server, &secret).await["ready_at"], ready_at);
    server.clock.advance(72 * HOUR);
    let mut tx = server.library.catalog.begin().await.unwrap();
    tx.person_set_disabled(dan.id, Some(server.clock.now())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state(server, &secret).await["state"], "asking");
    problem(finish(server, &secret, NEW).await, 409).await;
    // Whoever vouches then does not shorten the wait.
    let cyd = &server.sign_in(&cyd.email).await;
    done(scene.vouch(cyd, &id, &phrase).await);
    assert_eq!(state(server, &secret).await["state"], "waiting");
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_chosen_with_a_recent_proof_and_everybody_is_told() {
    let scene = Scene::new().await;
    let Scene { server, ana, ben, dan, .. } = &scene;
    let set =
        async |who: &Someone, body: Value| server.send(Method::PUT, "/api/v1/contacts", who, body).await;
    let list = ok(server.get("/api/v1/contacts", ana).await, 200).await;
    let emails: BTreeSet<&str> =
        list["contacts"].as_array().unwrap().iter().map(|c| c["email"].as_str().unwrap()).collect();
    assert_eq!(emails, BTreeSet::from(["ben@example.org", "cyd@example.org", "dan@example.org"]));
    assert_eq!((&list["needed"], &list["wait_hours"]), (&json!(2), &json!(72)));
    let bens = ok(server.get("/api/v1/contacts", ben).await, 200).await;
    assert_eq!((&bens["needed"], &bens["vouching_for"][0]["email"]), (&json!(0), &json!(OWNER)));
    assert_eq!(scene.told(ben, NoticeKind::ContactAdded).await, 1);
    assert_eq!(scene.told(ana, NoticeKind::ContactsChanged).await, 1);

    let two = ["ben@example.org", "dan@example.org"];
    for (wrong, status) in [
        (json!({"emails": [OWNER], "needed": 1}), 400),
        (json!({"emails": ["ANA@example.org", two[0]], "needed": 1}), 400),
        (json!({"emails": ["nobody@example.org"], "needed": 1}), 404),
        (json!({"emails": ["no address"], "needed": 1}), 400),
        (json!({"emails": two, "needed": 0}), 400),
        (json!({"emails": two, "needed": 3}), 400),
        (json!({"emails": two, "needed": 1, "wait_hours": 23}), 400),
        (json!({"emails": two, "needed": 1, "wait_hours": 721}), 400),
        (json!({"emails": two, "needed": 1, "wait_hours": 4_294_967_295_u32}), 400),
        (json!({"emails": two, "needed": 1, "person": "me"}), 400),
    ] {
        problem(set(ana, wrong).await, status).await;
    }
    let program = token(server, ana).await;
    problem(set(&program, json!({"emails": two, "needed": 1})).await, 403).await;
    // The same once more is no change, and nobody is told.
    let three = json!({"emails": ["dan@example.org", "cyd@example.org", "ben@example.org"], "needed": 2});
    done(set(ana, three.clone()).await);
    assert_eq!(scene.told(ana, NoticeKind::ContactsChanged).await, 1);
    done(set(ana, json!({"emails": two, "needed": 2, "wait_hours": 720})).await);
    assert_eq!(scene.told(dan, NoticeKind::ContactAdded).await, 1);
    assert_eq!(scene.told(ana, NoticeKind::ContactsChanged).await, 2);
    server.clock.advance(Duration::from_mins(16));
    assert_eq!(problem(set(ana, three).await, 401).await["type"], "/problems/proof-required");
    let ana = &server.sign_in(OWNER).await;
    done(set(ana, json!({"emails": [], "needed": 0})).await);
    let none = ok(server.get("/api/v1/contacts", ana).await, 200).await;
    assert_eq!((&none["contacts"], &none["needed"]), (&json!([]), &json!(0)));
    // Without contacts, nobody can bring it back.
    begin(server, OWNER).await;
    let list = ok(server.get("/api/v1/recoveries", ana).await, 200).await;
    assert_eq!(list, json!({"mine": [], "to_vouch": []}));
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_contacts_ends_recoveries_and_weakens_none() {
    let scene = Scene::new().await;
    let Scene { server, ana, ben, dan, .. } = &scene;
    let (secret, phrase) = begin(server, OWNER).await;
    let id = scene.id().await;
    done(scene.vouch(ben, &id, &phrase).await);
    // One would be enough by the new rule.
    let weaker = json!({"emails": [ben.email], "needed": 1, "wait_hours": 24});
    done(server.send(Method::PUT, "/api/v1/contacts", ana, weaker).await);
    assert_eq!(state(server, &secret).await["state"], "ended");
    problem(scene.vouch(dan, &id, &phrase).await, 404).await;
    server.clock.advance(25 * HOUR);
    problem(finish(server, &secret, NEW).await, 404).await;
    ok(sign_in(server, OWNER, PASSWORD, None).await, 200).await;
    scene.server.stop().await;
}
