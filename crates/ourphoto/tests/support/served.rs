//! The server as a program, and the commands of people on other machines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::{Cli, Ran};

/// A server on this machine.
pub struct Served {
    pub child: Child,
    pub address: String,
}

/// Starts the server on a free port.
pub fn serve(cli: &Cli) -> Served {
    start(cli, |_| ())
}

/// Starts a server that is not set up; gives the address where it is.
pub fn serve_new(cli: &Cli) -> (Served, String) {
    let mut address = None;
    let served = start(cli, |lines| {
        let told = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("Set it up, once, at ").map(str::to_owned));
        address = told;
    });
    (served, address.unwrap())
}

fn start(cli: &Cli, read: impl FnOnce(&mut std::io::Lines<BufReader<std::process::ChildStdout>>)) -> Served {
    let mut command = cli.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    start_with(command, read)
}

/// A server that a command of one's own starts.
pub fn started(command: Command) -> Served {
    start_with(command, |_| ())
}

fn start_with(
    mut command: Command,
    read: impl FnOnce(&mut std::io::Lines<BufReader<std::process::ChildStdout>>),
) -> Served {
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let address = first.split_whitespace().last().unwrap().to_owned();
    assert!(address.contains("://127.0.0.1:"), "{first}");
    read(&mut lines);
    // What it says later is not read; it must not be stopped by a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Served { child, address }
}

impl Served {
    /// Asks it to stop, as a service manager does.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

/// The program on another machine: no data folder, a home of its own.
pub fn client(cli: &Cli) -> Command {
    let mut command = cli.command();
    command.env_remove("OURPHOTO_DATA").env("HOME", cli.path("home"));
    command
}

pub fn login(cli: &Cli, address: &str) -> Ran {
    let args = ["login", address, "--email", "ana@example.org", "--password-stdin"];
    let mut child = client(cli).args(args).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse battery staple\n").unwrap();
    Ran::from(child.wait_with_output().unwrap())
}

/// Makes the space by importing a first file.
pub fn with_space(cli: &Cli) {
    std::fs::create_dir_all(cli.path("first")).unwrap();
    std::fs::write(cli.path("first/first.txt"), "first").unwrap();
    let first = cli.path("first");
    cli.ok(["admin", "import", "--space", "Family", "--no-previews", first.to_str().unwrap()]);
}
