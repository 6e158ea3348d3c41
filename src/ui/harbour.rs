//! The cluster as a whole: built anew from settings, restored from a dump, its nodes, its DNS, the world outside it.

use super::deeds::SLICE;
use super::engine::{Action, ClusterForm, Engine};
use super::words::{fill, words};
use crate::api::{Map, Value, kind};
use crate::cluster::{Cluster, Restoration, Settings};
use crate::dns::Outside;
use crate::manifest::{Limits, read};
use crate::share::Deed;
use crate::shell::{HOME, World};
use std::rc::Rc;

impl Engine {
    /// What the reader does to the cluster as a whole.
    pub(super) fn arrange(&mut self, action: Action) {
        self.note_arranging(&action);
        let said = match action {
            Action::RestoreDump(text) => self.restore_dump(text),
            Action::Rebuild(form) => self.rebuild(&form),
            Action::AddNode => Ok(self.world.cluster.add_node()),
            Action::Corefile(text) => self.set_corefile(text),
            Action::Outside(text) => match Outside::parse(&text) {
                Ok(outside) => {
                    self.world.cluster.set_outside(outside);
                    Ok(words().outside_set.to_owned())
                }
                Err(error) => Err(fill(words().outside_kept, &[&error.to_string()])),
            },
            _ => return,
        };
        self.desk.said = said.unwrap_or_else(|why| why).into();
    }

    /// Notes it; a dump is noted once it is read.
    fn note_arranging(&mut self, action: &Action) {
        self.note_files();
        let deed = match action {
            Action::Rebuild(form) => {
                let fields = [
                    &form.services,
                    &form.pods,
                    &form.domain,
                    &form.seed,
                    &form.mode,
                ];
                Deed::Rebuild(fields.map(String::clone))
            }
            Action::AddNode => Deed::AddNode,
            Action::Corefile(text) => Deed::Corefile(text.clone()),
            Action::Outside(text) => Deed::Outside(text.clone()),
            _ => return,
        };
        self.note(deed);
    }

    /// Puts a restored cluster in place of this one.
    pub(super) fn take_restored(&mut self, cluster: Cluster, dump: &str) {
        self.note(Deed::Dump(dump.to_owned()));
        self.replace_cluster(cluster);
    }

    /// Puts another cluster in place of this one; the laptop's files and the lines typed stay.
    fn replace_cluster(&mut self, cluster: Cluster) {
        let files = std::mem::take(&mut self.world.files);
        let history = self.history();
        let fresh = self.again(World { cluster, files });
        let old = std::mem::replace(self, fresh);
        self.desk = old.desk;
        self.journal = old.journal;
        self.desk.compared = (0, "".into());
        self.remember(&history);
    }

    /// Begins to restore a dump; this cluster stays until all of it is read.
    fn restore_dump(&mut self, text: String) -> Result<String, String> {
        let settings = Settings {
            seed: self.world.cluster.sim().seed,
            epoch: self.world.cluster.sim().epoch,
            ..Settings::default()
        };
        self.dump.clone_from(&text);
        let restoration = Restoration::new(&settings, text);
        let said = restoration.progress();
        self.restoring = Some(restoration);
        Ok(said)
    }

    /// Whether a dump is being read.
    pub(super) fn is_restoring(&self) -> bool {
        self.restoring.is_some()
    }

    /// Goes on with a dump for as long as a frame has room for it; false if there is none.
    pub(super) fn go_on_restoring(&mut self) -> bool {
        let Some(mut restoration) = self.restoring.take() else {
            return false;
        };
        let start = crate::web::now();
        loop {
            match restoration.step() {
                Ok(None) if crate::web::now() - start < SLICE => {}
                Ok(None) => {
                    self.desk.said = restoration.progress().into();
                    self.restoring = Some(restoration);
                    return true;
                }
                Ok(Some(restored)) => {
                    let dump = std::mem::take(&mut self.dump);
                    self.take_restored(restored.cluster, &dump);
                    self.desk.said = restored.notes.join(" ").into();
                    return true;
                }
                Err(why) => {
                    self.desk.said = fill(words().not_restored, &[&why]).into();
                    return true;
                }
            }
        }
    }

    /// Builds the cluster anew, as kubeadm would from its configuration, which is kept among the laptop's files.
    fn rebuild(&mut self, form: &ClusterForm) -> Result<String, String> {
        let text = format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\nnetworking:\n  serviceSubnet: {}\n  podSubnet: {}\n  dnsDomain: {}\n---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {}\n",
            form.services, form.pods, form.domain, form.mode
        );
        let seed = form
            .seed
            .parse()
            .map_err(|_| fill(words().no_seed, &[&form.seed]))?;
        let nodes = self.world.cluster.tables().count(kind::NODE).clamp(1, 200) as u8;
        let mut settings = Settings {
            seed,
            nodes,
            epoch: self.world.cluster.sim().epoch,
            ..Settings::default()
        };
        for document in read(&text, &Limits::PASTED).documents {
            settings
                .read(&document.value())
                .map_err(|why| fill(words().cluster_kept, &[&why]))?;
        }
        let applied: Vec<Rc<str>> = if form.again {
            self.applied_files()
        } else {
            Vec::new()
        };
        self.replace_cluster(Cluster::new(&settings));
        self.world.files.put(HOME, "kubeadm.yaml", &text);
        for path in &applied {
            self.type_on_laptop(&format!("kubectl apply -f {path}"));
        }
        Ok(words().built_anew.to_owned())
    }

    fn set_corefile(&mut self, text: String) -> Result<String, String> {
        let tables = self.world.cluster.tables();
        let map = tables
            .find(kind::CONFIG_MAP, "kube-system", "coredns")
            .ok_or(words().no_corefile)?;
        let mut fields = map.fields();
        let data = fields
            .entry("data".to_owned())
            .or_insert_with(|| Value::Map(Map::new()));
        if let Some(data) = data.as_map_mut() {
            data.insert("Corefile".to_owned(), Value::Str(text));
        }
        let object = crate::api::Object::new(map.kind, map.meta.clone(), fields);
        match self.world.cluster.update(object, None, false) {
            Ok(_) => Ok(words().corefile_written.to_owned()),
            Err(status) => Err(status.message),
        }
    }
}
