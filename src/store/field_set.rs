//! Sets of fields, as `fieldsV1` writes them, and what they are made from.
//!
//! Models `sigs.k8s.io/structured-merge-diff`: which fields a manifest has, which differ between two objects, how a
//! manifest is merged into an object, and what is taken out again. Lists are atomic unless [`LISTS`] names them; structs
//! and maps are granular unless [`ATOMIC`] names them.

use crate::api::schema::{self, FieldType};
use crate::api::{Map, Value};
use crate::kernel::BTreeMap;

/// Lists that are merged, by the type and the field: their items' keys, none for a set of plain values.
const LISTS: &[(&str, &str, &[&str])] = &[
    ("V1ObjectMeta", "finalizers", &[]),
    ("V1ObjectMeta", "ownerReferences", &["uid"]),
    ("V1PodSpec", "containers", &["name"]),
    ("V1PodSpec", "initContainers", &["name"]),
    ("V1PodSpec", "ephemeralContainers", &["name"]),
    ("V1PodSpec", "volumes", &["name"]),
    ("V1PodSpec", "imagePullSecrets", &["name"]),
    ("V1PodSpec", "hostAliases", &["ip"]),
    ("V1PodSpec", "resourceClaims", &["name"]),
    ("V1PodSpec", "schedulingGates", &["name"]),
    (
        "V1PodSpec",
        "topologySpreadConstraints",
        &["topologyKey", "whenUnsatisfiable"],
    ),
    ("V1PodStatus", "podIPs", &["ip"]),
    ("Container", "env", &["name"]),
    ("Container", "ports", &["containerPort", "protocol"]),
    ("Container", "volumeMounts", &["mountPath"]),
    ("Container", "volumeDevices", &["devicePath"]),
    ("V1ResourceRequirements", "claims", &["name"]),
    ("V1ServiceSpec", "ports", &["port", "protocol"]),
    ("V1ServiceAccount", "secrets", &["name"]),
    ("V1ServiceAccount", "imagePullSecrets", &["name"]),
    ("V1NodeSpec", "podCIDRs", &[]),
    ("V1NodeStatus", "addresses", &["type"]),
    ("Status", "conditions", &["type"]),
];

/// Structs, and `TYPE.FIELD` of maps, that have one owner as a whole.
const ATOMIC: &[&str] = &[
    "V1LabelSelector",
    "V1NodeSelector",
    "V1NodeSelectorTerm",
    "V1LocalObjectReference",
    "V1ObjectReference",
    "V1TypedLocalObjectReference",
    "V1SecretKeySelector",
    "V1ConfigMapKeySelector",
    "V1ObjectFieldSelector",
    "V1ResourceFieldSelector",
    "V1SecretReference",
    "V1RoleRef",
    "V1ServiceSpec.selector",
    "V1PodSpec.nodeSelector",
    "V1ReplicationControllerSpec.selector",
];

/// Fields that an object has though nobody wrote them: Go writes them empty, so that nobody owns them as such.
const ALWAYS: &[&str] = &[
    "f:metadata",
    "f:spec",
    "f:status",
    "f:template",
    "f:strategy",
    "f:updateStrategy",
    "f:jobTemplate",
    "f:loadBalancer",
    "f:podSelector",
    "f:containers",
    "f:conditions",
];

/// A set of fields: whether the field itself is in it, and which of those below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    pub(super) member: bool,
    pub(super) children: BTreeMap<String, Self>,
}

