//! Messages as bytes (RFC 1035 §4.1): encoding with and without compression, and decoding.
//!
//! `CoreDNS` compresses only what would not fit otherwise, so most sizes are plain sums.

use super::record::Soa;
use super::{Because, DnsName, Edns, Query, Rcode, Record, RecordData, RecordType, Reply};
use crate::kernel::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The type of the EDNS pseudo-record.
const OPT: u16 = 41;
/// The EDNS option that carries a cookie.
const COOKIE: u16 = 10;

/// The size of a record that is not compressed.
pub(super) fn record_len(record: &Record) -> usize {
    let data = match &record.data {
        RecordData::A(_) => 4,
        RecordData::Aaaa(_) => 16,
        RecordData::Cname(name) | RecordData::Ptr(name) | RecordData::Ns(name) => name.wire_len(),
        RecordData::Mx { exchange, .. } => 2 + exchange.wire_len(),
        RecordData::Txt(texts) => texts.iter().map(|text| text.len().min(255) + 1).sum(),
        RecordData::Srv { target, .. } => 6 + target.wire_len(),
        RecordData::Soa(soa) => soa.mname.wire_len() + soa.rname.wire_len() + 20,
    };
    record.name.wire_len() + 10 + data
}

/// A message under construction.
struct Writer {
    bytes: Vec<u8>,
    /// Where names begin that later ones may point to; `None` when nothing is compressed.
    seen: Option<BTreeMap<Vec<Vec<u8>>, u16>>,
}

impl Writer {
    fn u16(&mut self, n: u16) {
        self.bytes.extend(n.to_be_bytes());
    }

    fn u32(&mut self, n: u32) {
        self.bytes.extend(n.to_be_bytes());
    }

    fn name(&mut self, name: &DnsName) {
        let labels = name.raw_labels();
        let mut rest = labels.as_slice();
        while let Some((first, tail)) = rest.split_first() {
            if let Some(seen) = &mut self.seen {
                let key: Vec<Vec<u8>> = rest.iter().map(|l| l.to_ascii_lowercase()).collect();
                if let Some(at) = seen.get(&key) {
                    let pointer = 0xc000 | *at;
                    return self.u16(pointer);
                }
                if let Ok(at) = u16::try_from(self.bytes.len())
                    && at < 0x4000
                {
                    seen.insert(key, at);
                }
            }
            self.bytes.push(first.len() as u8);
            self.bytes.extend(first);
            rest = tail;
        }
        self.bytes.push(0);
    }

    fn record(&mut self, record: &Record) {
        self.name(&record.name);
        self.u16(record.record_type().code());
        self.u16(1);
        self.u32(record.ttl);
        let at = self.bytes.len();
        self.u16(0);
        self.data(&record.data);
        let length = (self.bytes.len() - at - 2) as u16;
        if let Some(slot) = self.bytes.get_mut(at..at + 2) {
            slot.copy_from_slice(&length.to_be_bytes());
        }
    }

