//! Items and properties of HEIF files (ISO/IEC 23008-12), which HEIC and AVIF share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::boxes::{Fields, top};
use crate::bytes::Bytes;

/// The table of contents is a few kilobytes in real files.
const MAX_META: usize = 8 << 20;
const MAX_ITEMS: usize = 20_000;
const MAX_EXTENTS: usize = 1_000;
/// An EXIF, XMP or ICC block that is larger is skipped.
const MAX_BLOCK: usize = 8 << 20;

/// One item of the file.
#[derive(Debug, Default, Clone)]
pub(crate) struct Item {
    pub(crate) kind: [u8; 4],
    content_type: Vec<u8>,
    /// Stored in the `idat` box rather than in the file.
    in_idat: bool,
    extents: Vec<(u64, u64)>,
    properties: Vec<usize>,
}

/// The table of contents of a HEIF file.
#[derive(Debug, Default)]
pub(crate) struct Heif {
    pub(crate) primary: u32,
    pub(crate) items: BTreeMap<u32, Item>,
    properties: Vec<([u8; 4], Vec<u8>)>,
    /// Kind, from, to.
    references: Vec<([u8; 4], u32, Vec<u32>)>,
    idat: Vec<u8>,
}

/// Colour as numbers (ISO/IEC 23091-2) rather than by profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Nclx {
    pub(crate) primaries: u16,
    pub(crate) transfer: u16,
    pub(crate) matrix: u16,
    pub(crate) full_range: bool,
}

impl Nclx {
    /// Reads the content of a `colr` box of type `nclx`, or of QuickTime's `nclc`, which does not tell the range.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let (kind, rest) = body.split_at_checked(4)?;
        let mut fields = Fields(rest);
        let (primaries, transfer, matrix) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let full_range = match kind {
            b"nclx" => fields.u8()? & 0x80 != 0,
            b"nclc" => false,
            _ => return None,
        };
        Some(Self { primaries, transfer, matrix, full_range })
    }
}

impl Heif {
    /// Reads the `meta` box; `None` where there is none or it makes no sense.
    pub(crate) fn read(bytes: &mut impl Bytes) -> Option<Self> {
        let meta = top(bytes).into_iter().find(|part| &part.kind == b"meta")?;
        let raw = meta.skip(4).read(bytes, MAX_META)?;
        let mut heif = Self::default();
        let mut source = raw.as_slice();
        for part in top(&mut source) {
            let body = part.read(&mut source, MAX_META)?;
            match &part.kind {
                b"pitm" => heif.primary = read_primary(&body)?,
                b"iinf" => heif.read_infos(&body)?,
                b"iloc" => heif.read_locations(&body)?,
                b"iprp" => heif.read_properties(&body)?,
                b"iref" => heif.read_references(&body)?,
                b"idat" => heif.idat = body,
                _ => {}
            }
        }
        Some(heif)
    }

    fn item(&mut self, id: u32) -> Option<&mut Item> {
        if self.items.len() >= MAX_ITEMS && !self.items.contains_key(&id) {
            return None;
        }
        Some(self.items.entry(id).or_default())
    }

    fn read_infos(&mut self, body: &[u8]) -> Option<()> {
        let skip = if *body.first()? == 0 { 6 } else { 8 };
        let mut source = body.get(skip..)?;
        for part in top(&mut source) {
            let raw = part.read(&mut source, 64 << 10)?;
            let mut fields = Fields(&raw);
            let version = fields.u8()?;
            fields.take(3)?;
            if version < 2 {
                continue;
            }
            let id = fields.uint(if version == 2 { 2 } else { 4 })? as u32;
            fields.u16()?;
            let kind: [u8; 4] = fields.take(4)?.try_into().ok()?;
            let mut strings = fields.0.split(|byte| *byte == 0);
            let content_type =
                if &kind == b"mime" { strings.nth(1).unwrap_or_default() } else { b"" }.to_vec();
            let item = self.item(id)?;
            (item.kind, item.content_type) = (kind, content_type);
        }
        Some(())
    }

