//! The walls around ffmpeg, which needs more than our own decoders: its libraries, threads, executable memory.
//!
//! It can read and execute what the system installed and nothing else, write nothing but its output, reach no other
//! process and no network. System calls that it has no use for do not exist for it.

use std::path::Path;

use crate::Sandbox;
use crate::protocol::LimitsFrame;

/// Address space on top of what data may take: libraries are mapped, not used up.
const LIBRARIES: u64 = 512 << 20;

/// Where a system keeps programs and libraries.
#[cfg(target_os = "linux")]
const SYSTEM: [&str; 6] = ["/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache"];

/// Gives up all that `program` will not need.
#[cfg(target_os = "linux")]
pub(super) fn enter(program: &Path, limits: &LimitsFrame) -> Sandbox {
    // In the order of the decoders' walls: the last forbids putting up more.
    let landlock = only_system(program);
    let rlimits = rlimits(limits);
    let seccomp = super::ffmpeg_calls::only_harmless().is_some();
    Sandbox { landlock, seccomp, rlimits }
}

/// Elsewhere only the limits stand, which is not enough to run it.
#[cfg(not(target_os = "linux"))]
pub(super) fn enter(_program: &Path, limits: &LimitsFrame) -> Sandbox {
    Sandbox { landlock: false, seccomp: false, rlimits: rlimits(limits) }
}

fn rlimits(limits: &LimitsFrame) -> bool {
    use nix::sys::resource::{Resource, setrlimit};
    let space = limits.memory.saturating_add(LIBRARIES);
    let most = [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_NOFILE, 64),
        // No gentle signal first: ffmpeg would catch it and go on.
        (Resource::RLIMIT_CPU, limits.cpu_seconds),
        (Resource::RLIMIT_DATA, limits.memory),
        (Resource::RLIMIT_AS, space),
    ];
    let mut all_hold = true;
    for (resource, limit) in most {
        all_hold &= setrlimit(resource, limit, limit).is_ok();
    }
    all_hold
}

/// Files of the system and of `program` for reading; no port, no signal to others.
#[cfg(target_os = "linux")]
fn only_system(program: &Path) -> bool {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
        RulesetStatus, Scope, path_beneath_rules,
    };
    let readable = SYSTEM.iter().map(Path::new).chain([program]);
    let restricted = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V6)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.add_rules(path_beneath_rules(readable, AccessFs::from_read(ABI::V6))))
        .and_then(landlock::RulesetCreated::restrict_self);
    restricted.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}
