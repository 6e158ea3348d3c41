//! News for the page around a frame: what a command printed, what a packet met, how a lesson stands. Each has a name and a
//! detail in JSON.

use super::engine::Engine;
use super::terminal::Block;
use crate::api::Value;
use crate::chart::is_traffic;
use crate::kernel::{Event, Seq};
use crate::lesson::Verdict;
use crate::manifest::{Diagnostic, Severity, to_json};
use crate::shell::Stream;
use std::rc::Rc;

/// What was told already.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    blocks: usize,
    seq: Seq,
    text: Rc<str>,
    problems: Rc<Vec<Diagnostic>>,
    passed: Vec<bool>,
    verdicts: String,
}

impl Told {
    /// Another world has taken the place of what was told of.
    pub(super) fn begin(&mut self) {
        (self.blocks, self.seq) = (0, Seq(0));
    }
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    to_json(&Value::Str(text.to_owned())).trim_end().to_owned()
}

fn printed(block: &Block, stream: Stream) -> String {
    let pieces = block.pieces.iter().filter(|(of, _)| *of == stream);
    pieces.map(|(_, text)| text.as_str()).collect()
}

/// A command and what it printed.
pub(super) fn command_json(block: &Block) -> String {
    format!(
        "{{\"line\":{},\"exit\":{},\"stdout\":{},\"stderr\":{}}}",
        quoted(&block.line),
        block.status,
        quoted(&printed(block, Stream::Out)),
        quoted(&printed(block, Stream::Err))
    )
}

/// What packets met since an event; nothing if there were none.
pub(super) fn rows_json(engine: &Engine, from: Seq) -> Option<String> {
    let events = engine.world.cluster.events_since(from);
    let rows: Vec<&Event> = events.filter(|event| is_traffic(event)).collect();
    let out = |event: &&&Event| event.kind.id != "returned";
    let verdict = rows.iter().rev().find(out)?.kind.id;
    let hops: Vec<String> = rows.iter().map(|event| event.to_json()).collect();
    Some(format!(
        "{{\"verdict\":\"{verdict}\",\"hops\":[{}]}}",
        hops.join(",")
    ))
}

fn problem(problem: &Diagnostic) -> String {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!(
        "{{\"line\":{},\"severity\":\"{severity}\",\"message\":{}}}",
        problem.span.line,
        quoted(&problem.message)
    )
}

impl Engine {
    /// What has happened since the last time that this was asked.
    pub(super) fn news(&mut self) -> Vec<(&'static str, String)> {
        let mut told = std::mem::take(&mut self.told);
        let mut news = Vec::new();
        let text = self.text();
        if !Rc::ptr_eq(&self.desk.problems, &told.problems) || text != told.text {
            let rows: Vec<String> = self.desk.problems.iter().map(problem).collect();
            let rows = format!("\"diagnostics\":[{}]", rows.join(","));
            if text != told.text {
                news.push(("change", format!("{{\"yaml\":{},{rows}}}", quoted(&text))));
            }
            if *self.desk.problems != *told.problems {
                news.push(("diagnostics", format!("{{{rows}}}")));
            }
            (told.text, told.problems) = (text, self.desk.problems.clone());
        }
        let blocks = self.blocks();
        for block in blocks.iter().filter(|block| block.id >= told.blocks) {
            news.push(("command", command_json(block)));
            if block.line.trim_start().starts_with("kubectl apply") && block.status == 0 {
                let out = printed(block, Stream::Out);
                let names = out.lines().filter_map(|line| line.split(' ').next());
                let names: Vec<String> = names.map(quoted).collect();
                news.push(("apply", format!("{{\"objects\":[{}]}}", names.join(","))));
            }
        }
        told.blocks = blocks
            .last()
            .map_or(told.blocks, |block| told.blocks.max(block.id + 1));
        let end = self.end();
        if end > told.seq {
            news.extend(rows_json(self, told.seq).map(|rows| ("trace", rows)));
        }
        told.seq = end;
        self.lesson_news(&mut told, &mut news);
        self.told = told;
        news
    }

    fn lesson_news(&self, told: &mut Told, news: &mut Vec<(&'static str, String)>) {
        let Some(studied) = self.tutor.as_ref().map(super::lesson::Tutor::studied) else {
            return;
        };
        let lesson = quoted(&studied.lesson.id);
        let reasons = studied.verdicts.iter().filter_map(|verdict| match verdict {
            Verdict::Holds => None,
            Verdict::Missing(why) => Some(quoted(&why.words)),
        });
        let reasons: Vec<String> = reasons.collect();
        let passed = studied
            .passed
            .get(studied.page.wrapping_sub(1))
            .copied()
            .unwrap_or_default();
        let check = format!(
            "{{\"lesson\":{lesson},\"step\":{},\"passed\":{passed},\"reasons\":[{}]}}",
            studied.page,
            reasons.join(",")
        );
        if studied.page > 0 && check != told.verdicts {
            news.push(("check", check.clone()));
            told.verdicts = check;
        }
        let done = |passed: &[bool]| !passed.is_empty() && passed.iter().all(|passed| *passed);
        if done(&studied.passed) && !done(&told.passed) {
            news.push(("complete", format!("{{\"lesson\":{lesson}}}")));
        }
        told.passed = studied.passed;
    }
}
