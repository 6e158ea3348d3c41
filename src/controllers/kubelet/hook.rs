//! The hooks of a container: what is done right after its start, and before it is told to stop.
//!
//! Models `pkg/kubelet/lifecycle`. While the hook after the start runs, the container counts as being created; the one
//! before the end takes its time from the grace period.

use super::probe::{Asks, look};
use super::{COMPONENT, Kubelet, Step, container, exec};
use crate::api::image::{Configured, listeners};
use crate::api::pod::{Container, Probe};
use crate::api::{Object, Value};
use crate::controllers::recorder::{Said, record};
use crate::kernel::{Sim, Span};
use crate::store::Store;

/// What a hook of a container is asked to do.
pub(super) fn handler<'a>(container: &'a Container, which: &str) -> Option<&'a Value> {
    container.rest.get("lifecycle")?.get(which)
}

/// How long a hook takes, if it ends at all, and whether it succeeds.
pub(super) fn outcome(
    object: &Object,
    container: &Container,
    handler: &Value,
    dns: &Configured,
) -> (Option<Span>, bool) {
    if let Some(seconds) = handler.at(&["sleep", "seconds"]).and_then(Value::as_int) {
        return (Some(Span::secs(seconds.unsigned_abs())), true);
    }
    let words = handler.at(&["exec", "command"]).and_then(Value::as_list);
    if let Some(words) = words {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        let ran = exec::run(&words, container, &listeners(container), 0);
        return (ran.seconds.map(Span::secs), ran.result.is_ok());
    }
    let probe = Probe::from_map(handler.as_map().cloned().unwrap_or_default());
    let found = look(object, container, (Asks::Liveness, &probe), (dns, 0));
    (Some(Span(0)), found.result.is_ok())
}

impl Kubelet {
    /// The hook after a container's start has come to its end.
    pub(super) fn hooked(&mut self, store: &mut Store, sim: &mut Sim, object: &Object, name: &str) {
        let Some(container) = container::find(object, name) else {
            return;
        };
        let Some(handler) =
            handler(container, "postStart").filter(|_| !object.meta.is_terminating())
        else {
            return;
        };
        let fine = outcome(object, container, handler, &self.dns).1;
        self.mark_running(store, sim, object, &[container]);
        if fine {
            return;
        }
        say(
            store,
            sim,
            object,
            container,
            ("FailedPostStartHook", "PostStartHook failed"),
        );
        self.kill(
            store,
            sim,
            object,
            container,
            "FailedPostStartHook".to_owned(),
            None,
        );
    }

    /// A Pod is deleted: its containers are told to stop.
    pub(super) fn stop(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        for container in object
            .pod()
            .into_iter()
            .flat_map(|pod| &pod.spec.containers)
        {
            if !container::is_running(object, &container.name) {
                continue;
            }
            let message = format!("Stopping container {}", container.name);
            let host = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
            let said = Said {
                field: container::field(container),
                host,
                ..Said::normal(COMPONENT, "Killing", message)
            };
            record(store, sim, object, said);
            self.before_stop(store, sim, object, container);
        }
        let delay = super::stop::duration(object, &self.dns);
        self.schedule(sim, Step::Gone, delay, object);
    }

    /// Runs the hook before a container's end; how long it takes, if there is one that ends.
    pub(super) fn before_stop(
        &self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
    ) -> Option<Span> {
        let handler = handler(container, "preStop")?;
        let (lasts, fine) = outcome(object, container, handler, &self.dns);
        if !fine {
            say(
                store,
                sim,
                object,
                container,
                ("FailedPreStopHook", "PreStopHook failed"),
            );
        }
        lasts
    }
}

fn say(
    store: &mut Store,
    sim: &mut Sim,
    object: &Object,
    container: &Container,
    (reason, message): (&'static str, &'static str),
) {
    let host = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
    let said = Said {
        field: container::field(container),
        host,
        ..Said::warning(COMPONENT, reason, message)
    };
    record(store, sim, object, said);
}
