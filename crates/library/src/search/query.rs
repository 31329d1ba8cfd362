//! What people type: words that must all be there, `-word` for what must not, and filters such as `camera:x100`.

use catalog::{Search, Term};
use model::{AssetKind, Error, Result, Tier, Timestamp};

use super::facts::{self, Class};
use super::words::words;

/// No question is longer, in characters.
const LONGEST: usize = 500;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    /// What the index can answer.
    pub(super) search: Search,
    /// People who brought it, as they are called; each with whether it shall not be them.
    pub(super) by: Vec<(String, bool)>,
    /// What is missing, each with whether it shall not be.
    pub(super) missing: Vec<(String, bool)>,
}

/// Reads a question. The last word may be unfinished.
///
/// # Errors
/// `Invalid` with the code `bad-search` for a filter that there is none of, or that is not written so.
pub(super) fn parse(text: &str) -> Result<Question> {
    if text.chars().count() > LONGEST {
        return Err(bad(format!("a search has up to {LONGEST} characters")));
    }
    let unfinished = text.chars().last().is_some_and(char::is_alphanumeric);
    let parts = split(text);
    let mut question = Question::default();
    for (index, part) in parts.iter().enumerate() {
        let (negated, rest) = match part.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, part.as_str()),
        };
        let filter = rest.split_once(':').filter(|(key, _)| key.chars().all(|c| c.is_ascii_alphabetic()));
        let groups = match filter {
            Some((key, value)) if !key.is_empty() => self::filter(key, value, negated, &mut question)?,
            _ => {
                let mut found = words(rest);
                let last = found.pop();
                let mut groups: Vec<Vec<Term>> =
                    found.into_iter().map(|word| vec![Term::Word(word)]).collect();
                let begun = unfinished && index + 1 == parts.len() && !negated;
                groups.extend(last.map(|word| {
                    // One letter begins too many words to be of use.
                    vec![if begun && word.chars().count() > 1 {
                        Term::Prefix(word)
                    } else {
                        Term::Word(word)
                    }]
                }));
                groups
            }
        };
        if negated {
            question.search.none.extend(groups.into_iter().flatten());
        } else {
            question.search.all.extend(groups);
        }
    }
    Ok(question)
}

pub(super) fn bad(message: impl Into<String>) -> Error {
    Error::invalid(message).with_code("bad-search")
}

/// Parts between spaces; quotes keep what is between them together.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => parts.push(String::new()),
            c => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn filter(key: &str, value: &str, negated: bool, question: &mut Question) -> Result<Vec<Vec<Term>>> {
    let search = &mut question.search;
    let begins = |class: Class| -> Result<Vec<Vec<Term>>> {
        let found = words(value);
        if found.is_empty() {
            return Err(bad(format!("say what '{key}:' shall be, as in {key}:word")));
        }
        Ok(found.iter().map(|word| vec![Term::FactPrefix(facts::fact(class, word))]).collect())
    };
    let one = |class: Class, word: &str| Ok(vec![vec![Term::Fact(facts::fact(class, word))]]);
    match key.to_ascii_lowercase().as_str() {
        "camera" => begins(Class::Camera),
        "lens" => begins(Class::Lens),
        "album" => begins(Class::AlbumWord),
        "keyword" | "tag" => begins(Class::Keyword),
        "type" => match value.to_ascii_lowercase().as_str() {
            media @ ("photo" | "video" | "other") => one(Class::Type, media),
            _ => Err(bad("'type:' is photo, video or other")),
        },
        "kind" => match value.to_ascii_lowercase().parse::<AssetKind>() {
            Ok(kind) => one(Class::Kind, kind.as_str()),
            Err(_) => Err(bad("'kind:' is master, final or social; a photo or a video is 'type:'")),
        },
        "tier" => match value.to_ascii_lowercase().parse::<Tier>() {
            Ok(tier) => one(Class::Tier, tier.as_str()),
            Err(_) => Err(bad("'tier:' is working, delivery or vault")),
        },
        "by" if words(value).is_empty() => Err(bad("say who in 'by:', as in by:ana")),
        "by" => {
            question.by.push((value.to_owned(), negated));
            Ok(Vec::new())
        }
        "missing" if value.is_empty() => {
            Err(bad("'missing:' is copies, or the name of a copy as in missing:nas"))
        }
        "missing" => {
            question.missing.push((value.to_owned(), negated));
            Ok(Vec::new())
        }
        "has" => match value.to_ascii_lowercase().as_str() {
            "place" | "gps" => one(Class::Has, "place"),
            _ => Err(bad("'has:' is place")),
        },
        "approval" => match value.to_ascii_lowercase().as_str() {
            state @ ("waiting" | "approved") => one(Class::Approval, state),
            _ => Err(bad("'approval:' is waiting or approved")),
        },
        "rating" => rating(value),
        "on" | "year" => {
            let (digits, _) = date(value)?;
            Ok(vec![vec![Term::FactPrefix(facts::fact(Class::Day, &digits))]])
        }
        "since" | "before" if negated => {
            Err(bad(format!("'-{key}:' is not understood; use since: or before:")))
        }
        "since" => {
            let (_, first) = date(value)?;
            search.from = Some(search.from.map_or(first, |from| from.max(first)));
            Ok(Vec::new())
        }
        "before" => {
            let (_, first) = date(value)?;
            search.until = Some(search.until.map_or(first, |until| until.min(first)));
            Ok(Vec::new())
        }
        _ => Err(bad(format!(
            "there is no filter '{key}:'; there are album, approval, before, by, camera, has, keyword, kind, \
             lens, missing, on, rating, since, tier, type, year"
        ))),
    }
}

