//! People and how they prove who they are: passwords, second factors, sessions, tokens, invitations.
//!
//! Every secret that is handed out has 256 random bits, and only its SHA-256 is kept. What is wrong with a sign-in is
//! not told apart, takes the same time, and leaves no trace that an account exists. A second factor cannot be gone
//! around: not by a recovery code alone, not by a new password, not by a token. Whoever has lost everything gets the
//! account back through trusted contacts, after a wait in which its owner is told and can say no, or by the recovery
//! key; never by e-mail.

mod challenge;
mod contact;
mod factor;
mod guesses;
mod invitation;
mod pairing;
mod passkey;
mod password;
mod recovery;
mod refusals;
mod secret;
mod session;
mod sign_in;
mod token;

pub(crate) use challenge::Challenges;
pub use challenge::KitChallenge;
pub use contact::{Contacts, NewContacts};
pub use factor::{NewTotp, RecoveryCodes};
pub(crate) use guesses::Guesses;
pub use invitation::{Accepted, NewInvitation};
pub use pairing::{NewPairing, PATIENCE as PAIRING_PATIENCE, Paired};
pub(crate) use passkey::Ceremonies;
pub use passkey::{Asked, Shown, Site};
pub(crate) use password::{check_strength, hash_password};
pub use recovery::{RecoveryAsked, RecoveryState, RecoveryStatus, RecoveryView};
pub(crate) use refusals::Refusals;
pub use secret::Secret;
pub use sign_in::{Proof, SignIn, SignedIn};
pub use token::NewToken;

use model::{Error, Result};

/// Where a request comes from, as a person recognises it in a list.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// What the browser or program says it is.
    pub agent: String,
    /// Its network address.
    pub network: String,
}

impl Origin {
    /// The same, short enough to keep.
    fn kept(&self) -> (String, String) {
        (self.agent.chars().take(200).collect(), self.network.chars().take(64).collect())
    }
}

/// An e-mail address, in lower case, that could be one.
pub(crate) fn email(text: &str) -> Result<String> {
    let email = text.trim().to_lowercase();
    let good = email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        && email.len() <= 254
        && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    if good {
        return Ok(email);
    }
    Err(Error::invalid(format!("'{}' is not an e-mail address", crate::names::printable(text))))
}

/// A name that people give to somebody or something.
pub(crate) fn label(text: &str, what: &str) -> Result<String> {
    let label = text.trim();
    if label.is_empty() || label.chars().count() > 120 || label.chars().any(char::is_control) {
        return Err(Error::invalid(format!("{what} has 1 to 120 characters, without control characters")));
    }
    Ok(label.to_owned())
}
