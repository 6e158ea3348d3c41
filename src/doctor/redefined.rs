//! Objects that are defined several times: what is applied last stands, and what the others say is lost.

use super::diagnosis::of_everything;
use super::evidence::{Evidence, Subject};
use super::finding::{Blame, Finding};
use super::rows;
use super::sheet::{Sheet, Sheets};
use crate::api::ObjectKey;
use crate::cluster::Cluster;
use crate::kernel::{BTreeMap, BTreeSet};

/// Objects of one text, or of several, that are defined again, and otherwise.
pub(super) fn redefinitions(sheets: &[Sheet]) -> Vec<Finding> {
    let mut texts = Sheets::read(sheets);
    let mut before: BTreeMap<ObjectKey, (usize, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for (key, place) in texts.places() {
        // Names that the API server makes are never the same.
        if key.name.is_empty() {
            continue;
        }
        if let Some(earlier) = before.insert(key.clone(), place) {
            found.extend(redefined(&mut texts, &key, earlier, place));
        }
    }
    found
}

/// The same, of a Service and of what makes its Pods.
pub fn redefined_behind(e: &Evidence<'_>, sheets: &[Sheet], service: &ObjectKey) -> Vec<Finding> {
    let mut found = redefinitions(sheets);
    let subject = Subject::of(e, service);
    let pods = subject.iter().flat_map(|subject| &subject.pods);
    let makers: BTreeSet<ObjectKey> = pods.map(|pod| e.maker(pod).0).collect();
    found.retain(|f| f.subject == *service || makers.contains(&f.subject));
    found
}

/// What is wrong with definitions that others replace, besides what is known. None of it is of effect while all texts
/// are applied in their order: it is told as what is likely, so that a fix mends each of them.
pub fn of_replaced(sheets: &[Sheet], base: Option<&Cluster>, out: &mut Vec<Finding>) {
    let mut texts = Sheets::read(sheets);
    while let Some((earlier, again)) = texts.earlier() {
        let evidence = Evidence::of_sheets(earlier.clone(), base);
        for finding in of_everything(&evidence) {
            if again.contains(&finding.subject) && !out.contains(&finding) {
                out.push(finding.likely().softened());
            }
        }
        texts = earlier;
    }
}

/// A definition that replaces another one that is not alike; the texts count it from now on.
fn redefined(
    texts: &mut Sheets,
    object: &ObjectKey,
    before: (usize, usize),
    now: (usize, usize),
) -> Option<Finding> {
    let field = "metadata.name";
    let mut at = |place| {
        texts.choose(object, place);
        (texts.value(object), texts.at(object, field))
    };
    let ((old, lost), (new, stands)) = (at(before), at(now));
    if old == new {
        return None;
    }
    let by = stands.as_ref().map_or_else(String::new, |(file, span)| {
        [" of ", file, " line ", &span.line.to_string()].concat()
    });
    let facts = [("object", &*object.to_string()), ("by", &by)];
    let mut finding = Finding::new(&rows::DEFINED_TWICE, object, &facts);
    finding.blame.extend([lost, stands].map(|at| Blame {
        object: object.clone(),
        field: field.to_owned(),
        at,
    }));
    Some(finding)
}
