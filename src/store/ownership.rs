//! Who owns which field: `metadata.managedFields` and server-side apply.
//!
//! Models `k8s.io/apimachinery/pkg/util/managedfields`. Only what a client writes is recorded when it is written; what
//! controllers and kubelets own is read off the object when somebody looks ([`managed_fields`]), so that their writes
//! cost nothing.

use super::Store;
use super::field_set::{FieldSet, difference, fields_of, merged, prune, shape_of};
use crate::api::{Map, Object, Status, Value, kind, schema};
use crate::kernel::{Arrange, Sim};
use std::rc::Rc;

/// The annotation of client-side apply.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Where that annotation stands in a set.
const ANNOTATION: [&str; 3] = [
    "f:metadata",
    "f:annotations",
    "f:kubectl.kubernetes.io/last-applied-configuration",
];

/// The manager of `kubectl apply --server-side`.
const KUBECTL: &str = "kubectl";

/// Fields that have no owner.
const UNOWNED: [&[&str]; 11] = [
    &["f:apiVersion"],
    &["f:kind"],
    &["f:status"],
    &["f:metadata", "f:name"],
    &["f:metadata", "f:namespace"],
    &["f:metadata", "f:creationTimestamp"],
    &["f:metadata", "f:selfLink"],
    &["f:metadata", "f:uid"],
    &["f:metadata", "f:generation"],
    &["f:metadata", "f:managedFields"],
    &["f:metadata", "f:resourceVersion"],
];

/// What admission gives a Pod, rather than its writer.
const ADMITTED: [&str; 3] = ["f:serviceAccount", "f:serviceAccountName", "f:tolerations"];

/// Who writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writer {
    /// The field manager: `kubectl-edit`.
    pub manager: String,
    /// What of the object is written: `scale`, or empty for the whole.
    pub subresource: &'static str,
}

/// How the owners of a written object come about.
#[derive(Clone, Debug, Default)]
pub(super) enum Owners {
    /// They stay as they are.
    #[default]
    Same,
    /// This writer owns what it changes.
    Update(Writer),
    /// They are known.
    Are(Value),
}

/// One entry of `managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    manager: String,
    applies: bool,
    subresource: String,
    api_version: String,
    time: String,
    set: FieldSet,
}

impl Entry {
    fn read(value: &Value) -> Self {
        let text = |key: &str| {
            let text = value.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        Self {
            manager: text("manager"),
            applies: text("operation") == "Apply",
            subresource: text("subresource"),
            api_version: text("apiVersion"),
            time: text("time"),
            set: FieldSet::parse(value.get("fieldsV1").unwrap_or(&Value::Null)),
        }
    }

    fn write(&self) -> Value {
        let operation = if self.applies { "Apply" } else { "Update" };
        let mut map: Map = [
            ("apiVersion", self.api_version.as_str()),
            ("fieldsType", "FieldsV1"),
            ("manager", &self.manager),
            ("operation", operation),
            ("subresource", &self.subresource),
            ("time", &self.time),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(key, text)| (key.to_owned(), Value::from(text)))
        .collect();
        map.insert("fieldsV1".to_owned(), self.set.write());
        Value::Map(map)
    }

    fn is(&self, writer: &Writer, applies: bool) -> bool {
        self.applies == applies
            && self.manager == writer.manager
            && self.subresource == writer.subresource
    }

    /// The manager as a refusal names it.
    fn spoken(&self) -> String {
        let mut text = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            text += &format!(" with subresource {:?}", self.subresource);
        }
        if !self.applies {
            text = [&text, " using ", &self.api_version].concat();
        }
        text
    }
}

fn entries(managed: Option<&Value>) -> Vec<Entry> {
    let list = managed.and_then(Value::as_list).unwrap_or_default();
    // One empty entry asks to forget them all.
    let filled = list.iter().filter(|value| value.get("manager").is_some());
    filled.map(Entry::read).collect()
}

/// The entries in the order in which they are stored; those that own nothing are left out.
fn written(mut entries: Vec<Entry>) -> Option<Value> {
    entries.retain(|entry| !entry.set.is_empty());
    entries.arrange_by_key(|entry| {
        let order = (!entry.applies, entry.time.clone(), entry.manager.clone());
        (order, entry.api_version.clone(), entry.subresource.clone())
    });
    let list: Vec<Value> = entries.iter().map(Entry::write).collect();
    (!list.is_empty()).then_some(Value::List(list))
}

fn owned(mut set: FieldSet) -> FieldSet {
    UNOWNED.iter().for_each(|path| set.remove(path));
    set
}

