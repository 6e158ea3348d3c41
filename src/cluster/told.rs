//! What is told of one flow: its hops as they were found, from which the facts of each event come once somebody reads it.

use super::Source;
use crate::kernel::{Fact, Facts, Row, Seq};
use crate::net::{Hop, Place, push_address};
use std::net::SocketAddr;
use std::rc::Rc;

/// The hops of a packet, or of its answer.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) flow: i64,
    pub(super) protocol: Rc<str>,
    pub(super) client: Place,
    pub(super) hops: Rc<Vec<Hop>>,
    /// Where the objects of some of the hops were written, by the hop's place.
    pub(super) sources: Vec<(usize, Rc<Source>)>,
    /// Whether the verdict is a fact: of an answer it is not what the event's kind says.
    pub(super) back: bool,
}

/// The flow of which more is to be told.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    pub(super) flow: i64,
    pub(super) protocol: Rc<str>,
    pub(super) client: Place,
    /// The event of the last hop: the cause of what comes next.
    pub(super) last: Option<Seq>,
}

impl Row for Told {
    fn facts(&self, at: usize) -> Facts {
        let Some(hop) = self.hops.get(at) else {
            return Facts::new();
        };
        let mut facts = vec![
            ("flow", self.flow.into()),
            ("proto", self.protocol.clone().into()),
            ("client", self.client.name().into()),
            ("src", text(hop.src)),
            ("dst", text(hop.dst)),
            ("from", hop.from.text().into()),
            ("to", hop.to.text().into()),
            ("because", hop.because.to_string().into()),
        ];
        if let Some(key) = &hop.object {
            let source = self.sources.iter().find(|(of, _)| *of == at);
            let source = source.map(|(_, source)| &**source);
            add_source(&mut facts, &key.to_string(), source, &hop.field.to_string());
        }
        if self.back {
            facts.push(("verdict", hop.verdict.event().id.into()));
        }
        facts
    }
}

fn text(address: SocketAddr) -> Fact {
    let mut text = String::with_capacity(24);
    push_address(&mut text, address);
    text.into()
}

/// Names an object and, if a manifest wrote it, the line of a field.
pub(super) fn add_source(facts: &mut Facts, object: &str, source: Option<&Source>, field: &str) {
    facts.push(("object", object.into()));
    if let Some((source, line)) = source.and_then(|s| Some((s, s.line_of(field)?))) {
        facts.push(("file", source.file.clone().into()));
        facts.push(("line", i64::from(line).into()));
    }
}
