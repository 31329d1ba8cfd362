//! The walls around the decoders.
//!
//! Entered before the first byte of a photo is read; each wall stands by itself, and one that the kernel lacks is
//! reported rather than fatal. Not among them: a parent-death signal, which is tied to the parent's *thread* and would
//! end spare workers at random. A worker whose parent dies reads the end of its input, or runs into its processor limit.

use crate::Sandbox;

/// Gives up everything but memory, time and the three standard streams. `memory` in bytes, `cpu_seconds` of processor
/// time.
#[cfg(target_os = "linux")]
pub fn enter(memory: u64, cpu_seconds: u64) -> Sandbox {
    // Landlock needs a file descriptor of its own, so the limit on files comes after it; seccomp forbids both, so it
    // comes last.
    let landlock = landlock_all();
    let rlimits = rlimits(memory, cpu_seconds);
    let seccomp = seccomp_most().is_some();
    Sandbox { landlock, seccomp, rlimits }
}

/// Elsewhere only the limits stand.
#[cfg(not(target_os = "linux"))]
pub fn enter(memory: u64, cpu_seconds: u64) -> Sandbox {
    Sandbox { landlock: false, seccomp: false, rlimits: rlimits(memory, cpu_seconds) }
}

fn rlimits(memory: u64, cpu_seconds: u64) -> bool {
    use nix::sys::resource::{Resource, setrlimit};
    let limits = [
        (Resource::RLIMIT_CORE, 0, 0),
        (Resource::RLIMIT_FSIZE, 0, 0),
        (Resource::RLIMIT_NOFILE, 3, 3),
        // The first tells by a signal of its own, the second kills.
        (Resource::RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (Resource::RLIMIT_AS, memory, memory),
    ];
    let mut all_hold = true;
    for (resource, soft, hard) in limits {
        all_hold &= setrlimit(resource, soft, hard).is_ok();
    }
    all_hold
}

/// No file, no port, no signal to others.
#[cfg(target_os = "linux")]
fn landlock_all() -> bool {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope,
    };
    let restricted = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V6)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    restricted.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// Only what a single-threaded computation over two pipes needs; anything else kills the process.
#[cfg(target_os = "linux")]
fn seccomp_most() -> Option<()> {
    use nix::libc;
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op,
        SeccompCondition as Condition, SeccompFilter, SeccompRule as Rule,
    };
    let only_fd = |fds: &[u64]| -> Option<Vec<Rule>> {
        fds.iter().map(|fd| Rule::new(vec![Condition::new(0, Len::Dword, Op::Eq, *fd).ok()?]).ok()).collect()
    };
    // Memory that can be executed is how injected code would begin.
    let no_exec = || -> Option<Vec<Rule>> {
        let exec = libc::PROT_EXEC as u64;
        Some(vec![Rule::new(vec![Condition::new(2, Len::Dword, Op::MaskedEq(exec), 0).ok()?]).ok()?])
    };
    // A process may end itself, by abort too, but nobody else.
    let own = u64::from(std::process::id());
    let own_process = || -> Option<Vec<Rule>> {
        Some(vec![Rule::new(vec![Condition::new(0, Len::Dword, Op::Eq, own).ok()?]).ok()?])
    };
    let mut rules = vec![
        (libc::SYS_read, only_fd(&[0])?),
        (libc::SYS_readv, only_fd(&[0])?),
        (libc::SYS_write, only_fd(&[1, 2])?),
        (libc::SYS_writev, only_fd(&[1, 2])?),
        (libc::SYS_mmap, no_exec()?),
        (libc::SYS_mprotect, no_exec()?),
        (libc::SYS_tgkill, own_process()?),
        (libc::SYS_tkill, own_process()?),
    ];
    for call in [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_nanosleep,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
    ] {
        rules.push((call, Vec::new()));
    }
    let architecture = std::env::consts::ARCH.try_into().ok()?;
    let rules = rules.into_iter().collect();
    let filter =
        SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, architecture).ok()?;
    let program: BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter(&program).ok()
}
