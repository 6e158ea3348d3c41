//! What each plugin reads from its directive.

use super::blocks::{Directive, Property};
use super::rewrite::rewrite;
use super::rules::{acl, log, template};
use super::zones::normalize;
use super::{Cache, Error, Forward, Hosts, Kubernetes, Plugins};
use crate::api::LabelSelector;
use crate::dns::DnsName;
use crate::dns::kubernetes::PodsMode;
use crate::kernel::Span;
use std::net::{IpAddr, SocketAddr};

/// The plugins that change nothing which can be seen in the simulation.
const UNSEEN: &[&str] = &[
    "bind",
    "bufsize",
    "cancel",
    "debug",
    "dnstap",
    "metadata",
    "multisocket",
    "pprof",
    "root",
    "timeouts",
    "trace",
];

/// The plugins of `CoreDNS` 1.14 that are accepted without being simulated; its log says so.
const OTHERS: &[&str] = &[
    "any",
    "auto",
    "azure",
    "chaos",
    "clouddns",
    "dns64",
    "dnssec",
    "erratic",
    "etcd",
    "file",
    "geoip",
    "grpc",
    "grpc_server",
    "header",
    "https",
    "https3",
    "k8s_external",
    "local",
    "minimal",
    "nomad",
    "nsid",
    "on",
    "quic",
    "route53",
    "secondary",
    "sign",
    "tls",
    "tsig",
    "view",
    "whoami",
];

/// Reads one directive into the plugins of its block.
pub(super) fn read(
    plugins: &mut Plugins,
    directive: &Directive,
    zones: &[DnsName],
) -> Result<(), Error> {
    let name = directive.name.as_str();
    let once = |taken: bool| {
        let error = || {
            Error::bare(
                directive.line,
                name,
                "this plugin can only be used once per Server Block",
            )
        };
        if taken { Err(error()) } else { Ok(()) }
    };
    match name {
        "errors" => plugins.errors = true,
        "log" => plugins.log.push(log(directive)?),
        "health" => {
            plugins.health = Some(port_of(directive, 8080)?);
            let word = |p: &Property| p.words.first().is_some_and(|word| word == "lameduck");
            let lameduck = directive.block.iter().find(|p| word(p));
            plugins.lameduck = lameduck.and_then(|p| p.words.get(1).cloned());
        }
        "loadbalance" => {
            once(plugins.loadbalance)?;
            plugins.loadbalance = loadbalance(directive)?;
        }
        "cache" => {
            once(plugins.cache.is_some())?;
            plugins.cache = Some(cache(directive, zones)?);
        }
        "rewrite" => match rewrite(directive)? {
            Some(rule) => plugins.rewrite.push(rule),
            None => plugins
                .ignored
                .push(format!("{} of rewrite", field_of(directive))),
        },
        "autopath" => plugins.autopath = autopath(directive, zones)?,
        "acl" => plugins.acl.extend(acl(directive, zones)?),
        "template" => match template(directive, zones)? {
            Some(rule) => plugins.template.push(rule),
            None => plugins
                .ignored
                .push("template with match or answer".to_owned()),
        },
        "transfer" => plugins.transfer = names(directive, 0, zones)?,
        "hosts" => {
            once(plugins.hosts.is_some())?;
            plugins.hosts = Some(hosts(directive, zones)?);
        }
        "kubernetes" => {
            once(plugins.kubernetes.is_some())?;
            let properties = directive.block.iter();
            let unused = properties.flat_map(|p| p.words.first()).filter(|word| {
                matches!(
                    word.as_str(),
                    "labels" | "multicluster" | "endpoint" | "kubeconfig"
                )
            });
            plugins
                .ignored
                .extend(unused.map(|word| format!("{word} of kubernetes")));
            plugins.kubernetes = Some(kubernetes(directive, zones)?);
        }
        "forward" => plugins.forward.push(forward(directive)?),
        "reload" => plugins.reload = reload(directive)?,
        "ready" => plugins.ready = Some(port_of(directive, 8181)?),
        "prometheus" => plugins.metrics = Some(port_of(directive, 9153)?),
        "loop" => plugins.loop_check = true,
        _ if UNSEEN.contains(&name) => {}
        _ if OTHERS.contains(&name) => plugins.ignored.push(name.to_owned()),
        _ => {
            return Err(Error::new(
                directive.line,
                &format!("Unknown directive '{name}'"),
            ));
        }
    }
    Ok(())
}

