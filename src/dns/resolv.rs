//! `/etc/resolv.conf`: what a stub resolver reads, and what the kubelet writes into it for a Pod.
//!
//! Models resolv.conf(5) and `pkg/kubelet/network/dns` of Kubernetes v1.36.

use super::DnsName;
use crate::api::Value;
use crate::api::pod::{Pod, PodDnsConfig};
use crate::kernel::Span;
use crate::store::ClusterNetwork;
use std::net::IpAddr;

/// The kubelet's limits: servers, search domains, and characters of the search line.
const MOST_SERVERS: usize = 3;
const MOST_DOMAINS: usize = 32;
const MOST_SEARCH_CHARS: usize = 2_048;

/// What a stub resolver knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvConf {
    /// The servers, in order.
    pub nameservers: Vec<IpAddr>,
    /// The domains that short names are tried in.
    pub search: Vec<DnsName>,
    /// The options: names with their values, if any.
    pub options: Vec<(String, Option<String>)>,
}

impl ResolvConf {
    /// Reads a file; the last `search` or `domain` line counts.
    pub fn parse(text: &str) -> Self {
        let mut conf = Self::default();
        for line in text.lines() {
            let line = line.split(['#', ';']).next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let domains = |words: std::str::SplitWhitespace<'_>| {
                words
                    .filter_map(|word| DnsName::parse(word).ok())
                    .collect::<Vec<_>>()
            };
            match words.next() {
                Some("nameserver") => conf
                    .nameservers
                    .extend(words.next().and_then(|word| word.parse::<IpAddr>().ok())),
                Some("search") => conf.search = domains(words),
                Some("domain") => conf.search = domains(words).into_iter().take(1).collect(),
                Some("options") => {
                    conf.options
                        .extend(words.map(|word| match word.split_once(':') {
                            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                            None => (word.to_owned(), None),
                        }));
                }
                _ => {}
            }
        }
        conf
    }

    /// The file of a node: it names the resolver of the nodes' network.
    pub fn of_node() -> Self {
        Self::parse("nameserver 192.168.49.1\n")
    }

    /// The file's text, in the order in which containerd writes it.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let line = |key: &str, words: Vec<String>| {
            if words.is_empty() {
                String::new()
            } else {
                format!("{key} {}\n", words.join(" "))
            }
        };
        text += &line(
            "search",
            self.search
                .iter()
                .map(|name| name.bare().to_owned())
                .collect(),
        );
        for server in &self.nameservers {
            text += &format!("nameserver {server}\n");
        }
        let option = |(name, value): &(String, Option<String>)| match value {
            Some(value) => format!("{name}:{value}"),
            None => name.clone(),
        };
        text + &line("options", self.options.iter().map(option).collect())
    }

    /// The file of a Pod, and what the kubelet warns of: `node` is the file of its node.
    pub fn for_pod(
        namespace: &str,
        pod: &Pod,
        network: &ClusterNetwork,
        node: &Self,
    ) -> (Self, Vec<String>) {
        let spec = &pod.spec;
        let cluster_first = || {
            let domain = &network.domain;
            let own = [
                format!("{namespace}.svc.{domain}"),
                format!("svc.{domain}"),
                domain.clone(),
            ];
            let own = own.iter().filter_map(|name| DnsName::parse(name).ok());
            let mut search: Vec<DnsName> = Vec::new();
            for name in own.chain(node.search.iter().cloned()) {
                add(&mut search, name);
            }
            Self {
                nameservers: vec![network.dns_address],
                search,
                options: vec![("ndots".to_owned(), Some("5".to_owned()))],
            }
        };
        let mut conf = match spec.dns_policy.as_str() {
            "None" => Self::default(),
            "ClusterFirstWithHostNet" => cluster_first(),
            "Default" => node.clone(),
            _ if spec.host_network => node.clone(),
            _ => cluster_first(),
        };
        if let Some(config) = &spec.dns_config {
            conf.merge(config);
        }
        let warnings = conf.limit();
        (conf, warnings)
    }

    fn merge(&mut self, config: &PodDnsConfig) {
        for server in config
            .nameservers
            .iter()
            .filter_map(|text| text.parse().ok())
        {
            add(&mut self.nameservers, server);
        }
        for name in config
            .searches
            .iter()
            .filter_map(|text| DnsName::parse(text).ok())
        {
            add(&mut self.search, name);
        }
        for option in &config.options {
            let Some(name) = option.get("name").and_then(Value::as_str) else {
                continue;
            };
            let value = option
                .get("value")
                .and_then(Value::as_str)
                .map(str::to_owned);
            match self.options.iter_mut().find(|(other, _)| other == name) {
                Some((_, old)) => *old = value,
                None => self.options.push((name.to_owned(), value)),
            }
        }
    }

    /// Drops what is too much from the tail, and says so as the kubelet does.
    fn limit(&mut self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.nameservers.len() > MOST_SERVERS {
            self.nameservers.truncate(MOST_SERVERS);
            let line: Vec<String> = self.nameservers.iter().map(ToString::to_string).collect();
            warnings.push(format!(
                "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {}",
                line.join(" ")
            ));
        }
        let mut chars = 0;
        let fits = self.search.iter().take(MOST_DOMAINS).take_while(|name| {
            chars += name.bare().len();
            let fits = chars <= MOST_SEARCH_CHARS;
            chars += 1;
            fits
        });
        let count = fits.count();
        if count < self.search.len() {
            self.search.truncate(count);
            let line: Vec<&str> = self.search.iter().map(DnsName::bare).collect();
            warnings.push(format!(
                "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {}",
                line.join(" ")
            ));
        }
        warnings
    }

    fn number(&self, option: &str) -> Option<u64> {
        let value = self.options.iter().rev().find(|(name, _)| name == option);
        value.and_then(|(_, value)| value.as_deref()?.parse().ok())
    }

    /// How many dots make a name be tried as typed first.
    pub fn ndots(&self) -> usize {
        self.number("ndots")
            .map_or(1, |n| usize::try_from(n.min(15)).unwrap_or(1))
    }

    /// How long one server is waited for.
    pub fn timeout(&self) -> Span {
        Span::secs(self.number("timeout").map_or(5, |n| n.clamp(1, 30)))
    }

    /// How many rounds over the servers are made.
    pub fn attempts(&self) -> u64 {
        self.number("attempts").map_or(2, |n| n.clamp(1, 5))
    }

    /// Whether an option stands there.
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|(name, _)| name == option)
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Map, Object, ObjectMeta, kind};

    fn conf(fields: &[(&str, Value)]) -> String {
        let spec: Map = fields
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.clone()))
            .collect();
        let fields = Map::from([("spec".to_owned(), Value::Map(spec))]);
        let object = Object::new(kind::POD, ObjectMeta::default(), fields);
        let node = ResolvConf::parse("nameserver 192.0.2.1\nsearch corp.example\noptions edns0\n");
        ResolvConf::for_pod(
            "web",
            object.pod().unwrap(),
            &ClusterNetwork::default(),
            &node,
        )
        .0
        .to_text()
    }

    fn list(items: &[&str]) -> Value {
        Value::List(items.iter().map(|item| Value::from(*item)).collect())
    }

    #[test]
    fn a_pod_searches_its_namespace_first() {
        let expected = "search web.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.96.0.10\noptions ndots:5\n";
        assert_eq!(conf(&[]), expected);
        let host = ("hostNetwork", Value::Bool(true));
        let node = "search corp.example\nnameserver 192.0.2.1\noptions edns0\n";
        assert_eq!(conf(std::slice::from_ref(&host)), node);
        assert_eq!(
            conf(&[host, ("dnsPolicy", "ClusterFirstWithHostNet".into())]),
            expected
        );
    }

    #[test]
    fn dns_config_adds_and_its_options_win() {
        let option = Value::Map(Map::from([
            ("name".to_owned(), "ndots".into()),
            ("value".to_owned(), "2".into()),
        ]));
        let config = Map::from([
            (
                "nameservers".to_owned(),
                list(&["192.0.2.9", "10.96.0.10", "192.0.2.10", "192.0.2.11"]),
            ),
            ("searches".to_owned(), list(&["extra.example"])),
            ("options".to_owned(), Value::List(vec![option])),
        ]);
        let text = conf(&[("dnsConfig", Value::Map(config))]);
        let expected = "search web.svc.cluster.local svc.cluster.local cluster.local corp.example extra.example\nnameserver 10.96.0.10\nnameserver 192.0.2.9\nnameserver 192.0.2.10\noptions ndots:2\n";
        assert_eq!(text, expected);
    }
}
