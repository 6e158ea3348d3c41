//! `ConfigMaps`, Secrets and Endpoints.

use super::container::plain;
use super::head;
use crate::api::{Object, Value};
use crate::kernel::base64_decoded;

/// The bytes that base64 text stands for.
fn decoded_length(text: &str) -> usize {
    let digits = text
        .bytes()
        .filter(|b| !b.is_ascii_whitespace() && *b != b'=');
    digits.count() * 3 / 4
}

pub(super) fn config_map(object: &Object) -> String {
    let fields = object.fields();
    let mut text = format!("{}\nData\n====\n", head(object));
    for (key, value) in fields
        .get("data")
        .and_then(Value::as_map)
        .into_iter()
        .flatten()
    {
        text.push_str(&format!("{key}:\n----\n{}\n\n", plain(value)));
    }
    text.push_str("\nBinaryData\n====\n");
    for (key, value) in fields
        .get("binaryData")
        .and_then(Value::as_map)
        .into_iter()
        .flatten()
    {
        let length = decoded_length(&plain(value));
        text.push_str(&format!("{key}: {length} bytes\n"));
    }
    text.push('\n');
    text
}

pub(super) fn secret(object: &Object) -> String {
    let fields = object.fields();
    let type_ = fields.get("type").map(plain).unwrap_or_default();
    let mut text = format!("{}\nType:\t{type_}\n\nData\n====\n", head(object));
    for (key, value) in fields
        .get("data")
        .and_then(Value::as_map)
        .into_iter()
        .flatten()
    {
        if key == "token" && type_ == "kubernetes.io/service-account-token" {
            let decoded = base64_decoded(&plain(value)).unwrap_or_default();
            text.push_str(&format!("{key}:\t{}\n", String::from_utf8_lossy(&decoded)));
            continue;
        }
        let length = decoded_length(&plain(value));
        text.push_str(&format!("{key}:\t{length} bytes\n"));
    }
    text
}

pub(super) fn endpoints(object: &Object) -> String {
    let fields = object.fields();
    let mut text = format!("{}Subsets:\n", head(object));
    for subset in fields
        .get("subsets")
        .and_then(Value::as_list)
        .into_iter()
        .flatten()
    {
        for (title, key) in [
            ("Addresses", "addresses"),
            ("NotReadyAddresses", "notReadyAddresses"),
        ] {
            let all: Vec<String> = subset
                .get(key)
                .and_then(Value::as_list)
                .into_iter()
                .flatten()
                .filter_map(|address| address.get("ip").map(plain))
                .collect();
            let shown = if all.is_empty() {
                "<none>".to_owned()
            } else {
                all.join(",")
            };
            text.push_str(&format!("  {title}:\t{shown}\n"));
        }
        let ports = subset.get("ports").and_then(Value::as_list);
        if let Some(ports) = ports.filter(|ports| !ports.is_empty()) {
            text.push_str("  Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------\n");
            for port in ports {
                let field = |key: &str| port.get(key).map(plain).filter(|text| !text.is_empty());
                text.push_str(&format!(
                    "    {}\t{}\t{}\n",
                    field("name").unwrap_or_else(|| "<unset>".to_owned()),
                    field("port").unwrap_or_default(),
                    field("protocol").unwrap_or_else(|| "TCP".to_owned())
                ));
            }
        }
        text.push('\n');
    }
    text
}