/// The field that a `rewrite` rule is for.
fn field_of(directive: &Directive) -> &str {
    let first = directive.block.first();
    let words = directive
        .args
        .iter()
        .chain(first.into_iter().flat_map(|property| &property.words));
    words
        .map(String::as_str)
        .find(|word| !matches!(*word, "continue" | "stop"))
        .unwrap_or_default()
}

/// The port of an address that a plugin listens on, such as `:8080` or `localhost:8080`.
fn port_of(directive: &Directive, usual: u16) -> Result<u16, Error> {
    let Some(word) = directive.args.first() else {
        return Ok(usual);
    };
    let port = word.rsplit_once(':').map(|(_, port)| port);
    let bad = || {
        let text = format!("address {word}: missing port in address");
        Error::bare(directive.line, &directive.name, &text)
    };
    port.and_then(|port| port.parse().ok()).ok_or_else(bad)
}

/// The names among a directive's arguments from `skip` on; `default` if there are none.
pub(super) fn names(
    directive: &Directive,
    skip: usize,
    default: &[DnsName],
) -> Result<Vec<DnsName>, Error> {
    let words = directive.args.get(skip..).unwrap_or_default();
    zones_of(words, default, directive.line, &directive.name)
}

pub(super) fn zones_of(
    words: &[String],
    default: &[DnsName],
    line: usize,
    plugin: &str,
) -> Result<Vec<DnsName>, Error> {
    if words.is_empty() {
        return Ok(default.to_vec());
    }
    let mut zones = Vec::new();
    for word in words {
        let bad = || Error::new(line, &format!("invalid zone '{word}'")).of_plugin(plugin);
        zones.extend(normalize(word).ok_or_else(bad)?);
    }
    Ok(zones)
}

pub(super) fn unknown(property: &Property, plugin: &str) -> Error {
    let word = property.words.first().map_or("", String::as_str);
    Error::new(property.line, &format!("unknown property '{word}'")).of_plugin(plugin)
}

pub(super) fn count(property: &Property, plugin: &str) -> Error {
    let word = property.words.last().map_or("", String::as_str);
    Error::argument_count(property.line, word).of_plugin(plugin)
}

/// The words of a property after the first.
pub(super) fn values(property: &Property) -> &[String] {
    property.words.get(1..).unwrap_or_default()
}

fn kubernetes(directive: &Directive, zones: &[DnsName]) -> Result<Kubernetes, Error> {
    let plugin = "kubernetes";
    let bare = |line: usize, text: &str| Error::bare(line, plugin, text);
    let mut options = Kubernetes::new(names(directive, 0, zones)?)
        .ok_or_else(|| bare(directive.line, "non-reverse zone name must be used"))?;
    for property in &directive.block {
        let values = values(property);
        let line = property.line;
        match (property.words.first().map_or("", String::as_str), values) {
            ("endpoint_pod_names", []) => options.pod_names = true,
            ("noendpoints", []) => options.endpoints = false,
            ("zonal", []) => options.zonal = true,
            ("pods", [mode]) => {
                options.pods = match mode.as_str() {
                    "disabled" => PodsMode::Disabled,
                    "insecure" => PodsMode::Insecure,
                    "verified" => PodsMode::Verified,
                    other => {
                        let text = format!(
                            "wrong value for pods: {other},  must be one of: disabled, verified, insecure"
                        );
                        return Err(bare(line, &text));
                    }
                }
            }
            ("namespaces", [_, ..]) => options.namespaces.extend(values.iter().cloned()),
            ("namespace_labels", [_, ..]) => options.namespace_labels = Some(selector(values)),
            ("fallthrough", words) => {
                options.fallthrough = zones_of(words, &[DnsName::root()], line, plugin)?;
            }
            ("ttl", [number, ..]) => {
                let ttl: i64 = number.parse().map_err(|_| {
                    bare(
                        line,
                        &format!("strconv.Atoi: parsing \"{number}\": invalid syntax"),
                    )
                })?;
                let out = || {
                    Error::new(line, &format!("ttl must be in range [0, 3600]: {ttl}"))
                        .of_plugin(plugin)
                };
                options.ttl = u32::try_from(ttl)
                    .ok()
                    .filter(|ttl| *ttl <= 3_600)
                    .ok_or_else(out)?;
            }
            ("ignore", []) => {}
            ("ignore", [what, ..]) if what == "empty_service" => options.ignore_empty = true,
            ("ignore", [what, ..]) => {
                return Err(bare(
                    line,
                    &format!("unable to parse ignore value: '{what}'"),
                ));
            }
            ("endpoint" | "labels" | "multicluster", [_, ..]) | ("tls", [_, _, _]) => {}
            ("kubeconfig", [_] | [_, _])
            | (
                "startup_timeout" | "apiserver_qps" | "apiserver_burst" | "apiserver_max_inflight",
                [_],
            ) => {}
            ("ptr_hostname_only", []) => options.ptr_hostname_only = true,
            (
                "endpoint_pod_names" | "noendpoints" | "zonal" | "pods" | "namespaces"
                | "namespace_labels" | "ttl" | "endpoint" | "labels" | "multicluster" | "tls"
                | "kubeconfig" | "startup_timeout" | "ptr_hostname_only",
                _,
            ) => return Err(count(property, plugin)),
            _ => return Err(unknown(property, plugin)),
        }
    }
    if !options.namespaces.is_empty() && options.namespace_labels.is_some() {
        let line = directive.line;
        let text = "namespaces and namespace_labels cannot both be set";
        return Err(Error::new(line, text).of_plugin(plugin));
    }
    Ok(options)
}

