//! Amounts of processors and memory, as `k8s.io/apimachinery/pkg/api/resource` writes them.

use super::Value;

const SUFFIXES: &[(&str, i64)] = &[
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
];

/// A quantity such as `100m`, `1.5`, `64Mi` or 2 in so many parts of one; none if it is no quantity.
pub fn quantity(value: &Value, unit: i64) -> Option<i64> {
    let text = match value {
        Value::Int(n) => return Some(n.saturating_mul(unit)),
        Value::Str(text) | Value::Float(text) => text.as_str(),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => return None,
    };
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.saturating_mul(unit));
    }
    if let Some(millis) = text.strip_suffix('m') {
        return Some(millis.parse::<i64>().ok()?.saturating_mul(unit) / 1_000);
    }
    let with = |(suffix, factor): &(&str, i64)| Some((text.strip_suffix(suffix)?, *factor));
    let (number, factor) = SUFFIXES.iter().find_map(with).unwrap_or((text, 1));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    let whole: i64 = whole.parse().ok()?;
    let thousandths = whole
        .saturating_mul(1_000)
        .saturating_add(digits.parse().ok()?);
    Some(thousandths.saturating_mul(factor).saturating_mul(unit) / 1_000)
}

/// The letters after a number of thousands, from a thousand-millionth on, and after one of 1,024s.
const THOUSANDS: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// A quantity as the API server writes it (`Quantity.String`): `1` for `1000m`, `500m` for 0.5, `1Gi` for `1024Mi`. None for
/// what is no quantity, or too large to be counted.
pub fn canonical(value: &Value) -> Option<String> {
    let text = match value {
        Value::Int(n) => &n.to_string(),
        Value::Str(text) | Value::Float(text) => text.trim(),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => return None,
    };
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    let (number, suffix) = text.split_at(text.find(|c| !is_number(c)).unwrap_or(text.len()));
    let sign = if number.starts_with('-') { "-" } else { "" };
    let number = number.trim_start_matches(['+', '-']);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut n = i128::from([whole, part].concat().parse::<i64>().ok()?);
    let mut exponent = -i32::try_from(part.len()).ok()?;
    let tenth = |n: i128| (n + 9) / 10;
    if let Some(power) = BINARY.iter().position(|own| *own == suffix) {
        n <<= 10 * (power + 1);
        let mut bytes = part.bytes().fold(n, |n, _| tenth(n));
        if bytes >= 1_024 {
            let mut power = 0;
            while bytes % 1_024 == 0 && power < BINARY.len() {
                bytes >>= 10;
                power += 1;
            }
            let suffix = power.checked_sub(1).and_then(|power| BINARY.get(power));
            return Some(format!("{sign}{bytes}{}", suffix.unwrap_or(&"")));
        }
    }
    let power = suffix
        .strip_prefix(['e', 'E'])
        .filter(|power| !power.is_empty());
    exponent += match power {
        Some(power) => power.parse::<i32>().ok().filter(|power| power.abs() < 19)?,
        None => match THOUSANDS.iter().position(|own| *own == suffix) {
            Some(place) => 3 * i32::try_from(place).ok()? - 9,
            None if BINARY.contains(&suffix) => 0,
            None => return None,
        },
    };
    if n == 0 {
        return Some("0".to_owned());
    }
    while n % 10 == 0 {
        n /= 10;
        exponent += 1;
    }
    while exponent < -9 {
        n = tenth(n);
        exponent += 1;
    }
    while exponent % 3 != 0 || exponent > 18 {
        n = n.checked_mul(10)?;
        exponent -= 1;
    }
    Some(match power {
        Some(_) if exponent == 0 => format!("{sign}{n}"),
        Some(_) => format!("{sign}{n}e{exponent}"),
        None => {
            let place = usize::try_from(exponent / 3 + 3).ok()?;
            format!("{sign}{n}{}", THOUSANDS.get(place)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_in_one_way() {
        for (given, written) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1.1Gi", "1181116007"),
            ("0.5Ki", "512"),
            ("0.3Ki", "307200m"),
            ("0Mi", "0"),
            ("100Mi", "100Mi"),
            ("1500Mi", "1500Mi"),
            ("1000k", "1M"),
            ("1500", "1500"),
            ("64e6", "64e6"),
            ("1e3", "1e3"),
            ("1E", "1E"),
            ("-1000m", "-1"),
            ("+2", "2"),
            ("100000000", "100M"),
            ("0.0000000001", "1n"),
        ] {
            assert_eq!(
                canonical(&given.into()).as_deref(),
                Some(written),
                "{given}"
            );
        }
        assert_eq!(canonical(&Value::Int(2)).as_deref(), Some("2"));
        assert_eq!(
            canonical(&Value::Float("0.25".to_owned())).as_deref(),
            Some("250m")
        );
        assert_eq!(canonical(&"much".into()), None);
    }

    #[test]
    fn quantities() {
        assert_eq!(quantity(&"100m".into(), 1_000), Some(100));
        assert_eq!(quantity(&"1.5".into(), 1_000), Some(1_500));
        assert_eq!(quantity(&"70Mi".into(), 1), Some(73_400_320));
        assert_eq!(quantity(&Value::Int(2), 1_000), Some(2_000));
        assert_eq!(quantity(&"much".into(), 1), None);
        assert_eq!(quantity(&"10.96.0.10".into(), 1), None);
    }
}
