//! Text to the letters of a link and back: raw DEFLATE ([RFC 1951](https://www.rfc-editor.org/rfc/rfc1951)) and base64url.
//!
//! `p1` begins with a frozen dictionary of what manifests and commands are made of; `p0` has none, so that any tool can
//! write and read it. A dictionary never changes: another one would be `p2`.

use super::LinkError;
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// What `p1` begins with, for ever.
const DICTIONARY: &[u8] = include_bytes!("dictionary-1.bin");
/// The most that a payload may hold once it is unpacked: a few letters could ask for much memory otherwise.
pub const MOST_BYTES: usize = 1 << 20;
/// The longest payload that is looked at, in letters.
const MOST_LETTERS: usize = 2 << 20;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// DEFLATE at its most thorough, without a wrapper.
const FLAGS: u32 = create_comp_flags_from_zip_params(9, -15, 0);

/// Packs a text as `p1=…`.
pub fn pack(text: &str) -> String {
    letters("p1=", &deflate(DICTIONARY, text.as_bytes()))
}

/// Packs a text as `p0=…`, without the dictionary.
pub fn pack_plain(text: &str) -> String {
    letters("p0=", &deflate(&[], text.as_bytes()))
}

/// Unpacks `p1=…` or `p0=…`.
///
/// # Errors
///
/// Another prefix, letters that are none, a damaged or an oversized payload.
pub fn unpack(payload: &str) -> Result<String, LinkError> {
    let (prefix, rest) = payload.split_once('=').unwrap_or((payload, ""));
    let dictionary = match prefix {
        "p1" => DICTIONARY,
        "p0" => &[],
        other => return Err(LinkError::Prefix(other.chars().take(12).collect())),
    };
    if rest.len() > MOST_LETTERS {
        return Err(LinkError::Large);
    }
    let bytes = inflate(dictionary, &bytes(rest).ok_or(LinkError::Damaged)?)?;
    String::from_utf8(bytes).map_err(|_| LinkError::Damaged)
}

fn deflate(dictionary: &[u8], data: &[u8]) -> Vec<u8> {
    let mut compressor = CompressorOxide::new(FLAGS);
    let mut out = Vec::new();
    // Text before the data that is written nowhere: the data may still refer to it.
    if !dictionary.is_empty() {
        compress_to_output(&mut compressor, dictionary, TDEFLFlush::Sync, |_| true);
    }
    compress_to_output(&mut compressor, data, TDEFLFlush::Finish, |bytes| {
        out.extend_from_slice(bytes);
        true
    });
    out
}

fn inflate(dictionary: &[u8], data: &[u8]) -> Result<Vec<u8>, LinkError> {
    let mut input = Vec::with_capacity(dictionary.len() + data.len() + 5);
    if !dictionary.is_empty() {
        // The dictionary as a stored block: its kind, its length, the length's complement.
        let length = dictionary.len() as u16;
        input.push(0);
        input.extend_from_slice(&length.to_le_bytes());
        input.extend_from_slice(&(!length).to_le_bytes());
        input.extend_from_slice(dictionary);
    }
    input.extend_from_slice(data);
    let most = dictionary.len() + MOST_BYTES;
    match decompress_to_vec_with_limit(&input, most) {
        Ok(out) => Ok(out.get(dictionary.len()..).unwrap_or_default().to_vec()),
        Err(error) if error.output.len() >= most => Err(LinkError::Large),
        Err(_) => Err(LinkError::Damaged),
    }
}

/// Base64 in the alphabet of addresses, without padding.
fn letters(prefix: &str, bytes: &[u8]) -> String {
    let mut out = String::with_capacity(prefix.len() + bytes.len() * 4 / 3 + 2);
    out.push_str(prefix);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for i in 0..=chunk.len() {
            let letter = LETTERS.get((word >> (18 - 6 * i)) as usize & 63);
            out.extend(letter.map(|letter| char::from(*letter)));
        }
    }
    out
}

/// The bytes of such letters; the ordinary alphabet, padding and percent signs of padding are read too, for chat
/// programs and hands change them.
fn bytes(letters: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(letters.len() * 3 / 4);
    let (mut word, mut bits) = (0u32, 0u32);
    for letter in letters
        .trim_end_matches("%3D")
        .trim_end_matches('=')
        .bytes()
    {
        let six = match letter {
            b'+' => 62,
            b'/' => 63,
            _ => LETTERS.iter().position(|l| *l == letter)? as u32,
        };
        word = (word << 6) | six;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::sha256;

    #[test]
    fn the_dictionary_of_links_that_are_out_there_has_not_changed() {
        let text = std::str::from_utf8(DICTIONARY).unwrap();
        let digest: String = sha256(text).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            digest,
            "c1605749212d3c6971afc84e63e4111f75c84407d985c8eb67767c5a573d45c7"
        );
    }

    #[test]
    fn a_manifest_like_those_of_the_documentation_takes_few_letters() {
        let text = include_str!("../../www/data/templates/one-service.yaml");
        let (short, plain) = (pack(text), pack_plain(text));
        assert!(short.len() < 220, "{} letters: {short}", short.len());
        assert!(short.len() < plain.len());
        assert_eq!(unpack(&short).unwrap(), text);
        assert_eq!(unpack(&plain).unwrap(), text);
    }

    #[test]
    fn what_no_link_of_this_kind_is_says_so() {
        for other in ["p2=AAAA", "pako=x", "", "p1", "<script>=1"] {
            assert!(unpack(other).is_err(), "{other}");
        }
        assert_eq!(unpack("p7=x"), Err(LinkError::Prefix("p7".to_owned())));
        assert_eq!(unpack("p1=!!"), Err(LinkError::Damaged));
        let whole = pack("apiVersion: v1\nkind: Service\n");
        assert_eq!(unpack(&whole[..whole.len() - 4]), Err(LinkError::Damaged));
    }

    #[test]
    fn a_payload_that_grows_without_end_is_refused() {
        let bomb = pack(&"a".repeat(MOST_BYTES + 1));
        assert!(bomb.len() < 3_000);
        assert_eq!(unpack(&bomb), Err(LinkError::Large));
        assert_eq!(
            unpack(&pack_plain(&"a".repeat(8 << 20))),
            Err(LinkError::Large)
        );
        assert!(unpack(&pack(&"a".repeat(MOST_BYTES))).is_ok());
    }
}