/// `a=b,c` as a selector of labels.
fn selector(words: &[String]) -> LabelSelector {
    let mut selector = LabelSelector::default();
    let joined = words.join(" ");
    for part in joined
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let mut requirement = crate::api::LabelSelectorRequirement::default();
        if let Some((key, value)) = part.split_once('=') {
            let (key, negated) = key
                .strip_suffix('!')
                .map_or((key, false), |key| (key, true));
            requirement.key = key.trim().to_owned();
            requirement.operator = if negated { "NotIn" } else { "In" }.to_owned();
            requirement.values = vec![value.trim_start_matches('=').trim().to_owned()];
        } else {
            let (key, operator) = part
                .strip_prefix('!')
                .map_or((part, "Exists"), |key| (key, "DoesNotExist"));
            requirement.key = key.trim().to_owned();
            requirement.operator = operator.to_owned();
        }
        selector.match_expressions.push(requirement);
    }
    selector
}

fn forward(directive: &Directive) -> Result<Forward, Error> {
    let plugin = "forward";
    let [from, to @ ..] = directive.args.as_slice() else {
        return Err(Error::argument_count(directive.line, plugin).of_plugin(plugin));
    };
    let bad = |word: &str| {
        Error::bare(
            directive.line,
            plugin,
            &format!("not an IP address or file: \"{word}\""),
        )
    };
    let from = normalize(from)
        .and_then(|zones| zones.into_iter().next())
        .ok_or_else(|| bad(from))?;
    if to.is_empty() {
        return Err(Error::argument_count(directive.line, from.text()).of_plugin(plugin));
    }
    let mut forward = Forward {
        from,
        except: Vec::new(),
        to: Vec::new(),
    };
    for word in to {
        let bare = word
            .split_once("://")
            .map_or(word.as_str(), |(_, rest)| rest);
        let bare = bare.split_once('%').map_or(bare, |(ip, _)| ip);
        if let Ok(ip) = bare.trim_matches(['[', ']']).parse::<IpAddr>() {
            forward.to.push(ip);
        } else if let Ok(address) = bare.parse::<SocketAddr>() {
            forward.to.push(address.ip());
        } else if !word.starts_with('/') {
            return Err(bad(word));
        }
    }
    for property in &directive.block {
        match property.words.first().map_or("", String::as_str) {
            "except" if values(property).is_empty() => return Err(count(property, plugin)),
            "except" => {
                forward
                    .except
                    .extend(zones_of(values(property), &[], property.line, plugin)?);
            }
            "force_tcp"
            | "prefer_udp"
            | "max_fails"
            | "expire"
            | "tls"
            | "tls_servername"
            | "policy"
            | "health_check"
            | "max_concurrent"
            | "next"
            | "failfast_all_unhealthy_upstreams"
            | "failover"
            | "max_connect_attempts"
            | "max_age"
            | "max_idle_conns"
            | "resolver" => {}
            _ => return Err(unknown(property, plugin)),
        }
    }
    Ok(forward)
}

