//! JPEG XL by `jxl-oxide`.

use jxl_oxide::{AllocTracker, InitializeResult, JxlImage, JxlThreadPool};

use super::{Budget, Colour, Picture, Pixels, Reason};
use crate::bytes::Bytes;
use crate::metadata::heif::Nclx;

/// The decoder works in 32-bit samples and keeps a second set while it filters.
const BYTES_PER_PIXEL: u64 = 32;

/// Width and height as shown.
pub(crate) fn size(bytes: &mut impl Bytes) -> Option<(u32, u32)> {
    let mut image = JxlImage::builder().pool(JxlThreadPool::none()).build_uninit();
    // A colour profile may stand before the size is settled.
    for limit in [64 << 10, 4 << 20] {
        let head = bytes.head(limit);
        image.feed_bytes(&head).ok()?;
        match image.try_init().ok()? {
            InitializeResult::Initialized(image) => return Some((image.width(), image.height())),
            InitializeResult::NeedMoreData(_) => {
                image = JxlImage::builder().pool(JxlThreadPool::none()).build_uninit();
            }
        }
    }
    None
}

pub(super) fn decode(data: &[u8], budget: &Budget) -> Result<Picture, Reason> {
    let (width, height) = size(&mut { data }).ok_or("the JPEG XL header is damaged")?;
    budget.check(u64::from(width), u64::from(height), BYTES_PER_PIXEL)?;
    let failed = |error| format!("this JPEG XL picture could not be decoded: {error}");
    let tracker = AllocTracker::with_limit(usize::try_from(budget.memory).unwrap_or(usize::MAX));
    let image =
        JxlImage::builder().pool(JxlThreadPool::none()).alloc_tracker(tracker).read(data).map_err(failed)?;
    let render = image.render_frame(0).map_err(failed)?;
    let colour = match image.rendered_cicp() {
        Some([primaries, transfer, matrix, range]) => Colour::Coded(Nclx {
            primaries: u16::from(primaries),
            transfer: u16::from(transfer),
            matrix: u16::from(matrix),
            full_range: range != 0,
        }),
        None => Colour::Icc(image.rendered_icc()),
    };
    let deep = image.image_header().metadata.bit_depth.bits_per_sample() > 8;
    let mut stream = render.stream();
    let (width, height, channels) = (stream.width(), stream.height(), stream.channels());
    let samples = width as usize * height as usize * channels as usize;
    let pixels = if deep && channels == 3 {
        let mut buffer = vec![0u16; samples];
        stream.write_to_buffer(&mut buffer);
        Pixels::Rgb16(buffer)
    } else {
        let mut buffer = vec![0u8; samples];
        stream.write_to_buffer(&mut buffer);
        match channels {
            1 => Pixels::Rgb8(buffer.iter().flat_map(|grey| [*grey; 3]).collect()),
            2 => Pixels::Rgba8(buffer.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect()),
            3 => Pixels::Rgb8(buffer),
            4 => Pixels::Rgba8(buffer),
            _ => return Err("this JPEG XL picture has an unusual colour model".into()),
        }
    };
    Ok(Picture { width, height, pixels, colour, note: None, upright: true })
}
