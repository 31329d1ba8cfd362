//! PNG, WebP, GIF and TIFF by `image`.

use std::io::{BufRead, Cursor, Read, Seek};

use image::codecs::{gif::GifDecoder, png::PngDecoder, tiff::TiffDecoder, webp::WebPDecoder};
use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageResult};

use super::{Budget, Colour, Picture, Pixels, Reason};

pub(super) fn png(data: &mut &[u8], budget: &Budget) -> Result<Picture, Reason> {
    finish(PngDecoder::with_limits(Cursor::new(*data), limits(budget)), "PNG", budget)
}

pub(super) fn webp(data: &mut &[u8], budget: &Budget) -> Result<Picture, Reason> {
    finish(WebPDecoder::new(Cursor::new(*data)), "WebP", budget)
}

pub(super) fn gif(data: &mut &[u8], budget: &Budget) -> Result<Picture, Reason> {
    finish(GifDecoder::new(Cursor::new(*data)), "GIF", budget)
}

pub(super) fn tiff(file: impl Read + Seek, budget: &Budget) -> Result<Picture, Reason> {
    finish(TiffDecoder::new(Buffered(std::io::BufReader::with_capacity(64 << 10, file))), "TIFF", budget)
}

/// `BufReader` under a name of its own, since the decoder asks for all three traits.
struct Buffered<R>(std::io::BufReader<R>);

impl<R: Read> Read for Buffered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> BufRead for Buffered<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl<R: Read + Seek> Seek for Buffered<R> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

fn limits(budget: &Budget) -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(budget.memory);
    limits
}

fn finish<D: ImageDecoder>(opened: ImageResult<D>, name: &str, budget: &Budget) -> Result<Picture, Reason> {
    let failed = |error: ImageError| match error {
        ImageError::Limits(error) if error.kind() == LimitErrorKind::InsufficientMemory => {
            format!("this {name} picture needs more memory than allowed")
        }
        ImageError::Unsupported(error) => format!("this kind of {name} picture cannot be decoded: {error}"),
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            format!("the {name} data ends early")
        }
        error => format!("the {name} data is damaged: {error}"),
    };
    let mut decoder = opened.map_err(failed)?;
    let (width, height) = decoder.dimensions();
    // The decoded samples and our own copy in eight bits.
    let per_pixel = u64::from(decoder.color_type().bytes_per_pixel()) + 4;
    budget.check(u64::from(width), u64::from(height), per_pixel)?;
    decoder.set_limits(limits(budget)).map_err(failed)?;
    let colour = decoder.icc_profile().ok().flatten().map_or(Colour::Srgb, Colour::Icc);
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    let pixels = if image.color().has_alpha() {
        Pixels::Rgba8(image.into_rgba8().into_raw())
    } else {
        Pixels::Rgb8(image.into_rgb8().into_raw())
    };
    Ok(Picture { width, height, pixels, colour, note: None, upright: false })
}
