//! The laptop's kubeconfig: the clusters, users and contexts that kubectl knows, in `~/.kube/config`.
//!
//! There is one real cluster; a context may name others, which nobody answers for.

use super::resource::CONFIG;
use crate::api::{Map, Value};
use crate::kernel::base64;
use crate::manifest::{Limits, read, to_yaml};
use crate::shell::World;

/// The context's, the cluster's and the user's name at the start.
const NAME: &str = "portside";
const USER: &str = "reader";
/// Where the API server listens.
const SERVER: &str = "https://192.168.49.2:6443";

/// What entries are of: the list in the file, and the field that holds an entry's own fields.
pub(super) const CLUSTERS: (&str, &str) = ("clusters", "cluster");
pub(super) const CONTEXTS: (&str, &str) = ("contexts", "context");
pub(super) const USERS: (&str, &str) = ("users", "user");

/// A kind of entries.
pub(super) type Part = (&'static str, &'static str);

/// A kubeconfig.
pub(super) struct Kubeconfig {
    pub(super) fields: Map,
}

/// The configuration that the laptop has at the start; its keys stand for none.
fn default_text() -> String {
    let data = |what: &str| {
        base64(format!("-----BEGIN {what}-----\nUG9ydHNpZGU=\n-----END {what}-----\n").as_bytes())
    };
    let (certificate, key) = (data("CERTIFICATE"), data("RSA PRIVATE KEY"));
    format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {certificate}\n    server: {SERVER}\n  name: {NAME}\ncontexts:\n- context:\n    cluster: {NAME}\n    user: {USER}\n  name: {NAME}\ncurrent-context: {NAME}\nkind: Config\nusers:\n- name: {USER}\n  user:\n    client-certificate-data: {certificate}\n    client-key-data: {key}\n"
    )
}

impl Kubeconfig {
    /// What the file says; what has never been written is as at the start.
    pub(super) fn load(world: &World, cwd: &str) -> Self {
        let kept = world.files.read(cwd, CONFIG);
        let text = kept.map_or_else(|_| default_text(), |text| text.to_string());
        let parsed = read(&text, &Limits::FILE).documents.into_iter().next();
        let value = parsed.map(|document| document.value()).unwrap_or_default();
        Self {
            fields: value.as_map().cloned().unwrap_or_default(),
        }
    }

    /// Writes the file.
    pub(super) fn save(self, world: &mut World, cwd: &str) {
        let text = to_yaml(&Value::Map(self.fields));
        world.files.put(cwd, CONFIG, &text);
    }

    /// The entries of a part: their names and fields, in the order of the file.
    pub(super) fn entries(&self, part: Part) -> Vec<(&str, &Value)> {
        let list = self.fields.get(part.0).and_then(Value::as_list);
        let entry = |item| Some((Value::get(item, "name")?.as_str()?, item.get(part.1)?));
        list.unwrap_or_default().iter().filter_map(entry).collect()
    }

    /// The fields of an entry.
    pub(super) fn entry(&self, part: Part, name: &str) -> Option<&Value> {
        let mut entries = self.entries(part).into_iter();
        entries
            .find(|(known, _)| *known == name)
            .map(|(_, fields)| fields)
    }

    /// The fields of an entry, to be changed; it is made if it is not there.
    pub(super) fn entry_mut(&mut self, part: Part, name: &str) -> Option<&mut Map> {
        let list = self.fields.entry(part.0.to_owned()).or_default();
        if list.as_list().is_none() {
            *list = Value::List(Vec::new());
        }
        let list = list.as_list_mut()?;
        let named = |item: &Value| item.get("name").and_then(Value::as_str) == Some(name);
        let at = list.iter().position(named).unwrap_or_else(|| {
            // Entries stand by name.
            let after = |item: &Value| item.get("name").and_then(Value::as_str) > Some(name);
            let at = list.iter().position(after).unwrap_or(list.len());
            let fields = [
                ("name".to_owned(), Value::from(name)),
                (part.1.to_owned(), Value::Map(Map::new())),
            ];
            list.insert(at, Value::Map(fields.into_iter().collect()));
            at
        });
        list.get_mut(at)?
            .as_map_mut()?
            .get_mut(part.1)?
            .as_map_mut()
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, part: Part, name: &str) -> Option<Value> {
        let list = self.fields.get_mut(part.0)?.as_list_mut()?;
        let named = |item: &Value| item.get("name").and_then(Value::as_str) == Some(name);
        let at = list.iter().position(named)?;
        list.remove(at).get(part.1).cloned()
    }

    /// The name of the current context; empty if there is none.
    pub(super) fn current(&self) -> &str {
        let current = self.fields.get("current-context");
        current.and_then(Value::as_str).unwrap_or_default()
    }

    /// A field of a context.
    fn of_context(&self, context: &str, field: &str) -> Option<&str> {
        self.entry(CONTEXTS, context)?.get(field)?.as_str()
    }

    /// The namespace of a context.
    pub(super) fn namespace(&self, context: &str) -> Option<&str> {
        let namespace = self.of_context(context, "namespace");
        namespace.filter(|name| !name.is_empty())
    }

    /// What is in the way of reaching the API server; `context` and `cluster` are what flags say.
    pub(super) fn obstacle(&self, context: Option<&str>, cluster: Option<&str>) -> Option<String> {
        let name = context.unwrap_or_else(|| self.current());
        if context.is_some() && self.entry(CONTEXTS, name).is_none() {
            return Some(format!("error: context \"{name}\" does not exist"));
        }
        let named = cluster.or_else(|| self.of_context(name, "cluster"));
        let found = named.and_then(|cluster| self.entry(CLUSTERS, cluster));
        if let (Some(cluster), None) = (cluster, found) {
            return Some(format!("error: cluster \"{cluster}\" does not exist"));
        }
        let server = found.and_then(|fields| fields.get("server")?.as_str());
        let server = server.unwrap_or("http://localhost:8080");
        if server.trim_end_matches('/') == SERVER {
            return None;
        }
        let host = server.split_once("://").map_or(server, |(_, host)| host);
        Some(format!(
            "The connection to the server {} was refused - did you specify the right host or port?",
            host.trim_end_matches('/')
        ))
    }
}
