//! EXIF 2.32 blocks, as cameras write them.

use super::tiff::{Directory, Value, write};
use crate::Rng;

/// A place on Earth, in degrees (north and east positive) and metres above sea level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GpsPosition {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above sea level.
    pub altitude: Option<f64>,
}

/// What a camera writes about a photo; a field left out is not written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExifOptions {
    /// `DateTimeOriginal`, written as `2024:06:01 14:03:22`.
    pub date: Option<String>,
    /// `SubSecTimeOriginal`: the digits after the second.
    pub subsec: Option<String>,
    /// `OffsetTimeOriginal`, written as `+02:00`.
    pub offset: Option<String>,
    /// Where the photo was taken.
    pub gps: Option<GpsPosition>,
    /// Maker of the camera.
    pub make: Option<String>,
    /// Model of the camera.
    pub model: Option<String>,
    /// Model of the lens.
    pub lens: Option<String>,
    /// EXIF orientation, 1 to 8.
    pub orientation: Option<u16>,
    /// `ImageDescription`; UTF-8, as cameras and most programs write it.
    pub description: Option<String>,
    /// `Artist`.
    pub artist: Option<String>,
    /// `Copyright`.
    pub copyright: Option<String>,
    /// ISO speed.
    pub iso: Option<u16>,
    /// Exposure time in seconds, as numerator and denominator.
    pub exposure: Option<(u32, u32)>,
    /// F-number in tenths.
    pub f_number_tenths: Option<u32>,
    /// The id that ties a live photo's two halves together, in an Apple maker note.
    pub content_identifier: Option<String>,
}

impl ExifOptions {
    /// What a plausible camera would have written, all of it following from `seed`.
    pub fn camera(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x00e8_1f00);
        let &(make, model, lens) = rng.pick(&[
            ("Canon", "Canon EOS R5", "RF24-70mm F2.8 L IS USM"),
            ("NIKON CORPORATION", "NIKON Z 8", "NIKKOR Z 50mm f/1.8 S"),
            ("SONY", "ILCE-7M4", "FE 35mm F1.4 GM"),
            ("Apple", "iPhone 15 Pro", "iPhone 15 Pro back triple camera 6.765mm f/1.78"),
        ]);
        let date = format!(
            "{}:{:02}:{:02} {:02}:{:02}:{:02}",
            2018 + rng.below(8),
            1 + rng.below(12),
            1 + rng.below(28),
            rng.below(24),
            rng.below(60),
            rng.below(60)
        );
        let gps = (rng.below(3) > 0).then(|| GpsPosition {
            latitude: rng.below(1_400_000) as f64 / 10_000.0 - 70.0,
            longitude: rng.below(3_600_000) as f64 / 10_000.0 - 180.0,
            altitude: Some(rng.below(3_000) as f64),
        });
        Self {
            date: Some(date),
            subsec: Some(format!("{:03}", rng.below(1000))),
            offset: Some((*rng.pick(&["+00:00", "+01:00", "+02:00", "-05:00", "+05:30"])).to_owned()),
            gps,
            make: Some(make.to_owned()),
            model: Some(model.to_owned()),
            lens: Some(lens.to_owned()),
            orientation: Some(*rng.pick(&[1, 1, 1, 6, 8])),
            iso: Some(*rng.pick(&[64, 100, 200, 400, 800, 3200])),
            exposure: Some((1, *rng.pick(&[30, 60, 125, 250, 1000]))),
            f_number_tenths: Some(*rng.pick(&[14, 18, 28, 40, 80])),
            ..Self::default()
        }
    }

    /// The EXIF block as a TIFF file; it belongs behind `Exif\0\0` in a JPEG's APP1 and into a PNG's `eXIf` as it is.
    pub fn block(&self) -> Vec<u8> {
        let mut main = Directory::default();
        self.describe(&mut main);
        write(&[main])
    }

    /// Adds these fields to a file's first directory.
    pub(super) fn describe(&self, main: &mut Directory) {
        self.describe_with(main, self.photo());
    }

    /// The same with an EXIF directory that says more.
    pub(super) fn describe_with(&self, main: &mut Directory, photo: Directory) {
        self.name(main);
        main.set(0x8769, Value::Directories(vec![photo]));
        if let Some(gps) = &self.gps {
            main.set(0x8825, Value::Directories(vec![gps_directory(gps)]));
        }
    }

    /// Adds what stands in the first directory itself.
    pub(super) fn name(&self, main: &mut Directory) {
        for (tag, text) in [
            (0x010e, &self.description),
            (0x010f, &self.make),
            (0x0110, &self.model),
            (0x0132, &self.date),
            (0x013b, &self.artist),
            (0x8298, &self.copyright),
        ] {
            if let Some(text) = text {
                main.ascii(tag, text);
            }
        }
        if let Some(orientation) = self.orientation {
            main.short(0x0112, orientation);
        }
    }

    /// The EXIF directory alone, as a CR3 has it in a box of its own.
    pub(super) fn photo(&self) -> Directory {
        let mut photo = Directory::default();
        photo.set(0x9000, Value::Undefined(b"0232".to_vec()));
        for (tag, text) in [
            (0x9003, &self.date),
            (0x9004, &self.date),
            (0x9010, &self.offset),
            (0x9011, &self.offset),
            (0x9012, &self.offset),
            (0x9291, &self.subsec),
            (0x9292, &self.subsec),
            (0xa434, &self.lens),
        ] {
            if let Some(text) = text {
                photo.ascii(tag, text);
            }
        }
        if let Some(iso) = self.iso {
            photo.short(0x8827, iso);
        }
        if let Some(exposure) = self.exposure {
            photo.set(0x829a, Value::Rational(vec![exposure]));
        }
        if let Some(tenths) = self.f_number_tenths {
            photo.set(0x829d, Value::Rational(vec![(tenths, 10)]));
        }
        if let Some(id) = &self.content_identifier {
            photo.set(0x927c, Value::Undefined(apple_maker_note(id)));
        }
        photo
    }
}