    fn read_locations(&mut self, body: &[u8]) -> Option<()> {
        let mut fields = Fields(body);
        let version = fields.u8()?;
        fields.take(3)?;
        let sizes = fields.u16()?;
        let nibble = |shift: u16| usize::from(sizes >> shift & 15);
        let (offset_size, length_size, base_size) = (nibble(12), nibble(8), nibble(4));
        let index_size = if version == 0 { 0 } else { nibble(0) };
        let wide = if version < 2 { 2 } else { 4 };
        for _ in 0..fields.uint(wide)? {
            let id = fields.uint(wide)? as u32;
            let method = if version == 0 { 0 } else { fields.u16()? & 15 };
            fields.u16()?;
            let base = fields.uint(base_size)?;
            let count = usize::from(fields.u16()?);
            let mut extents = Vec::new();
            for _ in 0..count {
                fields.uint(index_size)?;
                let offset = base.saturating_add(fields.uint(offset_size)?);
                extents.push((offset, fields.uint(length_size)?));
            }
            extents.truncate(MAX_EXTENTS);
            let item = self.item(id)?;
            (item.in_idat, item.extents) = (method == 1, extents);
        }
        Some(())
    }

    fn read_properties(&mut self, body: &[u8]) -> Option<()> {
        let mut source = body;
        for part in top(&mut source) {
            let raw = part.read(&mut source, MAX_META)?;
            if &part.kind == b"ipco" {
                let mut inner = raw.as_slice();
                for property in top(&mut inner) {
                    self.properties
                        .push((property.kind, property.read(&mut inner, MAX_BLOCK).unwrap_or_default()));
                }
            } else if &part.kind == b"ipma" {
                let mut fields = Fields(&raw);
                let version = fields.u8()?;
                let wide = fields.uint(3)? & 1 == 1;
                for _ in 0..fields.u32()? {
                    let id = fields.uint(if version == 0 { 2 } else { 4 })? as u32;
                    let mut indices = Vec::new();
                    for _ in 0..fields.u8()? {
                        let index =
                            if wide { fields.u16()? & 0x7FFF } else { u16::from(fields.u8()? & 0x7F) };
                        indices.extend(usize::from(index).checked_sub(1));
                    }
                    self.item(id)?.properties = indices;
                }
            }
        }
        Some(())
    }

    fn read_references(&mut self, body: &[u8]) -> Option<()> {
        let wide = if *body.first()? == 0 { 2 } else { 4 };
        let mut source = body.get(4..)?;
        for part in top(&mut source) {
            let raw = part.read(&mut source, MAX_META)?;
            let mut fields = Fields(&raw);
            let from = fields.uint(wide)? as u32;
            let count = fields.u16()?;
            let to = (0..count).map_while(|_| fields.uint(wide).map(|id| id as u32)).collect();
            if self.references.len() < MAX_ITEMS {
                self.references.push((part.kind, from, to));
            }
        }
        Some(())
    }

    /// The bytes of an item, `None` when they are more than `max` or not all there.
    pub(crate) fn data(&self, bytes: &mut impl Bytes, id: u32, max: usize) -> Option<Vec<u8>> {
        let item = self.items.get(&id)?;
        let mut data = Vec::new();
        for (offset, len) in &item.extents {
            let left = max - data.len();
            let part = if item.in_idat {
                let mut idat = self.idat.as_slice();
                let len = if *len == 0 { idat.size() } else { *len };
                idat.read_at(*offset, usize::try_from(len).ok().filter(|len| *len <= left)?)
            } else {
                let len = if *len == 0 { bytes.size().saturating_sub(*offset) } else { *len };
                let len = usize::try_from(len).ok().filter(|len| *len <= left)?;
                let part = bytes.read_at(*offset, len);
                if part.len() < len {
                    return None;
                }
                part
            };
            data.extend(part);
        }
        Some(data)
    }

    /// The properties of an item that are of `kind`.
    pub(crate) fn properties<'a>(&'a self, id: u32, kind: &'a [u8; 4]) -> impl Iterator<Item = &'a [u8]> {
        self.items.get(&id).into_iter().flat_map(|item| &item.properties).filter_map(move |index| {
            self.properties.get(*index).filter(|(found, _)| found == kind).map(|(_, body)| body.as_slice())
        })
    }

