//! Authorization is complete: every operation of the OpenAPI document has a case here, and the case is tried with every
//! role, without one, from another space, without signing in, after revocation and after expiry.

mod cases;
mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use library::accounts::Secret;
use model::{Clock as _, Permission, Permissions, Role};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{OWNER, json};
use cases::{CASES, Case, Needs, PROVED, Scene};
use world::World;

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
                case.allowed(status, &body),
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
                (true, _) => assert!(case.allowed(status, &body), "{what}: {status} {body}"),
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
    let (expired, revoked) = (world.token(&late, true).await, world.token(&late, false).await);
    let mut tx = world.server.library.catalog.begin().await.unwrap();
    tx.token_delete(late.id, revoked.0).await.unwrap();
    tx.commit().await.unwrap();
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
        for (what, secret) in [
            ("the session expired", &late.secret),
            ("the token expired", &expired.1),
            ("the token was revoked", &revoked.1),
        ] {
            let (status, body) = world.ask(case, &scene, Some(secret)).await;
            assert_eq!(status, 401, "{} {} after {what}: {body}", case.method, case.path);
        }
    }
    world.server.stop().await;
}

/// Whoever was removed is still signed in; their session opens nothing of the space.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_removed_finds_nothing_of_the_space_any_more() {
    let mut world = World::new().await;
    let gone = world.server.someone("gone@example.org").await;
    for case in CASES {
        let of_space = matches!(case.needs, Needs::Member | Needs::Has(_) | Needs::Either(..));
        if !of_space && !matches!(case.needs, Needs::EitherSide | Needs::Everywhere) {
            continue;
        }
        world.server.join(world.space, &gone, Role::Owner, Permissions::NONE).await;
        let scene = world.scene(case, &gone).await;
        let member = format!("/api/v1/spaces/{}/members/{}", world.space, gone.id);
        let removed = world.server.send(Method::DELETE, &member, &world.owner, json!({})).await;
        assert_eq!(removed.status(), StatusCode::NO_CONTENT);
        let (status, body) = world.ask(case, &scene, Some(&gone.secret)).await;
        assert_eq!(status, 404, "{} {} after being removed: {body}", case.method, case.path);
    }
    // They are somebody all the same.
    json(world.server.get("/api/v1/session", &gone).await, 200).await;
    world.server.stop().await;
}

/// What destroys something, lets somebody in or shows a key asks who it is; what is only looked at does not.
#[tokio::test(flavor = "multi_thread")]
async fn what_asks_for_a_recent_proof_does_and_nothing_else() {
    let mut world = World::new().await;
    let asks: BTreeSet<String> = PROVED.iter().map(|(method, path)| format!("{method} {path}")).collect();
    let mut asked = BTreeSet::new();
    for case in CASES.iter().filter(|case| !matches!(case.needs, Needs::Nothing)) {
        let owner = world.owner.clone();
        let scene = world.scene(case, &owner).await;
        let stale = world.server.sign_in(OWNER).await;
        let mut tx = world.server.library.catalog.begin().await.unwrap();
        let hash = Secret::presented(&stale.secret).hash().unwrap();
        let now = world.server.clock.now();
        let (session, _) = tx.session_find(&hash, now).await.unwrap().unwrap();
        tx.session_prove(session.id, now.minus(Duration::from_mins(16))).await.unwrap();
        tx.commit().await.unwrap();
        let (status, body) = world.ask(case, &scene, Some(&stale.secret)).await;
        if body["type"] == "/problems/proof-required" {
            assert_eq!(status, 401);
            asked.insert(format!("{} {}", case.method, case.path));
        }
        // What a case ended must not end the next.
        if matches!(case.needs, Needs::Session) {
            world.owner = world.server.sign_in(OWNER).await;
        }
    }
    assert_eq!(asked, asks);
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
            assert_eq!(case.allowed(status, &body), may, "{what} with {rights}: {status} {body}");
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
