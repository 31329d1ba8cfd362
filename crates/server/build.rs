//! A release has the web app inside. Cargo is told to look at what `npm run build` left; building it is for `make`.
//! Other builds read it from the disk while they run.

fn main() {
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-changed={}", if release { "../../web/build" } else { "build.rs" });
}
