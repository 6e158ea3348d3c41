//! How databases and brokers greet, and what they say to those who do not speak as they do: `MySQL`, `PostgreSQL`, `RabbitMQ`.
//!
//! A client that does speak gets as far as being asked for its password; what comes after that is not modelled.

use super::server::Answer;
use crate::api::image::Wire;

/// `MySQL` 8.4's greeting (protocol 10): version, capabilities, character set, the challenge, the plug-in.
pub(super) fn greeting(wire: Wire) -> Vec<u8> {
    if wire != Wire::Mysql {
        return Vec::new();
    }
    let body = [
        &b"\x0a8.4.6\0\x08\0\0\0"[..],
        b"\x1c'K}R:3m\0",
        b"\xff\xff\xff\x02\0\xff\xdf\x15",
        &[0; 10],
        b"y}Q5&%w\x1f\x04Hsk\0",
        b"caching_sha2_password\0",
    ];
    mysql_packet(0, &body.concat())
}

/// What a server answers to what has come.
pub(super) fn respond(wire: Wire, pending: &mut Vec<u8>) -> Answer {
    match wire {
        Wire::Mysql => mysql(pending),
        Wire::Postgres => postgres(pending),
        Wire::Amqp => amqp(pending),
    }
}

fn mysql_packet(sequence: u8, body: &[u8]) -> Vec<u8> {
    let [a, b, c, _] = (body.len() as u32).to_le_bytes();
    [&[a, b, c, sequence][..], body].concat()
}

/// The first packet must be the second of the conversation: typed text is none, and is out of order.
fn mysql(pending: &mut [u8]) -> Answer {
    let error = |sequence: u8, number: u16, state: &str, text: &str| {
        let body = [
            &[0xff][..],
            &number.to_le_bytes(),
            b"#",
            state.as_bytes(),
            text.as_bytes(),
        ];
        Answer::last(mysql_packet(sequence, &body.concat()))
    };
    let [a, b, c, sequence, body @ ..] = &*pending else {
        return Answer::default();
    };
    if *sequence != 1 {
        return error(1, 1156, "08S01", "Got packets out of order");
    }
    if body.len() < u32::from_le_bytes([*a, *b, *c, 0]) as usize {
        return Answer::default();
    }
    error(2, 1043, "08S01", "Bad handshake")
}

const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

/// The first packet is a length and a version; a server without certificates declines to encrypt and waits on. What has
/// no sensible length is hung up on without a word (`ProcessStartupPacket`).
fn postgres(pending: &mut Vec<u8>) -> Answer {
    let mut data = Vec::new();
    while let Some(head) = pending.first_chunk::<4>() {
        let length = u32::from_be_bytes(*head) as usize;
        if !(8..=10_004).contains(&length) {
            return Answer::last(data);
        }
        if pending.len() < length {
            break;
        }
        let packet: Vec<u8> = pending.drain(..length).collect();
        let version = packet.get(4..).and_then(|rest| rest.first_chunk::<4>());
        let version = version.map_or(0, |bytes| u32::from_be_bytes(*bytes));
        match version {
            SSL | GSS => data.push(b'N'),
            0x3_0000..=0x3_ffff => {
                data.extend(startup(packet.get(8..).unwrap_or_default()));
                break;
            }
            _ if version >> 16 == 1234 => return Answer::last(data),
            _ => {
                let text = format!(
                    "unsupported frontend protocol {}.{}: server supports 3.0 to 3.0",
                    version >> 16,
                    version & 0xffff
                );
                data.extend(fatal("0A000", &text));
                return Answer::last(data);
            }
        }
    }
    let ends = (data.first() == Some(&b'E')).then_some(super::connection::Closed::Fin);
    Answer {
        data,
        ends,
        ..Answer::default()
    }
}

