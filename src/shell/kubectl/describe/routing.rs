//! Ingresses and `NetworkPolicies`.

use super::container::plain;
use super::{Around, annotations_text, head, list, service};
use crate::api::{Object, Value, kind};
use crate::shell::kubectl::printers;

fn text(value: Option<&Value>) -> String {
    value.map(plain).unwrap_or_default()
}

fn items<'a>(value: &'a Value, path: &[&str]) -> impl Iterator<Item = &'a Value> {
    value
        .at(path)
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
}

pub(super) fn ingress(around: &Around<'_>, object: &Object) -> String {
    let value = object.to_value();
    let address = addresses(&value);
    let class = text(value.at(&["spec", "ingressClassName"]));
    let usual = value
        .at(&["spec", "defaultBackend"])
        .map_or_else(|| "<default>".to_owned(), |b| backend(around, object, b));
    let mut out = format!(
        "Name:\t{}\n{}Namespace:\t{}\nAddress:\t{address}\nIngress Class:\t{}\nDefault backend:\t{usual}\n",
        object.meta.name,
        list("Labels", &object.meta.labels),
        object.meta.namespace,
        if class.is_empty() { "<none>" } else { &class }
    );
    let tls: Vec<&Value> = items(&value, &["spec", "tls"]).collect();
    if !tls.is_empty() {
        out.push_str("TLS:\n");
        for entry in tls {
            let hosts: Vec<String> = items(entry, &["hosts"]).map(plain).collect();
            let secret = text(entry.get("secretName"));
            if secret.is_empty() {
                out.push_str(&format!("  SNI routes {}\n", hosts.join(",")));
            } else {
                out.push_str(&format!("  {secret} terminates {}\n", hosts.join(",")));
            }
        }
    }
    out.push_str("Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------\n");
    let mut count = 0;
    for rule in items(&value, &["spec", "rules"]) {
        let Some(http) = rule.get("http") else {
            continue;
        };
        count += 1;
        let host = text(rule.get("host"));
        out.push_str(&format!(
            "  {}\t\n",
            if host.is_empty() { "*" } else { &host }
        ));
        for path in items(http, &["paths"]) {
            let to = path.get("backend").map(|b| backend(around, object, b));
            out.push_str(&format!(
                "    \t{} \t{}\n",
                text(path.get("path")),
                to.unwrap_or_default()
            ));
        }
    }
    if count == 0 {
        out.push_str(&format!("  *\t*\t{usual}\n"));
    }
    out.push_str(&annotations_text(object));
    out
}

/// The addresses of the load balancer in front.
fn addresses(ingress: &Value) -> String {
    let one = |entry: &Value| {
        let ip = text(entry.get("ip"));
        if ip.is_empty() {
            text(entry.get("hostname"))
        } else {
            ip
        }
    };
    let all: Vec<String> = items(ingress, &["status", "loadBalancer", "ingress"])
        .map(one)
        .collect();
    all.join(",")
}

/// `web:80 (10.244.1.2:80)`.
fn backend(around: &Around<'_>, ingress: &Object, backend: &Value) -> String {
    let Some(target) = backend.get("service") else {
        let of = |key: &str| text(backend.at(&["resource", key]));
        return format!(
            "APIGroup: {}, Kind: {}, Name: {}",
            of("apiGroup"),
            of("kind"),
            of("name")
        );
    };
    let name = text(target.get("name"));
    let (port_name, number) = (
        text(target.at(&["port", "name"])),
        text(target.at(&["port", "number"])),
    );
    let port = if port_name.is_empty() {
        number
    } else {
        port_name
    };
    let found = around
        .tables
        .find(kind::SERVICE, &ingress.meta.namespace, &name);
    let Some((object, spec)) = found.and_then(|o| Some((o, &o.service()?.spec))) else {
        return format!("{name}:{port} (<error: services \"{name}\" not found>)");
    };
    let meant = spec
        .ports
        .iter()
        .find(|p| p.name == port || p.port.to_string() == port);
    let endpoints = meant.map(|meant| service::endpoints(around, object, meant));
    format!("{name}:{port} ({})", endpoints.unwrap_or_default())
}

