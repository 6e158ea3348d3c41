//! why: Portside's own tool. It asks the doctor why a Service does not answer from where one stands.

use crate::api::{ObjectKey, kind};
use crate::cluster::Place;
use crate::doctor::{Attempt, Evidence, Examination, Finding, Sheet, State, examine, explain};
use crate::shell::HOME;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::kubectl::current_namespace;
use std::net::IpAddr;
use std::rc::Rc;

const USAGE: &str = "Usage: why [-n NAMESPACE] [NAME[:PORT] | svc/NAME[:PORT] | ADDRESS:PORT]\n\nSays why a Service does not answer from here, question by question, and what mends it.\nWithout a name it is about the connection or look-up that failed last.";

/// Runs why.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let mut namespace = None;
    let mut words: Vec<&str> = Vec::new();
    let mut rest = argv.iter().skip(1).map(String::as_str);
    while let Some(word) = rest.next() {
        match word {
            "-n" | "--namespace" => namespace = rest.next(),
            _ if word.starts_with("--namespace=") => {
                namespace = word.split_once('=').map(|(_, value)| value);
            }
            _ if word.starts_with("-n") && !word.starts_with("--") => namespace = word.get(2..),
            _ if word.starts_with('-') => {
                context.out.error(USAGE);
                return Outcome::Exit(2);
            }
            _ => words.push(word),
        }
    }
    let texts = sheets(context);
    let evidence = Evidence::of_cluster(&context.world.cluster, &texts);
    let told = match words.as_slice() {
        [] => last(&evidence, context),
        [word] => about(&evidence, context, word, namespace),
        [name, port] => about(&evidence, context, &[name, ":", port].concat(), namespace),
        _ => Err(USAGE.to_owned()),
    };
    match told {
        Ok((text, status)) => {
            context.out.write(Stream::Out, &text);
            Outcome::Exit(status)
        }
        Err(complaint) => {
            context.out.error(&complaint);
            Outcome::Exit(2)
        }
    }
}

/// The texts that the cluster's objects were applied from, as far as they are as they were.
fn sheets(context: &Context<'_>) -> Vec<Sheet> {
    let files = context.world.cluster.source_files();
    let read = |file: &Rc<str>| {
        let text = context.world.files.read(HOME, file).ok()?;
        Some(Sheet {
            file: file.clone(),
            text,
        })
    };
    files.iter().filter_map(read).collect()
}

type Told = Result<(String, i32), String>;

/// About what failed last.
fn last(evidence: &Evidence<'_>, context: &Context<'_>) -> Told {
    let Some(attempt) = Attempt::last_failed(&context.world.cluster) else {
        return Err("why: nothing has failed since the last success; name a Service, such as: why redis:6379".to_owned());
    };
    let mut text = match &attempt {
        Attempt::Connection { from, to, protocol } => [
            from.name(),
            " → ",
            &to.to_string(),
            "/",
            protocol.name(),
            "\n",
        ]
        .concat(),
        Attempt::Lookup { from, name, .. } => [from.name(), " asked for ", name, "\n"].concat(),
        Attempt::Ping { from, to } => [from.name(), " pinged ", &to.to_string(), "\n"].concat(),
    };
    let findings = explain(evidence, &attempt);
    if let Some(why) = evidence.suspended() {
        text.push_str(&why);
        text.push('\n');
    } else if findings.is_empty() {
        text.push_str("It would succeed now.\n");
    }
    if findings.is_empty() {
        return Ok((text, 0));
    }
    for finding in &findings {
        tell(finding, &mut text);
    }
    Ok((text, 1))
}

