//! IPTC-IIM (version 4.2), as Photoshop and news agencies write it.

use model::Metadata;

use super::text;

/// Reads a block of IIM data sets; stops quietly where it is broken.
pub(crate) fn read(mut block: &[u8]) -> Metadata {
    let mut found = Metadata::default();
    let mut utf8 = false;
    let (mut date, mut time) = (None, None);
    let (mut digital_date, mut digital_time) = (None, None);
    while let [0x1C, record, dataset, high, low, rest @ ..] = block {
        // Extended data sets (over 32 KiB) hold no text that we want.
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        if len & 0x8000 != 0 || len > rest.len() {
            break;
        }
        let (value, next) = rest.split_at(len);
        block = next;
        let text =
            || if utf8 { text::clean(&String::from_utf8_lossy(value)) } else { text::from_bytes(value) };
        match (record, dataset) {
            (1, 90) => utf8 = value == b"\x1B%G",
            (2, 5) => found.title = text(),
            (2, 25) => found.keywords.extend(text()),
            (2, 55) => date = text(),
            (2, 60) => time = text(),
            (2, 62) => digital_date = text(),
            (2, 63) => digital_time = text(),
            (2, 80) => found.creator = found.creator.or_else(text),
            (2, 116) => found.copyright = text(),
            (2, 120) => found.caption = text(),
            _ => {}
        }
    }
    let (date, time) = if date.is_some() { (date, time) } else { (digital_date, digital_time.or(time)) };
    found.captured = date.and_then(|date| captured(&date, time.as_deref().unwrap_or_default()));
    found
}

/// The IIM block inside Photoshop's image resources (JPEG APP13), after the `Photoshop 3.0` header.
pub(crate) fn in_photoshop(mut resources: &[u8]) -> Option<&[u8]> {
    const IIM: u16 = 0x0404;
    while let Some(rest) = resources.strip_prefix(b"8BIM") {
        let id = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?);
        // A Pascal string padded to an even length, then the size, then the data, padded likewise.
        let name = usize::from(*rest.get(2)?) + 1;
        let at = 2 + name + name % 2;
        let size = u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?) as usize;
        let data = rest.get(at + 4..)?;
        if id == IIM {
            return Some(&data[..size.min(data.len())]);
        }
        resources = data.get(size.checked_add(size % 2)?..)?;
    }
    None
}

/// `20240506` and `070809+0200`.
fn captured(date: &str, time: &str) -> Option<model::CaptureTime> {
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..8)?);
    let spelled = match (time.get(..2), time.get(2..4), time.get(4..6)) {
        (Some(hour), Some(minute), Some(second)) => {
            format!("{year}-{month}-{day}T{hour}:{minute}:{second}{}", time.get(6..).unwrap_or_default())
        }
        _ => format!("{year}-{month}-{day}"),
    };
    text::date(&spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(record: u8, dataset: u8, value: &[u8]) -> Vec<u8> {
        [&[0x1C, record, dataset, 0, value.len() as u8], value].concat()
    }

    #[test]
    fn text_is_utf_8_where_declared_and_latin_1_where_it_must_be() {
        let declared = [set(1, 90, b"\x1B%G"), set(2, 5, "Zürich".as_bytes())].concat();
        assert_eq!(read(&declared).title.as_deref(), Some("Zürich"));
        assert_eq!(read(&set(2, 5, b"Z\xFCrich")).title.as_deref(), Some("Zürich"));
    }

    #[test]
    fn date_and_time_make_one_capture_time() {
        let block = [set(2, 55, b"20240506"), set(2, 60, b"070809+0200")].concat();
        let time = read(&block).captured.unwrap();
        assert_eq!((time.local_ms, time.offset_minutes), (1_714_979_289_000, Some(120)));
    }
}
