//! Photos in, photos out: byte for byte, with names, folders and times.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::Cli;
use testkit::{SampleTree, Shape, compare};

#[test]
fn what_goes_in_comes_out_byte_for_byte_with_names_folders_and_times() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    let tree = SampleTree::write(&photos, 1, &Shape::hard()).unwrap();
    let (code, summary) =
        cli.json(["admin", "import", "--space", "Family", "--no-previews", photos.to_str().unwrap()]);
    assert_eq!(code, 0, "{summary}");
    let counted = summary["stored"].as_u64().unwrap() + summary["duplicates"].as_u64().unwrap();
    assert_eq!(counted, tree.len() as u64, "{summary}");

    let out = cli.path("out");
    cli.ok(["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    let differences = compare(&photos, &out.join("photos")).unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
}