pub(super) fn gps_directory(gps: &GpsPosition) -> Directory {
    let mut directory = Directory::default();
    directory.set(0, Value::Byte(vec![2, 3, 0, 0]));
    directory.ascii(1, if gps.latitude < 0.0 { "S" } else { "N" });
    directory.set(2, Value::Rational(degrees(gps.latitude)));
    directory.ascii(3, if gps.longitude < 0.0 { "W" } else { "E" });
    directory.set(4, Value::Rational(degrees(gps.longitude)));
    if let Some(altitude) = gps.altitude {
        directory.set(5, Value::Byte(vec![u8::from(altitude < 0.0)]));
        directory.set(6, Value::Rational(vec![((altitude.abs() * 100.0).round() as u32, 100)]));
    }
    directory
}

/// Degrees, minutes and seconds; the seconds in ten-thousandths, about three millimetres on the ground.
fn degrees(value: f64) -> Vec<(u32, u32)> {
    let units = (value.abs() * 3600.0 * 10_000.0).round() as u64;
    let seconds = units / 10_000;
    vec![((seconds / 3600) as u32, 1), ((seconds / 60 % 60) as u32, 1), ((units % 600_000) as u32, 10_000)]
}

/// A big-endian directory of one field, 0x0011, with offsets counted from the start of the note.
fn apple_maker_note(content_identifier: &str) -> Vec<u8> {
    let mut note = b"Apple iOS\0\0\x01MM\0\x01".to_vec();
    note.extend([0x00, 0x11, 0x00, 0x02]);
    note.extend((content_identifier.len() as u32 + 1).to_be_bytes());
    note.extend((note.len() as u32 + 8).to_be_bytes());
    note.extend([0; 4]);
    note.extend(content_identifier.as_bytes());
    note.push(0);
    note
}
