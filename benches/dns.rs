//! How many questions and walks a second the cluster's DNS answers: `cargo bench --no-default-features --bench dns`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports on standard output and stops at the first surprise"
)]
#![expect(
    clippy::disallowed_types,
    reason = "a benchmark measures the machine's own time"
)]

mod questions;

use questions::Questions;
use std::time::Instant;

const QUESTIONS: usize = 2_000_000;
const WALKS: usize = 200_000;

fn rate(what: &str, count: usize, mut act: impl FnMut(usize)) {
    let start = Instant::now();
    act(count);
    let micros = start.elapsed().as_micros().max(1);
    println!("{what}: {} a second", count as u128 * 1_000_000 / micros);
}

fn main() {
    for count in [10, 1_000, 10_000] {
        let mut questions = Questions::new(count);
        rate(
            &format!("A of one of {count} Services"),
            QUESTIONS,
            |times| {
                questions.ask(times);
            },
        );
        for name in ["svc-7", "www.example.com"] {
            rate(&format!("glibc's walk for {name}"), WALKS, |times| {
                questions.walk(name, times);
            });
        }
    }
}
