//! AVIF (AV1 Image File Format): the container by our own walker, the picture by [`super::av1`].

use super::yuv::Planes;
use super::{Budget, Colour, Picture, Pixels, Reason, av1};
use crate::bytes::Bytes;
use crate::metadata::heif::{Heif, Nclx};

/// 16-bit planes, the decoder's own, and RGB.
const BYTES_PER_PIXEL: u64 = 20;
/// One coded picture is at most this large.
const MAX_ITEM: usize = 256 << 20;
const MAX_TILES: usize = 256;

pub(super) fn decode(bytes: &mut impl Bytes, budget: &Budget) -> Result<Picture, Reason> {
    let heif = Heif::read(bytes).ok_or("the AVIF header is damaged")?;
    let primary = heif.primary;
    let (width, height) = heif.coded_size(primary).ok_or("the AVIF picture has no size")?;
    budget.check(u64::from(width), u64::from(height), BYTES_PER_PIXEL)?;
    let main = item(bytes, &heif, primary, budget)?;
    let alpha = heif.alpha_of(primary).and_then(|id| item(bytes, &heif, id, budget).ok());
    let (width, height) = (main.width, main.height);
    let coded = main.colour;
    let colour = match (heif.icc(primary), coded) {
        (Some(icc), _) => Colour::Icc(icc),
        // Unspecified means sRGB (MIAF section 7.3.6.4).
        (None, Nclx { primaries: 1 | 2, transfer: 1 | 2 | 6 | 13, .. }) => Colour::Srgb,
        (None, nclx) => Colour::Coded(nclx),
    };
    let rgb = main.rgb16();
    let alpha = alpha.filter(|alpha| (alpha.width, alpha.height) == (width, height));
    drop(main);
    let (turns, mirror) = heif.transform(primary);
    let pixels = match alpha {
        Some(alpha) => {
            let opacity = alpha.opacity();
            let rgba = rgb.chunks_exact(3).zip(opacity);
            Pixels::Rgba8(
                rgba.flat_map(|(rgb, a)| [(rgb[0] >> 8) as u8, (rgb[1] >> 8) as u8, (rgb[2] >> 8) as u8, a])
                    .collect(),
            )
        }
        None => Pixels::Rgb16(rgb),
    };
    let picture =
        Picture { width: width as u32, height: height as u32, pixels, colour, note: None, upright: true };
    Ok(super::render::container_turn(picture, turns, mirror))
}

/// A single picture or a grid of them.
fn item(bytes: &mut impl Bytes, heif: &Heif, id: u32, budget: &Budget) -> Result<Planes, Reason> {
    let kind = heif.items.get(&id).map_or([0; 4], |item| item.kind);
    match &kind {
        b"av01" => {
            let data = heif.data(bytes, id, MAX_ITEM).ok_or("the AVIF data ends early")?;
            av1::decode(&data, budget.pixels, heif.nclx(id))
        }
        b"grid" => grid(bytes, heif, id, budget),
        _ => Err("this kind of AVIF picture cannot be decoded".into()),
    }
}

/// Tiles side by side (ISO/IEC 23008-12 section 6.6.2.3.2), cut to the size of the whole.
fn grid(bytes: &mut impl Bytes, heif: &Heif, id: u32, budget: &Budget) -> Result<Planes, Reason> {
    let damaged = "the AVIF grid is damaged";
    let layout = heif.data(bytes, id, 64).ok_or(damaged)?;
    let [_, flags, rows, columns, ref rest @ ..] = layout[..] else { return Err(damaged.into()) };
    let (rows, columns) = (usize::from(rows) + 1, usize::from(columns) + 1);
    let size = if flags & 1 == 0 { 2 } else { 4 };
    let number = |raw: &[u8]| raw.iter().fold(0usize, |value, byte| value << 8 | usize::from(*byte));
    let width = rest.get(..size).map(number).ok_or(damaged)?;
    let height = rest.get(size..2 * size).map(number).ok_or(damaged)?;
    budget.check(width as u64, height as u64, BYTES_PER_PIXEL)?;
    let tiles = heif.referred(*b"dimg", id);
    if tiles.len() != rows * columns || tiles.len() > MAX_TILES {
        return Err(damaged.into());
    }
    let mut whole: Option<Planes> = None;
    for (index, tile) in tiles.iter().enumerate() {
        let data = heif.data(bytes, *tile, MAX_ITEM).ok_or("the AVIF data ends early")?;
        let tile = av1::decode(&data, budget.pixels, heif.nclx(id).or(heif.nclx(*tile)))?;
        let canvas = whole.get_or_insert_with(|| blank(width, height, &tile));
        if tile.shift != canvas.shift
            || tile.depth != canvas.depth
            || tile.chroma.is_some() != canvas.chroma.is_some()
        {
            return Err(damaged.into());
        }
        let (x, y) = (index % columns * tile.width, index / columns * tile.height);
        paste(&mut canvas.luma, width, &tile.luma, tile.width, x, y);
        if let (Some(into), Some(from)) = (&mut canvas.chroma, &tile.chroma) {
            let (sx, sy) = tile.shift;
            let (wide, narrow) = (width.div_ceil(1 << sx), tile.width.div_ceil(1 << sx));
            for (into, from) in into.iter_mut().zip(from) {
                paste(into, wide, from, narrow, x >> sx, y >> sy);
            }
        }
    }
    whole.ok_or_else(|| damaged.into())
}

fn blank(width: usize, height: usize, like: &Planes) -> Planes {
    let (sx, sy) = like.shift;
    let chroma = width.div_ceil(1 << sx) * height.div_ceil(1 << sy);
    Planes {
        width,
        height,
        depth: like.depth,
        luma: vec![0; width * height],
        chroma: like.chroma.as_ref().map(|_| [vec![0; chroma], vec![0; chroma]]),
        shift: like.shift,
        colour: like.colour,
    }
}

fn paste(into: &mut [u16], into_width: usize, from: &[u16], from_width: usize, x: usize, y: usize) {
    let take = from_width.min(into_width.saturating_sub(x));
    for (row, line) in from.chunks_exact(from_width).enumerate() {
        let start = (y + row) * into_width + x;
        if take == 0 || start + take > into.len() {
            return;
        }
        into[start..start + take].copy_from_slice(&line[..take]);
    }
}
