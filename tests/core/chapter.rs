//! The chapter's transcript and event log: the native run against the files that the browser's run is held to.

use crate::chapter_lines as chapter;
use portside::cluster::Place;
use portside::kernel::Seq;
use portside::lesson::examples;
use portside::shell::{Session, Stream, pace};
use std::fs;
use std::path::Path;

/// Types the chapter; gives the terminal's text and the event log.
fn run() -> (String, String) {
    let mut world = examples()[0].world();
    let mut session = Session::new(&world, Place::Laptop);
    let mut text = String::new();
    for (i, line) in chapter::lines().iter().enumerate() {
        if i > 0 {
            pace(&mut world);
        }
        for block in session.type_text(&mut world, line) {
            text.push_str(&format!(
                "{}{}\n",
                block.prompt,
                block.line.replace(['\u{3}', '\u{4}'], "")
            ));
            for (stream, piece) in block.output.pieces {
                // The page shows a remark's commands as buttons, without their quotes.
                let shown = if stream == Stream::Note {
                    piece.replace('`', "")
                } else {
                    piece
                };
                text.push_str(&shown.replace('\r', ""));
            }
        }
    }
    let log = world
        .cluster
        .events_since(Seq(0))
        .map(|event| event.to_json() + "\n")
        .collect();
    (text, log)
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "UPDATE is how a developer asks to rewrite the files"
)]
fn the_chapter_gives_the_same_transcript_and_log_each_time() {
    let (text, log) = run();
    assert_eq!((&text, &log), (&run().0, &run().1), "two runs differ");
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
        fs::write(folder.join("chapter.transcript"), &text).unwrap();
        fs::write(folder.join("chapter.events"), &log).unwrap();
        return;
    }
    assert_eq!(
        text,
        chapter::TRANSCRIPT,
        "UPDATE=1 rewrites the transcript"
    );
    assert!(
        log == chapter::EVENTS,
        "the event log differs from tests/scenarios/chapter.events; UPDATE=1 rewrites it"
    );
}
