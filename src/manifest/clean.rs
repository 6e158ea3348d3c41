//! Characters that word processors, books and web pages leave in a manifest.

/// Replaces each odd character by one of the same meaning and the same number of bytes where that is possible, so that
/// spans still point into the reader's text: carriage returns, byte-order marks and non-breaking spaces become spaces.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' => out.push(' '),
            '\u{feff}' => out.push_str("   "),
            // The break before the next byte keeps its place.
            '\u{a0}' => out.push_str("  "),
            '\u{2007}' | '\u{202f}' | '\u{200b}' => out.push_str("   "),
            c => out.push(c),
        }
    }
    out
}

/// Typographic quotes and dashes as a keyboard has them.
pub(super) fn plain_punctuation(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
        '\u{2018}' | '\u{2019}' | '\u{201a}' => '\'',
        '\u{2013}' | '\u{2014}' | '\u{2212}' | '\u{2011}' => '-',
        c => c,
    };
    text.chars().map(plain).collect()
}
