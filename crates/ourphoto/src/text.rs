//! Numbers and times as people read and write them.

use model::{Error, Timestamp};

/// `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 photo`, `2 photos`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `12.3 MB` (powers of ten, as disks are sold).
pub(crate) fn bytes(number: u64) -> String {
    let mut value = number as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "bytes" { format!("{number} bytes") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

/// A path that cannot play tricks on the terminal.
pub(crate) fn printable(path: &str) -> String {
    path.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

/// Reads `2026-11-23` (its end) or `2026-11-23T14:30[:05][Z]`, in UTC.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, Error> {
    let wrong =
        || Error::invalid(format!("'{text}' is not a time; write 2026-11-23 or 2026-11-23T14:30:00Z (UTC)"));
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, time.strip_suffix('Z').unwrap_or(time)),
        None => (text, "23:59:59"),
    };
    let numbers = |text: &str, separator| -> Result<Vec<i64>, Error> {
        text.split(separator).map(|part| part.parse::<u32>().map(i64::from).map_err(|_| wrong())).collect()
    };
    let [year, month, day] = numbers(date, '-')?[..] else { return Err(wrong()) };
    let time = numbers(time, ':')?;
    let (hour, minute, second) = match time[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return Err(wrong()),
    };
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return Err(wrong());
    }
    // Days from civil date after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468;
    Ok(Timestamp((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(12_345_678), "12.3 MB");
    }

    #[test]
    fn times_are_read_as_they_are_shown() {
        assert_eq!(parse_time("2026-11-23T14:30:05Z").unwrap().to_string(), "2026-11-23T14:30:05Z");
        assert_eq!(parse_time("2000-02-29").unwrap().to_string(), "2000-02-29T23:59:59Z");
        for wrong in ["yesterday", "2026-13-01", "2026-11-23T25:00", "", "2026-11-23T1"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
