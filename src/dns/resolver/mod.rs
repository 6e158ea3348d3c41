//! Stub resolvers: how each C library and tool walks from a typed name to questions, and what it makes of the replies.
//!
//! Each is a pure walk over a function that takes an [`Ask`] and says what came of it; the walk knows when it sends
//! each question, so waiting costs nothing but simulated time.

pub mod bind;
pub mod busybox_nslookup;
pub mod glibc;
pub mod musl;
pub mod uclibc;

use super::{DnsName, Query, Rcode, Record, RecordData, RecordType, Reply, ResolvConf, Transport};
use crate::kernel::Arrange;
use crate::kernel::Span;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;

/// A question that a resolver sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// When, from the beginning of the walk.
    pub at: Span,
    /// To which server; the port is 53.
    pub server: IpAddr,
    /// What.
    pub query: Query,
    /// How it travels.
    pub transport: Transport,
    /// From which of the walk's sockets, numbered from 1.
    pub socket: u32,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// A reply.
    Reply(Rc<Reply>),
    /// An ICMP message said that nobody listens there.
    Refused,
    /// Nothing, however long one waits.
    Timeout,
    /// An ICMP message said that there is no way.
    Unreachable,
}

/// Who sends a walk's questions, and hears why it goes on.
pub trait Asking {
    /// Sends a question; says what came of it, and after how long.
    fn ask(&mut self, ask: &Ask) -> (Answered, Span);
    /// Hears why the walk went on or stopped after a question.
    fn heard(&mut self, tried: &Try) {
        let _ = tried;
    }
}

impl<F: FnMut(&Ask) -> (Answered, Span)> Asking for F {
    fn ask(&mut self, ask: &Ask) -> (Answered, Span) {
        self(ask)
    }
}

/// Who sends a walk's questions.
pub type Asker<'a> = &'a mut dyn Asking;

/// A question that was sent, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// The question.
    pub ask: Ask,
    /// What came of it.
    pub answered: Answered,
    /// When the walk knew, from its beginning.
    pub known: Span,
    /// Why the walk went on or stopped here.
    pub then: &'static str,
}

impl Try {
    /// The reply, if one came.
    pub fn reply(&self) -> Option<&Reply> {
        match &self.answered {
            Answered::Reply(reply) => Some(reply),
            Answered::Refused | Answered::Timeout | Answered::Unreachable => None,
        }
    }
}

/// Why a look-up found no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The name does not exist.
    NotFound,
    /// The name exists and has no address.
    NoData,
    /// No server gave an answer that can be relied on.
    TryAgain,
    /// A server gave an answer that ends the matter.
    Fail,
}

impl Error {
    /// glibc's words, as `gai_strerror` gives them.
    pub fn glibc(self) -> &'static str {
        match self {
            Self::NotFound => "Name or service not known",
            Self::NoData => "No address associated with hostname",
            Self::TryAgain => "Temporary failure in name resolution",
            Self::Fail => "Non-recoverable failure in name resolution",
        }
    }

    /// musl's words.
    pub fn musl(self) -> &'static str {
        match self {
            Self::NotFound => "Name does not resolve",
            Self::NoData => "Name has no usable address",
            Self::TryAgain => "Try again",
            Self::Fail => "Unrecoverable error",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not-found",
            Self::NoData => "no-data",
            Self::TryAgain => "try-again",
            Self::Fail => "failure",
        })
    }
}

/// The end of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The addresses, or why there are none.
    pub result: Result<Vec<IpAddr>, Error>,
    /// The name that has the addresses, at the end of all aliases.
    pub canonical: Option<DnsName>,
    /// Every question, in the order in which they were sent.
    pub tries: Vec<Try>,
    /// How long it took.
    pub took: Span,
}

impl Outcome {
    fn of_literal(ip: IpAddr) -> Self {
        Self {
            result: Ok(vec![ip]),
            canonical: None,
            tries: Vec::new(),
            took: Span(0),
        }
    }
}

/// The walk under way.
struct Walk<'a> {
    asker: Asker<'a>,
    now: Span,
    tries: Vec<Try>,
    sockets: u32,
}

impl<'a> Walk<'a> {
    fn new(asker: Asker<'a>) -> Self {
        Self {
            asker,
            now: Span(0),
            tries: Vec::new(),
            sockets: 0,
        }
    }

