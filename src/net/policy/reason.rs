//! Why policies drop a packet, in words that name the policy and the rule that comes nearest.

use super::rule::{Peer, Port, Rule, Which};
use super::{Denial, Direction, Party, Policy, Question};
use crate::api::{LabelSelector, LabelSelectorRequirement};
use crate::store::Tables;
use std::fmt::Write as _;

/// How many rules are named.
const MOST: usize = 3;

/// The refusal of the policies that select a Pod: `first` and `more`.
pub(super) fn denial(
    tables: &Tables,
    question: &Question<'_>,
    first: &Policy,
    more: &[&Policy],
) -> Denial {
    let way = question.direction.field();
    let nearest = [first]
        .into_iter()
        .chain(more.iter().copied())
        .find_map(|policy| near_miss(tables, question, policy).map(|near| (policy, near)));
    let (policy, field, near) = match nearest {
        Some((policy, (field, text))) => (policy, field, text),
        None => {
            let rules = first.rules(question.direction).unwrap_or_default();
            (
                first,
                usual_field(first, question.direction),
                none_fits(question.direction, rules),
            )
        }
    };
    let at = match question.port {
        Some((port, protocol)) => format!(" on {port}/{protocol}"),
        None => String::new(),
    };
    let mut because = format!(
        "NetworkPolicy {} lets no {way} {} {} {}{at}{near}",
        policy.key.name,
        match question.direction {
            Direction::Ingress => "to Pod",
            Direction::Egress => "from Pod",
        },
        question.subject.meta.name,
        match question.direction {
            Direction::Ingress => format!("from {}", party(question, &question.peer)),
            Direction::Egress => format!("to {}", party(question, &question.peer)),
        },
    );
    let others = more.len();
    if others > 0 {
        let _ = write!(
            because,
            "; nor does any of the {others} other{} that select{} it",
            if others == 1 { "" } else { "s" },
            if others == 1 { "s" } else { "" }
        );
    }
    if question.port.is_some_and(|(port, _)| port == 53) && question.direction == Direction::Egress
    {
        because.push_str("; without egress to port 53, UDP and TCP, no name can be looked up");
    }
    Denial {
        policy: policy.key.clone(),
        field,
        because,
    }
}

/// The line that isolates: the list of rules, or what stands for it.
fn usual_field(policy: &Policy, direction: Direction) -> String {
    match policy.rules(direction) {
        Some([_, ..]) => format!("spec.{}", direction.field()),
        Some([]) | None => "spec.policyTypes".to_owned(),
    }
}

fn none_fits(direction: Direction, rules: &[Rule]) -> String {
    let way = direction.field();
    if rules.is_empty() {
        return format!(": it has no {way} rule at all");
    }
    let mut text = String::new();
    for (index, rule) in rules.iter().take(MOST).enumerate() {
        let start = if index == 0 { ": " } else { "; " };
        let _ = write!(
            text,
            "{start}{way}[{index}] is for {} on {}",
            peers(rule),
            ports(rule)
        );
    }
    if rules.len() > MOST {
        let _ = write!(text, "; and {} more rules", rules.len() - MOST);
    }
    text
}

/// A rule that one half of the packet meets.
fn near_miss(
    tables: &Tables,
    question: &Question<'_>,
    policy: &Policy,
) -> Option<(String, String)> {
    let way = question.direction.field();
    let namespace = &question.subject.meta.namespace;
    let rules = policy.rules(question.direction)?;
    let peer_fits = |rule: &Rule| rule.has_peer(tables, namespace, &question.peer);
    if let Some(index) = rules.iter().position(peer_fits) {
        let rule = rules.get(index)?;
        let field = format!("spec.{way}[{index}].ports");
        return Some((
            field,
            format!(": {way}[{index}] is for {} only", ports(rule)),
        ));
    }
    let index = rules.iter().position(|rule| rule.has_port(question))?;
    let rule = rules.get(index)?;
    let field = format!("spec.{way}[{index}].{}", question.direction.peers());
    Some((
        field,
        format!(": {way}[{index}] is for {} only", peers(rule)),
    ))
}

fn party(question: &Question<'_>, party: &Party<'_>) -> String {
    match party.pod {
        Some(pod) if pod.meta.namespace == question.subject.meta.namespace => {
            format!("Pod {}", pod.meta.name)
        }
        Some(pod) => format!("Pod {} in {}", pod.meta.name, pod.meta.namespace),
        None => party.ip.to_string(),
    }
}

fn ports(rule: &Rule) -> String {
    if rule.ports.is_empty() {
        return "every port".to_owned();
    }
    let one = |port: &Port| match &port.which {
        Which::All => format!("every {} port", port.protocol),
        Which::Range(first, last) if first == last => format!("{first}/{}", port.protocol),
        Which::Range(first, last) => format!("{first}-{last}/{}", port.protocol),
        Which::Named(name) => format!("the port {name}/{}", port.protocol),
    };
    rule.ports.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn peers(rule: &Rule) -> String {
    if rule.peers.is_empty() {
        return "everybody".to_owned();
    }
    let one = |peer: &Peer| match peer {
        Peer::Nobody => "nobody".to_owned(),
        Peer::Block { cidr, except } => {
            let parts: Vec<String> = except.iter().map(ToString::to_string).collect();
            if parts.is_empty() {
                cidr.to_string()
            } else {
                format!("{cidr} without {}", parts.join(", "))
            }
        }
        Peer::Pods { namespaces, pods } => match namespaces {
            None => format!("Pods with {}", labels(pods)),
            Some(wanted) => format!(
                "Pods with {} in namespaces with {}",
                labels(pods),
                labels(wanted)
            ),
        },
    };
    rule.peers.iter().map(one).collect::<Vec<_>>().join(" or ")
}

fn labels(selector: &LabelSelector) -> String {
    if selector.is_empty() {
        return "any labels".to_owned();
    }
    let equal = selector
        .match_labels
        .iter()
        .map(|(k, v)| format!("{k}={v}"));
    let more = selector.match_expressions.iter().map(requirement);
    equal.chain(more).collect::<Vec<_>>().join(",")
}

fn requirement(wanted: &LabelSelectorRequirement) -> String {
    let (key, values) = (&wanted.key, wanted.values.join(","));
    match wanted.operator.as_str() {
        "In" => format!("{key} in ({values})"),
        "NotIn" => format!("{key} notin ({values})"),
        "Exists" => key.clone(),
        _ => format!("!{key}"),
    }
}
