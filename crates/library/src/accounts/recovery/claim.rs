//! What a claimant holds: a secret, and a phrase to say aloud.
//!
//! A secret shows that this server made it, without anything being kept of it. So whoever asks for an account that does
//! not exist holds one too, and is answered as if nobody vouched; only what was never handed out is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use model::{Result, Sha256, Timestamp};

use super::words::WORDS;
use crate::Library;
use crate::accounts::Secret;
use crate::accounts::secret::RECOVERY;

/// Purposes of keys; what follows them makes each unique.
const SEAL: &str = "ourphoto recovery secret v1 ";
const PHRASE: &str = "ourphoto recovery phrase v1 ";
/// Words of a phrase: 32 bits, to tell requests apart and not to keep anything secret.
const LENGTH: usize = 4;

impl Library {
    /// A new secret: 256 random bits, when it was made, and a seal.
    pub(super) fn claim_new(&self, now: Timestamp) -> Secret {
        let random = Secret::generate(RECOVERY);
        let begun = format!("{}.{}", random.reveal(), now.0);
        Secret::presented(&format!("{begun}.{}", self.seal(&begun)))
    }

    /// When a secret was made, if this server did.
    pub(super) fn claim_made_at(&self, secret: &Secret) -> Result<Option<Timestamp>> {
        let Some((begun, seal)) = secret.reveal().rsplit_once('.') else { return Ok(None) };
        // Hashes are compared, so that the time taken says nothing of the seal.
        let expected = Secret::presented(&self.seal(begun)).hash()?;
        if !secret.is_for(RECOVERY) || Secret::presented(seal).hash()? != expected {
            return Ok(None);
        }
        let at = begun.rsplit_once('.').and_then(|(_, at)| at.parse().ok());
        Ok(at.map(Timestamp))
    }

    fn seal(&self, begun: &str) -> String {
        BASE64.encode(*self.server_key().derive(&format!("{SEAL}{begun}")))
    }

    /// The phrase of the recovery with this secret.
    pub(super) fn phrase(&self, secret_hash: &Sha256) -> String {
        let bytes = self.server_key().derive(&format!("{PHRASE}{secret_hash}"));
        let words: Vec<&str> = bytes.iter().take(LENGTH).map(|byte| WORDS[usize::from(*byte)]).collect();
        words.join(" ")
    }

    /// Whether somebody says the phrase of this recovery; case and what stands between the words do not matter.
    pub(super) fn is_phrase(&self, secret_hash: &Sha256, said: &str) -> bool {
        let words: Vec<String> = said
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.join(" ") == self.phrase(secret_hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_words_are_the_same_and_all_are_plain() {
        let mut words = WORDS.to_vec();
        words.dedup();
        assert_eq!(words.len(), 256, "they are sorted");
        assert!(WORDS.is_sorted() && WORDS.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase())));
    }
}
