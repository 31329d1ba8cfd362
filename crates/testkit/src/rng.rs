//! Chance from a seed: quick enough to make gigabytes, poor enough never to be used for a key.

/// A xoshiro256++ generator (Blackman and Vigna, 2019), seeded through SplitMix64.
#[derive(Clone, Debug)]
pub struct Rng([u64; 4]);

impl Rng {
    /// A generator whose whole output follows from `seed`.
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }))
    }

    /// A generator for the `index`th thing made under `seed`, unlike its neighbours'.
    pub fn for_item(seed: u64, index: u64) -> Self {
        let mut outer = Self::new(seed);
        Self::new(outer.u64() ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// 64 random bits.
    pub fn u64(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `limit` (0 when `limit` is 0), very slightly biased towards small ones.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.u64()) * u128::from(limit)) >> 64) as u64
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// Fills `buffer` with incompressible bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        let mut words = buffer.chunks_exact_mut(8);
        for word in &mut words {
            word.copy_from_slice(&self.u64().to_le_bytes());
        }
        let rest = words.into_remainder();
        let last = self.u64().to_le_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// `len` incompressible bytes that follow from `seed`.
pub fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut buffer = vec![0; len];
    Rng::new(seed).fill(&mut buffer);
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        assert_eq!(bytes(7, 1003), bytes(7, 1003));
        assert_ne!(bytes(7, 64), bytes(8, 64));
        assert_ne!(Rng::for_item(7, 1).u64(), Rng::for_item(7, 2).u64());
    }

    #[test]
    fn every_byte_value_turns_up_about_as_often() {
        let mut counts = [0_u32; 256];
        for byte in bytes(1, 256 * 1000) {
            counts[usize::from(byte)] += 1;
        }
        assert!(counts.iter().all(|&n| (800..1200).contains(&n)), "{counts:?}");
    }

    #[test]
    fn below_stays_below() {
        let mut rng = Rng::new(3);
        assert!((0..10_000).all(|_| rng.below(7) < 7));
        assert_eq!(rng.below(0), 0);
    }
}