/// Gives a written object the owners that it has from now on.
pub(super) fn record(
    owners: Owners,
    object: &mut Object,
    given: Option<&Value>,
    old: Option<&Object>,
    time: &str,
) {
    let writer = match owners {
        Owners::Same => return,
        Owners::Are(value) => {
            object.meta.managed_fields = Some(value);
            return;
        }
        Owners::Update(writer) => writer,
    };
    let shape = shape_of(schema::type_of(object.kind));
    let mut managers = entries(object.meta.managed_fields.as_ref());
    let (before, after) = (old.map(Object::to_value), object.to_value());
    let empty = Value::Map(Map::new());
    let what = difference(shape, before.as_ref().or(Some(&empty)), Some(&after), true);
    let (mut changed, removed) = (owned(what.changed), owned(what.removed));
    if object.kind == kind::NAMESPACE {
        changed.remove(&["f:spec", "f:finalizers"]);
    }
    let written = given
        .map(|given| fields_of(shape, given))
        .unwrap_or_default();
    for field in ADMITTED.iter().filter(|_| object.kind == kind::POD) {
        if old.is_none() && written.at(&["f:spec", field]).is_none() {
            changed.remove(&["f:spec", field]);
        }
    }
    if !managers.iter().any(|entry| entry.is(&writer, false)) {
        managers.push(Entry {
            manager: writer.manager.clone(),
            applies: false,
            subresource: writer.subresource.to_owned(),
            api_version: object.kind.api_version(),
            time: time.to_owned(),
            set: FieldSet::default(),
        });
    }
    for entry in &mut managers {
        let mut set = entry.set.without(&removed);
        if entry.is(&writer, false) {
            set.add(&changed);
            if set != entry.set {
                time.clone_into(&mut entry.time);
            }
        } else {
            set = set.without(&changed);
        }
        entry.set = set;
    }
    managers.retain(|entry| !entry.set.is_empty());
    cap(&mut managers);
    object.meta.managed_fields = self::written(managers);
}

/// At most ten of those who update have an entry of their own: the oldest share one (`capUpdateManagers`).
fn cap(entries: &mut Vec<Entry>) {
    const MOST: usize = 10;
    loop {
        let all = entries.iter().enumerate();
        let mut updates: Vec<(&str, &str, &str, usize)> = all
            .filter(|(_, entry)| !entry.applies)
            .map(|(i, entry)| (&*entry.api_version, &*entry.time, &*entry.manager, i))
            .collect();
        if updates.len() <= MOST {
            return;
        }
        updates.arrange();
        // The two oldest of one version become one.
        let pairs = updates.windows(2).filter_map(|pair| match pair {
            [first, second] if first.0 == second.0 => Some((second.1, first.3, second.3)),
            _ => None,
        });
        let Some((_, first, second)) = pairs.min() else {
            return;
        };
        let Some(merged) = entries.get(second).cloned() else {
            return;
        };
        if let Some(bucket) = entries.get_mut(first) {
            "ancient-changes".clone_into(&mut bucket.manager);
            bucket.subresource = String::new();
            bucket.set.add(&merged.set);
            bucket.time = merged.time;
        }
        entries.remove(second);
    }
}

/// A server-side apply.
#[derive(Clone, Debug)]
pub struct Apply {
    /// The manifest.
    pub manifest: Value,
    /// Who applies.
    pub manager: String,
    /// Whether fields of others are taken.
    pub force: bool,
    /// What the annotation of client-side apply holds from now on, if there is one.
    pub remembered: String,
}

