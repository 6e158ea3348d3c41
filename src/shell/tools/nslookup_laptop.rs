//! BIND's nslookup on the laptop: it asks the laptop's own server, which knows the world outside and nothing of the
//! cluster. Options and other servers are left out.

use super::{hint, host};
use crate::dns::{Record, RecordData, reverse_name};
use crate::shell::context::{Context, Outcome, Stream};
use std::net::IpAddr;

/// The server in the laptop's `/etc/resolv.conf`.
const SERVER: &str = "192.168.49.1";

/// Runs nslookup.
pub(in crate::shell) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let [host] = words.as_slice() else {
        context.out.note(
            "Portside's nslookup on the laptop takes one name or address; in a Pod it takes more.",
        );
        return Outcome::Exit(1);
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return reverse(context, argv, address);
    }
    let found = host::outside(&context.world.cluster, host);
    let mut text = format!("Server:\t\t{SERVER}\nAddress:\t{SERVER}#53\n\n");
    if found.is_empty() {
        text.push_str(&format!("** server can't find {host}: NXDOMAIN\n\n"));
        context.out.write(Stream::Out, &text);
        return Outcome::Exit(1);
    }
    text.push_str("Non-authoritative answer:\n");
    for record in &found {
        text.push_str(&line(record));
    }
    text.push('\n');
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

fn line(record: &Record) -> String {
    let owner = record.name.bare();
    match &record.data {
        RecordData::Cname(target) => format!("{owner}\tcanonical name = {target}\n"),
        data => format!("Name:\t{owner}\nAddress: {data}\n"),
    }
}

fn reverse(context: &mut Context<'_>, argv: &[String], address: IpAddr) -> Outcome {
    let name = reverse_name(address);
    match context.world.cluster.outside().pointer(&name) {
        Some(target) => {
            context
                .out
                .line(&format!("{}\tname = {target}\n", name.bare()));
            Outcome::Exit(0)
        }
        None => {
            context
                .out
                .line(&format!("** server can't find {}: NXDOMAIN\n", name.bare()));
            let old = address.to_string();
            hint::no_such_service(context, address, None, &|new| {
                hint::with_word(argv, &old, new)
            });
            Outcome::Exit(1)
        }
    }
}
