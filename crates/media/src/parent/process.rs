//! One worker process and the clock that runs while it is waited for.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use model::{Error, ErrorKind, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Limits;
use crate::Sandbox;
use crate::protocol::{LimitsFrame, Tag, header, parse_header};

/// Pipes this large save most of the switching between parent and worker.
const PIPE: i32 = 1 << 20;

/// Why a worker's answer ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It took too long.
    Deadline,
    /// It is gone.
    Gone,
    /// It broke the protocol.
    Nonsense,
}

/// A running worker; ended when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Closed when all is said.
    input: Option<ChildStdin>,
    output: ChildStdout,
    /// How much longer the worker may be waited for.
    left: Duration,
    hello: Option<Sandbox>,
}

impl Process {
    pub(super) fn start(program: &Path, args: &[OsString], limits: &Limits) -> Result<Self> {
        let failed = |error: io::Error| {
            Error::new(ErrorKind::Unavailable, "the media worker could not be started")
                .with_detail(format!("{}: {error}", program.display()))
        };
        let mut child = Command::new(program)
            .args(args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let Some((input, output)) = pipes else { return Err(Error::internal("a worker without pipes")) };
        // So that a worker that stops reading cannot block us for ever.
        fcntl(&input, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|error| failed(error.into()))?;
        // Only a matter of speed; an unprivileged user may be refused.
        #[cfg(target_os = "linux")]
        let _ = (fcntl(&input, FcntlArg::F_SETPIPE_SZ(PIPE)), fcntl(&output, FcntlArg::F_SETPIPE_SZ(PIPE)));
        let mut process = Self { child, input: Some(input), output, left: limits.wall, hello: None };
        let frame = LimitsFrame { memory: limits.memory, cpu_seconds: limits.cpu.as_secs().max(1) };
        let frame = serde_json::to_vec(&frame).map_err(|_| Error::internal("limits that cannot be told"))?;
        // A worker that died at once shows when it is first asked for something.
        let _ = process.send(Tag::Limits, &frame);
        Ok(process)
    }

    /// Waits until the worker's sandbox is up; tells which walls stand.
    pub(super) fn hello(&mut self) -> Result<Sandbox, Stopped> {
        if let Some(walls) = self.hello {
            return Ok(walls);
        }
        let (Tag::Hello, content) = self.receive()? else { return Err(Stopped::Nonsense) };
        let walls = serde_json::from_slice(&content).map_err(|_| Stopped::Nonsense)?;
        self.hello = Some(walls);
        Ok(walls)
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends one frame.
    pub(super) fn send(&mut self, tag: Tag, content: &[u8]) -> Result<(), Stopped> {
        self.write_all(&header(tag, content.len()))?;
        self.write_all(content)
    }

    /// Receives one frame.
    pub(super) fn receive(&mut self) -> Result<(Tag, Vec<u8>), Stopped> {
        let mut raw = [0; 5];
        self.read_exact(&mut raw)?;
        let (tag, len) = parse_header(raw).ok_or(Stopped::Nonsense)?;
        let mut content = vec![0; len];
        self.read_exact(&mut content)?;
        Ok((tag, content))
    }

    fn write_all(&mut self, mut data: &[u8]) -> Result<(), Stopped> {
        let input = self.input.as_mut().ok_or(Stopped::Gone)?;
        while !data.is_empty() {
            match input.write(data) {
                Ok(0) => return Err(Stopped::Gone),
                Ok(written) => data = &data[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    wait(&mut [PollFd::new(input.as_fd(), PollFlags::POLLOUT)], &mut self.left)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Stopped::Gone),
            }
        }
        Ok(())
    }

    fn read_exact(&mut self, mut into: &mut [u8]) -> Result<(), Stopped> {
        while !into.is_empty() {
            wait(&mut [PollFd::new(self.output.as_fd(), PollFlags::POLLIN)], &mut self.left)?;
            match self.output.read(into) {
                Ok(0) => return Err(Stopped::Gone),
                Ok(read) => into = &mut into[read..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Stopped::Gone),
            }
        }
        Ok(())
    }

    /// Feeds `data` to what the process became, and takes what comes out of it until it ends, `max` bytes at most.
    /// Both at once, for whoever waits to write does not read.
    pub(super) fn pump(&mut self, mut data: &[u8], max: usize) -> Result<Vec<u8>, Stopped> {
        let mut out = Vec::new();
        let mut block = vec![0; 64 << 10];
        loop {
            let mut pipes = vec![PollFd::new(self.output.as_fd(), PollFlags::POLLIN)];
            pipes.extend(self.input.as_ref().map(|input| PollFd::new(input.as_fd(), PollFlags::POLLOUT)));
            wait(&mut pipes, &mut self.left)?;
            let ready: Vec<bool> = pipes.iter().map(|pipe| pipe.any().unwrap_or(true)).collect();
            if ready[0] {
                match self.output.read(&mut block) {
                    Ok(0) => return Ok(out),
                    Ok(read) if out.len() + read > max => {
                        out.clear();
                        return Err(Stopped::Nonsense);
                    }
                    Ok(read) => out.extend_from_slice(&block[..read]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return Err(Stopped::Gone),
                }
            }
            if ready.get(1) == Some(&true)
                && let Some(input) = &mut self.input
            {
                match input.write(data) {
                    Ok(written) => data = &data[written..],
                    Err(error)
                        if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                    }
                    // It has seen enough.
                    Err(_) => data = &[],
                }
                if data.is_empty() {
                    self.input = None;
                }
            }
        }
    }

    /// How the process ended; one that closed its output and goes on is ended at the deadline.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        const PAUSE: Duration = Duration::from_millis(2);
        while !self.left.is_zero() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(PAUSE);
            self.left = self.left.saturating_sub(PAUSE);
        }
        None
    }

    /// Ends the worker and says why it gave no answer, for a person to read.
    pub(super) fn why(&mut self, stopped: Stopped, limits: &Limits) -> String {
        let stop = |what: String| format!("the decoder was stopped: {what}");
        let late = || format!("it took longer than {} seconds", limits.wall.as_secs_f64());
        match stopped {
            Stopped::Deadline => return stop(late()),
            Stopped::Nonsense => return stop("it gave an answer that makes no sense".into()),
            Stopped::Gone => {}
        }
        let Some(status) = self.ended() else { return stop(late()) };
        let signal = status.signal();
        stop(match signal.and_then(|signal| nix::sys::signal::Signal::try_from(signal).ok()) {
            Some(nix::sys::signal::Signal::SIGXCPU | nix::sys::signal::Signal::SIGKILL) => {
                format!("it used more than {} seconds of processor time", limits.cpu.as_secs().max(1))
            }
            Some(nix::sys::signal::Signal::SIGABRT) => {
                format!("it needed more than {} MB of memory, or broke on this file", limits.memory >> 20)
            }
            Some(nix::sys::signal::Signal::SIGSYS) => "it tried what decoders must not do".into(),
            _ => "it broke on this file".into(),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for one of the pipes, and charges the time that it took.
fn wait(pipes: &mut [PollFd<'_>], left: &mut Duration) -> Result<(), Stopped> {
    loop {
        let start = Instant::now();
        let timeout =
            PollTimeout::try_from(left.as_millis().min(60_000) as i32 + 1).unwrap_or(PollTimeout::MAX);
        let ready = poll(pipes, timeout);
        *left = left.saturating_sub(start.elapsed());
        match ready {
            _ if left.is_zero() => return Err(Stopped::Deadline),
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => return Ok(()),
            Err(_) => return Err(Stopped::Gone),
        }
    }
}
