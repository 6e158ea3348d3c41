//! Identifiers that the simulation draws.

use super::Rng;

/// A random (version 4) UUID, as the API server gives to each object.
pub fn uid(rng: &mut Rng) -> String {
    let (a, b) = (rng.next_u64(), rng.next_u64());
    let mut out = String::with_capacity(36);
    let groups = [
        (a >> 32, 8),
        (a >> 16, 4),
        (0x4000 | a & 0xfff, 4),
        (0x8000 | (b >> 48 & 0x3fff), 4),
        (b, 12),
    ];
    for (number, digits) in groups {
        if !out.is_empty() {
            out.push('-');
        }
        push_digits(&mut out, number, digits);
    }
    out
}

/// Appends a number as sixteen hexadecimal digits.
pub fn push_hex(out: &mut String, number: u64) {
    push_digits(out, number, 16);
}

/// Appends the lowest hexadecimal digits of a number.
fn push_digits(out: &mut String, number: u64, digits: u32) {
    for place in (0..digits).rev() {
        let digit = (number >> (4 * place) & 0xf) as u8;
        let first = if digit < 10 { b'0' } else { b'a' - 10 };
        out.push(char::from(first + digit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_keep_their_zeros() {
        let mut text = String::new();
        push_hex(&mut text, 0xabc);
        assert_eq!(text, "0000000000000abc");
    }

    #[test]
    fn a_uid_is_a_version_4_uuid() {
        let text = uid(&mut Rng::fork(1, "uids"));
        let parts: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(text.as_bytes()[14], b'4');
    }
}
