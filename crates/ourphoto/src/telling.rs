//! How the server tells people what happens: the mail server and the networks that flags, environment and file name.

use std::path::{Path, PathBuf};

use library::notices::{PostOptions, Smtp};
use model::{Error, Result};
use zeroize::Zeroizing;

use crate::args::Telling;
use crate::config::File;

/// What the file says where flags and environment say nothing.
pub(crate) fn options(how: Telling, file: &File) -> Result<PostOptions> {
    let allowed = if how.allow_network.is_empty() {
        file.allow_network.iter().map(|network| network.parse()).collect::<Result<_>>()?
    } else {
        how.allow_network
    };
    let tls = match (how.smtp_tls, &file.smtp_tls) {
        (Some(tls), _) => Some(tls),
        (None, Some(word)) => Some(word.parse().map_err(|error: Error| error.context("smtp_tls"))?),
        (None, None) => None,
    };
    let from = how.smtp_from.or_else(|| file.smtp_from.clone());
    let user = how.smtp_user.or_else(|| file.smtp_user.clone());
    let password = how.smtp_password_file.or_else(|| file.smtp_password_file.clone());
    let Some(host) = how.smtp_host.or_else(|| file.smtp_host.clone()) else {
        if from.is_some() || user.is_some() || password.is_some() || tls.is_some() {
            return Err(Error::invalid("say which mail server is meant: smtp_host"));
        }
        return Ok(PostOptions { smtp: None, allowed });
    };
    let from = from.ok_or_else(|| {
        Error::invalid("say who messages are from: smtp_from, as in 'Photos <photos@example.org>'")
    })?;
    let login = match (user, password) {
        (Some(user), Some(path)) => Some((user, first_line(&path)?)),
        (None, None) => None,
        _ => {
            return Err(Error::invalid(
                "a user of the mail server needs a password, and a password its user: smtp_user, smtp_password_file",
            ));
        }
    };
    let authority: Option<PathBuf> = how.smtp_ca_file.or_else(|| file.smtp_ca_file.clone());
    let smtp = Smtp {
        host,
        port: how.smtp_port.or(file.smtp_port),
        tls: tls.unwrap_or_default(),
        login,
        from,
        authority: authority
            .map(|path| std::fs::read(&path).map_err(|error| unreadable(&path, error)))
            .transpose()?,
    };
    Ok(PostOptions { smtp: Some(smtp), allowed })
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::io(format!("could not read {}", path.display()), error)
}

fn first_line(path: &Path) -> Result<Zeroizing<String>> {
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| unreadable(path, error))?);
    let line = text.lines().next().unwrap_or_default().trim_end();
    if line.is_empty() {
        return Err(Error::invalid(format!("the first line of {} is empty", path.display())));
    }
    Ok(Zeroizing::new(line.to_owned()))
}
