//! XMP (ISO 16684-1): packets inside photos and sidecars beside them.
//!
//! Reads simple properties, alternatives and lists of the schemas that photo programs use; structures are passed over.
//! Bounded in size, depth and number of values; no entity but the five of XML is ever expanded.

use model::{CaptureTime, Metadata};
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use quick_xml::{XmlVersion, name::QName};

use super::exif::position;
use super::text;

/// Larger packets are skipped.
pub(crate) const MAX_PACKET: usize = 4 << 20;
const MAX_DEPTH: usize = 64;
const MAX_EVENTS: usize = 400_000;
const MAX_VALUES: usize = 2_000;
const MAX_VALUE: usize = 64 << 10;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// The namespaces that are understood, each with the prefix it usually has.
const NAMESPACES: [(&str, &str); 14] = [
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://ns.adobe.com/xap/1.0/", "xmp"),
    ("http://ns.adobe.com/photoshop/1.0/", "photoshop"),
    ("http://ns.adobe.com/exif/1.0/", "exif"),
    ("http://cipa.jp/exif/1.0/", "exifEX"),
    ("http://ns.adobe.com/tiff/1.0/", "tiff"),
    ("http://ns.adobe.com/exif/1.0/aux/", "aux"),
    ("http://ns.adobe.com/lightroom/1.0/", "lr"),
    ("http://www.digikam.org/ns/1.0/", "digiKam"),
    ("http://ns.microsoft.com/photo/1.0/", "MicrosoftPhoto"),
    ("http://ns.microsoft.com/photo/1.0", "MicrosoftPhoto"),
    ("http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "Iptc4xmpCore"),
    ("http://www.w3.org/XML/1998/namespace", "xml"),
    (RDF, "rdf"),
];

/// What an XMP packet or sidecar says; nothing where it is not one.
pub fn read_sidecar(packet: &[u8]) -> Metadata {
    if packet.len() > MAX_PACKET {
        return Metadata::default();
    }
    let text = decode(packet);
    let mut collector = Collector::default();
    collector.run(text.trim_start_matches('\u{FEFF}').trim_end_matches(['\0', ' ', '\n', '\r']));
    collector.finish()
}

/// UTF-8, or UTF-16 with a byte order mark; what is neither becomes replacement characters.
fn decode(packet: &[u8]) -> String {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = packet.chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match packet {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(packet).into_owned(),
    }
}

/// One property being read.
#[derive(Debug)]
struct Property {
    name: String,
    /// Depth of its element.
    depth: usize,
    values: Vec<String>,
    /// The value marked `x-default`.
    default: Option<String>,
    text: String,
    /// The value being read is the `x-default` one.
    is_default: bool,
}

#[derive(Default)]
struct Collector {
    found: Metadata,
    /// Names of the open elements, as `prefix:local`.
    stack: Vec<String>,
    property: Option<Property>,
    original: Option<CaptureTime>,
    created: Option<CaptureTime>,
    photoshop: Option<CaptureTime>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    altitude: Option<f64>,
    below_sea: bool,
    other_keywords: Vec<String>,
    percent: Option<f64>,
}

impl Collector {
    fn run(&mut self, text: &str) {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().allow_dangling_amp = true;
        for _ in 0..MAX_EVENTS {
            let Ok(event) = reader.read_event() else { return };
            match event {
                Event::Start(element) => self.open(&reader, &element),
                Event::Empty(element) => {
                    self.open(&reader, &element);
                    self.close();
                }
                Event::End(_) => self.close(),
                Event::Text(part) => self.text(&part.xml10_content()),
                Event::CData(part) => self.text(&part.xml10_content()),
                Event::GeneralRef(part) => {
                    let entity = format!("&{};", part.xml10_content());
                    self.text(&quick_xml::escape::unescape(&entity).unwrap_or_default());
                }
                Event::Eof => return,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
            if self.stack.len() > MAX_DEPTH {
                return;
            }
        }
    }

    fn open(&mut self, reader: &NsReader<&[u8]>, element: &BytesStart<'_>) {
        let name = resolved(reader, element.name(), true);
        let parent = self.stack.last().map(String::as_str);
        let grandparent = self.stack.len().checked_sub(2).map(|index| self.stack[index].as_str());
        let depth = self.stack.len();
        if name == "rdf:Description" && parent == Some("rdf:RDF") {
            self.shorthand(reader, element);
        } else if parent == Some("rdf:Description") && grandparent == Some("rdf:RDF") {
            let (values, default, text) = (Vec::new(), None, String::new());
            self.property =
                Some(Property { name: name.clone(), depth, values, default, text, is_default: false });
        } else if let Some(property) = &mut self.property {
            property.text.clear();
            property.is_default = name == "rdf:li"
                && attributes(reader, element)
                    .iter()
                    .any(|(key, value)| key == "xml:lang" && value == "x-default");
        }
        self.stack.push(name);
    }

    /// Simple properties may be written as attributes of the description.
    fn shorthand(&mut self, reader: &NsReader<&[u8]>, element: &BytesStart<'_>) {
        for (key, value) in attributes(reader, element) {
            if let Some(value) = text::clean(&value) {
                self.take(&key, vec![value]);
            }
        }
    }

    fn text(&mut self, part: &str) {
        if let Some(property) = &mut self.property
            && property.text.len() + part.len() <= MAX_VALUE
        {
            property.text.push_str(part);
        }
    }

    fn close(&mut self) {
        let Some(name) = self.stack.pop() else { return };
        let depth = self.stack.len();
        let Some(property) = &mut self.property else { return };
        if depth > property.depth {
            // Only items of a list directly below the property are values: property / list / item.
            if name == "rdf:li" && depth == property.depth + 2 && property.values.len() < MAX_VALUES {
                let value = text::clean(&property.text);
                if property.is_default {
                    property.default.clone_from(&value);
                }
                property.values.extend(value);
            }
            property.text.clear();
            return;
        }
        let Some(property) = self.property.take() else { return };
        let values = match (property.default, property.values) {
            (Some(default), _) => vec![default],
            (None, values) if values.is_empty() => text::clean(&property.text).into_iter().collect(),
            (None, values) => values,
        };
        if !values.is_empty() {
            self.take(&property.name, values);
        }
    }

    fn take(&mut self, name: &str, mut values: Vec<String>) {
        let first = values[0].clone();
        let found = &mut self.found;
        let exposure = &mut found.exposure;
        match name {
            "dc:title" => found.title = Some(first),
            "dc:description" => found.caption = Some(first),
            "dc:subject" => found.keywords.append(&mut values),
            "dc:creator" => found.creator = Some(values.join("; ")),
            "dc:rights" => found.copyright = Some(first),
            "digiKam:TagsList" => {
                // Paths such as Places/Europe/Rome; the keyword is the last part.
                self.other_keywords
                    .extend(values.iter().filter_map(|path| text::clean(path.rsplit('/').next()?)));
            }
            "MicrosoftPhoto:LastKeywordXMP" => self.other_keywords.append(&mut values),
            // Nought stands for "not rated", unlike XMP's.
            "MicrosoftPhoto:Rating" => self.percent = number(&first).filter(|percent| *percent >= 1.0),
            "xmp:Rating" => found.rating = number(&first).and_then(stars),
            "xmp:CreateDate" => self.created = text::date(&first),
            "exif:DateTimeOriginal" => self.original = text::date(&first),
            "photoshop:DateCreated" => self.photoshop = text::date(&first),
            "exif:GPSLatitude" => self.latitude = angle(&first, 'S'),
            "exif:GPSLongitude" => self.longitude = angle(&first, 'W'),
            "exif:GPSAltitude" => self.altitude = number(&first),
            "exif:GPSAltitudeRef" => self.below_sea = first == "1",
            "tiff:Make" => found.camera_make = Some(first),
            "tiff:Model" => found.camera_model = Some(first),
            "tiff:Orientation" => {
                found.orientation = first.parse().ok().filter(|value| (1..=8).contains(value));
            }
            "exifEX:LensModel" => found.lens = Some(first),
            "aux:Lens" => found.lens = found.lens.take().or(Some(first)),
            "exif:ExposureTime" => exposure.seconds = number(&first).filter(|value| *value > 0.0),
            "exif:FNumber" => exposure.f_number = number(&first).filter(|value| *value > 0.0),
            "exif:FocalLength" => exposure.focal_length = number(&first).filter(|value| *value > 0.0),
            "exif:ISOSpeedRatings" | "exifEX:PhotographicSensitivity" => {
                exposure.iso = first.parse().ok().filter(|iso| *iso > 0);
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Metadata {
        self.found.captured = self.original.or(self.photoshop).or(self.created);
        let altitude = self.altitude.map(|metres| if self.below_sea { -metres } else { metres });
        self.found.gps =
            self.latitude.zip(self.longitude).and_then(|(lat, lon)| position(lat, lon, altitude));
        if self.found.keywords.is_empty() {
            self.found.keywords = self.other_keywords;
        }
        // Microsoft's percentages: 1, 25, 50, 75 and 99 stand for one to five stars.
        self.found.rating =
            self.found.rating.or_else(|| stars((self.percent? / 25.0 + 1.0).floor().min(5.0)));
        self.found
    }
}

fn resolved(reader: &NsReader<&[u8]>, name: QName<'_>, element: bool) -> String {
    let resolver = reader.resolver();
    let (namespace, local) =
        if element { resolver.resolve_element(name) } else { resolver.resolve_attribute(name) };
    let prefix = match namespace {
        ResolveResult::Bound(namespace) => {
            NAMESPACES.iter().find(|(uri, _)| *uri == namespace.0).map_or("?", |(_, prefix)| prefix)
        }
        _ => "?",
    };
    format!("{prefix}:{}", local.into_inner())
}

fn attributes(reader: &NsReader<&[u8]>, element: &BytesStart<'_>) -> Vec<(String, String)> {
    let mut all = element.attributes();
    // Not checked for duplicates: that costs quadratic time in a hostile packet.
    all.with_checks(false);
    let readable = all.filter_map(Result::ok).filter_map(|attribute| {
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).ok()?;
        Some((resolved(reader, attribute.key, false), value.into_owned()))
    });
    readable.take(MAX_VALUES).collect()
}

/// `28/10`, `2.8` or `3`.
fn number(text: &str) -> Option<f64> {
    let value = match text.split_once('/') {
        Some((above, below)) => above.trim().parse::<f64>().ok()? / below.trim().parse::<f64>().ok()?,
        None => text.trim().parse().ok()?,
    };
    value.is_finite().then_some(value)
}

fn stars(value: f64) -> Option<i8> {
    (-1.0..=5.0).contains(&value).then_some(value as i8)
}

/// `38,23.5N`, `38,23,30N` (XMP part 2, GPSCoordinate), or plain degrees.
fn angle(text: &str, negative: char) -> Option<f64> {
    let text = text.trim();
    let last = text.chars().last()?.to_ascii_uppercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let mut parts = digits.split(',').map(number);
    let degrees = parts.next()??;
    let minutes = parts.next().unwrap_or(Some(0.0))?;
    let seconds = parts.next().unwrap_or(Some(0.0))?;
    let value = degrees + minutes / 60.0 + seconds / 3600.0;
    Some(if last == negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(attributes: &str, inner: &str) -> String {
        format!(
            r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
            <rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
            xmlns:xap="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" {attributes}>{inner}
            </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#
        )
    }

    #[test]
    fn properties_are_read_as_attributes_and_as_elements_whatever_their_prefix() {
        let found = read_sidecar(
            packet(
                r#"xap:Rating="4" exif:GPSLatitude="38,30.0N" exif:GPSLongitude="109,15,36W""#,
                r#"<dc:title><rdf:Alt><rdf:li xml:lang="de">Haus</rdf:li><rdf:li xml:lang="x-default">House &amp; garden</rdf:li></rdf:Alt></dc:title>
                <dc:subject><rdf:Bag><rdf:li>one</rdf:li><rdf:li>two</rdf:li></rdf:Bag></dc:subject>
                <exif:DateTimeOriginal>2020-01-01T10:00:00+01:00</exif:DateTimeOriginal>"#,
            )
            .as_bytes(),
        );
        assert_eq!(found.rating, Some(4));
        assert_eq!(found.title.as_deref(), Some("House & garden"));
        assert_eq!(found.keywords, ["one", "two"]);
        let gps = found.gps.unwrap();
        assert!((gps.latitude - 38.5).abs() < 1e-9 && (gps.longitude + 109.26).abs() < 1e-9);
        assert_eq!(found.captured.unwrap().offset_minutes, Some(60));
    }

    #[test]
    fn ratings_and_positions_that_cannot_be_are_dropped() {
        let found = read_sidecar(
            packet(r#"xap:Rating="9" exif:GPSLatitude="98,0N" exif:GPSLongitude="9,0E""#, "").as_bytes(),
        );
        assert_eq!((found.rating, found.gps), (None, None));
        assert_eq!(read_sidecar(packet(r#"xap:Rating="-1""#, "").as_bytes()).rating, Some(-1));
    }

    #[test]
    fn entities_are_not_expanded_and_depth_is_bounded() {
        let bomb = format!(
            "<!DOCTYPE x [<!ENTITY a \"{}\">]>{}",
            "b".repeat(1000),
            packet("", "<dc:title>&a;</dc:title>")
        );
        assert_eq!(read_sidecar(bomb.as_bytes()).title, None);
        let deep = packet("", &"<dc:title>".repeat(200_000));
        assert_eq!(read_sidecar(deep.as_bytes()).title, None);
    }

    #[test]
    fn utf_16_sidecars_are_read() {
        let wide: Vec<u8> = std::iter::once(0xFEFF)
            .chain(packet(r#"xap:Rating="3""#, "").encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read_sidecar(&wide).rating, Some(3));
    }
}
