//! Seeded chance: `SplitMix64` (Steele, Lea, Flood 2014), one forked stream per subsystem.

/// A stream of pseudo-random numbers that its seed and label fix wholly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng(u64);

impl Rng {
    /// The stream of one subsystem: a new draw in one stream leaves the others as they were.
    pub fn fork(seed: u64, label: &str) -> Self {
        let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
        for byte in label.bytes() {
            state = mix(state ^ u64::from(byte)).wrapping_add(0x9E37_79B9_7F4A_7C15);
        }
        Self(state)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            0
        } else {
            ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
        }
    }

    /// `len` characters of Kubernetes' generated-name alphabet (`k8s.io/apimachinery/pkg/util/rand`).
    pub fn suffix(&mut self, len: usize) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..len)
            .filter_map(|_| ALPHABET.get(self.below(ALPHABET.len() as u64) as usize))
            .map(|b| *b as char)
            .collect()
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_with_other_labels_differ_and_repeat() {
        let draw = |label: &str| Rng::fork(42, label).next_u64();
        assert_ne!(draw("pods"), draw("services"));
        assert_eq!(draw("pods"), draw("pods"));
    }

    #[test]
    fn a_suffix_has_no_vowels() {
        let text = Rng::fork(1, "names").suffix(200);
        assert!(
            text.bytes()
                .all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(&b))
        );
    }
}