fn cache(directive: &Directive, zones: &[DnsName]) -> Result<Cache, Error> {
    let plugin = "cache";
    let ttl = directive
        .args
        .first()
        .and_then(|word| word.parse::<u32>().ok());
    let zones = names(directive, usize::from(ttl.is_some()), zones)?;
    let mut cache = Cache {
        zones,
        success: ttl.unwrap_or(3_600),
        denial: ttl.unwrap_or(1_800),
        servfail: 5,
        no_success: Vec::new(),
        no_denial: Vec::new(),
    };
    for property in &directive.block {
        let values = values(property);
        let limit = values.get(1).and_then(|word| word.parse().ok());
        match property.words.first().map_or("", String::as_str) {
            "success" if !values.is_empty() => cache.success = limit.unwrap_or(cache.success),
            "denial" if !values.is_empty() => cache.denial = limit.unwrap_or(cache.denial),
            "servfail" if !values.is_empty() => {
                let seconds = values
                    .first()
                    .and_then(|word| duration(word))
                    .map(Span::as_secs);
                cache.servfail = seconds.and_then(|s| u32::try_from(s).ok()).unwrap_or(5);
            }
            "disable" => {
                let [what, names @ ..] = values else {
                    return Err(count(property, plugin));
                };
                let names = zones_of(names, &cache.zones, property.line, plugin)?;
                match what.as_str() {
                    "success" => cache.no_success = names,
                    "denial" => cache.no_denial = names,
                    _ => {
                        let text = format!(
                            "cache type for disable must be \"success\" or \"denial\", got \"{what}\""
                        );
                        return Err(Error::bare(property.line, plugin, &text));
                    }
                }
            }
            "prefetch" | "serve_stale" | "keepttl" | "verify_stale" => {}
            "success" | "denial" | "servfail" => return Err(count(property, plugin)),
            _ => return Err(unknown(property, plugin)),
        }
    }
    Ok(cache)
}

fn hosts(directive: &Directive, zones: &[DnsName]) -> Result<Hosts, Error> {
    let plugin = "hosts";
    let has_file = directive
        .args
        .first()
        .is_some_and(|word| word.starts_with('/') || !word.contains('.'));
    let mut hosts = Hosts {
        zones: names(directive, usize::from(has_file), zones)?,
        entries: Vec::new(),
        ttl: 3_600,
        reverse: true,
        fallthrough: Vec::new(),
    };
    for property in &directive.block {
        let (first, values) = (
            property.words.first().map_or("", String::as_str),
            values(property),
        );
        match first {
            "fallthrough" => {
                hosts.fallthrough = zones_of(values, &[DnsName::root()], property.line, plugin)?;
            }
            "no_reverse" => hosts.reverse = false,
            "reload" => {}
            "ttl" => {
                let bad =
                    || Error::new(property.line, "ttl needs a time in second").of_plugin(plugin);
                let [number] = values else { return Err(bad()) };
                hosts.ttl = number.parse().ok().filter(|ttl| *ttl > 0).ok_or_else(bad)?;
            }
            address => {
                let Ok(ip) = address.parse::<IpAddr>() else {
                    return Err(unknown(property, plugin));
                };
                let names = values
                    .iter()
                    .filter_map(|name| DnsName::parse(&name.to_ascii_lowercase()).ok());
                hosts.entries.push((ip, names.collect()));
            }
        }
    }
    Ok(hosts)
}

fn autopath(directive: &Directive, zones: &[DnsName]) -> Result<Vec<DnsName>, Error> {
    let Some((last, words)) = directive.args.split_last() else {
        return Err(Error::bare(
            directive.line,
            "autopath",
            "no resolv-conf specified",
        ));
    };
    if !last.starts_with('@') && !last.starts_with('/') {
        let text = format!("open {last}: no such file or directory");
        return Err(Error::bare(directive.line, "autopath", &text));
    }
    zones_of(words, zones, directive.line, "autopath")
}

fn loadbalance(directive: &Directive) -> Result<bool, Error> {
    match directive.args.first().map(String::as_str) {
        None | Some("round_robin") => Ok(true),
        Some("weighted") => Ok(false),
        Some(other) => {
            let text = format!("unknown policy: {other}");
            Err(Error::bare(directive.line, "loadbalance", &text))
        }
    }
}

fn reload(directive: &Directive) -> Result<Option<Span>, Error> {
    let bare = |text: String| Error::bare(directive.line, "reload", &text);
    let Some(word) = directive.args.first() else {
        return Ok(Some(Span::secs(30)));
    };
    if word == "off" {
        return Ok(None);
    }
    let interval =
        duration(word).ok_or_else(|| bare(format!("time: invalid duration \"{word}\"")))?;
    if interval < Span::secs(2) {
        return Err(bare(
            "interval value must be greater or equal to 2s".to_owned(),
        ));
    }
    Ok(Some(interval))
}

/// A Go duration of one unit, such as `30s` or `5m`.
fn duration(text: &str) -> Option<Span> {
    let at = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text.get(..at)?.parse().ok()?;
    match text.get(at..)? {
        "ms" => Some(Span::millis(number)),
        "s" => Some(Span::secs(number)),
        "m" => Some(Span::secs(number * 60)),
        "h" => Some(Span::secs(number * 3_600)),
        _ => None,
    }
}