impl Store {
    /// Makes an object what a manifest says: fields of others are refused, what this manager no longer lists goes.
    pub fn apply(
        &mut self,
        sim: &mut Sim,
        apply: &Apply,
        dry_run: bool,
    ) -> Result<Rc<Object>, Status> {
        let Some(mut config) = Object::from_value(apply.manifest.clone()) else {
            return Err(Status::bad_request("the manifest is of no known kind"));
        };
        if config.meta.managed_fields.take().is_some() {
            return Err(Status::bad_request("metadata.managedFields must be nil"));
        }
        let shape = shape_of(schema::type_of(config.kind));
        let manifest = config.to_value();
        let mut own = Entry {
            manager: apply.manager.clone(),
            applies: true,
            subresource: String::new(),
            api_version: config.kind.api_version(),
            time: sim.timestamp().to_string(),
            set: owned(fields_of(shape, &apply.manifest)),
        };
        let Some(live) = self.tables().get(&config.key()).cloned() else {
            config.meta.resource_version.clear();
            self.owners = written(vec![own]).map_or(Owners::Same, Owners::Are);
            return self.create(sim, config, dry_run);
        };
        let mut managers = entries(live.meta.managed_fields.as_ref());
        let at = managers
            .iter()
            .position(|entry| entry.applies && entry.manager == apply.manager);
        let last = at.map(|at| managers.remove(at));
        let before = live.to_value();
        let mut after = merged(shape, Some(&before), &manifest);
        if let Some(last) = &last {
            let mut kept = own.set.clone();
            managers.iter().for_each(|entry| kept.add(&entry.set));
            prune(shape, &mut after, &last.set, &kept);
        }
        let what = difference(shape, Some(&before), Some(&after), true);
        let (changed, removed) = (owned(what.changed), owned(what.removed));
        let mut allowed = FieldSet::default();
        if apply.manager == KUBECTL {
            allowed = applied_before(&live);
        }
        let conflicts: Vec<(String, FieldSet)> = managers
            .iter()
            .map(|entry| (entry.spoken(), entry.set.common(&changed).without(&allowed)))
            .filter(|(_, set)| !set.is_empty())
            .collect();
        if !conflicts.is_empty() && !apply.force {
            return Err(Status::conflict(refusal(conflicts)));
        }
        for entry in &mut managers {
            entry.set = entry.set.without(&changed).without(&removed);
        }
        if let Some(last) = last.filter(|last| last.set == own.set && before == after) {
            own.time = last.time;
        }
        managers.push(own);
        self.owners = written(managers).map_or(Owners::Same, Owners::Are);
        let Some(mut wanted) = Object::from_value(after) else {
            return Ok(live);
        };
        if let Some(text) = wanted.meta.annotations.get_mut(LAST_APPLIED)
            && apply.manager == KUBECTL
        {
            text.clone_from(&apply.remembered);
        }
        self.update(sim, wanted, dry_run)
    }

    /// What client-side apply owned belongs to this applier from now on, as kubectl asks after its first server-side
    /// apply. True if there was anything.
    pub fn adopt_applied(&mut self, sim: &mut Sim, live: &Object, manager: &str) -> bool {
        let mut managers = entries(live.meta.managed_fields.as_ref());
        let is_client = |entry: &Entry| {
            !entry.applies && entry.subresource.is_empty() && entry.set.at(&ANNOTATION).is_some()
        };
        let (clients, mut others): (Vec<Entry>, Vec<Entry>) =
            managers.drain(..).partition(is_client);
        if clients.is_empty() {
            return false;
        }
        if let Some(own) = others
            .iter_mut()
            .find(|entry| entry.applies && entry.manager == manager)
        {
            clients.iter().for_each(|client| own.set.add(&client.set));
        }
        let managed = written(others);
        self.modify(sim, &live.key(), |object| {
            object.meta.managed_fields = managed;
        });
        true
    }
}

/// The fields that client-side apply wrote last and that still are what it wrote: those give way to kubectl's own apply.
fn applied_before(live: &Object) -> FieldSet {
    let text = live.meta.annotations.get(LAST_APPLIED);
    let parsed = text.map(|text| crate::manifest::read(text, &crate::manifest::Limits::FILE));
    let first = parsed.and_then(|parsed| parsed.documents.into_iter().next());
    let Some(applied) = first.map(|document| document.value()) else {
        return FieldSet::default();
    };
    let shape = shape_of(schema::type_of(live.kind));
    let now = live.to_value();
    let was = merged(shape, Some(&now), &applied);
    let mut set = fields_of(shape, &applied);
    set = set.without(&difference(shape, Some(&now), Some(&was), true).changed);
    // The annotation itself is kept in step.
    set.add(&fields_of(shape, &annotation_only(live)));
    set
}

/// A manifest of nothing but the annotation of client-side apply.
pub(crate) fn annotation_only(live: &Object) -> Value {
    let mut meta = crate::api::ObjectMeta {
        name: live.meta.name.clone(),
        namespace: live.meta.namespace.clone(),
        ..Default::default()
    };
    if let Some(text) = live.meta.annotations.get(LAST_APPLIED) {
        meta.annotations
            .insert(LAST_APPLIED.to_owned(), text.clone());
    }
    Object::new(live.kind, meta, Map::new()).to_value()
}

/// Whether a server-side applier owns the annotation of client-side apply.
pub(crate) fn annotation_is_applied(live: &Object) -> bool {
    let managers = entries(live.meta.managed_fields.as_ref());
    managers
        .iter()
        .any(|entry| entry.applies && entry.set.at(&ANNOTATION).is_some())
}

