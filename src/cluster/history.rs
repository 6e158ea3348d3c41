//! The cluster as it was: the writes of the past, which can be undone in a copy of the tables.
//!
//! A view of the past is the present one with every later write taken back. Tables are shared until somebody writes, so this
//! costs what was written since, and one copy of each table that was written to.

use super::{Cluster, ClusterView};
use crate::kernel::Seq;
use crate::store::Change;
use std::collections::VecDeque;

/// How many writes can be taken back.
const KEPT: usize = 20_000;

/// The latest writes, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    kept: bool,
    writes: VecDeque<Change>,
}

impl History {
    pub(super) fn record(&mut self, changes: &[Change]) {
        if !self.kept {
            return;
        }
        self.writes.extend(changes.iter().cloned());
        let surplus = self.writes.len().saturating_sub(KEPT);
        self.writes.drain(..surplus);
    }
}

impl Cluster {
    /// From now on writes are kept, so that [`Cluster::view_at`] can take them back.
    pub fn keep_history(&mut self) {
        self.history.kept = true;
    }

    /// The whole cluster as it is, to come back to. What it shares with this one costs nothing; the log and the writes of
    /// the past stay here, and only grow.
    pub fn keep(&mut self) -> Self {
        let log = std::mem::take(&mut self.sim.log);
        let history = std::mem::take(&mut self.history);
        let mut kept = self.clone();
        kept.sim.log.take_back(log.end());
        (self.sim.log, self.history) = (log, history);
        kept
    }

    /// Becomes again what was kept: what came later has not happened.
    pub fn go_back_to(&mut self, kept: Self) {
        let end = kept.end();
        let mut log = std::mem::take(&mut self.sim.log);
        let mut history = std::mem::take(&mut self.history);
        log.take_back(end);
        history.writes.retain(|change| change.seq < end);
        *self = kept;
        (self.sim.log, self.history) = (log, history);
    }

    /// The earliest place in the log to which the cluster can be taken back.
    pub fn earliest(&self) -> Seq {
        self.history
            .writes
            .front()
            .map_or(self.end(), |change| change.seq)
    }

    /// The cluster as it was right after the event at `seq`.
    pub fn view_at(&self, seq: Seq) -> ClusterView {
        let mut view = self.view();
        for change in self
            .history
            .writes
            .iter()
            .rev()
            .take_while(|change| change.seq > seq)
        {
            view.tables.undo(change);
        }
        let at = self.sim.log.get(seq).map_or(self.sim.now, |event| event.at);
        view.now = at;
        view.unix = self.sim.unix(at);
        view.end = Seq(seq.0 + 1);
        view
    }
}

#[cfg(test)]
mod tests {
    use crate::api::{Object, ObjectMeta, kind};
    use crate::cluster::{Cluster, Settings};
    use crate::kernel::Span;

    #[test]
    fn the_cluster_is_seen_as_it_was() {
        let mut cluster = Cluster::new(&Settings::default());
        cluster.keep_history();
        let before = cluster.view();
        let start = crate::kernel::Seq(cluster.end().0 - 1);
        let meta = ObjectMeta {
            name: "settings".to_owned(),
            namespace: "default".to_owned(),
            ..ObjectMeta::default()
        };
        let object = Object::new(kind::CONFIG_MAP, meta, crate::api::Map::default());
        let stored = cluster.create(object, None, false);
        assert!(stored.is_ok());
        let middle = crate::kernel::Seq(cluster.end().0 - 1);
        let key = before.tables.all(kind::POD).next().map(|pod| pod.key());
        let deleted = key.map(|key| cluster.delete(&key, Some(0)));
        assert!(deleted.is_some_and(|deleted| deleted.is_ok()));
        cluster.advance(Span::secs(60));
        let now = cluster.view();
        let names = |view: &crate::cluster::ClusterView, kind| -> Vec<String> {
            let versioned =
                |o: &std::rc::Rc<Object>| format!("{} {}", o.meta.name, o.meta.resource_version);
            view.tables.all(kind).map(versioned).collect()
        };
        assert_ne!(names(&now, kind::POD), names(&before, kind::POD));
        let past = cluster.view_at(middle);
        assert_eq!(names(&past, kind::POD), names(&before, kind::POD));
        assert!(
            names(&past, kind::CONFIG_MAP)
                .iter()
                .any(|n| n.starts_with("settings "))
        );
        let first = cluster.view_at(start);
        for kind in [
            kind::POD,
            kind::CONFIG_MAP,
            kind::ENDPOINT_SLICE,
            kind::DEPLOYMENT,
        ] {
            assert_eq!(names(&first, kind), names(&before, kind));
        }
        assert_eq!(names(&cluster.view(), kind::POD), names(&now, kind::POD));
    }
}
