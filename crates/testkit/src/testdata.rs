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
#[expect(clippy::print_stderr, reason = "a skipped test must not look like a passed one")]
pub fn say_skipped() {
    eprintln!("skipped: no test photos");
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
