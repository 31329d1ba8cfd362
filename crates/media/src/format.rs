//! The formats the product knows by name.
//!
//! A format is what the content says, never what the file is called; see [`crate::sniff`].

use model::MediaKind;

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident = $mime:literal),* $(,)?) => {
        /// What a file is, judged by its content.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Format { $($(#[$doc])* $name),* }

        impl Format {
            /// Every format, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The media type (IANA where registered, `image/x-…` for camera RAW).
            pub fn mime(self) -> &'static str {
                match self { $(Self::$name => $mime),* }
            }
        }
    };
}

formats! {
    /// JPEG (JFIF, EXIF).
    Jpeg = "image/jpeg",
    /// PNG.
    Png = "image/png",
    /// WebP.
    Webp = "image/webp",
    /// GIF.
    Gif = "image/gif",
    /// TIFF that is not a camera RAW.
    Tiff = "image/tiff",
    /// HEIF with HEVC pictures, as phones write it.
    Heic = "image/heic",
    /// AVIF.
    Avif = "image/avif",
    /// JPEG XL, bare or in its container.
    Jxl = "image/jxl",
    /// Canon RAW, TIFF-based.
    Cr2 = "image/x-canon-cr2",
    /// Canon RAW, BMFF-based.
    Cr3 = "image/x-canon-cr3",
    /// Nikon RAW.
    Nef = "image/x-nikon-nef",
    /// Sony RAW.
    Arw = "image/x-sony-arw",
    /// Fujifilm RAW.
    Raf = "image/x-fuji-raf",
    /// Olympus and OM System RAW.
    Orf = "image/x-olympus-orf",
    /// Panasonic and Leica RAW.
    Rw2 = "image/x-panasonic-rw2",
    /// Pentax RAW.
    Pef = "image/x-pentax-pef",
    /// Adobe Digital Negative.
    Dng = "image/x-adobe-dng",
    /// MPEG-4 video.
    Mp4 = "video/mp4",
    /// QuickTime video.
    Mov = "video/quicktime",
    /// XMP sidecar.
    Xmp = "application/rdf+xml",
    /// Anything else; kept all the same.
    Unknown = "application/octet-stream",
}

impl Format {
    /// The format with this media type; `Unknown` for any other. Parameters (`; charset=…`) and case are ignored.
    pub fn from_mime(mime: &str) -> Self {
        let bare = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match bare.as_str() {
            "image/heif" | "image/heic-sequence" | "image/heif-sequence" => Self::Heic,
            "image/jpg" => Self::Jpeg,
            "image/dng" => Self::Dng,
            "application/xmp+xml" => Self::Xmp,
            _ => Self::ALL.iter().copied().find(|format| format.mime() == bare).unwrap_or(Self::Unknown),
        }
    }

    /// Photo, video or other.
    pub fn kind(self) -> MediaKind {
        match self {
            Self::Mp4 | Self::Mov => MediaKind::Video,
            Self::Xmp | Self::Unknown => MediaKind::Other,
            _ => MediaKind::Photo,
        }
    }

    /// A camera RAW: shown by the preview that the camera put into it.
    pub fn is_raw(self) -> bool {
        matches!(
            self,
            Self::Cr2
                | Self::Cr3
                | Self::Nef
                | Self::Arw
                | Self::Raf
                | Self::Orf
                | Self::Rw2
                | Self::Pef
                | Self::Dng
        )
    }

    /// Describes another file and shows nothing itself.
    pub fn is_sidecar(self) -> bool {
        self == Self::Xmp
    }

    /// A moving picture.
    pub fn is_video(self) -> bool {
        self.kind() == MediaKind::Video
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_media_type_leads_back_to_its_format() {
        for format in Format::ALL {
            assert_eq!(Format::from_mime(format.mime()), *format);
        }
        assert_eq!(Format::from_mime("IMAGE/JPEG; q=1"), Format::Jpeg);
        assert_eq!(Format::from_mime("text/html"), Format::Unknown);
    }
}
