//! `ourphoto admin …`: what whoever runs the machine does, without a server.

mod import;
mod recover;
mod rescue;
mod restore;
mod setup;
mod token;

use std::sync::Arc;

use library::Library;
use library::restore::What;

use crate::Outcome;
use crate::args::Admin;
use crate::open::with_library;
use crate::output::Output;

pub(crate) async fn run(command: Admin, output: &Output) -> Outcome {
    match command {
        Admin::Setup { data, email, name, password_stdin: _, kit } => {
            setup::run(&data, &email, &name, kit.as_deref(), output).await
        }
        Admin::Import { data, paths, space, album, skip_duplicates, no_previews } => {
            let import = library::ingest::Import { paths, space, album, skip_duplicates };
            import::run(&data, import, no_previews, output).await
        }
        Admin::Previews { data } => import::previews(&data, output).await,
        Admin::Restore { data, all: _, space, album, photo, to, as_of, from_copy } => {
            let what = meant(space, album, photo);
            restore::run(&data, library::restore::Restore { what, to, as_of, from_copy }, output).await
        }
        Admin::Recover { data, from, recovery_key } => recover::run(&data, from, recovery_key, output).await,
        Admin::Rescue { from, recovery_key, all: _, space, album, photo, to } => {
            let what = meant(space, album, photo);
            rescue::run(library::outside::Rescue { from, recovery_key, what, to }, output).await
        }
        Admin::Token { data, email, name, scopes, space, days } => {
            let asked = token::Asked { email, name, scopes, space, days };
            token::run(&data, asked, output).await
        }
        Admin::Doctor { data } => with_library(&data, async |library| doctor(library, output).await).await,
    }
}

/// What the flags of a restore mean.
fn meant(space: Option<String>, album: Option<String>, photo: Option<String>) -> What {
    match (photo, album, space) {
        (Some(name), Some(album), space) => What::Photo { space, album, name },
        (_, Some(album), space) => What::Album { space, album },
        (_, None, Some(space)) => What::Space(space),
        (_, None, None) => What::All,
    }
}

async fn doctor(library: &Arc<Library>, output: &Output) -> Outcome {
    let mut report = library.doctor().await?;
    let worker = crate::open::worker()?;
    let sandbox = worker.sandbox();
    let fenced = sandbox.as_ref().is_ok_and(|walls| walls.all());
    report.add_sandbox(&sandbox.map(|walls| {
        let standing = [(walls.landlock, "landlock"), (walls.seccomp, "seccomp"), (walls.rlimits, "limits")];
        let names: Vec<&str> = standing.iter().filter(|(stands, _)| *stands).map(|(_, name)| *name).collect();
        names.join(", ")
    }));
    report.add_ffmpeg(worker.ffmpeg().as_deref(), fenced);
    output.document(&report);
    for check in &report.checks {
        output.line(format!("{} {:<17} {}", if check.ok { "ok " } else { "BAD" }, check.what, check.found));
    }
    let well = report.is_healthy();
    output.line(if well {
        "All is well. 'copies check' reads every byte of the photos too."
    } else {
        "Something is wrong; see the lines marked BAD."
    });
    Ok(well)
}
