//! Getting an account back with the recovery key, which stays on this machine: the server sends what only that key can
//! read, and is told what was in it.

use api::{KitChallenge, KitFinish, RecoveryRequest};
use model::{Error, ErrorKind, Result};
use vault::keys::SecretKey;
use zeroize::Zeroizing;

use crate::Client;

/// What an answer begins with, and how long it is: 256 bits as text.
const PREFIX: &str = "opk_";
const LENGTH: usize = PREFIX.len() + 43;

/// Gives the account with this address a new password.
///
/// # Errors
/// `Forbidden` if it is not the recovery key of that server's library; `NotFound` where there is no such account.
pub async fn recover_account(client: &Client, email: &str, key: &SecretKey, password: &str) -> Result<()> {
    let asked = RecoveryRequest { email: email.to_owned() };
    let KitChallenge { ceremony, challenge } = client.post("/api/v1/recoveries/kit", &asked).await?;
    let answer = answer(key, &challenge)?;
    let asked = KitFinish { ceremony, answer: answer.to_string(), password: password.to_owned() };
    client.post_quietly("/api/v1/recoveries/kit/finish", &asked).await
}

/// What is in a challenge, if it is one. The same key opens the photos, so nothing else that a server may send is read to
/// it: it could be a stolen key or catalog.
fn answer(key: &SecretKey, challenge: &str) -> Result<Zeroizing<String>> {
    let text = vault::open_text(key, challenge).map_err(|error| match error.kind() {
        ErrorKind::Forbidden => Error::forbidden("this is not the recovery key of that server's library"),
        _ => error,
    })?;
    let word = text.strip_prefix(PREFIX).unwrap_or_default();
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if text.len() != LENGTH || word.is_empty() || !plain {
        return Err(Error::forbidden(
            "the server sent something else than a question to the recovery key; nothing was told to it. Is it the \
             right address?",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_is_told_to_a_server_whatever_else_the_key_opens() {
        let key = SecretKey::generate();
        let seal = |text: &str| vault::seal_text(&[key.public()], text).unwrap();
        let good = format!("opk_{}", "aZ9-_".repeat(9).split_at(43).0);
        assert_eq!(*answer(&key, &seal(&good)).unwrap(), good);
        let space_key = SecretKey::generate();
        for other in [
            "",
            "opk_",
            "AGE-SECRET-KEY-1",
            &good[..46],
            &format!("{good}a"),
            &format!("{}\n", &good[..46]),
            &good.replace('a', " "),
            &space_key.reveal(),
            &good.replace("opk_", "ops_"),
        ] {
            assert_eq!(answer(&key, &seal(other)).unwrap_err().kind(), ErrorKind::Forbidden, "{other}");
        }
        // A wrapped key, as it lies in every copy.
        let wrapped = space_key.wrap(&[key.public()], "space Family").unwrap();
        assert!(answer(&key, &String::from_utf8_lossy(&wrapped)).is_err());
        let refused = answer(&SecretKey::generate(), &seal(&good)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
    }
}
