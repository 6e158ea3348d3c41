//! conntrack 1.4.7: what a node's kernel remembers of flows (`conntrack -L`).

use super::usage;
use crate::api::image::Libc;
use crate::cluster::{FlowEntry, FlowState, Place, Protocol};
use crate::kernel::SimTime;
use crate::shell::context::{Context, Outcome};
use std::net::IpAddr;

const BANNER: &str = "conntrack v1.4.7 (conntrack-tools): ";

/// Runs conntrack.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let given = match usage::getopt(argv, "LCp:s:d:n", Libc::Glibc) {
        Ok(given) if given.has('L') || given.has('C') => given,
        Ok(_) => {
            let text = "you have to specify an operation\nTry `conntrack -h' or 'conntrack --help' for more information.";
            context.out.error(&format!("{BANNER}{text}"));
            return Outcome::Exit(2);
        }
        Err(complaint) => {
            context.out.error(&complaint);
            return Outcome::Exit(2);
        }
    };
    let node = match context.place {
        Place::Node(name) => name.to_string(),
        Place::Laptop | Place::Pod { .. } => String::new(),
    };
    let now = context.world.cluster.now();
    let source = given.value('s').and_then(|text| text.parse().ok());
    let destination = given.value('d').and_then(|text| text.parse().ok());
    let protocol = given.value('p');
    let wanted = |entry: &&FlowEntry| {
        let (from, to) = entry.tracked.original;
        let is = |ip: IpAddr, wanted: Option<IpAddr>| wanted.is_none_or(|wanted| wanted == ip);
        is(from.ip(), source)
            && is(to.ip(), destination)
            && protocol.is_none_or(|name| name == entry.tracked.protocol.lower())
    };
    let entries = context.world.cluster.tracked(&node);
    let lines: Vec<String> = entries.filter(wanted).map(|e| line(e, now)).collect();
    if given.has('C') {
        context.out.line(&lines.len().to_string());
        return Outcome::Exit(0);
    }
    for line in &lines {
        context.out.line(line);
    }
    context.out.error(&format!(
        "{BANNER}{} flow entries have been shown.",
        lines.len()
    ));
    Outcome::Exit(0)
}

/// `tcp      6 86399 ESTABLISHED src=… dst=… sport=… dport=… src=… [ASSURED] mark=0 use=1`.
fn line(entry: &FlowEntry, now: SimTime) -> String {
    let tracked = &entry.tracked;
    let number = match tracked.protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    };
    let state = match entry.state {
        FlowState::Established => "ESTABLISHED ",
        FlowState::TimeWait => "TIME_WAIT ",
        FlowState::Datagram => "",
    };
    let header = |(from, to): (std::net::SocketAddr, std::net::SocketAddr)| {
        format!(
            "src={} dst={} sport={} dport={} ",
            from.ip(),
            to.ip(),
            from.port(),
            to.port()
        )
    };
    let assured = if entry.state == FlowState::Datagram {
        ""
    } else {
        "[ASSURED] "
    };
    format!(
        "{:<8} {number} {} {state}{}{}{assured}mark=0 use=1",
        tracked.protocol.lower(),
        entry.until.since(now).as_secs(),
        header(tracked.original),
        header(tracked.reply)
    )
}
