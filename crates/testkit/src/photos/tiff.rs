//! A TIFF 6.0 writer in both byte orders: enough for EXIF blocks and RAW containers.

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

/// What stands before the first directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    /// Byte order and mark; cameras vary the mark.
    pub(super) magic: [u8; 4],
    /// What follows the eight-byte header (CR2 puts its own mark there); its length must be even.
    pub(super) extra: &'a [u8],
}

impl Header<'_> {
    pub(super) const LITTLE_ENDIAN: Self = Self { magic: *b"II*\0", extra: b"" };
    pub(super) const BIG_ENDIAN: Self = Self { magic: *b"MM\0*", extra: b"" };
}

/// A whole TIFF file, little-endian, whose main chain of directories is `chain`.
pub(super) fn write(chain: &[Directory]) -> Vec<u8> {
    write_behind(Header::LITTLE_ENDIAN, chain)
}

/// A whole TIFF file behind a header of its own.
pub(super) fn write_behind(header: Header, chain: &[Directory]) -> Vec<u8> {
    let mut writer = Writer { out: header.magic.to_vec(), big_endian: header.magic.starts_with(b"MM") };
    writer.out.resize(8, 0);
    writer.patch(4, 8 + header.extra.len() as u32);
    writer.out.extend(header.extra);
    let mut link = None;
    for directory in chain {
        let (at, next) = writer.directory(directory);
        if let Some(link) = link {
            writer.patch(link, at);
        }
        link = Some(next);
    }
    writer.out
}

struct Writer {
    out: Vec<u8>,
    big_endian: bool,
}

impl Writer {
    /// Writes one directory and returns where it is and where its link to the next one is.
    fn directory(&mut self, directory: &Directory) -> (u32, usize) {
        let mut fields = directory.0.clone();
        fields.sort_by_key(|(tag, _)| *tag);
        self.align();
        let at = self.out.len();
        let link = at + 2 + fields.len() * 12;
        let count = self.short(fields.len() as u16);
        self.out.extend(count);
        self.out.resize(link + 4, 0);
        for (index, (tag, value)) in fields.into_iter().enumerate() {
            let entry = at + 2 + index * 12;
            let (kind, count, data) = self.encode(value);
            let head = [self.short(tag), self.short(kind)].concat();
            self.out[entry..entry + 4].copy_from_slice(&head);
            self.patch(entry + 4, count as u32);
            if data.len() <= 4 {
                self.out[entry + 8..entry + 8 + data.len()].copy_from_slice(&data);
            } else {
                let offset = self.append(&data);
                self.patch(entry + 8, offset);
            }
        }
        (at as u32, link)
    }

    /// The type code, count and bytes of `value`; what it points at is appended to the file.
    fn encode(&mut self, value: Value) -> (u16, usize, Vec<u8>) {
        match value {
            Value::Byte(bytes) => (1, bytes.len(), bytes),
            Value::Ascii(text) => {
                let mut bytes = text.into_bytes();
                bytes.push(0);
                (2, bytes.len(), bytes)
            }
            Value::Short(values) => (3, values.len(), values.iter().flat_map(|&v| self.short(v)).collect()),
            Value::Long(values) => (4, values.len(), self.longs(values)),
            Value::Rational(values) => {
                (5, values.len(), self.longs(values.iter().flat_map(|&(n, d)| [n, d])))
            }
            Value::SRational(values) => {
                (10, values.len(), self.longs(values.iter().flat_map(|&(n, d)| [n as u32, d as u32])))
            }
            Value::Undefined(bytes) => (7, bytes.len(), bytes),
            Value::Blob(bytes) => {
                let offset = self.append(&bytes);
                (4, 1, self.long(offset).to_vec())
            }
            Value::Directories(directories) => {
                let offsets: Vec<u32> = directories.iter().map(|d| self.directory(d).0).collect();
                (4, offsets.len(), self.longs(offsets))
            }
        }
    }

    fn short(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn longs(&self, values: impl IntoIterator<Item = u32>) -> Vec<u8> {
        values.into_iter().flat_map(|value| self.long(value)).collect()
    }

    fn append(&mut self, bytes: &[u8]) -> u32 {
        self.align();
        let at = self.out.len() as u32;
        self.out.extend(bytes);
        at
    }

    fn align(&mut self) {
        self.out.resize(self.out.len().next_multiple_of(2), 0);
    }

    fn patch(&mut self, at: usize, value: u32) {
        let value = self.long(value);
        self.out[at..at + 4].copy_from_slice(&value);
    }
}
