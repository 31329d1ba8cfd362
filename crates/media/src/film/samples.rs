//! Finds a sample by the tables of a track (ISO/IEC 14496-12 section 8.6 and 8.7).

use crate::bytes::Bytes;
use crate::film::MAX_FILM;
use crate::film::track::Track;
use crate::metadata::boxes::{Fields, Part};
use crate::pixels::Reason;

/// Samples looked at from the beginning; a second has fewer, and no lie makes the search longer.
const MAX_SAMPLES: u64 = 8192;

/// Where a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) offset: u64,
    pub(super) len: u64,
    /// Which sample description it needs, counted from one.
    pub(super) description: u32,
}

/// Rows of equal width.
struct Table {
    start: u64,
    rows: u64,
    width: u64,
}

impl Table {
    /// A table whose number of rows stands just before them, `at` bytes into the box; never more than the box holds.
    fn open(bytes: &mut impl Bytes, part: Option<Part>, at: u64, width: u64) -> Option<Self> {
        let rows = part?.skip(at + 4);
        let told = u32::from_be_bytes(bytes.array(part?.start.checked_add(at)?)?);
        Some(Self { start: rows.start, rows: u64::from(told).min(rows.len() / width), width })
    }

    /// Up to `count` rows from `from`.
    fn read(&self, bytes: &mut impl Bytes, from: u64, count: u64) -> Vec<u8> {
        let count = self.rows.saturating_sub(from).min(count);
        bytes.read_at(self.start + from.min(self.rows) * self.width, (count * self.width) as usize)
    }
}

/// The tables that are needed.
struct Tables {
    times: Table,
    /// Without it, every sample is a key frame.
    keys: Option<Table>,
    chunks: Table,
    sizes: Table,
    /// What every sample has, where it is not zero.
    size: u32,
    count: u64,
    offsets: Table,
}

impl Tables {
    fn open(bytes: &mut impl Bytes, stbl: &Part) -> Option<Self> {
        let parts = stbl.children(bytes);
        let find = |kind: &[u8; 4]| parts.iter().find(|part| &part.kind == kind).copied();
        let stsz = find(b"stsz")?;
        let sizes = Table::open(bytes, Some(stsz), 8, 4)?;
        let size = u32::from_be_bytes(bytes.array(stsz.start + 4)?);
        let told = u32::from_be_bytes(bytes.array(stsz.start + 8)?);
        let offsets = match find(b"stco") {
            Some(part) => Table::open(bytes, Some(part), 4, 4)?,
            None => Table::open(bytes, find(b"co64"), 4, 8)?,
        };
        Some(Self {
            times: Table::open(bytes, find(b"stts"), 4, 8)?,
            keys: Table::open(bytes, find(b"stss"), 4, 4),
            chunks: Table::open(bytes, find(b"stsc"), 4, 12)?,
            count: if size == 0 { sizes.rows } else { u64::from(told) },
            sizes,
            size,
            offsets,
        })
    }

    /// The last sample that begins at `time` or before, counted from zero.
    fn at(&self, bytes: &mut impl Bytes, time: u64) -> u64 {
        let (mut index, mut now) = (0u64, 0u64);
        for row in self.times.read(bytes, 0, MAX_SAMPLES).chunks_exact(8) {
            let mut fields = Fields(row);
            let (Some(count), Some(delta)) = (fields.uint(4), fields.uint(4)) else { break };
            let within = (time - now).checked_div(delta).unwrap_or(u64::MAX);
            if within < count {
                index += within + 1;
                break;
            }
            index += count;
            now += count * delta;
            if now > time {
                break;
            }
        }
        index.saturating_sub(1).min(self.count.saturating_sub(1)).min(MAX_SAMPLES - 1)
    }

    /// The last key frame up to `index`, then the first of all, then simply the first sample.
    fn keys(&self, bytes: &mut impl Bytes, index: u64) -> Vec<u64> {
        let Some(table) = &self.keys else { return vec![index, 0] };
        let keys: Vec<u64> = table
            .read(bytes, 0, MAX_SAMPLES)
            .chunks_exact(4)
            .filter_map(|row| Fields(row).uint(4)?.checked_sub(1))
            .filter(|key| *key < MAX_SAMPLES)
            .collect();
        let last = keys.iter().copied().filter(|key| *key <= index).max();
        last.into_iter().chain(keys.first().copied()).chain([0]).collect()
    }

    fn sample(&self, bytes: &mut impl Bytes, index: u64) -> Option<Sample> {
        let (chunk, first, description) = self.chunk(bytes, index)?;
        let (width, at) = (self.offsets.width, self.offsets.read(bytes, chunk, 1));
        let chunk_offset = Fields(&at).uint(width as usize)?;
        let (before, len) = if self.size == 0 {
            let raw = self.sizes.read(bytes, first, index - first + 1);
            let sizes: Vec<u64> = raw.chunks_exact(4).filter_map(|row| Fields(row).uint(4)).collect();
            let (len, before) = sizes.get(..=(index - first) as usize)?.split_last()?;
            (before.iter().sum(), *len)
        } else {
            ((index - first) * u64::from(self.size), u64::from(self.size))
        };
        Some(Sample { offset: chunk_offset.checked_add(before)?, len, description })
    }

