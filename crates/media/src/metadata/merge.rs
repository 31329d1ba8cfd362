//! Who is believed where several sources tell.

use model::Metadata;

use super::Parts;

/// Most keywords that a photo can have; stock agencies allow fifty.
const MAX_KEYWORDS: usize = 1_000;

/// One answer out of all parts and the sidecar.
pub(super) fn settle(parts: Parts, sidecar: Option<Metadata>) -> Metadata {
    let Parts { exif, container, iptc, xmp, gps_time, size, upright } = parts;
    let sidecar = sidecar.unwrap_or_default();
    let mut settled = Metadata::default();
    for source in [&exif, &container, &xmp, &sidecar, &iptc] {
        fill_capture(&mut settled, source);
    }
    // The same wall clock elsewhere, with an offset, completes the camera's time.
    if let Some(time) = &mut settled.captured
        && time.offset_minutes.is_none()
    {
        let same = |other: &&Metadata| {
            other.captured.is_some_and(|other| {
                other.local_ms / 1000 == time.local_ms / 1000 && other.offset_minutes.is_some()
            })
        };
        let source = [&xmp, &sidecar, &iptc].into_iter().find(same);
        time.offset_minutes = source.and_then(|source| source.captured?.offset_minutes);
    }
    settled.captured = settled.captured.or(gps_time);
    for source in [sidecar, xmp, iptc, exif, container] {
        fill_description(&mut settled, source);
    }
    let mut seen = std::collections::HashSet::new();
    settled.keywords.retain(|keyword| seen.insert(keyword.clone()));
    settled.keywords.truncate(MAX_KEYWORDS);
    let turned = !upright && settled.orientation.is_some_and(|orientation| orientation >= 5);
    if let Some((width, height)) = size.filter(|(width, height)| *width > 0 && *height > 0) {
        let (width, height) = if turned { (height, width) } else { (width, height) };
        (settled.width, settled.height) = (Some(width), Some(height));
    }
    settled
}

/// Takes facts of the capture that are not known yet.
pub(super) fn fill_capture(into: &mut Metadata, from: &Metadata) {
    into.captured = into.captured.or(from.captured);
    into.gps = into.gps.or(from.gps);
    into.orientation = into.orientation.or(from.orientation);
    into.duration_ms = into.duration_ms.or(from.duration_ms);
    // Maker and model belong together: never one of each source.
    if into.camera_make.is_none() && into.camera_model.is_none() {
        into.camera_make.clone_from(&from.camera_make);
        into.camera_model.clone_from(&from.camera_model);
    }
    into.lens = into.lens.take().or_else(|| from.lens.clone());
    into.exposure.seconds = into.exposure.seconds.or(from.exposure.seconds);
    into.exposure.f_number = into.exposure.f_number.or(from.exposure.f_number);
    into.exposure.iso = into.exposure.iso.or(from.exposure.iso);
    into.exposure.focal_length = into.exposure.focal_length.or(from.exposure.focal_length);
    into.live_photo_id = into.live_photo_id.take().or_else(|| from.live_photo_id.clone());
}

/// Takes descriptions that are not known yet.
pub(super) fn fill_description(into: &mut Metadata, from: Metadata) {
    into.title = into.title.take().or(from.title);
    into.caption = into.caption.take().or(from.caption);
    into.creator = into.creator.take().or(from.creator);
    into.copyright = into.copyright.take().or(from.copyright);
    into.rating = into.rating.or(from.rating);
    if into.keywords.is_empty() {
        into.keywords = from.keywords;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::CaptureTime;

    #[test]
    fn a_person_s_words_win_over_the_camera_s_and_the_camera_s_facts_over_a_person_s() {
        let camera = Metadata {
            title: Some("DSC_1".into()),
            camera_make: Some("Nikon".into()),
            captured: Some(CaptureTime { local_ms: 5_000, offset_minutes: None }),
            ..Metadata::default()
        };
        let person = Metadata {
            title: Some("Wedding".into()),
            camera_make: Some("Adobe".into()),
            captured: Some(CaptureTime { local_ms: 5_250, offset_minutes: Some(60) }),
            keywords: vec!["a".into(), "b".into(), "a".into()],
            ..Metadata::default()
        };
        let settled = settle(Parts { exif: camera, ..Parts::default() }, Some(person));
        assert_eq!(settled.title.as_deref(), Some("Wedding"));
        assert_eq!(settled.camera_make.as_deref(), Some("Nikon"));
        assert_eq!(settled.captured, Some(CaptureTime { local_ms: 5_000, offset_minutes: Some(60) }));
        assert_eq!(settled.keywords, ["a", "b"]);
    }

    #[test]
    fn a_picture_on_its_side_is_measured_as_shown() {
        let exif = Metadata { orientation: Some(6), ..Metadata::default() };
        let settled = settle(Parts { exif, size: Some((300, 200)), ..Parts::default() }, None);
        assert_eq!((settled.width, settled.height), (Some(200), Some(300)));
    }
}
