//! "Did you mean": the nearest of several names.

/// The nearest of the candidates, if it is near enough to be a slip: at most two changes, fewer for short words.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let most = if word.len() <= 3 { 1 } else { 2 };
    let mut other: Vec<char> = Vec::new();
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        if candidate.len() > 4 * (word.len() + most) {
            continue;
        }
        other.clear();
        other.extend(candidate.chars().flat_map(char::to_lowercase));
        let Some(n) = distance(&word, &other, most) else {
            continue;
        };
        if best.is_none_or(|known| (n, candidate) < known) {
            best = Some((n, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions, replacements and swaps of neighbours between two words, if it is at most `most`.
fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    // What both begin and end with costs nothing.
    let same = |(x, y): &(&char, &char)| x == y;
    let start = a.iter().zip(b).take_while(same).count();
    let (a, b) = (a.get(start..)?, b.get(start..)?);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(same).count();
    let (a, b) = (a.get(..a.len() - end)?, b.get(..b.len() - end)?);
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        let mut least = i + 1;
        for (j, y) in b.iter().enumerate() {
            let get = |v: &[usize], at: usize| v.get(at).copied().unwrap_or(usize::MAX / 2);
            let replaced = get(&last, j) + usize::from(x != y);
            let mut best = replaced.min(get(&last, j + 1) + 1).min(get(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(get(&before, j - 1) + 1);
            }
            row.push(best);
            least = least.min(best);
        }
        // A swap may reach back one row: two rows that are too far end it.
        if least > most && last.iter().all(|n| *n > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|n| *n <= most)
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