/// `3`, `3+` or `>=3`; `rejected`.
fn rating(value: &str) -> Result<Vec<Vec<Term>>> {
    let wrong = || bad("'rating:' is 0 to 5 as in rating:4 or rating:3+, or rejected");
    if value.eq_ignore_ascii_case("rejected") {
        return Ok(vec![vec![Term::Fact(facts::fact(Class::Rating, "x"))]]);
    }
    let least = value.strip_suffix('+').or_else(|| value.strip_prefix(">="));
    let stars: u8 = least.unwrap_or(value).parse().map_err(|_| wrong())?;
    if stars > 5 {
        return Err(wrong());
    }
    let last = if least.is_some() { 5 } else { stars };
    let stars = (stars..=last).map(|stars| Term::Fact(facts::fact(Class::Rating, &stars.to_string())));
    Ok(vec![stars.collect()])
}

/// `2024`, `2024-05` or `2024-05-12`: its digits, and its first moment (UTC).
fn date(value: &str) -> Result<(String, Timestamp)> {
    let wrong = || bad(format!("'{value}' is no date; write 2024, 2024-05 or 2024-05-12"));
    let parts: Vec<&str> = value.split('-').collect();
    let number = |at: usize, digits: usize| -> Result<Option<u32>> {
        let Some(part) = parts.get(at) else { return Ok(None) };
        let good = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        if good { part.parse().map(Some).map_err(|_| wrong()) } else { Err(wrong()) }
    };
    let (year, month, day) = (number(0, 4)?.ok_or_else(wrong)?, number(1, 2)?, number(2, 2)?);
    let real = parts.len() <= 3 && month.is_none_or(|month| (1..=12).contains(&month));
    let first = Timestamp::from_civil(i64::from(year), month.unwrap_or(1), day.unwrap_or(1));
    let same_month = first.civil().1 == month.unwrap_or(1);
    if !real || !same_month || day == Some(0) {
        return Err(wrong());
    }
    Ok((parts.concat(), first))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(text: &str) -> Vec<Term> {
        vec![Term::Word(text.into())]
    }

    #[test]
    fn words_filters_and_what_must_not_be() {
        let found = parse(r#"Été "la plage" -pluie camera:X100V rating:4+ since:2024-05 before:2025 typed"#)
            .unwrap()
            .search;
        let stars = ["4", "5"].map(|stars| Term::Fact(facts::fact(Class::Rating, stars)));
        assert_eq!(
            found.all,
            [
                word("ete"),
                word("la"),
                word("plage"),
                vec![Term::FactPrefix(facts::fact(Class::Camera, "x100v"))],
                stars.to_vec(),
                vec![Term::Prefix("typed".into())],
            ]
        );
        assert_eq!(found.none, word("pluie"));
        assert_eq!(found.from.unwrap().to_string(), "2024-05-01T00:00:00Z");
        assert_eq!(found.until.unwrap().to_string(), "2025-01-01T00:00:00Z");
        // Finished by a space, a word is whole.
        assert_eq!(parse("typed ").unwrap().search.all, [word("typed")]);
        assert_eq!(parse(" ").unwrap(), Question::default());
    }

    #[test]
    fn kind_type_and_tier_are_three_things_and_people_and_copies_are_looked_up_later() {
        let asked = parse(r#"kind:Final type:video -tier:vault by:"Ana Maria" -missing:NAS by:bo"#).unwrap();
        let fact = |class, what: &str| Term::Fact(facts::fact(class, what));
        let all = [vec![fact(Class::Kind, "final")], vec![fact(Class::Type, "video")]];
        assert_eq!(
            (&asked.search.all[..], &asked.search.none[..]),
            (&all[..], &[fact(Class::Tier, "vault")][..])
        );
        assert_eq!(asked.by, [("Ana Maria".to_owned(), false), ("bo".to_owned(), false)]);
        assert_eq!(asked.missing, [("NAS".to_owned(), true)]);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for wrong in [
            "colour:red",
            "rating:6",
            "rating:",
            "on:2024-13",
            "on:2024-02-30",
            "since:may",
            "type:song",
            "approval:perhaps",
            "camera:",
            "kind:photo",
            "kind:",
            "tier:gold",
            "by:",
            "by:-",
            "missing:",
            "-since:2024",
        ] {
            let error = parse(wrong).unwrap_err();
            assert_eq!(error.code(), Some("bad-search"), "{wrong}");
        }
        // A time of day is no filter.
        assert_eq!(parse("12:30 ").unwrap().search.all, [word("12"), word("30")]);
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_breaks_it(text in ".{0,80}") {
            let _ = parse(&text);
        }
    }
}
