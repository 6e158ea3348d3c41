//! The order in which Go's `sort.Sort` leaves things: not stable, so equal things change places in its own way
//! (`sort/zsortinterface.go`, pattern-defeating quicksort). kubectl sorts Events and `--sort-by` with it.

/// Sorts as Go does; `less` tells whether the first belongs before the second.
pub(super) fn sort<T>(items: &mut Vec<T>, less: &mut dyn FnMut(&T, &T) -> bool) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    let mut by_index = |a: usize, b: usize| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => less(a, b),
        _ => false,
    };
    let mut data = Data {
        order: &mut order,
        less: &mut by_index,
    };
    let length = data.order.len();
    data.quicksort(0, length, bits(length));
    let mut taken: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    let sorted = order.into_iter();
    *items = sorted
        .filter_map(|at| taken.get_mut(at).and_then(Option::take))
        .collect();
}

/// How many bits a number has.
fn bits(n: usize) -> u32 {
    usize::BITS - n.leading_zeros()
}

/// What is being sorted: places, and how what lies there compares.
struct Data<'a> {
    order: &'a mut Vec<usize>,
    less: &'a mut dyn FnMut(usize, usize) -> bool,
}

/// What the choice of a pivot tells of the order.
#[derive(PartialEq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

impl Data<'_> {
    fn less(&mut self, i: usize, j: usize) -> bool {
        match (self.order.get(i), self.order.get(j)) {
            (Some(a), Some(b)) => (self.less)(*a, *b),
            _ => false,
        }
    }

    fn swap(&mut self, i: usize, j: usize) {
        if i.max(j) < self.order.len() {
            self.order.swap(i, j);
        }
    }

    fn insertion(&mut self, a: usize, b: usize) {
        for i in a + 1..b {
            let mut j = i;
            while j > a && self.less(j, j - 1) {
                self.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    fn sift_down(&mut self, mut root: usize, hi: usize, first: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= hi {
                return;
            }
            if child + 1 < hi && self.less(first + child, first + child + 1) {
                child += 1;
            }
            if !self.less(first + root, first + child) {
                return;
            }
            self.swap(first + root, first + child);
            root = child;
        }
    }

    fn heapsort(&mut self, a: usize, b: usize) {
        let hi = b - a;
        for i in (0..=hi.saturating_sub(1) / 2).rev() {
            self.sift_down(i, hi, a);
        }
        for i in (0..hi).rev() {
            self.swap(a, a + i);
            self.sift_down(0, i, a);
        }
    }

    fn quicksort(&mut self, mut a: usize, mut b: usize, mut limit: u32) {
        let (mut balanced, mut partitioned) = (true, true);
        loop {
            let length = b - a;
            if length <= 12 {
                return self.insertion(a, b);
            }
            if limit == 0 {
                return self.heapsort(a, b);
            }
            if !balanced {
                self.break_patterns(a, b);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.choose_pivot(a, b);
            if hint == Hint::Decreasing {
                (0..length / 2).for_each(|i| self.swap(a + i, b - 1 - i));
                pivot = b - 1 - (pivot - a);
                hint = Hint::Increasing;
            }
            if balanced && partitioned && hint == Hint::Increasing && self.nearly(a, b) {
                return;
            }
            if a > 0 && !self.less(a - 1, pivot) {
                a = self.partition_equal(a, b, pivot);
                continue;
            }
            let middle;
            (middle, partitioned) = self.partition(a, b, pivot);
            let (left, right) = (middle - a, b - middle);
            balanced = left.min(right) >= length / 8;
            if left < right {
                self.quicksort(a, middle, limit);
                a = middle + 1;
            } else {
                self.quicksort(middle + 1, b, limit);
                b = middle;
            }
        }
    }

    /// What is less than the pivot to its left; also whether nothing had to move.
    fn partition(&mut self, a: usize, b: usize, pivot: usize) -> (usize, bool) {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        let mut moved = false;
        loop {
            while i <= j && self.less(i, a) {
                i += 1;
            }
            while i <= j && !self.less(j, a) {
                j -= 1;
            }
            if i > j {
                break;
            }
            self.swap(i, j);
            moved = true;
            i += 1;
            j -= 1;
        }
        self.swap(j, a);
        (j, !moved)
    }

    /// What equals the pivot to the left.
    fn partition_equal(&mut self, a: usize, b: usize, pivot: usize) -> usize {
        self.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        loop {
            while i <= j && !self.less(a, i) {
                i += 1;
            }
            while i <= j && self.less(a, j) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            self.swap(i, j);
            i += 1;
            j -= 1;
        }
    }

    /// Sorts what is sorted but for a few; false if there is more to do.
    fn nearly(&mut self, a: usize, b: usize) -> bool {
        let mut i = a + 1;
        for _ in 0..5 {
            while i < b && !self.less(i, i - 1) {
                i += 1;
            }
            if i == b {
                return true;
            }
            if b - a < 50 {
                return false;
            }
            self.swap(i, i - 1);
            if i - a >= 2 {
                let mut j = i - 1;
                while j >= 1 && self.less(j, j - 1) {
                    self.swap(j, j - 1);
                    j -= 1;
                }
            }
            let mut j = i + 1;
            while b - i >= 2 && j < b && self.less(j, j - 1) {
                self.swap(j, j - 1);
                j += 1;
            }
        }
        false
    }

    fn break_patterns(&mut self, a: usize, b: usize) {
        let length = b - a;
        if length < 8 {
            return;
        }
        let mut random = length as u64;
        let modulus = 1u64 << bits(length);
        let middle = a + length / 4 * 2 - 1;
        for i in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = usize::try_from(random & (modulus - 1)).unwrap_or(0);
            if other >= length {
                other -= length;
            }
            self.swap(middle + i, a + other);
        }
    }

    fn choose_pivot(&mut self, a: usize, b: usize) -> (usize, Hint) {
        let quarter = (b - a) / 4;
        let mut swaps = 0;
        let [mut i, mut j, mut k] = [a + quarter, a + quarter * 2, a + quarter * 3];
        if b - a >= 50 {
            i = self.median([i - 1, i, i + 1], &mut swaps);
            j = self.median([j - 1, j, j + 1], &mut swaps);
            k = self.median([k - 1, k, k + 1], &mut swaps);
        }
        j = self.median([i, j, k], &mut swaps);
        let hint = match swaps {
            0 => Hint::Increasing,
            12 => Hint::Decreasing,
            _ => Hint::Unknown,
        };
        (j, hint)
    }

    fn median(&mut self, [a, b, c]: [usize; 3], swaps: &mut u32) -> usize {
        let mut ordered = |a: usize, b: usize| {
            let wrong = self.less(b, a);
            *swaps += u32::from(wrong);
            if wrong { (b, a) } else { (a, b) }
        };
        let (a, b) = ordered(a, b);
        let (b, _) = ordered(b, c);
        ordered(a, b).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(keys: &[u32]) -> Vec<usize> {
        let mut items: Vec<(u32, usize)> = keys.iter().copied().zip(0..).collect();
        sort(&mut items, &mut |a, b| a.0 < b.0);
        assert!(items.is_sorted_by_key(|(key, _)| *key));
        items.into_iter().map(|(_, at)| at).collect()
    }

    #[test]
    fn what_is_sorted_is_sorted_and_nothing_is_lost() {
        for length in [0, 1, 2, 12, 13, 49, 50, 51, 200, 1_000] {
            for step in [1, 3, 7, 11] {
                let keys: Vec<u32> = (0..length).map(|i| i * step % 17).collect();
                let mut all = places(&keys);
                all.sort_unstable();
                assert!(all.into_iter().eq(0..keys.len()));
            }
            let falling: Vec<u32> = (0..length).rev().collect();
            places(&falling);
        }
    }

    /// How Go 1.26 leaves lists of so many keys, as a digest of the places that they had: all alike, in runs, falling,
    /// few and many at random, and one run begun again.
    const OF_GO: &[(u32, [u32; 6])] = &[
        (
            12,
            [
                0x4a50_9959,
                0x6dfd_eae1,
                0x7c57_75cf,
                0x14cc_53b3,
                0x69d6_8e45,
                0xdf0a_5897,
            ],
        ),
        (
            13,
            [
                0x51e1_60cf,
                0x13b8_d317,
                0x9982_5a79,
                0x3df5_d517,
                0x1705_b54b,
                0xb17a_2e4b,
            ],
        ),
        (
            20,
            [
                0x783b_3501,
                0x522d_1b33,
                0x9b5b_cb7b,
                0x1a83_3365,
                0x4b62_06c9,
                0x5052_1af5,
            ],
        ),
        (
            49,
            [
                0x1f6c_285f,
                0xd87f_489f,
                0xca95_255f,
                0x2024_1443,
                0xc652_24a9,
                0x3551_c319,
            ],
        ),
        (
            50,
            [
                0xe543_a52a,
                0x3abb_93b8,
                0xc26f_5f84,
                0xe1ec_8096,
                0x0d40_2e52,
                0xd52a_6be2,
            ],
        ),
        (
            51,
            [
                0x017c_e4c8,
                0x3357_f1a6,
                0x4cb4_8776,
                0x04a6_af66,
                0x412f_7a1a,
                0x2acd_59ce,
            ],
        ),
        (
            64,
            [
                0x6d3a_0905,
                0x1563_fbff,
                0x2d8e_186b,
                0x3aaf_0ca7,
                0x73b9_1357,
                0x0eac_f0e7,
            ],
        ),
        (
            100,
            [
                0xde23_9011,
                0x4aae_37a1,
                0x35b1_81d5,
                0x2706_1c7f,
                0xda8f_ded9,
                0xe5a1_8d17,
            ],
        ),
        (
            257,
            [
                0x77b9_511f,
                0x4f2c_a9d7,
                0xb6aa_4ef7,
                0x33d4_0595,
                0xd24d_9d47,
                0x57a0_efb1,
            ],
        ),
        (
            1_000,
            [
                0xa06a_e7fd,
                0xe14c_29c5,
                0xc1a8_91f1,
                0xa0bb_aa67,
                0x1068_b6b1,
                0x37cc_cd81,
            ],
        ),
    ];

    #[test]
    fn what_is_equal_changes_places_as_in_go() {
        for (length, digests) in OF_GO {
            let mut random = u64::from(*length);
            let keys = (0..*length).map(|i| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let (few, many) = ((random % 5) as u32, (random % 1_000) as u32);
                [
                    0,
                    i * 7 % 17,
                    (length - i) / 3,
                    few,
                    many,
                    i % (length / 2 + 1),
                ]
            });
            let keys: Vec<[u32; 6]> = keys.collect();
            for (kind, wanted) in digests.iter().enumerate() {
                let column: Vec<u32> = keys.iter().map(|row| row[kind]).collect();
                let digest = places(&column)
                    .into_iter()
                    .fold(2_166_136_261_u32, |h, at| {
                        (h ^ at as u32).wrapping_mul(16_777_619)
                    });
                assert_eq!(digest, *wanted, "{length} keys of kind {kind}");
            }
        }
    }

    #[test]
    fn what_is_missing_comes_first_in_the_opposite_order() {
        // As with `kubectl get svc --sort-by` of a field that some have not: less than anything, also than its like.
        let mut items = vec![Some(3), None, Some(1), None];
        let mut at = 0;
        sort(&mut items, &mut |a: &Option<i32>, b: &Option<i32>| {
            at += 1;
            a.is_none() || b.is_some_and(|b| a.is_some_and(|a| a < b))
        });
        assert_eq!(items, [None, None, Some(1), Some(3)]);
    }
}
