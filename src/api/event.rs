//! `Event` (core/v1): what controllers and kubelets say of an object.

use super::record::{Word, record};
use std::rc::Rc;

record! {
    /// An `Event`.
    pub struct Event {
        /// What it is about.
        involved_object: Rc<EventSubject> = "involvedObject",
        /// Why, as one word.
        reason: Word = "reason",
        /// What happened, as a sentence.
        message: Word = "message",
        /// `Normal` or `Warning`.
        type_: Word = "type",
        /// How often it was said.
        count: i64 = "count",
        /// When it was said first.
        first_timestamp: Word = "firstTimestamp",
        /// When it was said last.
        last_timestamp: Word = "lastTimestamp",
        /// Who says it.
        source: EventSource = "source",
        /// Who says it, in the newer form.
        reporting_component: Option<Word> = "reportingComponent",
        /// On which node the reporter runs.
        reporting_instance: Option<Word> = "reportingInstance",
    }
    /// The object that an `Event` is about.
    pub struct EventSubject {
        /// Its group and version.
        api_version: Word = "apiVersion",
        /// Its kind.
        kind: Word = "kind",
        /// Its name.
        name: Word = "name",
        /// Its namespace.
        namespace: Word = "namespace",
        /// Its identity.
        uid: Word = "uid",
        /// Its version then.
        resource_version: Word = "resourceVersion",
        /// `spec.containers{redis}`, if it is about a container.
        field_path: Word = "fieldPath",
    }
    /// Who says an `Event`.
    pub struct EventSource {
        /// The component.
        component: Word = "component",
        /// The node that it runs on.
        host: Word = "host",
    }
}
