//! Brace expansion, which bash does before anything else is expanded: `a{b,c}` and `{1..3}`.

use super::script::{Part, Word};

/// How many words one word may become.
const MOST_WORDS: usize = 1_000;

/// What a word is made of: the characters that stand outside quotes, and everything else whole.
#[derive(Clone)]
enum Atom {
    Char(char),
    Part(Part),
}

/// The words that a word becomes.
pub(super) fn expanded(word: &Word) -> Vec<Word> {
    let opens = |part: &Part| matches!(part, Part::Plain(text) if text.contains('{'));
    if !word.parts.iter().any(opens) {
        return vec![word.clone()];
    }
    let mut atoms = Vec::new();
    for part in &word.parts {
        match part {
            Part::Plain(text) => atoms.extend(text.chars().map(Atom::Char)),
            other => atoms.push(Atom::Part(other.clone())),
        }
    }
    all(&atoms)
        .into_iter()
        .map(|atoms| joined(atoms, word))
        .collect()
}

fn joined(atoms: Vec<Atom>, from: &Word) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for atom in atoms {
        match (atom, parts.last_mut()) {
            (Atom::Char(c), Some(Part::Plain(text))) => text.push(c),
            (Atom::Char(c), _) => parts.push(Part::Plain(c.to_string())),
            (Atom::Part(part), _) => parts.push(part),
        }
    }
    Word {
        parts,
        span: from.span.clone(),
    }
}

fn all(atoms: &[Atom]) -> Vec<Vec<Atom>> {
    for (open, atom) in atoms.iter().enumerate() {
        if !matches!(atom, Atom::Char('{')) {
            continue;
        }
        let Some((close, choices)) = choices(atoms.get(open + 1..).unwrap_or_default()) else {
            continue;
        };
        let head = atoms.get(..open).unwrap_or_default();
        let tails = all(atoms.get(open + 1 + close + 1..).unwrap_or_default());
        let mut out = Vec::new();
        for choice in &choices {
            for tail in &tails {
                if out.len() < MOST_WORDS {
                    out.push([head, choice, tail].concat());
                }
            }
        }
        return out;
    }
    vec![atoms.to_vec()]
}

/// Where a brace that has just opened closes, and what it offers; nothing if it stands for itself.
fn choices(inner: &[Atom]) -> Option<(usize, Vec<Vec<Atom>>)> {
    let (mut depth, mut from) = (0usize, 0);
    let mut pieces = Vec::new();
    for (at, atom) in inner.iter().enumerate() {
        let Atom::Char(c) = atom else { continue };
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' if depth == 0 => {
                pieces.push(inner.get(from..at)?);
                from = at + 1;
            }
            '}' if from == 0 => {
                let chars = inner.get(..at)?.iter().map(|atom| match atom {
                    Atom::Char(c) => Some(*c),
                    Atom::Part(_) => None,
                });
                return Some((at, sequence(&chars.collect::<Option<String>>()?)?));
            }
            '}' => {
                pieces.push(inner.get(from..at)?);
                return Some((at, pieces.into_iter().flat_map(all).collect()));
            }
            _ => {}
        }
    }
    None
}

/// `1..9`, `01..10..2`, `a..e`.
fn sequence(text: &str) -> Option<Vec<Vec<Atom>>> {
    let mut parts = text.split("..");
    let (from, to) = (parts.next()?, parts.next()?);
    let step = parts
        .next()
        .map_or(Some(1), |step| step.parse::<i64>().ok())?;
    let letter = |text: &str| {
        let only = text.chars().next().filter(|c| c.is_ascii_alphabetic())?;
        (text.len() == 1).then_some(i64::from(u32::from(only)))
    };
    let letters = letter(from).zip(letter(to));
    let (low, high) = letters.or_else(|| from.parse().ok().zip(to.parse().ok()))?;
    if parts.next().is_some() {
        return None;
    }
    let step = step.unsigned_abs().max(1);
    let padded = |text: &str| text.trim_start_matches('-').starts_with('0') && text.len() > 1;
    let width = if padded(from) || padded(to) {
        from.len().max(to.len())
    } else {
        0
    };
    let count = (low.abs_diff(high) / step).min(MOST_WORDS as u64);
    let value = |i: u64| {
        let far = i64::try_from(i * step).unwrap_or(0);
        let value = if low <= high { low + far } else { low - far };
        match letters {
            Some(_) => u8::try_from(value).map_or(' ', char::from).to_string(),
            None => format!("{value:0width$}"),
        }
    };
    let atoms = |text: String| text.chars().map(Atom::Char).collect();
    Some((0..=count).map(|i| atoms(value(i))).collect())
}
