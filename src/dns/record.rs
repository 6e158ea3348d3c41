//! Record types and data in presentation form (RFC 1035, 2782, 3596), and response codes.

use super::DnsName;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

macro_rules! types {
    ($($id:ident = $name:literal $code:literal;)*) => {
        /// The type of a record or question.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RecordType {
            $(#[doc = $name] $id,)*
            /// Any other, by number.
            Other(u16),
        }
        impl RecordType {
            /// The types that have a name here.
            pub const NAMED: &'static [Self] = &[$(Self::$id),*];

            /// The number on the wire.
            pub fn code(self) -> u16 {
                match self {
                    $(Self::$id => $code,)*
                    Self::Other(code) => code,
                }
            }

            /// The type with this number.
            pub fn from_code(code: u16) -> Self {
                match code {
                    $($code => Self::$id,)*
                    other => Self::Other(other),
                }
            }

            fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$id => Some($name),)*
                    Self::Other(_) => None,
                }
            }
        }
    };
}

types! {
    A = "A" 1;
    Ns = "NS" 2;
    Cname = "CNAME" 5;
    Soa = "SOA" 6;
    Ptr = "PTR" 12;
    Hinfo = "HINFO" 13;
    Mx = "MX" 15;
    Txt = "TXT" 16;
    Aaaa = "AAAA" 28;
    Srv = "SRV" 33;
    Naptr = "NAPTR" 35;
    Ds = "DS" 43;
    Dnskey = "DNSKEY" 48;
    Svcb = "SVCB" 64;
    Https = "HTTPS" 65;
    Ixfr = "IXFR" 251;
    Axfr = "AXFR" 252;
    Any = "ANY" 255;
    Caa = "CAA" 257;
}

impl RecordType {
    /// The type with this name, in any case; `TYPE65` is understood too.
    pub fn parse(text: &str) -> Option<Self> {
        let named = Self::NAMED.iter().copied();
        let mut named = named.filter(|t| t.name().is_some_and(|n| n.eq_ignore_ascii_case(text)));
        named.next().or_else(|| {
            let digits = text
                .get(..4)
                .filter(|p| p.eq_ignore_ascii_case("type"))
                .and(text.get(4..))?;
            digits.parse().ok().map(Self::from_code)
        })
    }

    /// Whether records of this type are addresses.
    pub fn is_address(self) -> bool {
        matches!(self, Self::A | Self::Aaaa)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "TYPE{}", self.code()),
        }
    }
}

/// A response code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rcode {
    /// All is well, though there may be no record.
    #[default]
    NoError,
    /// The question could not be read.
    FormErr,
    /// The server could not find out.
    ServFail,
    /// The name does not exist.
    NxDomain,
    /// The server does not do that.
    NotImp,
    /// The server does not want to.
    Refused,
    /// Any other, by number.
    Other(u8),
}

impl Rcode {
    /// The number on the wire.
    pub fn code(self) -> u8 {
        match self {
            Self::NoError => 0,
            Self::FormErr => 1,
            Self::ServFail => 2,
            Self::NxDomain => 3,
            Self::NotImp => 4,
            Self::Refused => 5,
            Self::Other(code) => code,
        }
    }

    /// The code with this number.
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::NoError,
            1 => Self::FormErr,
            2 => Self::ServFail,
            3 => Self::NxDomain,
            4 => Self::NotImp,
            5 => Self::Refused,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoError => f.write_str("NOERROR"),
            Self::FormErr => f.write_str("FORMERR"),
            Self::ServFail => f.write_str("SERVFAIL"),
            Self::NxDomain => f.write_str("NXDOMAIN"),
            Self::NotImp => f.write_str("NOTIMP"),
            Self::Refused => f.write_str("REFUSED"),
            Self::Other(code) => write!(f, "RCODE{code}"),
        }
    }
}