    fn data(&mut self, data: &RecordData) {
        match data {
            RecordData::A(ip) => self.bytes.extend(ip.octets()),
            RecordData::Aaaa(ip) => self.bytes.extend(ip.octets()),
            RecordData::Cname(name) | RecordData::Ptr(name) | RecordData::Ns(name) => {
                self.name(name);
            }
            RecordData::Mx {
                preference,
                exchange,
            } => {
                self.u16(*preference);
                self.name(exchange);
            }
            RecordData::Txt(texts) => {
                for text in texts.iter() {
                    let bytes = text.as_bytes();
                    let bytes = bytes.get(..255).unwrap_or(bytes);
                    self.bytes.push(bytes.len() as u8);
                    self.bytes.extend(bytes);
                }
            }
            RecordData::Srv {
                priority,
                weight,
                port,
                target,
            } => {
                self.u16(*priority);
                self.u16(*weight);
                self.u16(*port);
                // RFC 2782 forbids a compressed target.
                let seen = self.seen.take();
                self.name(target);
                self.seen = seen;
            }
            RecordData::Soa(soa) => {
                self.name(&soa.mname);
                self.name(&soa.rname);
                for n in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] {
                    self.u32(n);
                }
            }
        }
    }

    fn question(&mut self, query: &Query, flags: u16, counts: [usize; 3]) {
        self.u16(query.id);
        self.u16(flags);
        self.u16(1);
        let [answer, authority, additional] = counts;
        self.u16(answer as u16);
        self.u16(authority as u16);
        self.u16((additional + usize::from(query.edns.is_some())) as u16);
        self.name(&query.name);
        self.u16(query.record_type.code());
        self.u16(1);
    }

    fn opt(&mut self, edns: Option<Edns>) {
        let Some(edns) = edns else { return };
        self.bytes.push(0);
        self.u16(OPT);
        self.u16(edns.udp_size);
        self.u32(if edns.dnssec_ok { 0x8000 } else { 0 });
        match edns.cookie {
            None => self.u16(0),
            Some(cookie) => {
                self.u16(4 + cookie.len() as u16);
                self.u16(COOKIE);
                self.u16(cookie.len() as u16);
                self.bytes.extend(cookie);
            }
        }
    }
}

/// A question as bytes.
pub fn encode_query(query: &Query) -> Vec<u8> {
    let mut writer = Writer {
        bytes: Vec::new(),
        seen: None,
    };
    writer.question(query, u16::from(query.recursion_desired) << 8, [0; 3]);
    writer.opt(query.edns);
    writer.bytes
}

/// A reply as bytes, compressed only if it would not fit otherwise.
pub fn encode_reply(reply: &Reply) -> Vec<u8> {
    let compress = reply.plain_len() > reply.query.udp_limit();
    let mut writer = Writer {
        bytes: Vec::new(),
        seen: compress.then(BTreeMap::new),
    };
    let flags = 0x8000
        | u16::from(reply.authoritative) << 10
        | u16::from(reply.truncated) << 9
        | u16::from(reply.query.recursion_desired) << 8
        | u16::from(reply.recursion_available) << 7
        | u16::from(reply.rcode.code() & 15);
    let sections = [&reply.answer, &reply.authority, &reply.additional];
    writer.question(&reply.query, flags, sections.map(Vec::len));
    for record in sections.into_iter().flatten() {
        writer.record(record);
    }
    writer.opt(reply.query.edns);
    writer.bytes
}