    /// What `from` refers to by references of `kind`.
    pub(crate) fn referred(&self, kind: [u8; 4], from: u32) -> &[u32] {
        self.references
            .iter()
            .find(|(found, id, _)| *found == kind && *id == from)
            .map_or(&[], |(_, _, to)| to.as_slice())
    }

    /// The item that holds the opacity of `id`.
    pub(crate) fn alpha_of(&self, id: u32) -> Option<u32> {
        let alpha = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
        self.references
            .iter()
            .filter(|(kind, _, to)| kind == b"auxl" && to.contains(&id))
            .map(|(_, from, _)| *from)
            .find(|from| {
                self.properties(*from, b"auxC")
                    .any(|body| body.get(4..).is_some_and(|b| b.starts_with(alpha)))
            })
    }

    /// Width and height of an item before rotation.
    pub(crate) fn coded_size(&self, id: u32) -> Option<(u32, u32)> {
        let mut fields = Fields(self.properties(id, b"ispe").next()?);
        fields.take(4)?;
        Some((fields.u32()?, fields.u32()?))
    }

    /// Quarter turns anticlockwise, then the mirror axis (0 swaps top and bottom, 1 swaps left and right).
    pub(crate) fn transform(&self, id: u32) -> (u8, Option<u8>) {
        let turns =
            self.properties(id, b"irot").next().and_then(|body| body.first()).map_or(0, |turns| turns & 3);
        let mirror = self.properties(id, b"imir").next().and_then(|body| body.first()).map(|axis| axis & 1);
        (turns, mirror)
    }

    /// Width and height of the primary picture as shown.
    pub(crate) fn size(&self) -> Option<(u32, u32)> {
        let (width, height) = self.coded_size(self.primary)?;
        Some(if self.transform(self.primary).0 % 2 == 1 { (height, width) } else { (width, height) })
    }

    /// The ICC profile of an item.
    pub(crate) fn icc(&self, id: u32) -> Option<Vec<u8>> {
        self.properties(id, b"colr")
            .find_map(|body| body.strip_prefix(b"prof").or_else(|| body.strip_prefix(b"rICC")))
            .map(<[u8]>::to_vec)
    }

    /// The coded colour of an item.
    pub(crate) fn nclx(&self, id: u32) -> Option<Nclx> {
        self.properties(id, b"colr").find_map(Nclx::read)
    }

    /// The EXIF block that describes the primary picture, from its TIFF header on.
    pub(crate) fn exif(&self, bytes: &mut impl Bytes) -> Option<Vec<u8>> {
        let id = self.describing(|item| &item.kind == b"Exif")?;
        let raw = self.data(bytes, id, MAX_BLOCK)?;
        let (skip, rest) = raw.split_at_checked(4)?;
        let skip = u32::from_be_bytes(skip.try_into().ok()?) as usize;
        // The field counts from behind itself to the TIFF header; some writers get it wrong.
        let at = |at: usize| rest.get(at..).filter(|b| b.starts_with(b"II") || b.starts_with(b"MM"));
        at(skip).or_else(|| at(6)).or_else(|| at(0)).map(<[u8]>::to_vec)
    }

    /// The XMP packet that describes the primary picture.
    pub(crate) fn xmp(&self, bytes: &mut impl Bytes) -> Option<Vec<u8>> {
        let id =
            self.describing(|item| &item.kind == b"mime" && item.content_type == b"application/rdf+xml")?;
        self.data(bytes, id, MAX_BLOCK)
    }

    fn describing(&self, wanted: impl Fn(&Item) -> bool) -> Option<u32> {
        let about_primary = |id: &u32| self.referred(*b"cdsc", *id).contains(&self.primary);
        let all = || self.items.iter().filter(|(_, item)| wanted(item)).map(|(id, _)| *id);
        all().find(about_primary).or_else(|| all().next())
    }
}

fn read_primary(body: &[u8]) -> Option<u32> {
    let mut fields = Fields(body);
    let version = fields.u8()?;
    fields.take(3)?;
    fields.uint(if version == 0 { 2 } else { 4 }).map(|id| id as u32)
}
