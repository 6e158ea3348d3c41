//! The digests that real programs show: SHA-256 and SHA-512, and the standard base 32 alphabet (RFC 4648).

use super::push_hex;
use sha2::{Digest, Sha256, Sha512};

/// The SHA-256 digest of a text.
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// The SHA-512 digest of a text, in hexadecimal digits.
pub fn sha512_hex(text: &str) -> String {
    let digest: [u8; 64] = Sha512::digest(text).into();
    let mut hex = String::with_capacity(128);
    for eight in digest.as_chunks::<8>().0 {
        push_hex(&mut hex, u64::from_be_bytes(*eight));
    }
    hex
}

/// The first characters of a digest in base 32, at most 48 of them.
pub fn base32(digest: &[u8; 32], count: usize) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(count);
    for five in digest.chunks(5) {
        let bits = five
            .iter()
            .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            if text.len() == count {
                return text;
            }
            if let Some(letter) = ALPHABET.get((bits >> (place * 5) & 31) as usize) {
                text.push(char::from(*letter));
            }
        }
    }
    text
}

/// Standard base64, in which Secrets keep their data and HTTP its passwords.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for i in 0..4usize {
            let letter = LETTERS
                .get((word >> (18 - 6 * i)) as usize & 63)
                .copied()
                .unwrap_or(b'=');
            out.push(if i > chunk.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    out
}

/// The bytes that standard base64 stands for, or the place of the first character that is none of it.
pub fn base64_decoded(text: &str) -> Result<Vec<u8>, usize> {
    let digits = text.trim_end_matches('=');
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for (at, byte) in digits.bytes().enumerate() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'\n' | b'\r' => continue,
            _ => return Err(at),
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    if text.len().is_multiple_of(4) {
        Ok(out)
    } else {
        Err(text.len() / 4 * 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_examples_agree() {
        let hex: String = sha256("abc").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            sha512_hex("abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
    }

    #[test]
    fn base_32_is_that_of_the_chains() {
        assert_eq!(base32(&sha256("ns1/svc1:p80tcp"), 16), "XPGD46QRK7WJZT7O");
    }

    #[test]
    fn secrets_are_coded() {
        let rows = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("xyzzy", "eHl6enk="),
        ];
        for (plain, coded) in rows {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