pub(super) fn policy(object: &Object) -> String {
    let value = object.to_value();
    let created = object
        .meta
        .creation_timestamp
        .replace('T', " ")
        .replace('Z', " +0000 UTC");
    let mut out = head(object);
    if let Some(at) = out.find("Labels:") {
        out.insert_str(at, &format!("Created on:\t{created}\n"));
    }
    let selector = value.at(&["spec", "podSelector"]);
    let pods = match selector.map(selector_text).as_deref() {
        None | Some("" | "<none>") => {
            "<none> (Allowing the specific traffic to all pods in this namespace)".to_owned()
        }
        Some(text) => text.to_owned(),
    };
    out.push_str(&format!("Spec:\n  PodSelector:     {pods}\n"));
    let types: Vec<String> = items(&value, &["spec", "policyTypes"]).map(plain).collect();
    for (type_, key, side, peer) in [
        ("Ingress", "ingress", "From", "from"),
        ("Egress", "egress", "To", "to"),
    ] {
        let applies = types.iter().any(|t| t == type_)
            || types.is_empty() && (key == "ingress" || value.at(&["spec", key]).is_some());
        if applies {
            out.push_str(&format!("  Allowing {key} traffic:\n"));
            out.push_str(&rules(&value, key, side, peer));
        } else {
            out.push_str(&format!("  Not affecting {key} traffic\n"));
        }
    }
    out.push_str(&format!(
        "  Policy Types: {}\n",
        printers::or_none(&types.join(", "))
    ));
    out
}

fn selector_text(selector: &Value) -> String {
    printers::plain_selector(Some(selector))
}

fn rules(policy: &Value, key: &str, side: &str, peer: &str) -> String {
    let all: Vec<&Value> = items(policy, &["spec", key]).collect();
    if all.is_empty() {
        return format!("    <none> (Selected pods are isolated for {key} connectivity)\n");
    }
    let any = if key == "ingress" {
        "source"
    } else {
        "destination"
    };
    let mut out = String::new();
    for (i, rule) in all.iter().enumerate() {
        let ports: Vec<&Value> = items(rule, &["ports"]).collect();
        if ports.is_empty() {
            out.push_str("    To Port: <any> (traffic allowed to all ports)\n");
        }
        for port in ports {
            let protocol = text(port.get("protocol"));
            let protocol = if protocol.is_empty() {
                "TCP"
            } else {
                &protocol
            };
            let end = port.get("endPort").map(|end| format!("-{}", plain(end)));
            let range = if end.is_some() { " Range" } else { "" };
            out.push_str(&format!(
                "    To Port{range}: {}{}/{protocol}\n",
                text(port.get("port")),
                end.unwrap_or_default()
            ));
        }
        let peers: Vec<&Value> = items(rule, &[peer]).collect();
        if peers.is_empty() {
            out.push_str(&format!(
                "    {side}: <any> (traffic not restricted by {any})\n"
            ));
        }
        for peer in peers {
            out.push_str(&format!("    {side}:\n"));
            for (title, key) in [
                ("NamespaceSelector", "namespaceSelector"),
                ("PodSelector", "podSelector"),
            ] {
                if let Some(selector) = peer.get(key) {
                    out.push_str(&format!("      {title}: {}\n", selector_text(selector)));
                }
            }
            if let Some(block) = peer.get("ipBlock") {
                let except: Vec<String> = items(block, &["except"]).map(plain).collect();
                out.push_str(&format!(
                    "      IPBlock:\n        CIDR: {}\n        Except: {}\n",
                    text(block.get("cidr")),
                    except.join(", ")
                ));
            }
        }
        if i + 1 < all.len() {
            out.push_str("    ----------\n");
        }
    }
    out
}
