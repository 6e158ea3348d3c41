//! `metadata`: names, labels and annotation keys of every kind.

use super::name;
use crate::api::{FieldError, Object, StringMap, kind};

/// What is wrong with an object's metadata.
pub(super) fn validate(object: &Object) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let meta = &object.meta;
    if meta.name.is_empty() {
        errors.push(FieldError::new(
            "metadata.name",
            "Required value: name or generateName is required",
        ));
    } else {
        let is_label = object.kind == kind::SERVICE || object.kind == kind::NAMESPACE;
        let found = match object.kind.group {
            // Roles are named by path segments, which take nearly anything.
            "rbac.authorization.k8s.io" => Vec::new(),
            _ if object.kind == kind::IP_ADDRESS || object.kind == kind::EVENT => Vec::new(),
            _ if is_label => name::label(&meta.name),
            _ => name::subdomain(&meta.name),
        };
        errors.extend(
            found
                .into_iter()
                .map(|why| invalid("metadata.name", &meta.name, &why)),
        );
    }
    labels(&meta.labels, "metadata.labels", &mut errors);
    for key in meta.annotations.keys() {
        let found = name::qualified(&key.to_lowercase());
        errors.extend(
            found
                .into_iter()
                .map(|why| invalid("metadata.annotations", key, &why)),
        );
    }
    errors
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
