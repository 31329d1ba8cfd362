//! What is known of a photo beyond its bytes. Missing facts are `None`, never zero.

use serde::{Deserialize, Serialize};

/// What a file shows, judged by its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// A still picture.
    Photo,
    /// A moving one.
    Video,
    /// Neither, or not recognised; kept all the same.
    #[default]
    Other,
}

/// When a picture was taken, as the camera's owner would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureTime {
    /// The wall-clock time of the place, in milliseconds since 1970-01-01T00:00:00 of that same wall clock.
    pub local_ms: i64,
    /// Minutes east of UTC, when the file tells.
    pub offset_minutes: Option<i16>,
}

impl CaptureTime {
    /// Milliseconds UTC for sorting; wall-clock time counts as UTC where the offset is unknown.
    pub fn utc_ms(self) -> i64 {
        self.local_ms - i64::from(self.offset_minutes.unwrap_or(0)) * 60_000
    }
}

/// WGS 84 position.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gps {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
    /// Metres above sea level.
    pub altitude: Option<f64>,
}

/// What people say of a picture in place of its file; what is `None` is left as the file says. Originals are never changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Edits {
    /// Title; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Caption; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Author; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
    /// Whose rights they are; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copyright: Option<String>,
    /// Keywords, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keywords: Option<Vec<String>>,
    /// Stars, -1 (rejected) to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<i8>,
    /// When it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured: Option<CaptureTime>,
    /// Where it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gps: Option<Gps>,
}

impl Edits {
    /// What a file says, with what people say over it.
    pub fn over(&self, metadata: &Metadata) -> Metadata {
        let mut shown = metadata.clone();
        let text = |edit: &Option<String>, told: &mut Option<String>| {
            if let Some(edit) = edit {
                *told = Some(edit.clone()).filter(|text| !text.is_empty());
            }
        };
        text(&self.title, &mut shown.title);
        text(&self.caption, &mut shown.caption);
        text(&self.creator, &mut shown.creator);
        text(&self.copyright, &mut shown.copyright);
        if let Some(keywords) = &self.keywords {
            shown.keywords.clone_from(keywords);
        }
        shown.rating = self.rating.or(shown.rating);
        shown.captured = self.captured.or(shown.captured);
        shown.gps = self.gps.or(shown.gps);
        shown
    }

    /// Adds keywords to those that are shown, and takes others away: two who do so at once lose nothing of each other.
    pub fn change_keywords(&mut self, metadata: &Metadata, add: Vec<String>, remove: &[String]) {
        let shown = self.keywords.as_ref().unwrap_or(&metadata.keywords);
        let mut keywords: Vec<_> = shown.iter().filter(|word| !remove.contains(word)).cloned().collect();
        for word in add {
            if !keywords.contains(&word) {
                keywords.push(word);
            }
        }
        if keywords != *shown {
            self.keywords = Some(keywords);
        }
    }
}

/// How the picture was exposed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exposure {
    /// Shutter time in seconds.
    pub seconds: Option<f64>,
    /// The f-number.
    pub f_number: Option<f64>,
    /// ISO sensitivity.
    pub iso: Option<u32>,
    /// Focal length in millimetres.
    pub focal_length: Option<f64>,
}

/// Everything that a file and its sidecar say of a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Photo, video or other.
    pub kind: MediaKind,
    /// Pixels, as shown (orientation applied).
    pub width: Option<u32>,
    /// Pixels, as shown (orientation applied).
    pub height: Option<u32>,
    /// EXIF orientation, 1 to 8, as stored in the file.
    pub orientation: Option<u8>,
    /// Length of a video in milliseconds.
    pub duration_ms: Option<u64>,
    /// When it was taken.
    pub captured: Option<CaptureTime>,
    /// Where it was taken.
    pub gps: Option<Gps>,
    /// Maker of the camera.
    pub camera_make: Option<String>,
    /// Model of the camera.
    pub camera_model: Option<String>,
    /// Lens.
    pub lens: Option<String>,
    /// How it was exposed.
    pub exposure: Exposure,
    /// Title (`dc:title`, IPTC object name).
    pub title: Option<String>,
    /// Caption (`dc:description`, IPTC caption, EXIF image description).
    pub caption: Option<String>,
    /// Keywords, in order, each once.
    pub keywords: Vec<String>,
    /// Author (`dc:creator`, IPTC by-line, EXIF artist).
    pub creator: Option<String>,
    /// Copyright notice.
    pub copyright: Option<String>,
    /// Stars, -1 (rejected) to 5.
    pub rating: Option<i8>,
    /// What ties the two halves of a live photo together (Apple content identifier).
    pub live_photo_id: Option<String>,
}