/// A message being read.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, n: usize) -> Option<&[u8]> {
        let part = self.bytes.get(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(part)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn name(&mut self) -> Option<DnsName> {
        let mut labels: Vec<Vec<u8>> = Vec::new();
        let mut end = None;
        // No name has more labels than this; what would is a loop of pointers.
        for _ in 0..256 {
            let length = self.u8()?;
            match length {
                0 => {
                    self.at = end.unwrap_or(self.at);
                    return DnsName::from_labels(labels.iter().map(Vec::as_slice)).ok();
                }
                1..=63 => labels.push(self.take(usize::from(length))?.to_vec()),
                192.. => {
                    let low = self.u8()?;
                    end.get_or_insert(self.at);
                    self.at = usize::from(length & 63) << 8 | usize::from(low);
                }
                _ => return None,
            }
        }
        None
    }

    /// A record; the inner `None` stands for a type that is not understood, `Err` for the EDNS part.
    fn record(&mut self) -> Option<Result<Option<Record>, Edns>> {
        let name = self.name()?;
        let (kind, class, ttl) = (self.u16()?, self.u16()?, self.u32()?);
        let length = usize::from(self.u16()?);
        let end = self.at.checked_add(length)?;
        if kind == OPT {
            let mut cookie = None;
            while self.at + 4 <= end {
                let (option, size) = (self.u16()?, self.u16()?);
                let data = self.take(usize::from(size))?;
                if option == COOKIE {
                    cookie = data.get(..8).and_then(|c| c.try_into().ok());
                }
            }
            self.at = end;
            return Some(Err(Edns {
                udp_size: class,
                dnssec_ok: ttl & 0x8000 != 0,
                cookie,
            }));
        }
        let data = self.data(RecordType::from_code(kind), end);
        self.at = end;
        Some(Ok(data.map(|data| Record::new(name, ttl, data))))
    }

    fn data(&mut self, kind: RecordType, end: usize) -> Option<RecordData> {
        Some(match kind {
            RecordType::A => {
                RecordData::A(Ipv4Addr::from(<[u8; 4]>::try_from(self.take(4)?).ok()?))
            }
            RecordType::Aaaa => {
                RecordData::Aaaa(Ipv6Addr::from(<[u8; 16]>::try_from(self.take(16)?).ok()?))
            }
            RecordType::Cname => RecordData::Cname(self.name()?),
            RecordType::Ptr => RecordData::Ptr(self.name()?),
            RecordType::Ns => RecordData::Ns(self.name()?),
            RecordType::Mx => RecordData::Mx {
                preference: self.u16()?,
                exchange: self.name()?,
            },
            RecordType::Txt => {
                let mut texts = Vec::new();
                while self.at < end {
                    let length = usize::from(self.u8()?);
                    texts.push(String::from_utf8_lossy(self.take(length)?).into_owned());
                }
                RecordData::Txt(texts.into())
            }
            RecordType::Srv => RecordData::Srv {
                priority: self.u16()?,
                weight: self.u16()?,
                port: self.u16()?,
                target: self.name()?,
            },
            RecordType::Soa => RecordData::Soa(
                Soa {
                    mname: self.name()?,
                    rname: self.name()?,
                    serial: self.u32()?,
                    refresh: self.u32()?,
                    retry: self.u32()?,
                    expire: self.u32()?,
                    minimum: self.u32()?,
                }
                .into(),
            ),
            _ => return None,
        })
    }
}

/// Reads a message; a question comes back as a reply without records and with `qr` unset.
fn decode(bytes: &[u8]) -> Option<(bool, Reply)> {
    let mut reader = Reader { bytes, at: 0 };
    let (id, flags, questions) = (reader.u16()?, reader.u16()?, reader.u16()?);
    let counts = [reader.u16()?, reader.u16()?, reader.u16()?];
    if questions != 1 {
        return None;
    }
    let name = reader.name()?;
    let record_type = RecordType::from_code(reader.u16()?);
    reader.u16()?;
    let query = Query {
        id,
        name,
        record_type,
        recursion_desired: flags & 0x100 != 0,
        edns: None,
    };
    let mut reply = Reply::new(&query, Rcode::from_code((flags & 15) as u8), Because::Wire);
    reply.authoritative = flags & 0x400 != 0;
    reply.truncated = flags & 0x200 != 0;
    reply.recursion_available = flags & 0x80 != 0;
    for (section, count) in counts.into_iter().enumerate() {
        for _ in 0..count {
            match reader.record()? {
                Err(edns) => reply.query.edns = Some(edns),
                Ok(None) => {}
                Ok(Some(record)) => match section {
                    0 => reply.answer.push(record),
                    1 => reply.authority.push(record),
                    _ => reply.additional.push(record),
                },
            }
        }
    }
    Some((flags & 0x8000 != 0, reply))
}

/// Reads a question.
pub fn decode_query(bytes: &[u8]) -> Option<Query> {
    decode(bytes)
        .filter(|(is_reply, _)| !is_reply)
        .map(|(_, message)| message.query)
}

/// Reads a reply; what it rests on is not in the bytes.
pub fn decode_reply(bytes: &[u8]) -> Option<Reply> {
    decode(bytes)
        .filter(|(is_reply, _)| *is_reply)
        .map(|(_, message)| message)
}