/// A start of authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soa {
    /// The primary server.
    pub mname: DnsName,
    /// The responsible mailbox, as a name.
    pub rname: DnsName,
    /// The version of the zone.
    pub serial: u32,
    /// Seconds between a secondary's checks.
    pub refresh: u32,
    /// Seconds before a failed check is tried again.
    pub retry: u32,
    /// Seconds after which a secondary gives up.
    pub expire: u32,
    /// How long a negative answer may be kept.
    pub minimum: u32,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Another name for this one.
    Cname(DnsName),
    /// The name of an address.
    Ptr(DnsName),
    /// A server of the zone.
    Ns(DnsName),
    /// A mail exchanger.
    Mx {
        /// Lower is preferred.
        preference: u16,
        /// The host.
        exchange: DnsName,
    },
    /// Text.
    Txt(Rc<[String]>),
    /// Where a service is.
    Srv {
        /// Lower is tried first.
        priority: u16,
        /// The share among equals.
        weight: u16,
        /// The port.
        port: u16,
        /// The host.
        target: DnsName,
    },
    /// The start of a zone.
    Soa(Rc<Soa>),
}

impl RecordData {
    /// The type of a record that says this.
    pub fn record_type(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Cname(_) => RecordType::Cname,
            Self::Ptr(_) => RecordType::Ptr,
            Self::Ns(_) => RecordType::Ns,
            Self::Mx { .. } => RecordType::Mx,
            Self::Txt(_) => RecordType::Txt,
            Self::Srv { .. } => RecordType::Srv,
            Self::Soa(_) => RecordType::Soa,
        }
    }

    /// The address, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::A(ip) => Some(IpAddr::V4(*ip)),
            Self::Aaaa(ip) => Some(IpAddr::V6(*ip)),
            Self::Cname(_)
            | Self::Ptr(_)
            | Self::Ns(_)
            | Self::Mx { .. }
            | Self::Txt(_)
            | Self::Srv { .. }
            | Self::Soa(_) => None,
        }
    }

    /// An address as record data.
    pub fn of_address(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::A(ip),
            IpAddr::V6(ip) => Self::Aaaa(ip),
        }
    }
}

impl fmt::Display for RecordData {
    /// The presentation form, as `dig` prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A(ip) => write!(f, "{ip}"),
            Self::Aaaa(ip) => write!(f, "{ip}"),
            Self::Cname(name) | Self::Ptr(name) | Self::Ns(name) => write!(f, "{name}"),
            Self::Mx {
                preference,
                exchange,
            } => write!(f, "{preference} {exchange}"),
            Self::Txt(texts) => {
                for (i, text) in texts.iter().enumerate() {
                    let gap = if i > 0 { " " } else { "" };
                    write!(
                        f,
                        "{gap}\"{}\"",
                        text.replace('\\', "\\\\").replace('"', "\\\"")
                    )?;
                }
                Ok(())
            }
            Self::Srv {
                priority,
                weight,
                port,
                target,
            } => {
                write!(f, "{priority} {weight} {port} {target}")
            }
            Self::Soa(soa) => write!(
                f,
                "{} {} {} {} {} {} {}",
                soa.mname, soa.rname, soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum
            ),
        }
    }
}

/// A resource record of class IN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub name: DnsName,
    /// For how many seconds it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: RecordData,
}

impl Record {
    /// A record.
    pub fn new(name: DnsName, ttl: u32, data: RecordData) -> Self {
        Self { name, ttl, data }
    }

    /// Its type.
    pub fn record_type(&self) -> RecordType {
        self.data.record_type()
    }
}

impl fmt::Display for Record {
    /// `name ttl IN type data`, as a zone file has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} IN {} {}",
            self.name,
            self.ttl,
            self.record_type(),
            self.data
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_in_any_case_and_by_number() {
        assert_eq!(RecordType::parse("aaaa"), Some(RecordType::Aaaa));
        assert_eq!(RecordType::parse("TYPE65"), Some(RecordType::Https));
        assert_eq!(RecordType::parse("bogus"), None);
        assert_eq!(RecordType::Other(999).to_string(), "TYPE999");
    }
}