/// Parameters in pairs; who has a name is asked to prove it.
fn startup(parameters: &[u8]) -> Vec<u8> {
    let words: Vec<&[u8]> = parameters.split(|b| *b == 0).collect();
    let mut pairs = words.chunks_exact(2);
    let named = pairs.any(|pair| matches!(pair, [b"user", name] if !name.is_empty()));
    if !named {
        return fatal(
            "28000",
            "no PostgreSQL user name specified in startup packet",
        );
    }
    let methods = b"SCRAM-SHA-256\0\0";
    let length = (8 + methods.len() as u32).to_be_bytes();
    [b"R", &length[..], &10_u32.to_be_bytes(), methods].concat()
}

fn fatal(code: &str, text: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{text}\0\0");
    let length = (4 + fields.len() as u32).to_be_bytes();
    [b"E", &length[..], fields.as_bytes()].concat()
}

const AMQP: &[u8] = b"AMQP\0\0\x09\x01";

/// A client names its protocol in eight bytes: the right one is greeted with `connection.start`, any other is told which
/// one it should be.
fn amqp(pending: &mut Vec<u8>) -> Answer {
    if pending.len() < AMQP.len() {
        return Answer::default();
    }
    if !pending.starts_with(AMQP) {
        return Answer::last(AMQP.to_vec());
    }
    pending.clear();
    let long = |text: &str| [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat();
    let mut properties = Vec::new();
    for (name, value) in [
        ("product", "RabbitMQ"),
        ("version", "3.13.7"),
        ("platform", "Erlang/OTP 26.2.5.13"),
    ] {
        properties.push(name.len() as u8);
        properties.extend_from_slice(name.as_bytes());
        properties.push(b'S');
        properties.extend(long(value));
    }
    let body = [
        // Class 10, method 10, version 0-9.
        &[0, 10, 0, 10, 0, 9][..],
        &(properties.len() as u32).to_be_bytes(),
        &properties,
        &long("AMQPLAIN PLAIN"),
        &long("en_US"),
    ]
    .concat();
    Answer {
        data: [
            &[1, 0, 0][..],
            &(body.len() as u32).to_be_bytes(),
            &body,
            &[0xce],
        ]
        .concat(),
        ..Answer::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::connection::Closed;

    fn says(wire: Wire, data: &[u8]) -> (Vec<u8>, bool) {
        let answer = respond(wire, &mut data.to_vec());
        (answer.data, answer.ends == Some(Closed::Fin))
    }

    #[test]
    fn typed_text_is_turned_away_in_each_server_s_own_way() {
        let out_of_order = b"!\0\0\x01\xff\x84\x04#08S01Got packets out of order".to_vec();
        assert_eq!(says(Wire::Mysql, b"hello\r\n"), (out_of_order, true));
        assert_eq!(says(Wire::Postgres, b"hello\r\n"), (Vec::new(), true));
        assert_eq!(
            says(Wire::Amqp, b"GET / HTTP/1.1\r\n"),
            (AMQP.to_vec(), true)
        );
        assert_eq!(says(Wire::Amqp, b"hi\r\n"), (Vec::new(), false));
    }

    #[test]
    fn who_speaks_the_protocol_is_answered() {
        let ssl = [&8_u32.to_be_bytes()[..], &SSL.to_be_bytes()].concat();
        assert_eq!(says(Wire::Postgres, &ssl), (b"N".to_vec(), false));
        let named = b"\0\0\0\x13\0\x03\0\0user\0root\0\0";
        assert!(
            says(Wire::Postgres, named)
                .0
                .ends_with(b"SCRAM-SHA-256\0\0")
        );
        let nobody = says(Wire::Postgres, b"\0\0\0\x09\0\x03\0\0\0");
        assert!(nobody.1 && nobody.0.starts_with(b"E"));
        let (start, _) = says(Wire::Amqp, AMQP);
        assert_eq!((start.first(), start.last()), (Some(&1), Some(&0xce)));
        let greeting = greeting(Wire::Mysql);
        assert_eq!(usize::from(greeting[0]) + 4, greeting.len());
    }
}
