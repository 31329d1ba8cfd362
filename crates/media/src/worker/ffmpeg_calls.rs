//! The system calls that ffmpeg may make; all others answer "no such call", for which libraries have another way.

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition as Condition,
    SeccompFilter, SeccompRule as Rule,
};

/// Starting a program with shared libraries, threads, and computing over two pipes. What a file name reaches is
/// landlock's matter.
const HARMLESS: &[libc::c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_futex,
    libc::SYS_get_mempolicy,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mincore,
    libc::SYS_mlock,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munlock,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_pselect6,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_mempolicy,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
];

/// The same under names that newer machines never had.
#[cfg(target_arch = "x86_64")]
const HARMLESS_BEFORE: &[libc::c_long] = &[
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_dup2,
    libc::SYS_getrlimit,
    libc::SYS_lstat,
    libc::SYS_open,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const HARMLESS_BEFORE: &[libc::c_long] = &[];

/// Applies the list to this process, for what it will become.
pub(super) fn only_harmless() -> Option<()> {
    let is = |argument: u8, value: u64| -> Option<Rule> {
        Rule::new(vec![Condition::new(argument, Len::Dword, Op::Eq, value).ok()?]).ok()
    };
    let thread = libc::CLONE_THREAD as u64;
    let is_thread = Condition::new(0, Len::Dword, Op::MaskedEq(thread), thread).ok()?;
    let own = u64::from(std::process::id());
    // Duplicates and flags; not who gets a signal when a pipe is ready.
    let file_words = [libc::F_DUPFD, libc::F_DUPFD_CLOEXEC, libc::F_GETFD, libc::F_SETFD, libc::F_GETFL];
    let mut rules = vec![
        // Threads but no processes. What `clone3` is asked for cannot be seen from here, so it is not there.
        (libc::SYS_clone, vec![Rule::new(vec![is_thread]).ok()?]),
        // A process may end itself, by abort too, but nobody else; the id stays when it becomes ffmpeg.
        (libc::SYS_tgkill, vec![is(0, own)?]),
        // Its own limits, of which none can be raised.
        (libc::SYS_prlimit64, vec![is(0, 0)?]),
        (libc::SYS_fcntl, file_words.iter().map(|word| is(1, *word as u64)).collect::<Option<_>>()?),
    ];
    rules.extend(HARMLESS.iter().chain(HARMLESS_BEFORE).map(|call| (*call, Vec::new())));
    let architecture = std::env::consts::ARCH.try_into().ok()?;
    let rules = rules.into_iter().collect();
    let otherwise = SeccompAction::Errno(libc::ENOSYS as u32);
    let filter = SeccompFilter::new(rules, otherwise, SeccompAction::Allow, architecture).ok()?;
    let program: BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter(&program).ok()
}
