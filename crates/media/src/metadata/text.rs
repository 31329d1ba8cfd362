//! Text of unknown encoding and dates of many spellings, made uniform.

use model::CaptureTime;

/// Text longer than this is cut; captions are at most some thousand characters.
const MAX_CHARS: usize = 16_384;

/// UTF-8 where it is that, Latin-1 otherwise; trimmed, `None` when empty.
pub(crate) fn from_bytes(raw: &[u8]) -> Option<String> {
    match std::str::from_utf8(raw) {
        Ok(text) => clean(text),
        Err(_) => clean(&raw.iter().map(|byte| char::from(*byte)).collect::<String>()),
    }
}

/// UTF-16 as Windows writes it into `XPTitle` and its siblings.
pub(crate) fn from_utf16_le(raw: &[u8]) -> Option<String> {
    let units = raw.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units.take_while(|unit| *unit != 0))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    clean(&text)
}

/// Without NULs and surrounding white space, not endless; `None` when nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| *c != '\0').take(MAX_CHARS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A point in time as written: `2024:05:06 07:08:09`, `2024-05-06T07:08:09.5+02:00`, `2024-05-06`; `None` unless it is
/// a date that exists, with a plausible year.
pub(crate) fn date(text: &str) -> Option<CaptureTime> {
    let text = text.trim();
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    separator(&mut rest, &[':', '-', '/', '.'])?;
    let month = number(&mut rest, 2)?;
    separator(&mut rest, &[':', '-', '/', '.'])?;
    let day = number(&mut rest, 2)?;
    let mut local_ms = days_from_civil(year, month, day)? * 86_400_000;
    let mut offset_minutes = None;
    if separator(&mut rest, &['T', ' ']).is_some() && !rest.is_empty() {
        let (ms, after) = time_of_day(rest)?;
        local_ms += ms;
        offset_minutes = offset(after);
    }
    Some(CaptureTime { local_ms, offset_minutes })
}

/// `07:08:09.5` in milliseconds, and what follows it.
pub(crate) fn time_of_day(text: &str) -> Option<(i64, &str)> {
    let mut rest = text;
    let hour = number(&mut rest, 2)?;
    separator(&mut rest, &[':'])?;
    let minute = number(&mut rest, 2)?;
    let mut second = 0;
    let mut ms = 0;
    if separator(&mut rest, &[':']).is_some() {
        second = number(&mut rest, 2)?;
        if separator(&mut rest, &['.', ',']).is_some() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            ms = subsec(&rest[..digits]).unwrap_or(0);
            rest = &rest[digits..];
        }
    }
    // A leap second is shown as the last second of its minute.
    let second = second.min(59);
    (hour < 24 && minute < 60).then_some(((hour * 3600 + minute * 60 + second) * 1000 + ms, rest))
}

/// `+02:00`, `-0330` or `Z` in minutes east of UTC, -14 to 15 hours.
pub(crate) fn offset(text: &str) -> Option<i16> {
    let text = text.trim().trim_end_matches('\0');
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let hours = number(&mut rest, 2)?;
    let _ = separator(&mut rest, &[':']);
    let minutes = if rest.is_empty() { 0 } else { number(&mut rest, 2)? };
    let total = sign * (hours * 60 + minutes);
    (minutes < 60 && (-14 * 60..=15 * 60).contains(&total)).then_some(total as i16)
}

/// EXIF SubSecTime: the digits after the decimal point, in milliseconds.
pub(crate) fn subsec(digits: &str) -> Option<i64> {
    let digits = digits.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.bytes().chain(*b"000").take(3).try_fold(0, |ms, digit| Some(ms * 10 + i64::from(digit - b'0')))
}

fn number(rest: &mut &str, width: usize) -> Option<i64> {
    let digits = rest.get(..width).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    *rest = &rest[width..];
    digits.parse().ok()
}

fn separator(rest: &mut &str, allowed: &[char]) -> Option<()> {
    *rest = rest.strip_prefix(allowed)?;
    Some(())
}

/// Days since 1970-01-01, after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    // The first photograph is of 1826.
    if !(1826..=2200).contains(&year) || !(1..=longest).contains(&day) {
        return None;
    }
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    Some(era * 146_097 + doe - 719_468)
}

/// Seconds from 1904-01-01T00:00:00 UTC, as QuickTime counts; `None` for zero and the implausible.
pub(crate) fn quicktime(seconds: u64) -> Option<CaptureTime> {
    const UNIX_EPOCH: u64 = 2_082_844_800;
    let since = i64::try_from(seconds.checked_sub(UNIX_EPOCH)?).ok()?;
    (0..7_258_118_400)
        .contains(&since)
        .then_some(CaptureTime { local_ms: since * 1000, offset_minutes: Some(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_usual_spelling() {
        let local = |text: &str| date(text).map(|time| (time.local_ms, time.offset_minutes));
        assert_eq!(local("1970:01:02 00:00:01"), Some((86_401_000, None)));
        assert_eq!(local("2000-02-29T12:00:00.25+05:30"), Some((951_825_600_250, Some(330))));
        assert_eq!(local("2000-02-29T12:00Z"), Some((951_825_600_000, Some(0))));
        assert_eq!(local("2000-02-29"), Some((951_782_400_000, None)));
    }

    #[test]
    fn dates_that_do_not_exist_are_dropped() {
        for text in [
            "0000:00:00 00:00:00",
            "    :  :     :  :  ",
            "2023:02:29 00:00:00",
            "2023:13:01 00:00:00",
            "2023",
            "",
            "9999:01:01 00:00:00",
            "2023:01:01 25:00:00",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn offsets_beyond_the_world_are_dropped() {
        assert_eq!(offset("-03:30"), Some(-210));
        assert_eq!(offset("+15:59"), None);
        assert_eq!(offset("UTC"), None);
    }
}
