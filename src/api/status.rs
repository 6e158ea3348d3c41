//! `metav1.Status`: how the API server refuses a request.

use super::KindRef;

/// A refusal: what `kubectl` prints after `Error from server (REASON): `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// One word: `NotFound`, `Invalid`, `BadRequest`, `AlreadyExists`, `Conflict`, `Forbidden`.
    pub reason: &'static str,
    /// The whole sentence.
    pub message: String,
    /// What is wrong with which field, for `Invalid`.
    pub causes: Vec<FieldError>,
    /// `Service "web"`: what the refusal is about, for `Invalid`.
    pub about: String,
}

/// One thing that is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// `spec.ports[0].port`.
    pub field: String,
    /// `Invalid value: 0: must be between 1 and 65535, inclusive`.
    pub detail: String,
}

impl FieldError {
    /// An error of a field.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
        }
    }

    /// `FIELD: DETAIL`.
    pub fn text(&self) -> String {
        format!("{}: {}", self.field, self.detail)
    }
}

impl Status {
    fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self {
            code,
            reason,
            message,
            causes: Vec::new(),
            about: String::new(),
        }
    }

    /// 404: `services "web" not found`.
    pub fn not_found(resource: &str, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{resource} \"{name}\" not found"))
    }

    /// 409: `services "web" already exists`.
    pub fn already_exists(resource: &str, name: &str) -> Self {
        Self::new(
            409,
            "AlreadyExists",
            format!("{resource} \"{name}\" already exists"),
        )
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message.into())
    }

    /// 403.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "Forbidden", message.into())
    }

    /// 409 for a stale write.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "Conflict", message.into())
    }

    /// 500.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(
            500,
            "InternalError",
            format!("Internal error occurred: {}", message.into()),
        )
    }

    /// 500 for what the server has no reason for.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(500, "", message.into())
    }

    /// 422: one or several fields of `KIND "NAME"` are wrong. The message names the kind with its group, and says the
    /// same thing only once.
    pub fn invalid(kind: KindRef, name: &str, causes: Vec<FieldError>) -> Self {
        let about = format!("{} \"{name}\"", kind.name);
        let dot = if kind.group.is_empty() { "" } else { "." };
        let mut texts: Vec<String> = Vec::new();
        for text in causes.iter().map(FieldError::text) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let list = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        Self {
            code: 422,
            reason: "Invalid",
            message: format!(
                "{}{dot}{} \"{name}\" is invalid: {list}",
                kind.name, kind.group
            ),
            causes,
            about,
        }
    }
}