    /// The chunk of a sample (from zero), the chunk's first sample, and the description that it needs.
    fn chunk(&self, bytes: &mut impl Bytes, index: u64) -> Option<(u64, u64, u32)> {
        let raw = self.chunks.read(bytes, 0, MAX_SAMPLES);
        let runs: Vec<[u64; 3]> = raw
            .chunks_exact(12)
            .map_while(|row| {
                let mut fields = Fields(row);
                Some([fields.uint(4)?.checked_sub(1)?, fields.uint(4)?, fields.uint(4)?])
            })
            .collect();
        let mut before = 0u64;
        for (number, [chunk, each, description]) in runs.iter().enumerate() {
            let next = runs.get(number + 1).map_or(self.offsets.rows, |run| run[0]);
            let samples = next.checked_sub(*chunk)?.checked_mul(*each)?;
            if *each > 0 && index - before < samples {
                let skipped = (index - before) / each;
                return Some((chunk + skipped, before + skipped * each, *description as u32));
            }
            before += samples;
        }
        None
    }
}

/// Samples that would do, the best first; none where the tables are empty, as in fragmented films.
pub(super) fn candidates(bytes: &mut impl Bytes, track: &Track) -> Vec<Sample> {
    let Some(tables) = Tables::open(bytes, &track.table).filter(|tables| tables.count > 0) else {
        return Vec::new();
    };
    let index = tables.at(bytes, u64::from(track.timescale));
    let mut found = Vec::new();
    for key in tables.keys(bytes, index) {
        found.extend(tables.sample(bytes, key).filter(|sample| sample.len > 0 && !found.contains(sample)));
    }
    found
}

/// The first of these samples that is all there.
pub(super) fn fetch(bytes: &mut impl Bytes, samples: &[Sample]) -> Result<(Sample, Vec<u8>), Reason> {
    let mut reason = "no preview: the file is cut off before its first picture";
    for sample in samples {
        // Room for what stands around it in the tiny movie.
        if sample.len > (MAX_FILM - (4 << 20)) as u64 {
            reason = "no preview: a single frame of this film is too large";
            continue;
        }
        let data = bytes.read_at(sample.offset, sample.len as usize);
        if data.len() as u64 == sample.len {
            return Ok((*sample, data));
        }
    }
    Err(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::tiny::boxed;

    fn full(kind: [u8; 4], numbers: &[u32]) -> Vec<u8> {
        let body: Vec<u8> = [0].iter().chain(numbers).flat_map(|number| number.to_be_bytes()).collect();
        boxed(kind, &[&body])
    }

    fn found(
        times: &[u32],
        keys: Option<&[u32]>,
        chunks: &[u32],
        sizes: &[u32],
        offsets: &[u32],
    ) -> Vec<Sample> {
        let mut table = [full(*b"stts", times), full(*b"stsc", chunks), full(*b"stsz", sizes)].concat();
        table.extend(full(*b"stco", offsets));
        table.extend(keys.map(|keys| full(*b"stss", keys)).unwrap_or_default());
        let track = Track {
            id: 1,
            timescale: 10,
            header: Vec::new(),
            descriptions: Vec::new(),
            colour: None,
            table: Part { kind: *b"stbl", start: 0, end: table.len() as u64 },
        };
        candidates(&mut table.as_slice(), &track)
    }

    #[test]
    fn the_last_key_frame_up_to_one_second_is_found_in_its_chunk() {
        // Ten samples of four units each; the third begins at 0.8 s. Two samples in the first chunk, three in others.
        let chunks = [2, 1, 2, 1, 2, 3, 7];
        let sizes = [0, 10, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109];
        let times = [1, 10, 4];
        let second_chunk = Sample { offset: 2000, len: 102, description: 7 };
        let first = Sample { offset: 1000, len: 100, description: 1 };
        let offsets = [4, 1000, 2000, 3000, 4000];
        assert_eq!(found(&times, None, &chunks, &sizes, &offsets), [second_chunk, first]);
        assert_eq!(found(&times, Some(&[2, 2, 8]), &chunks, &sizes, &offsets)[0].len, 101);
        // With no key frame so early, the first there is.
        assert_eq!(found(&times, Some(&[1, 5]), &chunks, &sizes, &offsets)[0].offset, 2000 + 102 + 103);
    }

    #[test]
    fn tables_that_lie_end_the_search() {
        let huge = u32::MAX;
        assert!(found(&[huge, 1, 1], None, &[huge, 1, huge, 1], &[0, huge], &[huge]).is_empty());
        let _ = found(&[2, huge, 0, huge, huge], None, &[1, 1, huge, 1], &[huge, huge, 1], &[1, huge]);
        let _ = found(&[1, huge, huge], Some(&[1, huge]), &[2, 9, 1, 1, 3, 1, 1], &[0, 1, 5], &[1, huge]);
        assert!(found(&[1, 1, 1], None, &[1, 0, 1, 1], &[0, 1, 5], &[1, 8]).is_empty());
    }
}
