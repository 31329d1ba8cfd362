//! `account …`: one's account on a server.

use std::path::Path;

use agent::{Client, recover_account};
use model::{Error, ErrorKind};
use serde_json::json;
use vault::keys::load_key_file;

use crate::Outcome;
use crate::args::Account;
use crate::login::secrets;
use crate::output::Output;

pub(crate) async fn run(command: Account, output: &Output) -> Outcome {
    match command {
        Account::Recover { server, email, kit, password_stdin: _ } => {
            recover(&server, &email, &kit, output).await
        }
    }
}

/// Gives an account a new password by the recovery key, which does not leave this machine.
async fn recover(server: &str, email: &str, kit: &Path, output: &Output) -> Outcome {
    let client = Client::new(server, None)?;
    let key = load_key_file(kit, || None).map_err(|error| match error.kind() {
        ErrorKind::Invalid => Error::invalid(format!(
            "there is no recovery key in {}; it is the line of the kit that begins with AGE-SECRET-KEY-1",
            kit.display()
        )),
        _ => error,
    })?;
    let (password, _) = secrets()?;
    recover_account(&client, email, &key, &password).await?;
    output.document(&json!({"server": client.server(), "email": email}));
    output.line(format!(
        "{} has a new password. All that was signed in is signed out, and second factors are removed: sign in, and add \
         them again.",
        crate::text::printable(email)
    ));
    output.line(format!("Next: ourphoto login {} --email {email} --password-stdin", client.server()));
    Ok(true)
}
