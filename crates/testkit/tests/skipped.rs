//! Where everything has to be tried, a test that had nothing to test with fails the run, unless no machine can be asked to
//! have it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

fn judge(lines: &str, ci: bool) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("skipped");
    std::fs::write(&file, lines).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/skipped");
    let ran = Command::new(script).arg(file).env("CI", ci.to_string()).output().unwrap();
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn what_a_tool_was_missing_for_fails_the_run_where_all_has_to_be_tried() {
    let photos = "formats::real_photos: no test photos\n";
    let tool = "tuspy_sends_a_gigabyte: tuspy is not installed\n";
    assert_eq!(judge("", true), (Some(0), String::new()));
    let (code, told) = judge(photos, true);
    assert!(code == Some(0) && told.contains("real_photos"), "{told}");
    let (code, told) = judge(&[photos, tool].concat(), true);
    let (all, these) = told.split_once("must not be skipped").unwrap();
    assert_eq!(code, Some(1), "{told}");
    assert!(all.contains("real_photos") && all.contains("tuspy"), "{told}");
    assert!(these.contains("tuspy") && !these.contains("real_photos"), "{told}");
    // Whoever lacks it at home is told.
    let (code, told) = judge(tool, false);
    assert!(code == Some(0) && told.contains("tuspy is not installed"), "{told}");
}
