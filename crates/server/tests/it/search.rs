//! Photos are found by what they are and by what is said of them, by those who may look at them and by nobody else.

use model::{Permission, Permissions, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json, problem};

impl Server {
    async fn found(&self, who: &Someone, question: &str) -> Vec<String> {
        let request =
            self.request(Method::GET, "/api/v1/search", Some(&who.secret)).query(&[("q", question)]);
        let page = json(request.send().await.unwrap(), 200).await;
        let ids = page["assets"].as_array().unwrap().iter();
        ids.map(|asset| asset["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn edit(&self, who: &Someone, asset: &str, patch: Value) -> Value {
        let path = format!("/api/v1/assets/{asset}");
        json(self.send(Method::PATCH, &path, who, patch).await, 200).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_photo_is_found_and_can_be_taken_back() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let put = json(server.put(&ana, space, "Été/Plage", "IMG_0001.jpg", b"one").await, 200).await;
    let one = put["asset"].as_str().unwrap().to_owned();
    let put = json(server.put(&ana, space, "Winter", "IMG_0002.jpg", b"two").await, 200).await;
    let two = put["asset"].as_str().unwrap().to_owned();
    // By name and album, as soon as it is there.
    assert_eq!(server.found(&ana, "0001").await, [one.clone()]);
    assert_eq!(server.found(&ana, "ete pla").await, [one.clone()]);
    assert_eq!(server.found(&ana, "album:winter").await, [two.clone()]);
    assert_eq!(server.found(&ana, "img").await.len(), 2);
    assert_eq!(server.found(&ana, "").await.len(), 2);

    let said = json!({
        "title": "Sunset over Lac Léman", "keywords": ["sailing", "gold"], "rating": 5,
        "captured": {"local_ms": 1_000_000_000_000_i64, "offset_minutes": 120},
        "location": {"latitude": 46.5, "longitude": 6.6, "altitude": null},
    });
    let shown = server.edit(&ana, &one, said).await;
    assert_eq!(shown["metadata"]["title"], "Sunset over Lac Léman");
    assert_eq!(shown["captured_at"], "2001-09-08T23:46:40Z");
    assert_eq!(shown["edits"]["rating"], 5);
    for question in [
        "leman",
        "sunset sail",
        "keyword:gold",
        "rating:4+",
        "has:place",
        "on:2001-09-09",
        "year:2001 -winter",
    ] {
        assert_eq!(server.found(&ana, question).await, [one.clone()], "{question}");
    }
    assert_eq!(server.found(&ana, "img -leman").await, [two.clone()]);
    assert_eq!(server.found(&ana, "before:2002").await, [one.clone()]);
    assert_eq!(server.found(&ana, "since:2002").await, [two.clone()]);
    let request = server.request(Method::GET, "/api/v1/search/facets?q=img", Some(&ana.secret));
    let facets = json(request.send().await.unwrap(), 200).await;
    assert_eq!((&facets["counted"], &facets["all"]), (&json!(2), &json!(true)));
    assert_eq!(facets["keywords"], json!([{"name": "gold", "count": 1}, {"name": "sailing", "count": 1}]));
    assert_eq!(facets["ratings"], json!([{"name": "5", "count": 1}]));

    // Taken back, it is as its file says; what was not spoken of stays.
    let shown = server.edit(&ana, &one, json!({"title": null, "location": null})).await;
    assert_eq!(shown["metadata"]["title"], Value::Null);
    assert_eq!(shown["metadata"]["rating"], 5);
    assert_eq!(server.found(&ana, "leman").await, Vec::<String>::new());
    assert_eq!(server.found(&ana, "sailing").await, [one.clone()]);
    // Two who add and take away at once lose nothing of each other; a whole list is a whole list.
    let shown =
        server.edit(&ana, &one, json!({"add_keywords": ["wind", "gold"], "remove_keywords": ["none"]})).await;
    assert_eq!(shown["metadata"]["keywords"], json!(["sailing", "gold", "wind"]));
    let shown = server.edit(&ana, &one, json!({"remove_keywords": ["gold"]})).await;
    assert_eq!(shown["metadata"]["keywords"], json!(["sailing", "wind"]));
    assert_eq!(server.found(&ana, "keyword:gold").await, Vec::<String>::new());
    let shown = server.edit(&ana, &one, json!({"keywords": ["sailing"], "add_keywords": ["sea"]})).await;
    assert_eq!(shown["metadata"]["keywords"], json!(["sailing", "sea"]));
    for wrong in [
        json!({"rating": 6}),
        json!({"add_keywords": [" "]}),
        json!({"keywords": [""]}),
        json!({"location": {"latitude": 91, "longitude": 0}}),
        json!({"captured": {"local_ms": 9_000_000_000_000_000_i64}}),
        json!({"colour": "red"}),
        json!({"title": "a\u{0}b"}),
    ] {
        problem(server.send(Method::PATCH, &format!("/api/v1/assets/{one}"), &ana, wrong).await, 400).await;
    }
    let request = server.request(Method::GET, "/api/v1/search?q=colour:red", Some(&ana.secret));
    assert_eq!(problem(request.send().await.unwrap(), 400).await["type"], "/problems/bad-search");
    // In the trash it is not found.
    server.send(Method::DELETE, &format!("/api/v1/assets/{one}"), &ana, json!({})).await;
    assert_eq!(server.found(&ana, "sailing").await, Vec::<String>::new());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_finds_what_they_may_not_look_at() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (family, clients) = (server.space("Family").await, server.space("Clients").await);
    let mut ids = Vec::new();
    for (space, album) in [(family, "open"), (family, "closed"), (clients, "work")] {
        let name = format!("secret {album}.jpg");
        let put = json(server.put(&ana, space, album, &name, album.as_bytes()).await, 200).await;
        ids.push(put["asset"].as_str().unwrap().to_owned());
    }
    let nobody = server.someone("nobody@example.org").await;
    let sends = server.someone("sends@example.org").await;
    server.join(family, &sends, Role::Custom, Permissions::of(&[Permission::Upload])).await;
    let member = server.someone("member@example.org").await;
    server.join(clients, &member, Role::Owner, Permissions::NONE).await;
    for who in [&nobody, &sends] {
        assert_eq!(server.found(who, "secret").await, Vec::<String>::new());
        let request = server.request(Method::GET, "/api/v1/search/facets", Some(&who.secret));
        assert_eq!(json(request.send().await.unwrap(), 200).await["counted"], 0);
    }
    assert_eq!(server.found(&member, "secret").await, [ids[2].clone()]);
    assert_eq!(server.found(&member, "").await, [ids[2].clone()]);
    let path = format!("/api/v1/search?space={family}");
    problem(server.get(&path, &member).await, 404).await;
    // One album is opened to somebody, and mirrored into a space.
    let view = json(server.get(&format!("/api/v1/assets/{}", ids[0]), &ana).await, 200).await;
    let album = view["album"].as_str().unwrap();
    let asked = json!({"email": "nobody@example.org", "permissions": ["view"]});
    json(server.send(Method::POST, &format!("/api/v1/albums/{album}/grants"), &ana, asked).await, 201).await;
    assert_eq!(server.found(&nobody, "secret").await, [ids[0].clone()]);
    let into = json!({"space": clients.to_string()});
    server.send(Method::POST, &format!("/api/v1/albums/{album}/mirrors"), &ana, into).await;
    let mut found = server.found(&member, "secret").await;
    found.sort();
    let mut expected = [ids[0].clone(), ids[2].clone()];
    expected.sort();
    assert_eq!(found, expected);
    // A token for one space finds nothing of another.
    let asked = json!({"name": "t", "permissions": ["view"], "space": clients.to_string()});
    let made = json(server.send(Method::POST, "/api/v1/tokens", &ana, asked).await, 201).await;
    let program = Someone { secret: made["secret"].as_str().unwrap().to_owned(), ..ana.clone() };
    let mut found = server.found(&program, "closed").await;
    found.extend(server.found(&program, "work").await);
    assert_eq!(found, [ids[2].clone()]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_goes_on_page_by_page() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    for number in 0..7 {
        server.put(&ana, space, "a", &format!("boat {number}.jpg"), format!("{number}").as_bytes()).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/search?q=boat&limit=3".to_owned();
    loop {
        let page = json(server.get(&path, &ana).await, 200).await;
        seen.extend(page["assets"].as_array().unwrap().iter().map(|asset| asset["id"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/search?q=boat&limit=3&cursor={next}");
    }
    assert_eq!(seen.len(), 7);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    problem(server.get("/api/v1/search?cursor=x", &ana).await, 400).await;
    problem(server.get("/api/v1/search?limit=0", &ana).await, 400).await;
    server.stop().await;
}
