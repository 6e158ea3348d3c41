//! `/etc/hosts`: what the kubelet writes into it for a Pod, and the look-up that C libraries make before DNS.
//!
//! Models hosts(5) and `ensureHostsFile` of the kubelet.

use crate::api::pod::Pod;
use crate::api::{ObjectMeta, Value};
use std::net::IpAddr;

/// The lines that every container has.
const LOOPBACK: &str = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n";

/// The host name of a Pod.
pub fn host_name<'a>(meta: &'a ObjectMeta, pod: &'a Pod) -> &'a str {
    let name = if pod.spec.hostname.is_empty() {
        &meta.name
    } else {
        &pod.spec.hostname
    };
    name.get(..63).unwrap_or(name).trim_end_matches(['-', '.'])
}

/// The fully qualified host name of a Pod that has a subdomain.
pub fn host_domain(meta: &ObjectMeta, pod: &Pod, domain: &str) -> Option<String> {
    let subdomain = &pod.spec.subdomain;
    (!subdomain.is_empty()).then(|| {
        format!(
            "{}.{subdomain}.{}.svc.{domain}",
            host_name(meta, pod),
            meta.namespace
        )
    })
}

/// The file of a Pod; `node` is the file of its node, which a Pod on the host network shares.
pub fn for_pod(meta: &ObjectMeta, pod: &Pod, domain: &str, node: &str) -> String {
    let mut text = if pod.spec.host_network {
        format!("# Kubernetes-managed hosts file (host network).\n{node}")
    } else {
        let name = host_name(meta, pod);
        let names = host_domain(meta, pod, domain)
            .map_or_else(|| name.to_owned(), |full| format!("{full}\t{name}"));
        let first = std::slice::from_ref(&pod.status.pod_ip)
            .iter()
            .filter(|ip| !ip.is_empty());
        let mut ips: Vec<&str> = pod.status.pod_ips.iter().map(|ip| ip.ip.as_str()).collect();
        if ips.is_empty() {
            ips.extend(first.map(String::as_str));
        }
        let own: String = ips.iter().map(|ip| format!("{ip}\t{names}\n")).collect();
        format!("# Kubernetes-managed hosts file.\n{LOOPBACK}{own}")
    };
    if !pod.spec.host_aliases.is_empty() {
        text.push_str("\n# Entries added by HostAliases.\n");
    }
    for alias in &pod.spec.host_aliases {
        let ip = alias.get("ip").and_then(Value::as_str).unwrap_or_default();
        let names = alias
            .get("hostnames")
            .and_then(Value::as_list)
            .unwrap_or_default();
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        text.push_str(&format!("{ip}\t{}\n", names.join("\t")));
    }
    text
}

/// The addresses that a file has for a name, in order.
pub fn find(text: &str, name: &str) -> Vec<IpAddr> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let addresses = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let ip = words.next()?.parse().ok()?;
        words
            .any(|word| word.eq_ignore_ascii_case(name))
            .then_some(ip)
    });
    addresses.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Map, Object, kind};

    #[test]
    fn a_subdomain_gives_the_host_its_full_name() {
        let spec = Map::from([("subdomain".to_owned(), "db".into())]);
        let status = Map::from([("podIP".to_owned(), "10.244.1.7".into())]);
        let fields = Map::from([
            ("spec".to_owned(), spec.into()),
            ("status".to_owned(), status.into()),
        ]);
        let meta = ObjectMeta {
            name: "db-0".to_owned(),
            namespace: "prod".to_owned(),
            ..ObjectMeta::default()
        };
        let object = Object::new(kind::POD, meta, fields);
        let text = for_pod(&object.meta, object.pod().unwrap(), "cluster.local", "");
        assert!(
            text.ends_with("\n10.244.1.7\tdb-0.db.prod.svc.cluster.local\tdb-0\n"),
            "{text}"
        );
        assert_eq!(
            find(&text, "DB-0"),
            ["10.244.1.7".parse::<IpAddr>().unwrap()]
        );
        assert_eq!(find(&text, "localhost").len(), 2);
    }
}