/// About a Service, a host or an address.
fn about(
    evidence: &Evidence<'_>,
    context: &Context<'_>,
    word: &str,
    namespace: Option<&str>,
) -> Told {
    let home: Rc<str> = match context.place {
        Place::Pod { namespace, .. } => namespace.clone(),
        Place::Laptop => current_namespace(context.world, context.cwd).into(),
        Place::Outside | Place::Node(_) => "default".into(),
    };
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let object = ["svc/", "service/", "services/"]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix));
    let target = object.unwrap_or(rest);
    let target = target.split('/').next().unwrap_or_default();
    let (name, port) = match target.rsplit_once(':') {
        Some((name, port)) => match port.parse::<u16>() {
            Ok(port) if port > 0 => (name, Some(port)),
            Ok(_) | Err(_) => {
                return Err(["why: bad port '", port, "': a number from 1 to 65535"].concat());
            }
        },
        None => (target, None),
    };
    // The name of an object is no host: nobody's place counts at the laptop.
    let client = (object.is_none() || *context.place != Place::Laptop).then_some(context.place);
    if let Ok(ip) = name.parse::<IpAddr>() {
        return address(evidence, context.place, ip, port);
    }
    if name.is_empty() {
        return Err(USAGE.to_owned());
    }
    let domain = [".svc.", &context.world.cluster.network().domain].concat();
    let bare = name.trim_end_matches('.');
    let bare = bare.strip_suffix(&domain).unwrap_or(bare);
    let (service, home) = match (namespace, bare.split_once('.')) {
        (Some(namespace), _) => (bare, namespace),
        (None, Some((service, namespace))) => (service, namespace),
        (None, None) => (bare, &*home),
    };
    let key = ObjectKey::new(kind::SERVICE, home, service);
    if evidence.has(&key) || object.is_some() {
        let examination = examine(evidence, &key, client, port);
        return Ok(strip(&examination, context.place, port));
    }
    let attempt = Attempt::Lookup {
        from: context.place.clone(),
        name: match namespace {
            Some(namespace) => [bare, ".", namespace].concat(),
            None => name.to_owned(),
        },
        port,
    };
    let findings = explain(evidence, &attempt);
    if findings.is_empty() {
        let examination = examine(evidence, &key, client, port);
        return Ok(strip(&examination, context.place, port));
    }
    let mut text = String::new();
    for finding in &findings {
        tell(finding, &mut text);
    }
    Ok((text, 1))
}

fn address(evidence: &Evidence<'_>, from: &Place, ip: IpAddr, port: Option<u16>) -> Told {
    let attempt = match port {
        Some(port) => Attempt::Connection {
            from: from.clone(),
            to: std::net::SocketAddr::new(ip, port),
            protocol: crate::cluster::Protocol::Tcp,
        },
        None => Attempt::Ping {
            from: from.clone(),
            to: ip,
        },
    };
    let findings = explain(evidence, &attempt);
    let mut text = String::new();
    if findings.is_empty() {
        text.push_str("Nothing is wrong with it from here.\n");
        return Ok((text, 0));
    }
    for finding in &findings {
        tell(finding, &mut text);
    }
    Ok((text, 1))
}

/// All questions with their answers.
fn strip(examination: &Examination, from: &Place, port: Option<u16>) -> (String, i32) {
    let port = port.map_or_else(String::new, |port| [":", &port.to_string()].concat());
    let mut text = [
        &examination.service.to_string(),
        &*port,
        ", from ",
        from.name(),
        "\n",
    ]
    .concat();
    if let Some(why) = &examination.suspended {
        text.push_str(why);
        text.push('\n');
    }
    for answer in &examination.answers {
        let name = answer.question.asked().name;
        let pad = " ".repeat(10_usize.saturating_sub(name.len()));
        for part in [answer.state.sign(), " ", name, &pad] {
            text.push_str(part);
        }
        if answer.state != State::No || answer.findings.is_empty() {
            text.push_str(&answer.evidence);
            if !answer.command.is_empty() {
                text.push_str("; on a real cluster: ");
                text.push_str(&answer.command);
            }
            text.push('\n');
        }
        for (index, finding) in answer.findings.iter().enumerate() {
            if index > 0 {
                text.push_str(&" ".repeat(12));
            }
            tell(finding, &mut text);
        }
    }
    let status = i32::from(!examination.is_well());
    (text, status)
}

/// The sentence, the line to blame, what mends it.
fn tell(finding: &Finding, text: &mut String) {
    text.push_str(&finding.sentence);
    let at = finding.blame.iter().find_map(|blame| blame.at.as_ref());
    if let Some((file, span)) = at {
        for part in [" (", file, ", line ", &span.line.to_string(), ")"] {
            text.push_str(part);
        }
    }
    text.push('\n');
    if let Some(remedy) = &finding.remedy {
        text.push_str("            fix: ");
        text.push_str(&remedy.title);
        if !remedy.command.is_empty() {
            text.push_str(": ");
            text.push_str(&remedy.command);
        }
        text.push('\n');
    }
}