    /// A new socket's number.
    fn open(&mut self) -> u32 {
        self.sockets += 1;
        self.sockets
    }

    /// Sends a question now; returns what came of it and after how long, without waiting.
    fn send(&mut self, server: IpAddr, query: &Query, socket: u32) -> (Answered, Span) {
        self.send_by(Transport::Udp, server, query, socket)
    }

    fn send_by(
        &mut self,
        transport: Transport,
        server: IpAddr,
        query: &Query,
        socket: u32,
    ) -> (Answered, Span) {
        let ask = Ask {
            at: self.now,
            server,
            query: query.clone(),
            transport,
            socket,
        };
        let (answered, after) = self.asker.ask(&ask);
        let known = Span(self.now.0 + after.0);
        self.tries.push(Try {
            ask,
            answered: answered.clone(),
            known,
            then: "",
        });
        (answered, after)
    }

    /// The truncated reply's question again, over TCP.
    fn over_tcp(&mut self, server: IpAddr, query: &Query, reply: Rc<Reply>) -> Rc<Reply> {
        if !reply.truncated {
            return reply;
        }
        let socket = self.open();
        let (answered, after) = self.send_by(Transport::Tcp, server, query, socket);
        self.wait(after);
        match answered {
            Answered::Reply(whole) => whole,
            Answered::Refused | Answered::Timeout | Answered::Unreachable => reply,
        }
    }

    fn wait(&mut self, span: Span) {
        self.now = Span(self.now.0 + span.0);
    }

    /// Says of the last question why the walk goes on or stops.
    fn then(&mut self, why: &'static str) {
        if let Some(last) = self.tries.last_mut() {
            last.then = why;
            self.asker.heard(last);
        }
    }

    fn end(self, result: Result<(Vec<IpAddr>, Option<DnsName>), Error>) -> Outcome {
        let (result, canonical) = match result {
            Ok((addresses, canonical)) => (Ok(addresses), canonical),
            Err(error) => (Err(error), None),
        };
        Outcome {
            result,
            canonical,
            tries: self.tries,
            took: self.now,
        }
    }
}

/// The addresses that replies lead to from the name asked, over aliases, and the name that has them.
fn collect(name: &DnsName, replies: &[&Reply]) -> (Vec<IpAddr>, Option<DnsName>) {
    let mut canonical = name.clone();
    let records = || replies.iter().flat_map(|reply| &reply.answer);
    let alias = |at: &DnsName| {
        records().find_map(|record| match &record.data {
            RecordData::Cname(target) if record.name == *at && target != at => Some(target.clone()),
            _ => None,
        })
    };
    for _ in 0..16 {
        let Some(target) = alias(&canonical) else {
            break;
        };
        canonical = target;
    }
    let mut addresses: Vec<IpAddr> = Vec::new();
    let of = |record: &&Record| record.name == canonical;
    for ip in records()
        .filter(of)
        .filter_map(|record| record.data.address())
    {
        if !addresses.contains(&ip) {
            addresses.push(ip);
        }
    }
    addresses.arrange_by_key(IpAddr::is_ipv6);
    (addresses, Some(canonical))
}

/// How many dots a typed name has, and whether it ends in one.
fn dots(name: &str) -> (usize, bool) {
    (
        name.bytes().filter(|b| *b == b'.').count(),
        name.ends_with('.'),
    )
}

/// The servers that a library asks: the local host if the file names none.
fn servers(conf: &ResolvConf) -> Vec<IpAddr> {
    let mut servers: Vec<IpAddr> = conf.nameservers.iter().copied().take(3).collect();
    if servers.is_empty() {
        servers.push(IpAddr::from([127, 0, 0, 1]));
    }
    servers
}

/// A short word for what a reply is: its rcode, or `NODATA`.
pub fn verdict(reply: &Reply) -> String {
    if reply.is_nodata() {
        "NODATA".to_owned()
    } else {
        reply.rcode.to_string()
    }
}

/// Whether a reply settles its question for a library: it exists or it does not.
fn settles(reply: &Reply) -> bool {
    matches!(reply.rcode, Rcode::NoError | Rcode::NxDomain)
}

/// A question about a name.
fn question(name: &DnsName, record_type: RecordType) -> Query {
    Query::new(name.clone(), record_type)
}
