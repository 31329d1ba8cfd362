//! A slow line is no broken one: a file is sent for as long as its bytes move, and only one that stands still is sent again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use ourphoto_agent::Silence;
use support::{Answer, LARGE, SPACE, Takes, file, ok, send_bearing, serve_taking, times, usual};

/// Short, so that a test takes seconds.
const SILENCE: Silence = Silence { moving: Duration::from_secs(1), finishing: Duration::from_mins(1) };

#[tokio::test]
async fn a_slow_line_brings_a_file_once_and_a_server_that_stores_it_for_long_is_waited_for() {
    let slowly = Takes::Slowly(256 << 10, Duration::from_millis(30));
    let (address, asked) = serve_taking(
        move |asked, _| if asked.starts_with("PUT") { slowly } else { Takes::AtOnce },
        |asked, _| usual(asked, |_| ok(format!(r#"{{"asset":"{SPACE}","sha256":"","was":"new"}}"#))),
    );
    let (_dir, path) = file(31 << 20);
    let begun = Instant::now();
    let report = send_bearing(&address, &path, SILENCE).await.unwrap();
    assert_eq!((report.new, report.failed.len()), (1, 0), "{report:?}");
    assert!(begun.elapsed() > 4 * SILENCE.moving, "it was not slow: {:?}", begun.elapsed());
    assert_eq!(times(&asked, "PUT"), 1);
}

#[tokio::test]
async fn a_line_that_stalls_is_noticed_and_the_file_is_sent_again() {
    let stalls = |asked: &str, time| {
        let first = time == 1 && (asked.starts_with("PUT") || asked.starts_with("PATCH"));
        if first { Takes::Stalls(1 << 20) } else { Takes::AtOnce }
    };
    for (size, method) in [(31 << 20, "PUT"), (LARGE, "PATCH")] {
        let (address, asked) = serve_taking(stalls, |asked, _| {
            usual(asked, |asked| match asked.split(' ').next() {
                Some("POST") => Answer(201, &[("Location", "/api/v1/uploads/one")], String::new()),
                Some("HEAD") => Answer(200, &[("Upload-Offset", "0")], String::new()),
                // All of it.
                Some("PATCH") => Answer(204, &[("Upload-Offset", "34603008")], String::new()),
                _ => ok(format!(r#"{{"asset":"{SPACE}","sha256":"","was":"new"}}"#)),
            })
        });
        let (_dir, path) = file(size);
        let report = send_bearing(&address, &path, SILENCE).await.unwrap();
        assert_eq!((report.new, report.failed.len()), (1, 0), "{report:?}");
        assert_eq!(times(&asked, method), 2);
    }
}
