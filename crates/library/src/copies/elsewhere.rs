//! A disk that comes and goes is known by the id of its store, whatever its mount point: where it is not found at its address,
//! it is looked for on every disk that is mounted.

use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// File systems of disks. Those of networks are left out: one that does not answer would keep everybody waiting.
const OF_DISKS: [&str; 17] = [
    "apfs", "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "hfsplus", "jfs",
    "ntfs", "ntfs3", "tmpfs", "vfat", "xfs", "zfs",
];

/// Where a store that was at `path` may be now.
pub(crate) fn places(path: &Path) -> Vec<PathBuf> {
    let mounted = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    below(&mount_points(&mounted), path)
}

/// Below each mount point every end of the path: what of it was the old mount point cannot be told when nothing is mounted
/// there.
fn below(mount_points: &[PathBuf], path: &Path) -> Vec<PathBuf> {
    let parts: Vec<_> = path.components().skip(1).collect();
    let ends = (0..=parts.len()).rev().map(|first| parts[first..].iter().collect::<PathBuf>());
    let ends: Vec<PathBuf> = ends.collect();
    // With "" a path would get a slash at its end.
    let at = |point: &PathBuf, end: &PathBuf| {
        if end.as_os_str().is_empty() { point.clone() } else { point.join(end) }
    };
    let all = mount_points.iter().flat_map(|point| ends.iter().map(|end| at(point, end)));
    all.filter(|place| place != path).collect()
}

/// The mount points of disks, from the text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
fn mount_points(mounted: &[u8]) -> Vec<PathBuf> {
    let mut points: Vec<PathBuf> = mounted.split(|byte| *byte == b'\n').filter_map(mount_point).collect();
    points.sort();
    points.dedup();
    points
}

fn mount_point(line: &[u8]) -> Option<PathBuf> {
    let mut fields = line.split(|byte| *byte == b' ');
    let point = fields.nth(4)?;
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    OF_DISKS
        .iter()
        .any(|disk| disk.as_bytes() == kind)
        .then(|| PathBuf::from(std::ffi::OsString::from_vec(unescape(point))))
}

/// Spaces and the like are written as `\040`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.filter(|_| *byte == b'\\').and_then(|digits| u8::from_str_radix(digits, 8).ok());
        plain.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &after[3..] } else { after };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTED: &[u8] = b"\
22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
90 28 8:17 / /media/ana/Two\\040Words rw,nosuid shared:30 master:1 - exfat /dev/sdb1 rw
91 28 0:50 / /mnt/nas rw - nfs4 nas:/photos rw
92 28 8:33 /sub /mnt/back\\134slash rw - ntfs3 /dev/sdc1 rw
broken
";

    #[test]
    fn disks_are_found_among_what_is_mounted() {
        let points = mount_points(MOUNTED);
        assert_eq!(points, ["/", "/media/ana/Two Words", "/mnt/back\\slash"].map(PathBuf::from));
    }

    #[test]
    fn a_store_is_looked_for_at_every_end_of_its_path() {
        let points = ["/", "/mnt/usb"].map(PathBuf::from);
        let found = below(&points, Path::new("/media/ana/Shelf/photos"));
        for place in ["/mnt/usb", "/mnt/usb/photos", "/mnt/usb/Shelf/photos", "/photos"] {
            assert!(found.contains(&PathBuf::from(place)), "{place}: {found:?}");
        }
        assert!(!found.contains(&PathBuf::from("/media/ana/Shelf/photos")), "looked at already");
    }
}
