//! Pages and months of a timeline are kept as they were answered, and never shown when they are not true any more.

use model::{Permissions, Role, SpaceId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json as ok, problem};

struct Gallery {
    server: Server,
    ana: Someone,
    space: SpaceId,
    /// What was answered last.
    last: Value,
    /// A size of page that nobody has asked for.
    fresh: usize,
}

impl Gallery {
    async fn open() -> Self {
        let server = Server::start().await;
        let ana = server.sign_in(OWNER).await;
        let space = server.space("Family").await;
        Self { server, ana, space, last: Value::Null, fresh: 100 }
    }

    async fn ask(&self, what: &str) -> Value {
        ok(self.server.get(&format!("/api/v1/spaces/{}/{what}", self.space), &self.ana).await, 200).await
    }

    async fn put(&self, name: &str, bytes: &[u8]) -> Value {
        ok(self.server.put(&self.ana, self.space, "Sea", name, bytes).await, 200).await
    }

    async fn act(&self, method: Method, path: &str, body: Value) {
        let answer = self.server.send(method, &format!("/api/v1/{path}"), &self.ana, body).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// The page, asked for twice and for the first time in this size, with the months: true, and another than before.
    async fn changed(&mut self, what: &str) -> Value {
        self.fresh += 1;
        let page = self.ask("assets?limit=50").await;
        assert_eq!(self.ask("assets?limit=50").await, page, "{what}");
        assert_eq!(self.ask(&format!("assets?limit={}", self.fresh)).await, page, "{what}");
        let months = self.ask("months").await;
        let counted: u64 =
            months.as_array().unwrap().iter().map(|month| month["count"].as_u64().unwrap()).sum();
        assert_eq!(counted as usize, page["assets"].as_array().unwrap().len(), "{what}");
        assert_ne!(page, self.last, "{what}: an old page");
        self.last = page.clone();
        page
    }
}

#[tokio::test]
async fn whatever_changes_a_photo_the_next_page_says_so() {
    let mut gallery = Gallery::open().await;
    gallery.changed("nothing there").await;
    let first = gallery.put("a.jpg", b"a").await["asset"].as_str().unwrap().to_owned();
    gallery.changed("the first photo").await;
    gallery.put("b.jpg", b"b").await;
    let page = gallery.changed("another").await;
    let album = page["assets"][0]["album"].as_str().unwrap().to_owned();

    gallery.act(Method::PATCH, &format!("assets/{first}"), json!({"rating": 5})).await;
    gallery.changed("rated").await;
    let captured = json!({"captured": {"local_ms": 0, "offset_minutes": 0}});
    gallery.act(Method::PATCH, &format!("assets/{first}"), captured).await;
    gallery.changed("taken at another time").await;

    gallery.act(Method::DELETE, &format!("assets/{first}"), json!({})).await;
    gallery.changed("into the trash").await;
    gallery.act(Method::POST, &format!("assets/{first}/undelete"), json!({})).await;
    gallery.changed("out of it").await;
    gallery.act(Method::DELETE, &format!("albums/{album}"), json!({})).await;
    let page = gallery.changed("the album into the trash").await;
    assert_eq!(page["assets"], json!([]));
    gallery.act(Method::POST, &format!("albums/{album}/undelete"), json!({})).await;
    gallery.changed("the album out of it").await;

    gallery.act(Method::PATCH, &format!("spaces/{}", gallery.space), json!({"approval": true})).await;
    let ben = gallery.server.someone("ben@example.org").await;
    gallery.server.join(gallery.space, &ben, Role::Contributor, Permissions::NONE).await;
    let brought = gallery.server.put(&ben, gallery.space, "Sea", "c.jpg", b"c").await;
    let brought = ok(brought, 200).await["asset"].as_str().unwrap().to_owned();
    gallery.changed("one that waits").await;
    gallery.act(Method::POST, &format!("assets/{brought}/approve"), json!({})).await;
    gallery.changed("approved").await;
    gallery.server.stop().await;
}

#[tokio::test]
async fn a_kept_page_is_only_for_who_may_look() {
    let gallery = Gallery::open().await;
    gallery.put("a.jpg", b"a").await;
    let page = gallery.ask("assets").await;
    let path = format!("/api/v1/spaces/{}/assets", gallery.space);
    let ben = gallery.server.someone("ben@example.org").await;
    problem(gallery.server.get(&path, &ben).await, 404).await;
    gallery.server.join(gallery.space, &ben, Role::Viewer, Permissions::NONE).await;
    assert_eq!(ok(gallery.server.get(&path, &ben).await, 200).await, page);
    let member = format!("spaces/{}/members/{}", gallery.space, ben.id);
    gallery.act(Method::DELETE, &member, json!({})).await;
    problem(gallery.server.get(&path, &ben).await, 404).await;
    problem(gallery.server.get(&format!("/api/v1/spaces/{}/months", gallery.space), &ben).await, 404).await;
    gallery.server.stop().await;
}

#[tokio::test]
async fn many_who_ask_at_once_see_what_was_acknowledged_before_they_asked() {
    let gallery = Gallery::open().await;
    for round in 1..=8usize {
        gallery.put(&format!("{round}.jpg"), &[round as u8]).await;
        let asked = (0..16).map(|_| gallery.ask("assets"));
        for page in futures_util::future::join_all(asked).await {
            assert_eq!(page["assets"].as_array().unwrap().len(), round);
        }
    }
    gallery.server.stop().await;
}
