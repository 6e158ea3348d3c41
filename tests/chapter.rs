//! The chapter's lines and what they must give, natively and in the browser alike.

/// The transcripts, of which the first case is the whole chapter.
const SCENARIOS: &str = include_str!("scenarios/clusterip.txt");

/// What the terminal shows, and the event log, as the native run gave them; `UPDATE=1` rewrites both.
pub(crate) const TRANSCRIPT: &str = include_str!("scenarios/chapter.transcript");
pub(crate) const EVENTS: &str = include_str!("scenarios/chapter.events");

/// The lines that are typed, in order, keys as terminals send them.
pub(crate) fn lines() -> Vec<String> {
    let case = SCENARIOS.split("\n--- ").nth(1).unwrap_or_default();
    let typed = case.lines().filter_map(|line| line.strip_prefix("$ "));
    let key = |line: &str| match line {
        "^C" => "\u{3}".to_owned(),
        "^D" => "\u{4}".to_owned(),
        line => line.to_owned(),
    };
    typed.map(key).collect()
}
