//! `admin setup`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use library::{RecoveryKit, SetUp, set_up};
use model::{Error, SystemClock};
use serde_json::json;
use zeroize::Zeroizing;

use crate::Outcome;
use crate::args::Data;
use crate::open::{layout, options};
use crate::output::{Output, deliver as print_kit};

pub(super) async fn run(
    data: &Data,
    email: &str,
    name: &str,
    kit: Option<&Path>,
    output: &Output,
) -> Outcome {
    let mut password = Zeroizing::new(String::new());
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut password)
        .map_err(|error| Error::io("could not read the password from standard input", error))?;
    let password = password.lines().next().unwrap_or_default();
    let json = output.is_json();
    let deliver = |made: &RecoveryKit| match kit {
        Some(path) => made.write(path),
        None if json => Ok(()),
        None => print_kit(&made.text()),
    };
    let who = SetUp { email, name, password, deliver: &deliver };
    let (library, made) = set_up(layout(data), &options(data)?, Arc::new(SystemClock), who).await?;
    let shown = (json && kit.is_none()).then(|| made.text());
    output.document(&json!({
        "data": data.data, "email": email, "kit": kit,
        "recovery_kit": shown.as_ref().map(|text| text.as_str()),
    }));
    output.line(format!("Your library is in {}.", data.data.display()));
    match kit {
        Some(path) => output.line(format!(
            "The recovery kit is in {}. Print it, keep it away from this machine, then delete the file.",
            path.display()
        )),
        None => output
            .line("Print the recovery kit above and keep it away from this machine: it is shown only once."),
    }
    output.line("Next: ourphoto admin import FOLDER --space NAME, then ourphoto copies add.");
    library.catalog.close().await;
    Ok(true)
}
