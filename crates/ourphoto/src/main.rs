//! The `ourphoto` program: reads the command line, opens a library and shows what it does.
//!
//! Exit codes: 0 all is well, 1 something is wrong with the photos or copies (or the work was interrupted), 2 wrong
//! usage.

mod account;
mod admin;
mod args;
mod care;
mod client;
mod config;
mod copies;
mod drills;
mod login;
mod open;
mod output;
mod progress;
mod serve;
mod telemetry;
mod telling;
mod text;

use clap::Parser;
use std::process::ExitCode;

use agent::Wanted;
use args::{Args, Command};
use output::Output;

/// The answer to "is all well?".
pub(crate) type Outcome = model::Result<bool>;

fn main() -> ExitCode {
    let args = Args::parse();
    if let Command::MediaWorker { words } = &args.command {
        // Before anything else: the worker starts from a process that has done nothing yet.
        media::worker::run(words);
    }
    let output = Output::new(args.json);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if !matches!(args.command, Command::Serve(_)) {
        // What runs beside a person's own work needs no thread for each core.
        runtime.worker_threads(2);
    }
    let runtime = runtime.enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return output.failed(&model::Error::io("could not start", error)),
    };
    let serves = matches!(args.command, Command::Serve(_));
    let outcome = runtime.block_on(async {
        match args.command {
            Command::Account(command) => account::run(command, &output).await,
            Command::Admin(command) => admin::run(command, &output).await,
            Command::Copies(command) => copies::run(command, &output).await,
            Command::Login { server, email: Some(email), password_stdin: _ } => {
                login::login(&server, &email, &output).await
            }
            Command::Login { server, .. } => login::link(&server, &output).await,
            Command::Setup { address, email, name, password_stdin: _, kit } => {
                login::set_up(&address, &email, &name, &kit, &output).await
            }
            Command::Logout => login::logout(&output).await,
            Command::Upload { server, paths, space, album } => {
                client::send(&server, agent::Upload { paths, space, album }, &output).await
            }
            Command::Search { server, query, space, limit } => {
                client::search(&server, &query.join(" "), space.as_deref(), limit, &output).await
            }
            Command::Status { server } => client::status(&server, &output).await,
            Command::Drill(command) => drills::run(command, &output).await,
            Command::Ls { server, space } => client::list(&server, space.as_deref(), &output).await,
            Command::Restore { server, all: _, space, album, query, to, as_of, from_copy } => {
                let what = match (query, album, space) {
                    (Some(query), _, space) => Wanted::Found { space, query },
                    (None, Some(album), space) => Wanted::Album { space, album },
                    (None, None, Some(space)) => Wanted::Space(space),
                    (None, None, None) => Wanted::All,
                };
                client::fetch(&server, agent::Fetch { what, to, as_of, from_copy }, &output).await
            }
            Command::Serve(how) => serve::run(*how, &output).await,
            Command::MediaWorker { .. } => Ok(true),
        }
    });
    if serves {
        // It has waited for what it waits for. A disk or a line that takes no more bytes does not hold it any longer.
        runtime.shutdown_background();
    }
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => output.failed(&error),
    }
}