/// How a value is taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// As a whole.
    Leaf,
    /// By its fields.
    Struct(&'static str),
    /// By its keys.
    Keys(FieldType),
    /// A list by the keys of its items.
    Items(&'static str, &'static [&'static str]),
    /// A list by its values.
    Values,
}

/// What became of the fields from one object to another.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Those that are new or have another value.
    pub(super) changed: FieldSet,
    /// Those that are gone.
    pub(super) removed: FieldSet,
}

impl FieldSet {
    /// Reads `fieldsV1`.
    pub(super) fn parse(value: &Value) -> Self {
        let Some(map) = value.as_map() else {
            return Self::default();
        };
        let below = map.iter().filter(|(element, _)| *element != ".");
        Self {
            member: map.is_empty() || map.contains_key("."),
            children: below
                .map(|(element, value)| (element.clone(), Self::parse(value)))
                .collect(),
        }
    }

    /// Writes `fieldsV1`.
    pub(super) fn write(&self) -> Value {
        let below = self.children.iter();
        let mut map: Map = below
            .map(|(element, set)| (element.clone(), set.write()))
            .collect();
        if self.member && !map.is_empty() {
            map.insert(".".to_owned(), Value::Map(Map::new()));
        }
        Value::Map(map)
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    fn put(&mut self, element: String, set: Self) {
        if !set.is_empty() {
            self.children.insert(element, set);
        }
    }

    /// Adds all that another has.
    pub(super) fn add(&mut self, other: &Self) {
        self.member |= other.member;
        for (element, set) in &other.children {
            self.children.entry(element.clone()).or_default().add(set);
        }
    }

    /// What is in this and not in the other.
    pub(super) fn without(&self, other: &Self) -> Self {
        let mut rest = Self {
            member: self.member && !other.member,
            ..Self::default()
        };
        for (element, set) in &self.children {
            let left = match other.children.get(element) {
                Some(other) => set.without(other),
                None => set.clone(),
            };
            rest.put(element.clone(), left);
        }
        rest
    }

    /// What is in both.
    pub(super) fn common(&self, other: &Self) -> Self {
        let mut both = Self {
            member: self.member && other.member,
            ..Self::default()
        };
        for (element, set) in &self.children {
            if let Some(other) = other.children.get(element) {
                both.put(element.clone(), set.common(other));
            }
        }
        both
    }

    /// The set below these elements.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter()
            .try_fold(self, |set, element| set.children.get(*element))
    }

    /// Takes out all that is at and below these elements.
    pub(super) fn remove(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        if rest.is_empty() {
            self.children.remove(*first);
        } else if let Some(set) = self.children.get_mut(*first) {
            set.remove(rest);
            if set.is_empty() {
                self.children.remove(*first);
            }
        }
    }

    /// The fields as a refusal names them: `.spec.containers[name="web"].image`.
    pub(super) fn paths(&self, prefix: &str, found: &mut Vec<String>) {
        if self.member {
            found.push(prefix.to_owned());
        }
        for (element, set) in &self.children {
            set.paths(&[prefix, &spoken(element)].concat(), found);
        }
    }
}

/// An element of a path as a refusal names it.
fn spoken(element: &str) -> String {
    let (kind, rest) = element.split_at_checked(2).unwrap_or((element, ""));
    match kind {
        "k:" => {
            // The keys stand in it as JSON: {"containerPort":80,"protocol":"TCP"}.
            let inner = rest.trim_start_matches("{\"").trim_end_matches('}');
            format!(
                "[{}]",
                inner
                    .replacen("\":", "=", 1)
                    .replace(",\"", ",")
                    .replace("\":", "=")
            )
        }
        "v:" => format!("[={rest}]"),
        _ => format!(".{rest}"),
    }
}

/// How objects of a type are taken apart.
pub(super) fn shape_of(type_: Option<&'static str>) -> Shape {
    type_.map_or(Shape::Leaf, Shape::Struct)
}

fn shape_of_field(owner: &'static str, name: &str) -> Shape {
    let Some(field) = schema::field(owner, name) else {
        return Shape::Leaf;
    };
    // Containers of all sorts, and the status of all kinds, are alike.
    let is_owner =
        |type_: &str| owner == type_ || (!type_.starts_with('V') && owner.ends_with(type_));
    let whole = |name: &str| ATOMIC.contains(&name);
    match field.type_ {
        FieldType::Struct(type_) if !whole(type_) => Shape::Struct(type_),
        FieldType::Map(value) if !whole(&[owner, ".", name].concat()) => {
            Shape::Keys(schema::parse(value))
        }
        FieldType::List(item) => {
            let mut rows = LISTS.iter();
            match rows.find(|(type_, field, _)| *field == name && is_owner(type_)) {
                Some((_, _, [])) => Shape::Values,
                Some((_, _, keys)) => Shape::Items(item, keys),
                None => Shape::Leaf,
            }
        }
        _ => Shape::Leaf,
    }
}

fn shape_of_item(item: &'static str) -> Shape {
    match schema::parse(item) {
        FieldType::Struct(type_) if !ATOMIC.contains(&type_) => Shape::Struct(type_),
        _ => Shape::Leaf,
    }
}

/// The element that names an item of a list.
fn element(shape: Shape, item: &Value) -> String {
    let Shape::Items(_, keys) = shape else {
        return ["v:", &item.to_json()].concat();
    };
    let key = |name: &&'static str| {
        let default = (*name == "protocol").then(|| Value::from("TCP"));
        let value = item.get(name).cloned().or(default)?;
        Some(((*name).to_owned(), value))
    };
    let named: Map = keys.iter().filter_map(key).collect();
    ["k:", &Value::Map(named).to_json()].concat()
}

/// The parts of a value; none if it stands as a whole.
fn parts(shape: Shape, value: &Value) -> Vec<(String, Shape, &Value)> {
    match (shape, value) {
        (Shape::Struct(type_), Value::Map(map)) => map
            .iter()
            .map(|(name, value)| (["f:", name].concat(), shape_of_field(type_, name), value))
            .collect(),
        (Shape::Keys(type_), Value::Map(map)) => {
            let below = match type_ {
                FieldType::Struct(type_) => Shape::Struct(type_),
                _ => Shape::Leaf,
            };
            map.iter()
                .map(|(name, value)| (["f:", name].concat(), below, value))
                .collect()
        }
        (Shape::Items(type_, _), Value::List(items)) => items
            .iter()
            .map(|item| (element(shape, item), shape_of_item(type_), item))
            .collect(),
        (Shape::Values, Value::List(items)) => items
            .iter()
            .map(|item| (element(shape, item), Shape::Leaf, item))
            .collect(),
        _ => Vec::new(),
    }
}

