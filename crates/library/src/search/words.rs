//! What a word is: letters and digits of any script, without accents and in small letters, so that "Zürich" is found by
//! "zurich" on both databases. Scripts that are written without spaces are taken character by character.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// No word is longer, in characters.
const LONGEST: usize = 48;

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut end = |word: &mut String| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).nfc().flat_map(char::to_lowercase);
    let mut len = 0;
    for c in plain {
        if is_unspaced(c) {
            end(&mut word);
            word.push(c);
            end(&mut word);
            len = 0;
        } else if c.is_alphanumeric() {
            if len < LONGEST {
                word.push(c);
            }
            len += 1;
        } else {
            end(&mut word);
            len = 0;
        }
    }
    end(&mut word);
    words
}

/// Han, Hiragana, Katakana, and the other ideographs beside them.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
        && c.is_alphanumeric()
}

/// The words of several texts, each once.
pub(super) fn each_once<'a>(texts: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = texts.into_iter().flat_map(words);
    all.filter(|word| seen.insert(word.clone())).take(most).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_found_however_they_are_written() {
        assert_eq!(
            words("Zürich, l'été_2024 — ＤＳＣ０１.JPG"),
            ["zurich", "l", "ete", "2024", "dsc01", "jpg"]
        );
        // Composed and decomposed, as two file systems write the same name.
        assert_eq!(words("Côte"), words("Co\u{302}te"));
        assert_eq!(words("東京タワー a"), ["東", "京", "タ", "ワ", "ー", "a"]);
        assert_eq!(words("Ελλάδα Москва"), ["ελλαδα", "москва"]);
        assert_eq!(words(" \n\0'\"*:|&!()"), Vec::<String>::new());
        assert_eq!(words(&"x".repeat(500))[0].len(), LONGEST);
    }

    proptest! {
        #[test]
        fn a_word_is_letters_and_digits_and_its_own_word(text in ".{0,60}") {
            for word in words(&text) {
                prop_assert!(word.chars().all(char::is_alphanumeric), "{word:?}");
                prop_assert_eq!(words(&word), vec![word]);
            }
        }
    }
}
