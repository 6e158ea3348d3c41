//! "Did you mean": the nearest of several names.

/// The nearest of the candidates, if it is near enough to be a slip: at most two changes, fewer for short words.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let most = if word.chars().count() <= 3 { 1 } else { 2 };
    let rank = |candidate: &'a str| (distance(&lower, &candidate.to_lowercase()), candidate);
    candidates
        .into_iter()
        .map(rank)
        .filter(|(n, _)| *n <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let get = |v: &[usize], at: usize| v.get(at).copied().unwrap_or(usize::MAX / 2);
            let replaced = get(&last, j) + usize::from(x != y);
            let mut best = replaced.min(get(&last, j + 1) + 1).min(get(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(get(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let fields = ["port", "targetPort", "nodePort", "selector"];
        assert_eq!(nearest("targetport", fields), Some("targetPort"));
        assert_eq!(nearest("selectors", fields), Some("selector"));
        assert_eq!(nearest("slector", fields), Some("selector"));
        assert_eq!(nearest("reids", ["redis"]), Some("redis"));
        assert_eq!(nearest("replicas", fields), None);
    }
}
