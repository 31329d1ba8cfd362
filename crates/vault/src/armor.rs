//! Short secrets as age files that travel as text (age spec, "ASCII Armor"): `age -d` opens them.

use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use model::{Error, Result};
use zeroize::Zeroizing;

use crate::crypt::{decrypt, encrypt};
use crate::keys::{PublicKey, SecretKey};

/// Longer than anything that is sent in this way.
const MAX: u64 = 64 * 1024;

/// A text, encrypted so that each of `recipients` can read it and nobody else.
pub fn seal_text(recipients: &[PublicKey], text: &str) -> Result<String> {
    let failed = |error| Error::io("could not encrypt the text", error);
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(failed)?;
    let mut writer = encrypt(recipients, armor)?;
    writer.write_all(text.as_bytes()).map_err(failed)?;
    let bytes = writer.finish()?.finish().map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| Error::internal("armor is text").with_source(error))
}

/// The text inside.
///
/// # Errors
/// `Forbidden` if it was not encrypted to `key`; `Damaged` if it is not what was written.
pub fn open_text(key: &SecretKey, sealed: &str) -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let reader = decrypt(key, ArmoredReader::new(sealed.as_bytes()))?;
    reader
        .take(MAX)
        .read_to_string(&mut text)
        .map_err(|error| Error::damaged("the encrypted text is damaged").with_source(error))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_with_each_recipient_and_with_no_other() {
        let (one, other) = (SecretKey::generate(), SecretKey::generate());
        let sealed = seal_text(&[one.public(), other.public()], "words").unwrap();
        assert!(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{sealed}");
        for key in [&one, &other] {
            assert_eq!(*open_text(key, &sealed).unwrap(), "words");
        }
        let refused = open_text(&SecretKey::generate(), &sealed).unwrap_err();
        assert_eq!(refused.kind(), model::ErrorKind::Forbidden);
        for broken in ["", "words", &sealed.replace('A', "B"), &sealed[..sealed.len() / 2]] {
            open_text(&one, broken).unwrap_err();
        }
    }
}
