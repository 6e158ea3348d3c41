//! What a plain scalar means: YAML 1.1 as `sigs.k8s.io/yaml` reads it, and numbers as Go writes them.
//!
//! A number goes through JSON on its way to the API server, so `80.0` and `8e1` are the whole number 80. The core has
//! no floating point: what is not whole is kept as decimal text in Go's shortest form. Numbers of more than 17 digits
//! are rounded to 17, which is where Go's may differ by one in the last place.

use crate::api::Value;

/// What a plain scalar means.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            return Value::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    // go-yaml looks for numbers only behind a sign, a digit or a point.
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return Value::Str(text.to_owned());
    }
    let plain = text.replace('_', "");
    // Behind a point go-yaml keeps the underscores, which make it text.
    let plain = if text.starts_with('.') { text } else { &plain };
    integer(plain)
        .map(Value::Int)
        .or_else(|| Decimal::parse(plain)?.value())
        .unwrap_or_else(|| Value::Str(text.to_owned()))
}

/// Whether a plain scalar stands for no number that JSON can hold: `.inf`, `.nan`; how Go names it.
pub(super) fn not_finite(text: &str) -> Option<&'static str> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some("NaN"),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some("+Inf"),
        "-.inf" | "-.Inf" | "-.INF" => Some("-Inf"),
        _ => None,
    }
}

/// A number that is not whole as Go's YAML writes it: `1e-07`, `1.5e+06`.
pub(super) fn yaml_float(text: &str) -> String {
    Decimal::parse(text).map_or_else(|| text.to_owned(), |decimal| decimal.text(-4, 6, 2))
}

/// A whole number as Go's `strconv.ParseInt(text, 0, 64)` reads it.
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixes: [(&str, u32); 7] = [
        ("0x", 16),
        ("0X", 16),
        ("0b", 2),
        ("0B", 2),
        ("0o", 8),
        ("0O", 8),
        ("0", 8),
    ];
    let prefixed = prefixes
        .iter()
        .find_map(|(prefix, radix)| Some((digits.strip_prefix(prefix)?, *radix)))
        .filter(|_| digits != "0");
    let (digits, radix) = prefixed.unwrap_or((digits, 10));
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// A decimal number: its digits without zeros at either end, and where its point stands.
struct Decimal {
    negative: bool,
    digits: String,
    /// How many digits stand before the point; negative for zeros behind it.
    point: i64,
}

impl Decimal {
    /// Reads `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
    fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match body.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (body, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let exponent = match exponent {
            None => 0,
            Some(text) => {
                let (sign, size) = match text.strip_prefix('-') {
                    Some(rest) => (-1, rest),
                    None => (1, text.strip_prefix('+').unwrap_or(text)),
                };
                if size.is_empty() || !digits(size) {
                    return None;
                }
                sign * size.parse::<i64>().unwrap_or(i64::MAX / 4).min(100_000)
            }
        };
        let all = format!("{whole}{fraction}");
        let shown = all.trim_start_matches('0');
        let point = whole.len() as i64 - (all.len() - shown.len()) as i64 + exponent;
        let mut decimal = Self {
            negative: text.starts_with('-'),
            digits: shown.trim_end_matches('0').to_owned(),
            point,
        };
        decimal.round();
        Some(decimal)
    }

    fn round(&mut self) {
        const MOST: usize = 17;
        if self.digits.len() <= MOST {
            return;
        }
        let up = self.digits.as_bytes().get(MOST).is_some_and(|b| *b >= b'5');
        let kept = self.digits.get(..MOST).and_then(|d| d.parse::<u64>().ok());
        let rounded = (kept.unwrap_or(0) + u64::from(up)).to_string();
        self.point += rounded.len() as i64 - MOST as i64;
        self.digits = rounded.trim_end_matches('0').to_owned();
    }

    /// The number as a value; `None` if Go's is infinite.
    fn value(&self) -> Option<Value> {
        if self.digits.is_empty() || self.point < -323 {
            return Some(Value::Int(0));
        }
        if self.point > 309 {
            return None;
        }
        let text = self.text(-6, 21, 1);
        Some(text.parse().map_or(Value::Float(text), Value::Int))
    }

    /// The number as Go writes it, with an exponent of at least so many digits where it is below `low` or from `high` on.
    fn text(&self, low: i64, high: i64, least: usize) -> String {
        let sign = if self.negative { "-" } else { "" };
        let exponent = self.point - 1;
        let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or(0));
        if self.digits.is_empty() {
            return "0".to_owned();
        }
        if exponent < low || exponent >= high {
            let (first, rest) = self.digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            let direction = if exponent < 0 { '-' } else { '+' };
            let size = exponent.unsigned_abs();
            return format!("{sign}{first}{dot}{rest}e{direction}{size:0least$}");
        }
        if self.point <= 0 {
            return format!("{sign}0.{}{}", zeros(-self.point), self.digits);
        }
        let point = usize::try_from(self.point).unwrap_or(usize::MAX);
        match (self.digits.get(..point), self.digits.get(point..)) {
            (Some(whole), Some(fraction)) if !fraction.is_empty() => {
                format!("{sign}{whole}.{fraction}")
            }
            _ => format!(
                "{sign}{}{}",
                self.digits,
                zeros(self.point - self.digits.len() as i64)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_kubectl_reads() {
        let float = |text: &str| Value::Float(text.to_owned());
        let rows = [
            ("on", Value::Bool(true)),
            ("n", Value::Bool(false)),
            ("oFF", Value::from("oFF")),
            ("010", Value::Int(8)),
            ("0644", Value::Int(420)),
            ("-017", Value::Int(-15)),
            ("0x1F", Value::Int(31)),
            ("-0x10", Value::Int(-16)),
            ("0b11", Value::Int(3)),
            ("0o10", Value::Int(8)),
            ("0x", Value::from("0x")),
            ("09", Value::Int(9)),
            ("1_000", Value::Int(1000)),
            ("1_000.5", float("1000.5")),
            ("_1", Value::from("_1")),
            ("._5", Value::from("._5")),
            ("-5", Value::Int(-5)),
            ("+5", Value::Int(5)),
            ("-", Value::from("-")),
            ("--5", Value::from("--5")),
            ("1.10", float("1.1")),
            ("80.0", Value::Int(80)),
            ("1e3", Value::Int(1000)),
            ("12e03", Value::Int(12000)),
            ("+.5", float("0.5")),
            ("5.", Value::Int(5)),
            ("-0.0", Value::Int(0)),
            ("1e-7", float("1e-7")),
            ("1e21", float("1e+21")),
            ("1e400", Value::from("1e400")),
            ("18446744073709551615", float("18446744073709552000")),
            ("10.96.0.1", Value::from("10.96.0.1")),
            ("80:80", Value::from("80:80")),
            ("2001-01-01", Value::from("2001-01-01")),
            ("~", Value::Null),
        ];
        for (text, value) in rows {
            assert_eq!(resolve(text), value, "{text}");
        }
    }

    #[test]
    fn yaml_shows_fractions_as_go_does() {
        for (text, shown) in [
            ("123456789.5", "1.234567895e+08"),
            ("1e-7", "1e-07"),
            ("0.5", "0.5"),
            ("1e+21", "1e+21"),
            ("1000.5", "1000.5"),
            ("-0.00012", "-0.00012"),
        ] {
            assert_eq!(yaml_float(text), shown);
        }
    }
}
