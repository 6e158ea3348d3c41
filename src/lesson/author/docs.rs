//! Ordinary documentation: its YAML is applied, its commands are typed, its quoted output is compared.

use super::Report;
use super::typist::Typist;
use crate::cluster::{Cluster, Settings};
use crate::lesson::markdown::line_of;
use crate::shell::{Files, HOME, World};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use std::ops::Range;

/// The names that documentation tools have for a quoted terminal.
const CONSOLES: &[&str] = &["console", "shell-session", "shellsession", "terminal"];

/// Checks a page of documentation from top to bottom, in one cluster.
pub fn check_docs(source: &str, settings: &Settings) -> Report {
    let world = World {
        cluster: Cluster::new(settings),
        files: Files::default(),
    };
    let mut typist = Typist::new(world, source);
    for (number, (info, range)) in fences(source).into_iter().enumerate() {
        let name = info.split([' ', ',', '{']).next().unwrap_or_default();
        let content = source.get(range.clone()).unwrap_or_default();
        if CONSOLES.contains(&name) {
            typist.console(range);
        } else if matches!(name, "yaml" | "yml" | "json") && content.contains("apiVersion") {
            typist.manifest(file_of(&info), number, content, range.start);
        }
    }
    typist.report()
}

impl Typist<'_> {
    /// A manifest with a file name is put there, for the page's commands to use; one without is applied.
    fn manifest(&mut self, file: Option<String>, number: usize, content: &str, at: usize) {
        if let Some(file) = file {
            self.world.files.put(HOME, &file, content);
            return;
        }
        let file = format!("block-{}.yaml", number + 1);
        self.world.files.put(HOME, &file, content);
        let printed = self.type_line(&format!("kubectl apply -f {HOME}/{file}"));
        if self.session.status() != 0 {
            self.problem(
                line_of_block(at, self),
                format!("this manifest is refused: {}", printed.trim_end()),
            );
        }
    }
}

fn line_of_block(at: usize, typist: &Typist<'_>) -> usize {
    line_of(typist.source(), at)
}

/// The file that a block's first line names: `title="redis.yaml"`, `file=redis.yaml`, `filename=…`.
fn file_of(info: &str) -> Option<String> {
    let after = ["title=", "file=", "filename="]
        .iter()
        .find_map(|key| info.split_once(key))?
        .1;
    let name = after
        .trim_start_matches(['"', '\''])
        .split(['"', '\'', ' ', '}'])
        .next()?;
    (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json"))
        .then(|| name.to_owned())
}

/// The fenced blocks: their first line, and where their content stands.
fn fences(source: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    let mut open: Option<(String, Option<Range<usize>>)> = None;
    for (event, range) in Parser::new(source).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some((info.to_string(), None));
            }
            Event::Text(_) => {
                if let Some((_, content)) = &mut open {
                    let begin = content.as_ref().map_or(range.start, |before| before.start);
                    *content = Some(begin..range.end);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((info, Some(content))) = open.take() {
                    found.push((info, content));
                }
            }
            _ => {}
        }
    }
    found
}
