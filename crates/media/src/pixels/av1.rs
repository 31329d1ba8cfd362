//! One AV1 picture by `re_rav1d`, which speaks dav1d's C interface.
//!
//! The only unsafe code of the crate: every call is on a context and buffers made in the same function, and planes are
//! copied out at once with the strides that the decoder gave.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use re_rav1d::include::dav1d::data::Dav1dData;
use re_rav1d::include::dav1d::dav1d::Dav1dSettings;
use re_rav1d::include::dav1d::headers::{
    DAV1D_PIXEL_LAYOUT_I400, DAV1D_PIXEL_LAYOUT_I420, DAV1D_PIXEL_LAYOUT_I422, DAV1D_PIXEL_LAYOUT_I444,
};
use re_rav1d::include::dav1d::picture::Dav1dPicture;
use re_rav1d::src::lib as dav1d;

use super::Reason;
use super::yuv::Planes;
use crate::metadata::heif::Nclx;

/// Decodes the first picture of `obus`; `colour` overrides what the bitstream says of its colours.
#[expect(unsafe_code, reason = "the decoder has a C interface only")]
pub(super) fn decode(obus: &[u8], pixels: u64, colour: Option<Nclx>) -> Result<Planes, Reason> {
    let failed = |what: &str| format!("this AVIF picture could not be decoded: {what}");
    let mut settings = MaybeUninit::<Dav1dSettings>::uninit();
    // SAFETY: the pointer is valid to write to; afterwards the settings are initialised.
    let mut settings = unsafe {
        dav1d::dav1d_default_settings(NonNull::from(&mut settings).cast());
        settings.assume_init()
    };
    // One thread: the sandbox allows no other.
    settings.n_threads = 1;
    settings.max_frame_delay = 1;
    settings.frame_size_limit = u32::try_from(pixels).unwrap_or(u32::MAX);
    let mut context = None;
    // SAFETY: both pointers are to locals.
    let opened =
        unsafe { dav1d::dav1d_open(Some(NonNull::from(&mut context)), Some(NonNull::from(&mut settings))) };
    if opened.0 != 0 {
        return Err(failed("the decoder did not start"));
    }
    let mut data = Dav1dData::default();
    // SAFETY: the decoder allocates `obus.len()` bytes, which are filled before it reads them.
    unsafe {
        let buffer = dav1d::dav1d_data_create(Some(NonNull::from(&mut data)), obus.len());
        if buffer.is_null() {
            return Err(failed("not enough memory"));
        }
        std::ptr::copy_nonoverlapping(obus.as_ptr(), buffer, obus.len());
    }
    let mut picture = Dav1dPicture::default();
    let mut result = Err(failed("there is no picture in it"));
    // Data is taken in pieces; a picture comes as soon as one is whole.
    for _ in 0..64 {
        // SAFETY: the context is open, the pointers are to locals.
        let (sent, got) = unsafe {
            let sent = if data.sz > 0 {
                dav1d::dav1d_send_data(context, Some(NonNull::from(&mut data))).0
            } else {
                0
            };
            (sent, dav1d::dav1d_get_picture(context, Some(NonNull::from(&mut picture))).0)
        };
        if got == 0 {
            result = planes(&picture, colour).ok_or_else(|| failed("unusual layout"));
            break;
        }
        let again = -nix::libc::EAGAIN;
        if got != again || (sent != 0 && sent != again) {
            result = Err(failed("the data is damaged"));
            break;
        }
    }
    // SAFETY: each is closed once, and nothing borrowed from them is left.
    unsafe {
        dav1d::dav1d_picture_unref(Some(NonNull::from(&mut picture)));
        dav1d::dav1d_data_unref(Some(NonNull::from(&mut data)));
        dav1d::dav1d_close(Some(NonNull::from(&mut context)));
    }
    result
}

#[expect(unsafe_code, reason = "the decoder has a C interface only")]
fn planes(picture: &Dav1dPicture, colour: Option<Nclx>) -> Option<Planes> {
    let (width, height) = (usize::try_from(picture.p.w).ok()?, usize::try_from(picture.p.h).ok()?);
    let depth = u32::try_from(picture.p.bpc).ok().filter(|depth| matches!(depth, 8 | 10 | 12))?;
    let shift = match picture.p.layout {
        DAV1D_PIXEL_LAYOUT_I400 | DAV1D_PIXEL_LAYOUT_I444 => (0, 0),
        DAV1D_PIXEL_LAYOUT_I420 => (1, 1),
        DAV1D_PIXEL_LAYOUT_I422 => (1, 0),
        _ => return None,
    };
    let copy = |plane: usize, width: usize, height: usize| {
        let start = picture.data[plane]?.cast::<u8>().as_ptr();
        let stride = picture.stride[usize::from(plane > 0)];
        let mut samples = Vec::with_capacity(width * height);
        for row in 0..height {
            // SAFETY: the picture has `height` rows of `width` samples, `stride` bytes apart, of one byte at depth 8
            // and two otherwise.
            unsafe {
                let row = start.offset(stride * row as isize);
                if depth == 8 {
                    samples
                        .extend(std::slice::from_raw_parts(row, width).iter().map(|value| u16::from(*value)));
                } else {
                    let row = std::slice::from_raw_parts(row, 2 * width);
                    samples.extend(row.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])));
                }
            }
        }
        Some(samples)
    };
    // SAFETY: the header lives as long as the picture.
    let told = picture.seq_hdr.map(|header| unsafe { header.as_ref() }).map(|header| Nclx {
        primaries: header.pri as u16,
        transfer: header.trc as u16,
        matrix: header.mtrx as u16,
        full_range: header.color_range != 0,
    });
    let chroma = if picture.p.layout == DAV1D_PIXEL_LAYOUT_I400 {
        None
    } else {
        let (width, height) = (width.div_ceil(1 << shift.0), height.div_ceil(1 << shift.1));
        Some([copy(1, width, height)?, copy(2, width, height)?])
    };
    Some(Planes {
        width,
        height,
        depth,
        luma: copy(0, width, height)?,
        chroma,
        shift,
        colour: colour.or(told)?,
    })
}