/// The API server's words for fields that others own.
fn refusal(mut conflicts: Vec<(String, FieldSet)>) -> String {
    conflicts.arrange_by_key(|(manager, _)| manager.clone());
    let (mut count, mut messages) = (0, Vec::new());
    let mut only = String::new();
    for (manager, set) in conflicts {
        let mut paths = Vec::new();
        set.paths("", &mut paths);
        count += paths.len();
        only = format!("conflict with {manager}: {}", paths.join(""));
        messages.push(format!("conflicts with {manager}:"));
        messages.extend(paths.iter().map(|path| format!("- {path}")));
    }
    match count {
        1 => format!("Apply failed with 1 conflict: {only}"),
        _ => format!(
            "Apply failed with {count} conflicts: {}",
            messages.join("\n")
        ),
    }
}

/// The owners of an object's fields, those included that clients did not write: controllers and kubelets.
pub fn managed_fields(object: &Object) -> Option<Value> {
    let shape = shape_of(schema::type_of(object.kind));
    let mut managers = entries(object.meta.managed_fields.as_ref());
    let manager = match object.kind.plural {
        "pods" | "nodes" => "kubelet",
        "services" => "controller",
        "ingresses" => "nginx-ingress-controller",
        _ => "kube-controller-manager",
    };
    let value = object.to_value();
    let empty = Value::Map(Map::new());
    let all = difference(shape, Some(&empty), Some(&value), true).changed;
    let entry = |manager: &str, subresource: &str, set: FieldSet| Entry {
        manager: manager.to_owned(),
        applies: false,
        subresource: subresource.to_owned(),
        api_version: object.kind.api_version(),
        time: latest(&value).unwrap_or_else(|| object.meta.creation_timestamp.to_string()),
        set,
    };
    if managers.is_empty() && object.meta.controller().is_some() {
        let mut made = entry("kube-controller-manager", "", owned(all.clone()));
        if object.kind == kind::POD {
            without_admitted(&mut made.set);
        }
        made.time = object.meta.creation_timestamp.to_string();
        managers.push(made);
    }
    let hollow = |status: &FieldSet| {
        let balancer = status.children.get("f:loadBalancer");
        balancer.is_some_and(|balancer| balancer.children.is_empty())
    };
    if object.kind != kind::NAMESPACE
        && let Some(status) = all.at(&["f:status"])
        && !hollow(status)
        && !managers
            .iter()
            .any(|entry| entry.manager == manager && entry.subresource == "status")
    {
        let mut set = FieldSet::default();
        set.children.insert("f:status".to_owned(), status.clone());
        let revision = [
            "f:metadata",
            "f:annotations",
            "f:deployment.kubernetes.io/revision",
        ];
        if object.kind == kind::DEPLOYMENT && all.at(&revision).is_some() {
            let mut path = &mut set;
            for element in revision {
                path = path.children.entry(element.to_owned()).or_default();
            }
            path.member = true;
        }
        managers.push(entry(manager, "status", set));
    }
    written(managers)
}

/// Takes out of a Pod's fields what its maker did not write: what admission and the scheduler added.
fn without_admitted(set: &mut FieldSet) {
    let fields = ["f:nodeName", "f:priority", "f:preemptionPolicy"];
    for field in ADMITTED.iter().chain(&fields) {
        set.remove(&["f:spec", field]);
    }
    let token = |element: &String| {
        element.contains("\"kube-api-access-") || element.contains("/secrets/kubernetes.io/")
    };
    let Some(spec) = set.children.get_mut("f:spec") else {
        return;
    };
    let without = |set: &mut FieldSet, field: &str| {
        if let Some(list) = set.children.get_mut(field) {
            list.children.retain(|element, _| !token(element));
            if list.children.is_empty() {
                set.children.remove(field);
            }
        }
    };
    without(spec, "f:volumes");
    for list in ["f:containers", "f:initContainers"] {
        let containers = spec.children.get_mut(list).into_iter();
        for container in containers.flat_map(|list| list.children.values_mut()) {
            without(container, "f:volumeMounts");
        }
    }
}

/// The newest time that a status tells.
fn latest(value: &Value) -> Option<String> {
    let conditions = value.at(&["status", "conditions"]).and_then(Value::as_list);
    let times = conditions.into_iter().flatten().filter_map(|condition| {
        let text = |key: &str| condition.get(key).and_then(Value::as_str);
        text("lastUpdateTime").or_else(|| text("lastTransitionTime"))
    });
    times.max().map(str::to_owned)
}
