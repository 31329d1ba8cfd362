//! Runs commands, kills them, and counts where the kills fell.

use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testkit::Rng;

use crate::support::Cli;

/// Kills and counts.
pub(crate) struct Tally {
    what: &'static str,
    wanted: u32,
    pub(crate) kills: u32,
    runs: u32,
    /// Kills that fell between the first and the last thing that the command does.
    in_the_middle: u32,
    /// How long the program takes to do nothing.
    start: Duration,
    /// How long the work takes, as far as is known.
    pub(crate) within: Option<Duration>,
    last_killed: bool,
}

impl Tally {
    pub(crate) fn new(cli: &Cli, what: &'static str, wanted: u32) -> Self {
        let start = Instant::now();
        cli.run(["copies", "list"]);
        let start = start.elapsed();
        Self { what, wanted, kills: 0, runs: 0, in_the_middle: 0, start, within: None, last_killed: false }
    }

    /// Whether to go on: until enough kills fell into the middle of the work. Kills before the work or behind it prove
    /// nothing, so a command that cannot be hit there fails its test.
    pub(crate) fn more(&self) -> bool {
        let enough = self.in_the_middle >= self.wanted;
        assert!(enough || self.runs < self.wanted * 10, "too few kills hit the work: {}", self.told());
        !enough
    }

    /// A moment within the work.
    pub(crate) fn delay(&mut self, rng: &mut Rng, measured: Duration) -> Duration {
        let within = self.within.get_or_insert(measured);
        *within = (*within).min(measured);
        Duration::from_micros(rng.below(within.as_micros() as u64))
    }

    /// Runs a command and kills it after `delay`; whether it was killed before its end.
    pub(crate) fn run(&mut self, command: &mut Command, delay: Duration) -> bool {
        let start = Instant::now();
        let mut said = tempfile::tempfile().unwrap();
        let [out, err] = [said.try_clone().unwrap(), said.try_clone().unwrap()].map(Stdio::from);
        let mut child = command.env("OURPHOTO_DEBUG", "1").stdout(out).stderr(err).spawn().unwrap();
        // The moment of the kill is what is being tried here, not something that is waited for.
        while start.elapsed() < delay && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2).min(delay.saturating_sub(start.elapsed())));
        }
        let took = start.elapsed();
        child.kill().unwrap();
        let status = child.wait().unwrap();
        self.runs += 1;
        self.last_killed = status.signal() == Some(9);
        if self.last_killed {
            self.kills += 1;
        } else {
            let mut text = String::new();
            said.rewind().unwrap();
            said.read_to_string(&mut text).unwrap();
            assert_eq!(status.code(), Some(0), "{} failed by itself: {text}", self.what);
            // The machine is less busy than it was when the command was measured.
            self.within = self.within.map(|within| (within + took.max(self.start * 3)) / 2);
        }
        self.last_killed
    }

    /// Notes whether the last run did a part of its work and no more, as seen by what it left.
    pub(crate) fn left(&mut self, a_part: bool) {
        self.in_the_middle += u32::from(self.last_killed && a_part);
        if self.last_killed && !a_part {
            // Mostly a kill before the first thing was done: a short rest of the work had made the time too short.
            self.within = self.within.map(|within| within * 5 / 4);
        }
    }

    /// How it went.
    pub(crate) fn told(&self) -> String {
        let Self { what, kills, runs, in_the_middle, start, .. } = self;
        format!("{what}: {kills} kills in {runs} runs, {in_the_middle} in the middle, start {start:?}")
    }
}
