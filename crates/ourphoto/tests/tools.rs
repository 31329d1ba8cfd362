//! "`sha256sum` proves every object; with the space key, the `age` command of the distribution gives back a photo whose
//! SHA-256 is the original's; the recovery key, `age`, `zstd` and `jq` alone get from a copy to a named photo, as
//! `RECOVERY.md` says. A test does exactly that with the real tools."
//!
//! What runs here is what the guide in the copy's own folder says, cut out of it block by block, so that it cannot rot.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::Cli;
use testkit::{SampleTree, Shape};

/// What the guide asks for, and `bash` to run it.
const TOOLS: &[&str] = &["age", "zstd", "jq", "sha256sum", "base64", "find", "bash"];

/// Says what is missing; `true` if something is.
fn tools_missing() -> bool {
    let missing: Vec<_> = TOOLS
        .iter()
        .filter(|tool| {
            let found =
                Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            !found.is_ok_and(|status| status.success())
        })
        .collect();
    if !missing.is_empty() {
        testkit::skipped(&format!("not installed: {missing:?}"));
    }
    !missing.is_empty()
}

/// Two spaces with hard names, a copy of them, and a folder that holds nothing but that copy and the kit.
struct Rescue {
    cli: Cli,
    /// Folder of the source by the path that its files have in the guide's `restored` folder.
    sources: Vec<(PathBuf, PathBuf)>,
    folder: PathBuf,
    guide: String,
}

impl Rescue {
    fn new() -> Self {
        let cli = Cli::set_up();
        let family = cli.path("photos");
        SampleTree::write(&family, 1, &Shape { picture: (64, 48), ..Shape::hard() }).unwrap();
        let shoot = cli.path("shoot");
        fs::create_dir_all(shoot.join("2026/..été..")).unwrap();
        fs::write(shoot.join("2026/..été../Wave 1..2.jpg"), testkit::bytes(5, 70_000)).unwrap();
        fs::write(shoot.join("contract.pdf"), testkit::bytes(6, 3_000)).unwrap();
        let spaces = [(family, "Family", "photos"), (shoot, "Client work – été", "shoot")];
        let mut sources = Vec::new();
        for (source, space, folder) in spaces {
            cli.ok(["admin", "import", "--no-previews", "--space", space, source.to_str().unwrap()]);
            sources.push((source, Path::new(space).join(folder)));
        }
        let single = cli.path("from the card ✈.jpg");
        fs::write(&single, testkit::bytes(77, 5_000)).unwrap();
        cli.ok(["admin", "import", "--no-previews", "--space", "Family", single.to_str().unwrap()]);
        let copy = cli.add_copy("disk");
        cli.ok(["copies", "run", "disk"]);

        let folder = cli.path("rescue");
        let copied = Command::new("cp").arg("-r").arg(&copy).arg(&folder).status().unwrap();
        assert!(copied.success());
        fs::copy(cli.path("kit.txt"), folder.join("kit.txt")).unwrap();
        let guide = fs::read_to_string(folder.join("RECOVERY.md")).unwrap();
        Self { cli, sources, folder, guide }
    }

    /// The shell commands of a numbered step of the guide.
    fn step(&self, number: u32) -> String {
        let start = format!("**{number}. ");
        let mut lines = self.guide.lines().skip_while(|line| !line.starts_with(&start)).skip(1);
        let block: Vec<&str> = lines
            .by_ref()
            .skip_while(|line| !line.starts_with("    "))
            .take_while(|line| line.starts_with("    "))
            .map(|line| &line[4..])
            .collect();
        assert!(!block.is_empty(), "step {number} of the guide has no commands");
        block.join("\n")
    }

    /// Runs commands in the rescue folder; gives what they print, which is nothing on standard error.
    fn bash(&self, script: &str) -> String {
        let (code, out, err) = self.try_bash(script);
        assert!(code == 0 && err.is_empty(), "{script}\n{out}{err}");
        out
    }

    fn try_bash(&self, script: &str) -> (i32, String, String) {
        // Stricter than a person's shell, so that no failure within a pipe goes by unseen.
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-euo", "pipefail", "-c", script])
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }
}

fn sha256(path: &Path) -> String {
    let hash = testkit::compare::sha256(path).unwrap();
    model::Sha256(hash).to_string()
}

/// Every file below a folder by its path there, with its SHA-256 and its modification time in whole seconds.
fn tree(root: &Path) -> BTreeMap<Vec<u8>, (String, i64)> {
    let mut found = BTreeMap::new();
    let mut todo = vec![root.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
                found.insert(name, (sha256(&path), path.metadata().unwrap().mtime()));
            }
        }
    }
    found
}

