//! `cases_resolver`: how each stub resolver walks from a typed name to its questions and to an outcome.

use crate::cases::{self, text};
use crate::cases_dns::{Fixtures, server};
use portside::dns::resolver::{
    Answered, Ask, Outcome, Try, bind, busybox_nslookup, glibc, musl, uclibc, verdict,
};
use portside::dns::{Because, Client, DnsName, Rcode, RecordType, Reply, ResolvConf, Transport};
use portside::kernel::{SimTime, Span};
use serde_json::Value;
use std::rc::Rc;

fn conf(value: &Value) -> ResolvConf {
    let words = |key: &str| -> Vec<&str> {
        value[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let servers = match words("nameservers").as_slice() {
        [] => "nameserver 10.96.0.10\n".to_owned(),
        all => all.iter().map(|ip| format!("nameserver {ip}\n")).collect(),
    };
    let ndots = value["ndots"]
        .as_u64()
        .map_or_else(String::new, |n| format!("options ndots:{n}\n"));
    ResolvConf::parse(&format!(
        "search {}\n{servers}{ndots}",
        words("search").join(" ")
    ))
}

fn forced(case: &Value, ask: &Ask) -> Option<Answered> {
    let forced = case["forced_rcodes"].as_object()?;
    let name = &ask.query.name;
    let (_, rcode) = forced
        .iter()
        .find(|(key, _)| DnsName::parse(key).as_ref() == Ok(name))?;
    let rcode = match rcode.as_str()? {
        "SERVFAIL" => Rcode::ServFail,
        "REFUSED" => Rcode::Refused,
        "NXDOMAIN" => Rcode::NxDomain,
        "NOTIMP" => Rcode::NotImp,
        "FORMERR" => Rcode::FormErr,
        "TIMEOUT" => return Some(Answered::Timeout),
        _ => Rcode::NoError,
    };
    Some(Answered::Reply(Rc::new(Reply::new(
        &ask.query,
        rcode,
        Because::NoZone,
    ))))
}

fn word(answered: &Answered) -> String {
    match answered {
        Answered::Reply(reply) => verdict(reply),
        Answered::Refused | Answered::Unreachable => "REFUSED".to_owned(),
        Answered::Timeout => "TIMEOUT".to_owned(),
    }
}

/// One name with what was asked about it and what each question came to; repetitions count once.
type Step = (String, Vec<(String, String)>);

fn steps(tries: &[Try]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for one in tries {
        let name = one.ask.query.name.text().to_owned();
        let pair = (one.ask.query.record_type.to_string(), word(&one.answered));
        let at = steps.iter().position(|(other, _)| *other == name);
        match at {
            Some(at) if !steps[at].1.contains(&pair) => steps[at].1.push(pair),
            Some(_) => {}
            None => steps.push((name, vec![pair])),
        }
    }
    steps
}

fn outcome_word(outcome: &Outcome) -> (String, Vec<String>) {
    match &outcome.result {
        Ok(ips) => (
            "success".to_owned(),
            ips.iter().map(ToString::to_string).collect(),
        ),
        Err(error) => (error.to_string(), Vec::new()),
    }
}

fn check(fixtures: &mut Fixtures, case: &Value) -> Result<(), String> {
    let mut server = server(fixtures, case);
    let client = Client {
        address: "10.244.1.7:40000".parse().unwrap(),
        transport: Transport::Udp,
    };
    let mut asker = |ask: &Ask| {
        let took = Span::micros(700);
        if let Some(answered) = forced(case, ask) {
            return (answered, took);
        }
        let client = Client {
            transport: ask.transport,
            ..client
        };
        let reply = server.answer(SimTime(ask.at.0), &ask.query, &client);
        (Answered::Reply(Rc::new(reply)), took)
    };
    let (conf, input) = (conf(&case["resolv_conf"]), text(case, "input"));
    let flavour = text(case, "flavour");
    let a = RecordType::A;
    let (tries, (result, addresses)) = match flavour {
        "busybox-nslookup" => {
            let found = busybox_nslookup::resolve(input, &[], &conf, &mut asker)
                .map_err(|e| e.to_string())?;
            let mut ips: Vec<String> = found
                .arrived()
                .flat_map(|reply| reply.addresses())
                .map(|ip| ip.to_string())
                .collect();
            ips.dedup();
            let word = if ips.is_empty() { "failure" } else { "success" };
            (found.tries, (word.to_owned(), ips))
        }
        _ => {
            let outcome = match flavour {
                "glibc" => glibc::resolve(input, &conf, &mut asker),
                "musl" => musl::resolve(input, &conf, &mut asker),
                "uclibc" => uclibc::resolve(input, &conf, &mut asker),
                "dig" => bind::resolve(input, a, false, &conf, &mut asker),
                flavour
                    if flavour.starts_with("bind") || matches!(flavour, "nslookup" | "host") =>
                {
                    bind::resolve(input, a, true, &conf, &mut asker)
                }
                other => return Err(format!("an unknown flavour {other}")),
            };
            let word = outcome_word(&outcome);
            (outcome.tries, word)
        }
    };
    let wanted: Vec<Step> = case["queries"]
        .as_array()
        .into_iter()
        .flatten()
        .map(wanted_step)
        .collect();
    let came = steps(&tries);
    if wanted != came {
        return Err(format!(
            "queries:\n  expected {wanted:?}\n  came     {came:?}"
        ));
    }
    judge(case, &result, &addresses)
}

/// Compares the end of a walk.
fn judge(case: &Value, result: &str, addresses: &[String]) -> Result<(), String> {
    let flavour = text(case, "flavour");
    // The tools know failure only; libraries tell its kinds apart.
    let is_tool = flavour != "glibc" && flavour != "musl" && flavour != "uclibc";
    let expected = text(case, "outcome");
    let same = expected == result || is_tool && expected == "failure" && result != "success";
    if !same {
        return Err(format!("outcome: expected {expected}, came {result}"));
    }
    let mut theirs: Vec<&str> = case["addresses"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut ours: Vec<&str> = addresses.iter().map(String::as_str).collect();
    theirs.sort_unstable();
    ours.sort_unstable();
    if theirs != ours {
        return Err(format!("addresses: expected {theirs:?}, came {ours:?}"));
    }
    Ok(())
}

fn wanted_step(value: &Value) -> Step {
    let words = |key: &str| -> Vec<String> {
        let list = value[key].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    (
        text(value, "name").to_owned(),
        words("types").into_iter().zip(words("rcodes")).collect(),
    )
}

#[test]
fn cases_resolver() {
    let mut fixtures = Fixtures::default();
    let all = cases::load(&cases::folder().join("dns"));
    let walks = all.iter().filter(|case| !case["flavour"].is_null());
    cases::run(
        "cases_resolver",
        walks.map(|case| (text(case, "id").to_owned(), check(&mut fixtures, case))),
    );
}