/// The fields that a manifest has.
pub(super) fn fields_of(shape: Shape, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    let below = parts(shape, value);
    let hollow = below.is_empty() && !matches!(value, Value::List(_));
    set.member = matches!(shape, Shape::Leaf) || hollow;
    for (element, inner, value) in below {
        let mut child = fields_of(inner, value);
        child.member |= !matches!(shape, Shape::Struct(_));
        set.put(element, child);
    }
    set
}

/// What differs between two values; `always` where the field is there anyhow.
pub(super) fn difference(
    shape: Shape,
    old: Option<&Value>,
    new: Option<&Value>,
    always: bool,
) -> Difference {
    let mut both: BTreeMap<String, (Shape, Option<&Value>, Option<&Value>)> = BTreeMap::new();
    for (element, inner, value) in old.map(|value| parts(shape, value)).unwrap_or_default() {
        both.insert(element, (inner, Some(value), None));
    }
    for (element, inner, value) in new.map(|value| parts(shape, value)).unwrap_or_default() {
        both.entry(element).or_insert((inner, None, None)).2 = Some(value);
    }
    let mut found = Difference::default();
    if both.is_empty() {
        found.changed.member = new.is_some() && old != new;
        found.removed.member = new.is_none() && old.is_some();
        return found;
    }
    for (element, (inner, old, new)) in both {
        let always = always && ALWAYS.contains(&element.as_str());
        let below = difference(inner, old, new, always);
        found.changed.put(element.clone(), below.changed);
        found.removed.put(element, below.removed);
    }
    found.changed.member = old.is_none() && !always;
    found.removed.member = new.is_none();
    found
}

/// The live value with all that a manifest has.
pub(super) fn merged(shape: Shape, live: Option<&Value>, config: &Value) -> Value {
    match (shape, live, config) {
        (Shape::Struct(_) | Shape::Keys(_), Some(Value::Map(live)), Value::Map(_)) => {
            let mut all = live.clone();
            for (element, inner, value) in parts(shape, config) {
                let name = element.get(2..).unwrap_or_default();
                if *value == Value::Null {
                    all.remove(name);
                } else {
                    all.insert(name.to_owned(), merged(inner, live.get(name), value));
                }
            }
            Value::Map(all)
        }
        (Shape::Items(..) | Shape::Values, Some(Value::List(_)), Value::List(_)) => {
            merged_lists(shape, live, config)
        }
        _ => config.clone(),
    }
}

/// Items keep the manifest's order; those that only the live list has keep their place before them.
fn merged_lists(shape: Shape, live: Option<&Value>, config: &Value) -> Value {
    let old = live.map(|live| parts(shape, live)).unwrap_or_default();
    let new = parts(shape, config);
    let is_new = |element: &String| new.iter().any(|(other, ..)| other == element);
    let mut rest = old.iter().peekable();
    let mut all = Vec::new();
    for (element, inner, value) in &new {
        while let Some((_, _, value)) = rest.next_if(|(other, ..)| !is_new(other)) {
            all.push((*value).clone());
        }
        rest.next_if(|(other, ..)| other == element);
        let before = old.iter().find(|(other, ..)| other == element);
        all.push(merged(*inner, before.map(|(_, _, value)| *value), value));
    }
    let left = rest.filter(|(other, ..)| !is_new(other));
    all.extend(left.map(|(_, _, value)| (*value).clone()));
    Value::List(all)
}

/// Takes out what is in `gone` and has nothing of it in `kept`.
pub(super) fn prune(shape: Shape, value: &mut Value, gone: &FieldSet, kept: &FieldSet) {
    let nothing = FieldSet::default();
    let below: Vec<(String, Shape)> = parts(shape, value)
        .into_iter()
        .map(|(element, inner, _)| (element, inner))
        .collect();
    for (at, (element, inner)) in below.iter().enumerate().rev() {
        let Some(gone) = gone.children.get(element) else {
            continue;
        };
        let name = element.get(2..).unwrap_or_default();
        // An object never loses its metadata.
        let stays = kept
            .children
            .get(element)
            .or_else(|| (element == "f:metadata").then_some(&nothing));
        match (value as &mut Value, stays) {
            (Value::Map(map), None) => drop(map.remove(name)),
            (Value::List(items), None) if at < items.len() => drop(items.remove(at)),
            (Value::Map(map), Some(kept)) => {
                if let Some(value) = map.get_mut(name) {
                    prune(*inner, value, gone, kept);
                }
            }
            (Value::List(items), Some(kept)) => {
                if let Some(value) = items.get_mut(at) {
                    prune(*inner, value, gone, kept);
                }
            }
            _ => {}
        }
    }
}