#[test]
fn sha256sum_proves_every_object_and_names_a_damaged_one() {
    if tools_missing() {
        return;
    }
    let rescue = Rescue::new();
    assert_eq!(rescue.bash(&rescue.step(1)), "");

    let objects = Cli::objects(&rescue.folder);
    let victim = &objects[objects.len() / 2];
    let mut bytes = fs::read(victim).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(victim, bytes).unwrap();
    let (code, out, _) = rescue.try_bash(&rescue.step(1));
    assert_ne!(code, 0);
    let name = victim.strip_prefix(&rescue.folder).unwrap();
    assert_eq!(out, format!("{}: FAILED\n", name.display()));
}

#[test]
fn age_and_the_space_keys_give_back_every_photo_without_any_catalog() {
    if tools_missing() {
        return;
    }
    let rescue = Rescue::new();
    // "The same keys are in `keys/`": the command is the one that the guide has there.
    let command = rescue.guide.split('`').find(|code| code.contains("keys/NAME.age")).unwrap().to_owned();
    for entry in fs::read_dir(rescue.folder.join("keys")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let command = command.replace("NAME.age", &name);
        rescue.bash(&format!("{command} >> all-spaces.key"));
    }
    fs::remove_dir_all(rescue.folder.join("catalog")).unwrap();

    let wanted: BTreeSet<String> = rescue
        .sources
        .iter()
        .flat_map(|(source, _)| tree(source).into_values().map(|(sha256, _)| sha256))
        .chain([sha256(&rescue.cli.path("from the card ✈.jpg"))])
        .collect();
    let objects = Cli::objects(&rescue.folder);
    assert_eq!(objects.len(), wanted.len(), "each content is stored once");
    let hashes = rescue.bash(
        "find objects -type f | while read -r f; do age -d -i all-spaces.key \"$f\" | sha256sum | cut -d' ' -f1; done",
    );
    assert_eq!(hashes.lines().map(str::to_owned).collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn the_recovery_key_and_the_guide_alone_get_from_a_copy_to_a_named_photo() {
    if tools_missing() {
        return;
    }
    let rescue = Rescue::new();
    rescue.bash(&rescue.step(2));
    rescue.bash(&rescue.step(3));
    let step = rescue.step(4);
    let family = &rescue.sources[0].0;
    let photos = [
        family.join("2025/Phone 📱/白い猫 🐈.mov"),
        family.join("2024/Wedding Ana & Jón/DSC_0000.DNG"),
        family.join("Edge names/ space before.jpg"),
        family.join("Edge names/-dash.jpg"),
        family.join("Edge names/Jo\u{301}n.jpg"),
        rescue.cli.path("from the card ✈.jpg"),
    ];
    for photo in photos {
        let name = photo.file_name().unwrap().to_str().unwrap();
        // Only the name is somebody's own.
        let script = step.replace("'IMG_1234.jpg'", &format!("'{name}'"));
        assert_ne!(script, step);
        assert_eq!(rescue.bash(&script), format!("{name}: OK\n"));
        assert_eq!(sha256(&rescue.folder.join(name)), sha256(&photo), "{name}");
    }
}

#[test]
fn the_recovery_key_and_the_guide_alone_bring_back_everything_in_its_folders() {
    if tools_missing() {
        return;
    }
    let rescue = Rescue::new();
    let all = [2, 3, 5].map(|number| rescue.step(number)).join("\n");
    assert_eq!(rescue.bash(&all), "");
    let mut wanted = BTreeMap::new();
    for (source, place) in &rescue.sources {
        for (name, file) in tree(source) {
            wanted.insert([place.as_os_str().as_bytes(), b"/", name.as_slice()].concat(), file);
        }
    }
    let single = rescue.cli.path("from the card ✈.jpg");
    let file = (sha256(&single), single.metadata().unwrap().mtime());
    wanted.insert("Family/from the card ✈.jpg".into(), file);
    let found = tree(&rescue.folder.join("restored"));
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    assert_eq!(found, wanted);
}

#[test]
fn the_guide_uses_the_snapshot_before_when_the_newest_is_damaged() {
    if tools_missing() {
        return;
    }
    let rescue = Rescue::new();
    let snapshots = rescue.folder.join("catalog");
    let good = fs::read_dir(&snapshots).unwrap().next().unwrap().unwrap().file_name();
    let newest = snapshots.join(format!("99991231T000000Z-{}.age", "0".repeat(64)));
    let mut bytes = fs::read(snapshots.join(good)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&newest, bytes).unwrap();
    let (code, _, err) = rescue.try_bash(&rescue.step(2));
    assert!(code != 0 && !err.is_empty(), "a damaged snapshot is noticed");
    fs::remove_file(newest).unwrap();
    rescue.bash(&rescue.step(2));
}
