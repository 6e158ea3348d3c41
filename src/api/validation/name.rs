//! The grammars of names, labels and ports (`k8s.io/apimachinery/pkg/util/validation`).

const LABEL_1123: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_1123: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// Whether the ends are letters or digits and the rest is of the given kind.
fn is_made_of(text: &str, inner: &str, upper: bool) -> bool {
    let plain =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || (upper && b.is_ascii_uppercase());
    let edges = text.bytes().next().is_some_and(plain) && text.bytes().last().is_some_and(plain);
    edges
        && text
            .bytes()
            .all(|b| plain(b) || inner.as_bytes().contains(&b))
}

/// What is wrong with a DNS label: a Service's name, a container's name.
pub(crate) fn label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push("must be no more than 63 characters".to_owned());
    }
    if !is_made_of(text, "-", false) {
        let dots = text.contains('.') && is_made_of(&text.replace('.', "-"), "-", false);
        errors.push(if dots {
            "must not contain dots".to_owned()
        } else {
            LABEL_1123.to_owned()
        });
    }
    errors
}

/// What is wrong with a DNS subdomain: a Pod's name, an external name.
pub(crate) fn subdomain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push("must be no more than 253 characters".to_owned());
    }
    if text.is_empty() || !text.split('.').all(|part| is_made_of(part, "-", false)) {
        errors.push(SUBDOMAIN_1123.to_owned());
    }
    errors
}

/// What is wrong with the beginning of a subdomain, which may end in a dash.
pub(super) fn subdomain_prefix(text: &str) -> Vec<String> {
    match text.strip_suffix('-') {
        Some(base) if !base.is_empty() => subdomain(&format!("{base}a")),
        _ => subdomain(text),
    }
}

/// What is wrong with a search domain, which may have underscores.
pub(super) fn search_domain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push("must be no more than 253 characters".to_owned());
    }
    let part = |part: &str| is_made_of(part.strip_prefix('_').unwrap_or(part), "-_", false);
    if !text.split('.').all(part) {
        errors.push("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')".to_owned());
    }
    errors
}

/// What is wrong with a label's value.
pub fn label_value(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push("must be no more than 63 bytes".to_owned());
    }
    if !text.is_empty() && !is_made_of(text, "-_.", true) {
        errors.push(LABEL_VALUE.to_owned());
    }
    errors
}

/// What is wrong with a label's or an annotation's key.
pub(crate) fn qualified(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(
                    subdomain(prefix)
                        .into_iter()
                        .map(|why| format!("prefix part {why}")),
                );
            }
            name
        }
        _ => {
            let tail = QUALIFIED.trim_start_matches("name part must consist of ");
            let (rule, rest) = tail.split_once(" (e.g.").unwrap_or((tail, ""));
            return vec![format!(
                "a valid label key must consist of {rule} (e.g.{rest} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        errors.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_made_of(name, "-_.", true) {
        errors.push(QUALIFIED.to_owned());
    }
    errors
}

/// What is wrong with the name of an environment variable.
pub(super) fn environment(text: &str) -> Vec<String> {
    let printable = |b: u8| (0x20..0x7f).contains(&b) && b != b'=';
    match text.bytes().all(printable) {
        true => Vec::new(),
        false => vec!["a valid environment variable name must consist only of printable ASCII characters other than '='".to_owned()],
    }
}

/// What is wrong with the name of an HTTP header.
pub(super) fn http_header(text: &str) -> Vec<String> {
    match is_made_of_all(text, "-") {
        true => Vec::new(),
        false => vec!["a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')".to_owned()],
    }
}

/// What is wrong with a key of a `ConfigMap` or a Secret.
pub(super) fn config_key(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push("must be no more than 253 characters".to_owned());
    }
    if !is_made_of_all(text, "-._") {
        errors.push("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')".to_owned());
    }
    match text {
        "." => errors.push("must not be '.'".to_owned()),
        ".." => errors.push("must not be '..'".to_owned()),
        _ if text.starts_with("..") => errors.push("must not start with '..'".to_owned()),
        _ => {}
    }
    errors
}

/// Whether a text is some letters, digits and these.
fn is_made_of_all(text: &str, more: &str) -> bool {
    let fine = |b: u8| b.is_ascii_alphanumeric() || more.as_bytes().contains(&b);
    !text.is_empty() && text.bytes().all(fine)
}

/// What is wrong with a text that is one segment of a path.
pub(super) fn path_segment(text: &str) -> Vec<String> {
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    let bad = ['/', '%'].into_iter().filter(|c| text.contains(*c));
    bad.map(|c| format!("may not contain '{c}'")).collect()
}

/// What is wrong with the path of a controller's name.
pub(super) fn http_path(text: &str) -> Vec<String> {
    match is_made_of_all(text, "/-._~%!$&'()*+,;=:") {
        true => Vec::new(),
        false => vec![
            "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"
                .to_owned(),
        ],
    }
}

/// What is wrong with a host that stands for all of a domain: `*.example.com`.
pub(super) fn wildcard(text: &str) -> Vec<String> {
    let rest = text.strip_prefix("*.").unwrap_or_default();
    match rest.is_empty() || !subdomain(rest).is_empty() {
        false => Vec::new(),
        true => vec!["a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')".to_owned()],
    }
}

/// What is wrong with a port's name where it must be an IANA service name.
pub(super) fn port_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let mut rule = |broken: bool, words: &str| {
        if broken {
            errors.push(words.to_owned());
        }
    };
    rule(text.len() > 15, "must be no more than 15 characters");
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    rule(
        !text.bytes().all(allowed),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    rule(
        !text.bytes().any(|b| b.is_ascii_lowercase()),
        "must contain at least one letter (a-z)",
    );
    rule(text.contains("--"), "must not contain consecutive hyphens");
    rule(
        text.starts_with('-') || text.ends_with('-'),
        "must not begin or end with a hyphen",
    );
    errors
}
