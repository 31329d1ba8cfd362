//! What somebody who has nothing learns and does by asking for an account: nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use library::accounts::{Origin, RecoveryAsked, RecoveryState, Secret};
use model::{Clock as _, NoticeKind, PersonId, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::recovery::{
    DAY, HOUR, NEW, Scene, audited, begin, done, finish, post, second_factor, sign_in, state,
};
use crate::support::{OWNER, PASSWORD, Server, json as ok, problem};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_whether_there_is_an_account_nor_whether_it_has_contacts() {
    let scene = Scene::new().await;
    let Scene { server, ben, .. } = &scene;
    let gone = server.person("gone@example.org").await;
    server.trust(gone, &[ben.id], 1).await;
    let mut tx = server.library.catalog.begin().await.unwrap();
    tx.person_set_disabled(gone, Some(Timestamp(1))).await.unwrap();
    tx.commit().await.unwrap();
    let emails = [OWNER, "nobody@example.org", "ben@example.org", "gone@example.org"];
    let (mut first, mut took) = (Vec::new(), Vec::new());
    for email in emails {
        let start = Instant::now();
        let response = post(server, "/api/v1/recoveries", json!({"email": email})).await;
        took.push(start.elapsed().as_secs_f64());
        let names: BTreeSet<_> = response.headers().keys().map(|name| name.as_str().to_owned()).collect();
        let made = ok(response, 201).await;
        let (secret, phrase) = (made["secret"].as_str().unwrap(), made["phrase"].as_str().unwrap());
        assert!(secret.starts_with("opr_") && phrase.split(' ').count() == 4, "{made}");
        first.push((secret.to_owned(), secret.len(), made.as_object().unwrap().len(), names));
    }
    assert!(
        first
            .windows(2)
            .all(|pair| { (pair[0].1, pair[0].2, &pair[0].3) == (pair[1].1, pair[1].2, &pair[1].3) })
    );
    // Longer than there is to do, for all of them.
    assert!(took.iter().all(|seconds| *seconds >= 0.25), "{took:?}");
    let same = async |what: &str, state_is: &str| {
        let mut told = Vec::new();
        for (secret, ..) in &first {
            told.push(state(server, secret).await);
        }
        assert_eq!(told[0]["state"], state_is, "{what}");
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{what}: {told:?}");
    };
    same("at first", "asking").await;
    // RecoveryAsked for again by the same party, the first secrets say what they said.
    for email in emails {
        begin(server, email).await;
    }
    same("after they were asked for again", "asking").await;
    let mut refused = Vec::new();
    for (secret, ..) in &first {
        refused.push(problem(finish(server, secret, NEW).await, 409).await);
    }
    assert!(refused.windows(2).all(|pair| pair[0] == pair[1]), "{refused:?}");
    server.clock.advance((14 * DAY).saturating_sub(HOUR));
    // No limit of tries is what this is about.
    let library = &server.library;
    for (after, expected) in [(Duration::ZERO, RecoveryState::Asking), (HOUR, RecoveryState::Ended)] {
        server.clock.advance(after);
        for swept in [false, true] {
            if swept {
                library.sweep().await.unwrap();
            }
            for (secret, ..) in &first {
                let status = library.recovery_state(&Secret::presented(secret)).await.unwrap();
                assert_eq!((status.state, status.vouched, status.needed), (expected, 0, None));
            }
        }
    }
    // What was never handed out is refused, however much it looks like it.
    let (random, rest) = first[0].0.split_once('.').unwrap();
    let (at, seal) = rest.split_once('.').unwrap();
    let later = at.parse::<i64>().unwrap() + 1;
    for wrong in [
        "",
        ".",
        "..",
        "opr_",
        random,
        "opr_x.1.y",
        &format!("{random}.{later}.{seal}"),
        &format!("{random}.{at}."),
        &format!("ops_x.{at}.{seal}"),
    ] {
        let refused = library.recovery_state(&Secret::presented(wrong)).await.unwrap_err();
        assert_eq!(refused.kind(), model::ErrorKind::NotFound, "{wrong}");
    }
    scene.server.stop().await;
}

async fn asked_from(server: &Server, number: u32) -> RecoveryAsked {
    let origin =
        Origin { agent: "test".into(), network: format!("198.51.{}.{}", number / 200, number % 200) };
    server.library.recovery_begin(OWNER, &origin).await.unwrap()
}

async fn under_way(server: &Server, who: PersonId) -> usize {
    let now = server.clock.now();
    server.library.catalog.read().await.unwrap().recovery_under_way(who, now).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_fills_nobodys_mail_and_keeps_no_owner_from_their_account() {
    let scene = Scene::new().await;
    let Scene { server, ana, ben, cyd, .. } = &scene;
    // One party asks again and again.
    let mut refused = 0;
    for email in [OWNER, "nobody@example.org"] {
        for number in 0..12 {
            let asked = server.request(Method::POST, "/api/v1/recoveries", None);
            let asked = asked.header("x-forwarded-for", format!("203.0.113.{number}"));
            let response = asked.json(&json!({"email": email})).send().await.unwrap();
            if response.status() == StatusCode::TOO_MANY_REQUESTS {
                refused += 1;
            }
        }
        assert!(refused >= 1, "{email}");
        refused = 0;
    }
    assert_eq!(under_way(server, ana.id).await, 1);
    // Somebody who has one vouch, before the flood of many parties; it stays, and so does the way in for others.
    let early = asked_from(server, 1000).await;
    let mut tx = server.library.catalog.read().await.unwrap();
    let early_id = tx.recovery_find(&early.secret.hash().unwrap()).await.unwrap().unwrap().id;
    drop(tx);
    done(scene.vouch(ben, &early_id.to_string(), &early.phrase).await);
    for number in 0..60 {
        asked_from(server, number).await;
    }
    assert!(under_way(server, ana.id).await <= 21);
    assert!(scene.told(ana, NoticeKind::RecoveryStarted).await <= 4, "three, and the vouch");
    assert!(scene.told(ben, NoticeKind::VouchAsked).await <= 3);
    let begun = audited(server).await.iter().filter(|action| *action == "recovery.begin").count();
    assert!(begun <= 3, "{begun}");
    done(scene.vouch(cyd, &early_id.to_string(), &early.phrase).await);
    let status = server.library.recovery_state(&early.secret).await.unwrap();
    assert_eq!(status.state, RecoveryState::Waiting);
    let late = asked_from(server, 2000).await;
    let mut tx = server.library.catalog.read().await.unwrap();
    let late_id = tx.recovery_find(&late.secret.hash().unwrap()).await.unwrap().unwrap().id;
    drop(tx);
    done(scene.vouch(ben, &late_id.to_string(), &late.phrase).await);
    // Another day, it is told again.
    let told = scene.told(ana, NoticeKind::RecoveryStarted).await;
    server.clock.advance(25 * HOUR);
    asked_from(server, 3000).await;
    assert_eq!(scene.told(ana, NoticeKind::RecoveryStarted).await, told + 1);
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_is_no_way_around_the_second_factor() {
    let scene = Scene::new().await;
    let Scene { server, ana, ben, .. } = &scene;
    let code = second_factor(server, ana).await;
    let (secret, phrase) = begin(server, OWNER).await;
    let id = scene.id().await;
    done(scene.vouch(ben, &id, &phrase).await);
    // Neither what a claimant holds nor a recovery code opens the account, and asking switches nothing off.
    for shown in [None, Some(secret.as_str()), Some(phrase.as_str())] {
        problem(sign_in(server, OWNER, PASSWORD, shown).await, 401).await;
    }
    for (password, shown) in [("wrong password here", code.as_str()), (&secret, &code)] {
        problem(sign_in(server, OWNER, password, Some(shown)).await, 401).await;
    }
    for secret in [&code, &phrase, &id, &ana.secret] {
        problem(finish(server, secret, NEW).await, 404).await;
    }
    problem(finish(server, &secret, NEW).await, 409).await;
    for presented in [&secret, &code] {
        let request = server.request(Method::GET, "/api/v1/session", Some(presented));
        problem(request.send().await.unwrap(), 401).await;
    }
    let factors = ok(server.get("/api/v1/factors", ana).await, 200).await;
    assert_eq!(
        (factors["factors"].as_array().unwrap().len(), &factors["recovery_codes_left"]),
        (1, &json!(10))
    );
    ok(sign_in(server, OWNER, PASSWORD, Some(&code)).await, 200).await;
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_recovery_is_in_the_database() {
    let scene = Scene::new().await;
    let Scene { server, ana, ben, .. } = &scene;
    let (secret, phrase) = begin(server, OWNER).await;
    let mut tx = server.library.catalog.read().await.unwrap();
    let recovery = tx.recovery_under_way(ana.id, server.clock.now()).await.unwrap();
    let mut kept = vec![format!("{recovery:?}")];
    for who in [ana, ben] {
        kept.push(format!("{:?}", tx.notice_list(who.id, None, 100).await.unwrap()));
    }
    kept.push(format!("{:?}", tx.audit_list(0, 10_000).await.unwrap()));
    drop(tx);
    let kept = kept.concat();
    for part in secret.split('.').filter(|part| part.len() > 20).chain([phrase.as_str()]) {
        assert!(!kept.contains(part.trim_start_matches("opr_")), "{kept}");
    }
    assert!(kept.contains(&crate::support::sha256(secret.as_bytes())), "{kept}");
    scene.server.stop().await;
}
