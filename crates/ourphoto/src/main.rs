//! The `ourphoto` program.
fn main() {}
