//! Places by the words that readers know them by: names, `kind/name`, addresses, DNS names.
//!
//! A place is the event log's name of an object: `pod/default/redis-x`, `service/default/redis`, `node//node-1`.

use crate::api::{Kind, KindRef, Object, ObjectKey, kind};
use crate::cluster::ClusterView;

/// Kinds that a bare name is looked for in, the most concrete first.
const BARE: &[KindRef] = &[
    kind::POD,
    kind::SERVICE,
    kind::DEPLOYMENT,
    kind::REPLICA_SET,
    kind::STATEFUL_SET,
    kind::DAEMON_SET,
    kind::ENDPOINT_SLICE,
];

/// The event log's name of an object.
pub fn place_of_key(key: &ObjectKey) -> String {
    format!("{}/{}/{}", key.kind.singular, key.namespace, key.name)
}

/// The object that a place names; none for the laptop and the like. A Service's port may follow its name.
pub fn key_of(place: &str) -> Option<ObjectKey> {
    let mut parts = place.splitn(3, '/');
    let kind = Kind::by_resource(parts.next()?)?;
    let (namespace, name) = (parts.next()?, parts.next()?);
    let name = name.split(':').next().unwrap_or_default();
    (!name.is_empty()).then(|| ObjectKey::new(kind, namespace, name))
}

/// The place that a word of a command's output means, if there is such an object now.
///
/// `redis-6f9c54dd8-4kx2m`, `pod/redis-x`, `deployment.apps/redis`, `10.244.1.5`, `10.96.0.10:53`,
/// `redis.default.svc.cluster.local`, `node-1`.
pub fn place_of(view: &ClusterView, word: &str) -> Option<String> {
    let word =
        word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '.' && c != ':');
    let word = word.trim_end_matches(['.', ':', '/']);
    if word.len() < 2 {
        return None;
    }
    if let Some((resource, name)) = word.split_once('/') {
        let kind = Kind::by_resource(resource)?;
        return named(view, kind, name);
    }
    if word.starts_with(|c: char| c.is_ascii_digit()) && word.contains(['.', ':']) {
        return addressed(view, word);
    }
    let domain = format!(".svc.{}", view.network.domain);
    if let Some((name, rest)) = word.split_once('.') {
        let namespace = rest
            .strip_suffix(&domain)
            .or_else(|| rest.strip_suffix(".svc"))?;
        let found = view.tables.find(kind::SERVICE, namespace, name)?;
        return Some(place_of_key(&found.key()));
    }
    if view.tables.find(kind::NODE, "", word).is_some() {
        return Some(format!("node//{word}"));
    }
    BARE.iter().find_map(|kind| named(view, kind, word))
}

/// An object of a kind with this name, in the default namespace rather than in another.
fn named(view: &ClusterView, kind: KindRef, name: &str) -> Option<String> {
    let found = |namespace: &str| {
        let object = view.tables.find(kind, namespace, name)?;
        Some(place_of_key(&object.key()))
    };
    if !kind.namespaced {
        return found("");
    }
    let mut others = view.tables.all(kind::NAMESPACE);
    found("default").or_else(|| others.find_map(|namespace| found(&namespace.meta.name)))
}

/// The Service, Pod or node with this address; a port may follow.
fn addressed(view: &ClusterView, word: &str) -> Option<String> {
    let address = match word.rsplit_once(':') {
        Some((address, _)) if word.matches(':').count() == 1 => address,
        _ => word,
    };
    let owns = |object: &&std::rc::Rc<Object>| match (object.service(), object.pod(), object.node())
    {
        (Some(service), ..) => {
            let spec = &service.spec;
            let given = service.status.load_balancer.ingress.iter();
            spec.cluster_ips.iter().any(|ip| ip == address)
                || spec.external_ips.iter().any(|ip| ip == address)
                || given.into_iter().any(|ingress| ingress.ip == address)
        }
        // A Pod on its node's network has the node's address, which is the node's.
        (_, Some(pod), _) => {
            pod.status.host_ip != address && pod.status.pod_ips.iter().any(|ip| ip.ip == address)
        }
        (.., Some(node)) => node.status.addresses.iter().any(|a| a.address == address),
        _ => false,
    };
    [kind::SERVICE, kind::POD, kind::NODE]
        .into_iter()
        .find_map(|kind| view.tables.all(kind).find(owns))
        .map(|object| place_of_key(&object.key()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Cluster, Settings};

    #[test]
    fn a_word_of_output_means_an_object() {
        let view = Cluster::new(&Settings::default()).view();
        for (word, place) in [
            ("kube-dns", "service/kube-system/kube-dns"),
            ("service/kube-dns", "service/kube-system/kube-dns"),
            ("10.96.0.10:53,", "service/kube-system/kube-dns"),
            (
                "kube-dns.kube-system.svc.cluster.local.",
                "service/kube-system/kube-dns",
            ),
            ("deployment.apps/coredns", "deployment/kube-system/coredns"),
            ("node-1", "node//node-1"),
        ] {
            assert_eq!(place_of(&view, word).as_deref(), Some(place), "{word}");
        }
        for word in ["NAME", "-", "10.9.9.9", "nothing", "pod/none", "1.5"] {
            assert_eq!(place_of(&view, word), None, "{word}");
        }
    }

    #[test]
    fn a_place_names_an_object_and_back() {
        for place in [
            "pod/default/redis-x",
            "service/default/redis",
            "node//node-1",
        ] {
            assert_eq!(
                key_of(place).map(|key| place_of_key(&key)).as_deref(),
                Some(place)
            );
        }
        let port = key_of("service/default/redis:6379").map(|key| key.name.to_string());
        assert_eq!(port.as_deref(), Some("redis"));
        assert_eq!(key_of("laptop"), None);
    }
}
