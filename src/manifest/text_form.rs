//! Texts with a form of their own, and what the API server says of those that lack it: quantities, base 64, times.

/// What is wrong with a quantity, in the words of `k8s.io/apimachinery/pkg/api/resource`.
pub(super) fn quantity(text: &str) -> Result<(), &'static str> {
    const FORMAT: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    const SUFFIX: &str = "unable to parse quantity's suffix";
    let text = text.trim();
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = |t: &str, inside: fn(char) -> bool| t.find(|c| !inside(c)).unwrap_or(t.len());
    let (whole, rest) = body.split_at(end(body, |c| c.is_ascii_digit()));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(end(rest, |c| c.is_ascii_digit())),
        None => ("", rest),
    };
    let (suffix, exponent) = rest.split_at(end(rest, |c| "eEinumkKMGTP".contains(c)));
    let signless = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if (whole.is_empty() && fraction.is_empty()) || !signless.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FORMAT);
    }
    let known = match suffix {
        "e" | "E" if !exponent.is_empty() => !signless.is_empty(),
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti"
        | "Pi" | "Ei" => exponent.is_empty(),
        _ => false,
    };
    if known { Ok(()) } else { Err(SUFFIX) }
}

/// The byte at which a text is no base 64, as Go's `encoding/base64` counts.
pub(super) fn base64(text: &str) -> Result<(), String> {
    let illegal = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let (mut digits, mut padding) = (0usize, 0usize);
    for (at, b) in text.bytes().enumerate() {
        match b {
            b'\n' | b'\r' => {}
            b'=' if digits % 4 + padding >= 2 && digits % 4 + padding < 4 => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            _ => return illegal(at),
        }
    }
    if (digits + padding) % 4 == 0 {
        Ok(())
    } else {
        illegal(text.len() - (digits + padding) % 4)
    }
}

/// What is wrong with a time, in the words of Go's `time.Parse`.
pub(super) fn time(text: &str) -> Result<(), String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    let parts = [
        "2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05",
    ];
    let fail = |rest: &str, part: &str| {
        Err(format!(
            "parsing time \"{text}\" as \"{LAYOUT}\": cannot parse \"{rest}\" as \"{part}\""
        ))
    };
    let mut rest = text;
    for part in parts {
        let fits = rest.get(..part.len()).is_some_and(|have| {
            let digits = have.bytes().all(|b| b.is_ascii_digit());
            have == part || (digits && part.starts_with(|c: char| c.is_ascii_digit()))
        });
        if !fits {
            return fail(rest, part);
        }
        rest = rest.get(part.len()..).unwrap_or_default();
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let zone = rest.strip_prefix(['+', '-']).is_some_and(|zone| {
        matches!(zone.as_bytes(), [a, b, b':', c, d] if [a, b, c, d].iter().all(|b| b.is_ascii_digit()))
    });
    if rest == "Z" || zone {
        Ok(())
    } else {
        fail(rest, "Z07:00")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_checked_in_the_servers_words() {
        for good in ["100m", "64Mi", "1", "0.5", ".5", "1e3", "1E", "-1", "1e-3"] {
            assert_eq!(quantity(good), Ok(()), "{good}");
        }
        for bad in ["64MB", "1Mib", "lots", "", "1 Gi"] {
            assert!(quantity(bad).is_err(), "{bad}");
        }
        assert_eq!(base64("aGVsbG8="), Ok(()));
        assert_eq!(
            base64("plain text"),
            Err("illegal base64 data at input byte 5".to_owned())
        );
        assert_eq!(time("2026-11-22T23:02:34Z"), Ok(()));
        assert_eq!(time("2026-11-22T23:02:34.123456+02:00"), Ok(()));
        assert!(time("today").is_err_and(|e| e.ends_with("cannot parse \"today\" as \"2006\"")));
    }
}
