//! What a text will not do once it is applied: what an editor shows as warnings, beside what would be refused.

use super::diagnosis::of_everything;
use super::evidence::Evidence;
use super::finding::Finding;
use super::redefined::redefinitions;
use super::rows;
use super::sheet::Sheet;
use crate::api::{Object, kind};
use crate::cluster::Cluster;
use crate::kernel::Arrange;
use crate::manifest::{Diagnostic, Edit, Fix, Severity};

/// What there is to say of an open text, as it would be applied to a cluster after the other texts. All of it would be
/// accepted, so that all of it is a warning.
pub fn foresee(open: &Sheet, others: &[Sheet], base: &Cluster) -> Vec<Diagnostic> {
    let mut sheets = others.to_vec();
    sheets.push(open.clone());
    let mut found = redefinitions(std::slice::from_ref(open));
    let evidence = Evidence::of_manifests(&sheets, Some(base));
    found.extend(of_everything(&evidence));
    found.retain(|finding| !comes_later(&evidence, finding));
    let told = found.iter().filter_map(|finding| diagnostic(finding, open));
    let mut told: Vec<Diagnostic> = told.collect();
    told.arrange_by_key(|diagnostic| diagnostic.span.start);
    told
}

/// Whether a Service finds nobody because there is no workload yet: who writes the Service first makes no mistake.
fn comes_later(e: &Evidence<'_>, finding: &Finding) -> bool {
    let crowd = e.crowd(&finding.subject.namespace);
    let made = |pod: &Object| e.maker(pod).0.kind != kind::POD;
    finding.row == &rows::SELECTOR_NONE && !crowd.iter().any(|alike| made(&alike.pod))
}

/// A finding at its first place in a text; none if it has no place there.
fn diagnostic(finding: &Finding, open: &Sheet) -> Option<Diagnostic> {
    let mut places = finding.blame.iter().filter_map(|blame| blame.at.as_ref());
    let (_, span) = places.find(|(file, _)| *file == open.file)?;
    let remedy = finding.remedy.as_ref();
    // A fix that changes other texts too is not this text's.
    let own = |edits: &[(std::rc::Rc<str>, Edit)]| {
        let inside = edits.iter().all(|(file, _)| *file == open.file);
        inside && !edits.is_empty()
    };
    let fix = remedy
        .filter(|remedy| own(&remedy.edits))
        .map(|remedy| Fix {
            title: remedy.title.clone(),
            edits: remedy.edits.iter().map(|(_, edit)| edit.clone()).collect(),
        });
    Some(Diagnostic {
        severity: Severity::Warning,
        fix,
        about: finding.row.id,
        ..Diagnostic::error(*span, finding.sentence.clone())
    })
}
