//! All diagnoses of a Service, and of everything.

use super::evidence::{Evidence, Subject};
use super::finding::Finding;
use super::{lookup, names, owners, pods, ports, selector, services, unguarded};
use crate::api::{ObjectKey, kind};
use crate::kernel::Arrange;

/// What there is to say of one Service, in the order of the questions.
pub fn of_service(e: &Evidence<'_>, key: &ObjectKey) -> Vec<Finding> {
    let mut out = Vec::new();
    let Some(s) = Subject::of(e, key) else {
        return out;
    };
    services::check(e, &s, &mut out);
    selector::check(e, &s, &mut out);
    owners::mixed(e, &s, &mut out);
    pods::check(e, &s, &mut out);
    pods::nodes(e, &s, &mut out);
    ports::check(e, &s, &mut out);
    e.signs.silence(&mut out);
    out.arrange_by_key(|finding| finding.row.question);
    out
}

/// What there is to say of all Services, and of the names by which workloads ask for them.
pub fn of_everything(e: &Evidence<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for service in e.tables.all(kind::SERVICE) {
        out.extend(of_service(e, &service.key()));
    }
    for object in names::speakers(e) {
        names::of_object(e, object, &mut out);
    }
    of_nobody(e, &mut out);
    once(out)
}

/// What is about no Service and no name.
pub(super) fn of_nobody(e: &Evidence<'_>, out: &mut Vec<Finding>) {
    owners::policies(e, out);
    unguarded::check(e, out);
    lookup::dns_down(e, out);
}

/// The same thing is said once, though several Services lead to it.
pub(super) fn once(all: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    for finding in all {
        let known = kept.iter().rev().take(40);
        let mut known = known.filter(|k| k.row == finding.row && k.sentence == finding.sentence);
        if known.next().is_none() {
            kept.push(finding);
        }
    }
    kept
}
