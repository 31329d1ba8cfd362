//! The folder of real photos, where a machine has one.

use ourphoto_testkit::testdata_or_skip;

#[test]
fn the_folder_of_real_photos_has_something_in_it() {
    let folder = testdata_or_skip!();
    assert!(folder.read_dir().unwrap().next().is_some());
}
