//! A little-endian TIFF 6.0 writer: enough for EXIF blocks and RAW containers.

/// The value of a field.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Byte(Vec<u8>),
    /// Written with its final NUL.
    Ascii(String),
    Short(Vec<u16>),
    Long(Vec<u32>),
    Rational(Vec<(u32, u32)>),
    SRational(Vec<(i32, i32)>),
    Undefined(Vec<u8>),
    /// A LONG field that points at these bytes, as `StripOffsets` does.
    Blob(Vec<u8>),
    /// A LONG field that points at these directories, as `SubIFDs` does.
    Directories(Vec<Directory>),
}

/// One image file directory: fields in any order, written by ascending tag as the standard asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory(Vec<(u16, Value)>);

impl Directory {
    pub(super) fn set(&mut self, tag: u16, value: Value) -> &mut Self {
        self.0.push((tag, value));
        self
    }

    pub(super) fn ascii(&mut self, tag: u16, text: &str) -> &mut Self {
        self.set(tag, Value::Ascii(text.to_owned()))
    }

    pub(super) fn short(&mut self, tag: u16, value: u16) -> &mut Self {
        self.set(tag, Value::Short(vec![value]))
    }

    pub(super) fn long(&mut self, tag: u16, value: u32) -> &mut Self {
        self.set(tag, Value::Long(vec![value]))
    }
}

/// A whole TIFF file whose main chain of directories is `chain`. `extra` follows the eight-byte header (CR2 puts its
/// mark there); its length must be even.
pub(super) fn write(chain: &[Directory], extra: &[u8]) -> Vec<u8> {
    let mut out = b"II*\0".to_vec();
    out.extend((8 + extra.len() as u32).to_le_bytes());
    out.extend(extra);
    let mut link = None;
    for directory in chain {
        let (at, next) = write_directory(&mut out, directory);
        if let Some(link) = link {
            patch(&mut out, link, at);
        }
        link = Some(next);
    }
    out
}

/// Writes one directory and returns where it is and where its link to the next one is.
fn write_directory(out: &mut Vec<u8>, directory: &Directory) -> (u32, usize) {
    let mut fields = directory.0.clone();
    fields.sort_by_key(|(tag, _)| *tag);
    align(out);
    let at = out.len();
    let link = at + 2 + fields.len() * 12;
    out.extend((fields.len() as u16).to_le_bytes());
    out.resize(link + 4, 0);
    for (index, (tag, value)) in fields.into_iter().enumerate() {
        let entry = at + 2 + index * 12;
        let (kind, count, data) = encode(out, value);
        out[entry..entry + 2].copy_from_slice(&tag.to_le_bytes());
        out[entry + 2..entry + 4].copy_from_slice(&kind.to_le_bytes());
        patch(out, entry + 4, count as u32);
        if data.len() <= 4 {
            out[entry + 8..entry + 8 + data.len()].copy_from_slice(&data);
        } else {
            let offset = append(out, &data);
            patch(out, entry + 8, offset);
        }
    }
    (at as u32, link)
}

/// The type code, count and bytes of `value`; what it points at is appended to `out`.
fn encode(out: &mut Vec<u8>, value: Value) -> (u16, usize, Vec<u8>) {
    fn flat<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
        values.iter().flat_map(|&v| bytes(v)).collect()
    }
    match value {
        Value::Byte(bytes) => (1, bytes.len(), bytes),
        Value::Ascii(text) => {
            let mut bytes = text.into_bytes();
            bytes.push(0);
            (2, bytes.len(), bytes)
        }
        Value::Short(values) => (3, values.len(), flat(&values, u16::to_le_bytes)),
        Value::Long(values) => (4, values.len(), flat(&values, u32::to_le_bytes)),
        Value::Rational(values) => {
            let bytes =
                values.iter().flat_map(|&(n, d)| [n.to_le_bytes(), d.to_le_bytes()].concat()).collect();
            (5, values.len(), bytes)
        }
        Value::SRational(values) => {
            let bytes =
                values.iter().flat_map(|&(n, d)| [n.to_le_bytes(), d.to_le_bytes()].concat()).collect();
            (10, values.len(), bytes)
        }
        Value::Undefined(bytes) => (7, bytes.len(), bytes),
        Value::Blob(bytes) => {
            let offset = append(out, &bytes);
            (4, 1, offset.to_le_bytes().to_vec())
        }
        Value::Directories(directories) => {
            let offsets: Vec<u32> = directories.iter().map(|d| write_directory(out, d).0).collect();
            (4, offsets.len(), flat(&offsets, u32::to_le_bytes))
        }
    }
}

fn align(out: &mut Vec<u8>) {
    if out.len() % 2 == 1 {
        out.push(0);
    }
}

fn append(out: &mut Vec<u8>, bytes: &[u8]) -> u32 {
    align(out);
    let at = out.len() as u32;
    out.extend(bytes);
    at
}

fn patch(out: &mut [u8], at: usize, value: u32) {
    out[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
