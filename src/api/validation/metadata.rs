//! `metadata`: names, labels and annotation keys of every kind.

use super::{address, name};
use crate::api::{FieldError, Object, ObjectMeta, StringMap, Value, kind};

/// What is wrong with an object's metadata.
pub(super) fn validate(object: &Object) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let meta = &object.meta;
    if !meta.generate_name.is_empty() {
        // A dash at the end is followed by what the server adds: it and what stands before it count as one letter.
        let base = match meta.generate_name.strip_suffix('-') {
            Some(base) if !base.is_empty() => {
                let mut masked = base.to_owned();
                masked.pop();
                masked + "a"
            }
            _ => meta.generate_name.clone(),
        };
        let found = name_errors(object, &base);
        let field = "metadata.generateName";
        errors.extend(
            found
                .iter()
                .map(|why| invalid(field, &meta.generate_name, why)),
        );
    }
    if meta.name.is_empty() {
        errors.push(FieldError::new(
            "metadata.name",
            "Required value: name or generateName is required",
        ));
    } else {
        let found = name_errors(object, &meta.name);
        errors.extend(
            found
                .iter()
                .map(|why| invalid("metadata.name", &meta.name, why)),
        );
    }
    labels(&meta.labels, "metadata.labels", &mut errors);
    annotations(&meta.annotations, "metadata.annotations", &mut errors);
    owners(meta, &mut errors);
    let field = "metadata.finalizers";
    for finalizer in &meta.finalizers {
        let found = name::qualified(finalizer);
        errors.extend(found.iter().map(|why| invalid(field, finalizer, why)));
    }
    errors
}

/// What is wrong with annotations: their keys, and how much they hold.
pub(super) fn annotations(map: &StringMap, field: &str, errors: &mut Vec<FieldError>) {
    const LARGEST: usize = 256 << 10;
    let mut size = 0;
    for (key, value) in map {
        size += key.len() + value.len();
        let found = name::qualified(&key.to_lowercase());
        errors.extend(found.iter().map(|why| invalid(field, key, why)));
    }
    if size > LARGEST {
        let why = format!("Too long: may not be more than {LARGEST} bytes");
        errors.push(FieldError::new(field, why));
    }
}

/// What is wrong with the links to owners.
fn owners(meta: &ObjectMeta, errors: &mut Vec<FieldError>) {
    let field = "metadata.ownerReferences";
    let mut first: Option<String> = None;
    for owner in &meta.owner_references {
        if owner.api_version.is_empty() {
            let field = format!("{field}.apiVersion");
            errors.push(invalid(&field, "", "version must not be empty"));
        }
        let named = [
            ("kind", owner.kind.as_str()),
            ("name", owner.name.as_str()),
            ("uid", &*owner.uid),
        ];
        for (key, _) in named.into_iter().filter(|(_, text)| text.is_empty()) {
            let field = format!("{field}.{key}");
            errors.push(invalid(&field, "", "must not be empty"));
        }
        let this = format!("{}/{}", owner.kind, owner.name);
        match &first {
            Some(first) if owner.controller => {
                let list = meta.owner_references.iter();
                let list = Value::List(list.map(|owner| Value::Map(owner.to_map())).collect());
                errors.push(FieldError::new(field, format!(
                    "Invalid value: {}: Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}",
                    list.to_json()
                )));
            }
            None if owner.controller => first = Some(this),
            Some(_) | None => {}
        }
    }
}

/// What an update may not change; the server itself keeps what it gave, unless the request names something else.
pub(super) fn validate_update(new: &ObjectMeta, old: &ObjectMeta) -> Vec<FieldError> {
    let fields = [
        ("metadata.name", &*new.name, &*old.name),
        ("metadata.namespace", &*new.namespace, &*old.namespace),
        ("metadata.uid", &*new.uid, &*old.uid),
        (
            "metadata.creationTimestamp",
            &*new.creation_timestamp,
            &*old.creation_timestamp,
        ),
    ];
    let changed = fields.into_iter().filter(|(_, new, old)| new != old);
    changed
        .map(|(field, new, _)| invalid(field, new, "field is immutable"))
        .collect()
}

/// What is wrong with a name of this kind.
fn name_errors(object: &Object, text: &str) -> Vec<String> {
    let is_label = object.kind == kind::SERVICE || object.kind == kind::NAMESPACE;
    match object.kind.group {
        "rbac.authorization.k8s.io" => name::path_segment(text),
        _ if object.kind == kind::EVENT => Vec::new(),
        _ if object.kind == kind::IP_ADDRESS => address::canonical(text).into_iter().collect(),
        _ if is_label => name::label(text),
        _ => name::subdomain(text),
    }
}

/// What is wrong with a map of labels.
pub(super) fn labels(labels: &StringMap, field: &str, errors: &mut Vec<FieldError>) {
    for (key, value) in labels {
        errors.extend(
            name::qualified(key)
                .into_iter()
                .map(|why| invalid(field, key, &why)),
        );
        errors.extend(
            name::label_value(value)
                .into_iter()
                .map(|why| invalid(field, value, &why)),
        );
    }
}

/// `Invalid value: "V": WHY`.
pub(super) fn invalid(field: &str, value: &str, why: &str) -> FieldError {
    FieldError::new(field, format!("Invalid value: {value:?}: {why}"))
}

/// `Unsupported value: "V": supported values: …`, in the given order.
pub(super) fn unsupported(field: &str, value: &str, supported: &[&str]) -> FieldError {
    let list: Vec<String> = supported.iter().map(|s| format!("\"{s}\"")).collect();
    FieldError::new(
        field,
        format!(
            "Unsupported value: {value:?}: supported values: {}",
            list.join(", ")
        ),
    )
}
