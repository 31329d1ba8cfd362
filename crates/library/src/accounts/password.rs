//! Passwords: what is strong enough, and Argon2id.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng};
use argon2::{Algorithm, Argon2, Params, Version};
use model::{Error, Result};
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

/// Characters that a password has at least,
const MIN: usize = 12;
/// and bytes at most: nobody types more, and hashing more is work for an attacker to give.
const MAX: usize = 1024;

/// Hashing takes 64 MiB each time; so many at once, however many ask.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

async fn turn() -> Result<SemaphorePermit<'static>> {
    AT_ONCE.acquire().await.map_err(|error| Error::internal("hashing passwords has ended").with_source(error))
}

/// More than the OWASP parameters (19 MiB, 2 passes).
fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(64 * 1024, 3, 1, None).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Refuses a password that is short or easy to guess; `about` are words that an attacker knows of the person.
///
/// # Errors
/// `Invalid`, with what would be better.
pub(crate) fn check_strength(password: &str, about: &[&str]) -> Result<()> {
    let advice = "for example four random words";
    if password.chars().count() < MIN {
        return Err(Error::invalid(format!(
            "the password is too short; use at least {MIN} characters, {advice}"
        ))
        .with_code("weak-password"));
    }
    if password.len() > MAX {
        return Err(Error::invalid(format!("the password is too long; use at most {MAX} bytes"))
            .with_code("weak-password"));
    }
    let found = zxcvbn::zxcvbn(password, about);
    if found.score() < zxcvbn::Score::Three {
        let warning = found.feedback().and_then(zxcvbn::feedback::Feedback::warning);
        let why = warning.map(|warning| format!(" ({})", warning.to_string().trim_end_matches('.')));
        return Err(Error::invalid(format!(
            "the password is easy to guess{}; use something longer and less regular, {advice}",
            why.unwrap_or_default()
        ))
        .with_code("weak-password"));
    }
    Ok(())
}

/// Argon2id, as a PHC string. Takes 64 MiB and about a tenth of a second.
pub(crate) fn hash_password(password: &str) -> Result<String> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = hasher()?.hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|error| Error::internal(error.to_string()))?.to_string())
}

/// Whether this is the password. Without a hash it takes as long, and is never right.
pub(crate) async fn verify(password: Zeroizing<String>, hash: Option<String>) -> Result<bool> {
    let turn = turn().await?;
    let checked = tokio::task::spawn_blocking(move || {
        // Held for as long as the work goes on, also when whoever asked has gone.
        let _turn = turn;
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => nobody()?,
        };
        let parsed = PasswordHash::new(&hash).map_err(|error| {
            Error::damaged("a password hash cannot be read").with_detail(error.to_string())
        })?;
        let right = password.len() <= MAX && hasher()?.verify_password(password.as_bytes(), &parsed).is_ok();
        Ok(right && known)
    });
    checked.await.map_err(|error| Error::internal("checking a password ended early").with_source(error))?
}

/// Strength and hash of a new password, away from the threads that answer requests.
pub(crate) async fn new_hash(password: &str, about: &[&str]) -> Result<String> {
    let turn = turn().await?;
    let password = Zeroizing::new(password.to_owned());
    let about: Vec<String> = about.iter().map(|word| (*word).to_owned()).collect();
    let hashed = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        check_strength(&password, &about.iter().map(String::as_str).collect::<Vec<_>>())?;
        hash_password(&password)
    });
    hashed.await.map_err(|error| Error::internal("hashing a password ended early").with_source(error))?
}

/// The hash of nobody's password, to compare with where there is no account.
fn nobody() -> Result<String> {
    static NOBODY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    if let Some(hash) = NOBODY.get() {
        return Ok(hash.clone());
    }
    let hash = hash_password("nobody has this password")?;
    Ok(NOBODY.get_or_init(|| hash).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_common_and_personal_passwords_are_refused_and_good_ones_are_not() {
        for weak in ["short", "passwordpassword", "anna.example@example.org", "aaaaaaaaaaaaaaaa"] {
            let error = check_strength(weak, &["anna.example@example.org", "Anna Example"]).unwrap_err();
            assert_eq!(error.code(), Some("weak-password"), "{weak}");
        }
        check_strength("correct horse battery staple", &[]).unwrap();
        check_strength(&"long ".repeat(300), &[]).unwrap_err();
    }

    #[tokio::test]
    async fn a_password_is_right_only_for_its_own_hash() {
        let hash = hash_password("correct horse battery staple").unwrap();
        let word = |text: &str| Zeroizing::new(text.to_owned());
        assert!(verify(word("correct horse battery staple"), Some(hash.clone())).await.unwrap());
        assert!(!verify(word("correct horse battery stapler"), Some(hash)).await.unwrap());
        assert!(!verify(word("nobody has this password"), None).await.unwrap());
    }
}
