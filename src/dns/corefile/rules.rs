//! What the plugins that decide about whole questions read: `log`, `acl` and `template`.

use super::blocks::Directive;
use super::plugins::{count, names, values, zones_of};
use super::{Action, Error, Logged, Rule};
use crate::dns::{DnsName, Rcode, RecordType};
use crate::store::Cidr;

/// The format `{common}`, which is the default.
const COMMON: &str = "{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" {rcode} {>rflags} {rsize} {duration}";

/// `log [NAME…] [FORMAT]`, with classes of replies in its block.
pub(super) fn log(directive: &Directive) -> Result<Logged, Error> {
    let plugin = "log";
    // A word with a blank or a brace is a format.
    let names = directive
        .args
        .iter()
        .take_while(|word| !word.contains([' ', '{']));
    let names: Vec<String> = names.cloned().collect();
    let format = directive.args.get(names.len()..).unwrap_or_default();
    let format = match format {
        [] => COMMON.to_owned(),
        words => words
            .join(" ")
            .replace("{common}", COMMON)
            .replace("{combined}", &format!("{COMMON} \"{{>opcode}}\"")),
    };
    let mut logged = Logged {
        zones: zones_of(&names, &[DnsName::root()], directive.line, plugin)?,
        classes: Vec::new(),
        format,
    };
    for property in &directive.block {
        match property.words.as_slice() {
            [word, classes @ ..] if word == "class" && !classes.is_empty() => {
                let known = |class: &&String| {
                    matches!(class.as_str(), "all" | "success" | "denial" | "error")
                };
                if let Some(class) = classes.iter().find(|class| !known(class)) {
                    let text = format!("invalid Class: {class}");
                    return Err(Error::bare(property.line, plugin, &text));
                }
                logged.classes.extend(classes.iter().cloned());
            }
            _ => return Err(count(property, plugin)),
        }
    }
    Ok(logged)
}

/// The policies of `acl`: `ACTION [type TYPE…] [net SOURCE…]`, of which the first that fits decides.
pub(super) fn acl(directive: &Directive, zones: &[DnsName]) -> Result<Vec<Rule>, Error> {
    let plugin = "acl";
    let zones = names(directive, 0, zones)?;
    let mut rules = Vec::new();
    for policy in &directive.block {
        let fail = |text: String| Error::new(policy.line, &text).of_plugin(plugin);
        let mut rule = Rule {
            zones: zones.clone(),
            types: Vec::new(),
            sources: Vec::new(),
            action: match policy.words.first().map_or("", String::as_str) {
                "allow" => Action::Allow,
                "block" => Action::Answer(Rcode::Refused),
                "filter" => Action::Answer(Rcode::NoError),
                "drop" => Action::Drop,
                other => {
                    return Err(fail(format!(
                        "unexpected token \"{other}\"; expect 'allow', 'block', 'filter' or 'drop'"
                    )));
                }
            },
        };
        let mut section = "";
        for word in values(policy) {
            match word.as_str() {
                "type" | "net" => section = word,
                "*" | "ANY" => {}
                _ if section == "type" => {
                    let text = || fail(format!("unexpected token \"{word}\"; expect legal QTYPE"));
                    rule.types.push(RecordType::parse(word).ok_or_else(text)?);
                }
                _ if section == "net" => {
                    let whole = if word.contains(':') { 128 } else { 32 };
                    let net = Cidr::parse(word).or_else(|| Cidr::parse(&format!("{word}/{whole}")));
                    let text = || fail(format!("illegal CIDR notation \"{word}\""));
                    rule.sources.push(net.ok_or_else(text)?);
                }
                other => {
                    return Err(fail(format!(
                        "unexpected token \"{other}\"; expect 'type | net'"
                    )));
                }
            }
        }
        rules.push(rule);
    }
    Ok(rules)
}

/// A `template` that answers with a response code alone; one with records is not simulated.
pub(super) fn template(directive: &Directive, zones: &[DnsName]) -> Result<Option<Rule>, Error> {
    let word = directive.args.get(1).map_or("ANY", String::as_str);
    let fail = |line, text: String| Error::new(line, &text).of_plugin("template");
    let types = match RecordType::parse(word) {
        Some(RecordType::Any) => Vec::new(),
        Some(record_type) => vec![record_type],
        None => return Err(fail(directive.line, format!("invalid RR class {word}"))),
    };
    let zones = names(directive, 2, zones)?;
    let property = |name: &str| {
        let mut lines = directive.block.iter();
        lines.find(|line| line.words.first().is_some_and(|word| word == name))
    };
    let code = property("rcode").and_then(|line| line.words.get(1));
    let rcode = match code.map(String::as_str) {
        Some("NXDOMAIN") => Rcode::NxDomain,
        Some("SERVFAIL") => Rcode::ServFail,
        Some("REFUSED") => Rcode::Refused,
        Some("NOERROR") | None => Rcode::NoError,
        Some("NOTIMP") => Rcode::NotImp,
        Some("FORMERR") => Rcode::FormErr,
        Some(other) => return Err(fail(directive.line, format!("unknown rcode {other}"))),
    };
    let simulated = property("answer").is_none() && property("match").is_none();
    Ok(simulated.then_some(Rule {
        zones,
        types,
        sources: Vec::new(),
        action: Action::Answer(rcode),
    }))
}
