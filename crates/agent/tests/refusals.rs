//! What a server refuses is told with its reason and asked once; what it puts off is asked again when it says so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ourphoto_agent::{Client, Upload, upload};
use support::{Answer, Asked, Heard, LARGE, SPACE, file, ok, problem, send, serve, times, usual};

#[tokio::test]
async fn a_server_that_says_when_is_asked_again_then() {
    let received = format!(r#"{{"asset":"{SPACE}","sha256":"","was":"new"}}"#);
    let (address, asked) = serve(move |asked, time| {
        usual(asked, |_| match time {
            1 => Answer(429, &[("Retry-After", "2")], String::new()),
            _ => ok(received.clone()),
        })
    });
    let (_dir, path) = file(1000);
    let report = send(&address, &path).await.unwrap();
    assert_eq!((report.new, report.failed.len()), (1, 0), "{report:?}");
    let asked = asked.lock().unwrap();
    let puts: Vec<Instant> =
        asked.iter().filter(|(asked, _)| asked.starts_with("PUT")).map(|(_, at)| *at).collect();
    assert!(puts[1] - puts[0] >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason_and_not_asked_again() {
    let (address, asked) = serve(|asked, _| usual(asked, |_| problem(409, "in-trash", "it is in the trash")));
    let (_dir, path) = file(1000);
    let report = send(&address, &path).await.unwrap();
    assert_eq!(report.failed[0].1, "it is in the trash");
    assert_eq!(times(&asked, "PUT"), 1);

    let (address, asked) = serve(|asked, _| usual(asked, |_| Answer(413, &[], "<html>".to_owned())));
    let report = send(&address, &path).await.unwrap();
    assert!(report.failed[0].1.contains("the proxy's limit"), "{report:?}");
    assert_eq!(times(&asked, "PUT"), 1);
}

/// An upload in pieces whose HEAD is answered with `status`, and what asking with words says.
fn in_pieces(status: u16, told: (u16, &'static str, &'static str)) -> (String, Asked) {
    serve(move |asked, _| {
        usual(asked, |asked| match asked.split(' ').next() {
            Some("POST") => Answer(201, &[("Location", "/api/v1/uploads/one")], String::new()),
            Some("HEAD") => Answer(status, &[], "not sent".to_owned()),
            _ => problem(told.0, told.1, told.2),
        })
    })
}

#[tokio::test]
async fn the_reason_that_an_answer_to_head_cannot_have_is_asked_for() {
    let (_dir, path) = file(LARGE);
    for (status, name, said) in
        [(507, "quota", "the space is full"), (409, "in-trash", "an album of this name is in the trash")]
    {
        let (address, asked) = in_pieces(status, (status, name, said));
        let report = send(&address, &path).await.unwrap();
        assert_eq!(report.failed[0].1, said);
        assert_eq!((times(&asked, "HEAD"), times(&asked, "PATCH")), (1, 1));
    }
    // Where the bytes are not all there, there is no more to hear than that.
    let (address, asked) = in_pieces(507, (409, "wrong-offset", "the upload goes on at byte 0"));
    let report = send(&address, &path).await.unwrap();
    assert!(report.failed[0].1.contains("no room"), "{report:?}");
    assert_eq!(times(&asked, "HEAD"), 1);
    // Nothing will go differently for other files.
    let (address, asked) = in_pieces(401, (401, "unproved", "unused"));
    let refused = send(&address, &path).await.unwrap_err();
    assert!(refused.message().contains("sign in again"), "{refused}");
    assert_eq!((times(&asked, "HEAD"), times(&asked, "PATCH")), (1, 0));
}

#[tokio::test]
async fn empty_files_are_left_out_by_name_and_are_no_failure() {
    let (address, asked) =
        serve(|asked, _| usual(asked, |_| problem(400, "empty-file", "the file is empty")));
    let (_dir, path) = file(0);
    let client = Client::new(&address, None).unwrap();
    let what = Upload { paths: vec![path.clone()], space: "family".to_owned(), album: None };
    let report = upload(&client, what, Arc::new(Heard::default())).await.unwrap();
    assert!(report.is_complete());
    assert_eq!(report.empty, [path.display().to_string()]);
    assert_eq!(times(&asked, "PUT"), 0);
}
