//! The folder of real photos that some tests want and no test may need.

use std::path::{Path, PathBuf};

/// `OURPHOTO_TESTDATA`, or else `../shared/testdata` beside the workspace, if it is there.
pub fn testdata() -> Option<PathBuf> {
    let folder = std::env::var_os("OURPHOTO_TESTDATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata"),
        PathBuf::from,
    );
    folder.canonicalize().ok().filter(|folder| folder.is_dir())
}

/// Says that a test had nothing to test; [`testdata_or_skip!`](crate::testdata_or_skip) calls it.
pub fn say_skipped() {
    skipped("no test photos");
}

/// Says that a test had nothing to test with. A runner hides what passing tests print, so it goes into the file that
/// `OURPHOTO_SKIPPED` names too, which `make test` shows at its end.
#[expect(clippy::print_stderr, reason = "a skipped test must not look like a passed one")]
pub fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("skipped: {test}: {why}");
    if let Some(path) = std::env::var_os("OURPHOTO_SKIPPED") {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        // One short write to a file that is only appended to stays in one piece.
        let _ = file
            .and_then(|mut file| std::io::Write::write_all(&mut file, format!("{test}: {why}\n").as_bytes()));
    }
}

/// The folder of real photos, or a return from the test that says so.
#[macro_export]
macro_rules! testdata_or_skip {
    () => {
        match $crate::testdata() {
            Some(folder) => folder,
            None => {
                $crate::testdata::say_skipped();
                return;
            }
        }
    };
}
