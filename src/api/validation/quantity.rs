//! Quantities, as far as they are compared: `500m`, `1.5Gi`, `1e3` (`k8s.io/apimachinery/pkg/api/resource`).

use crate::api::Value;
use std::cmp::Ordering;

/// A quantity in thousandth parts of a thousandth: what is smaller is rounded up, as Kubernetes does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quantity(i128);

const UNIT: i128 = 1_000_000_000;

impl Quantity {
    /// Reads a quantity.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(n) => Some(Self(i128::from(*n) * UNIT)),
            Value::Float(text) | Value::Str(text) => Self::parse(text),
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    pub(super) fn is_negative(&self) -> bool {
        self.0.cmp(&0) == Ordering::Less
    }

    pub(super) fn is_positive(&self) -> bool {
        self.0 > 0
    }

    fn parse(text: &str) -> Option<Self> {
        let (sign, body) = match text.strip_prefix('-') {
            Some(body) => (-1, body),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = body.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (digits, suffix) = body.split_at(end.unwrap_or(body.len()));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (factor, divisor) = scale(suffix)?;
        let number = |text: &str| match text {
            "" => Some(0),
            text => text.parse::<i128>().ok(),
        };
        let whole = number(whole)?.checked_mul(factor)?.checked_mul(UNIT)? / divisor;
        let mut part = 0;
        let mut place = factor.checked_mul(UNIT)? / divisor;
        for digit in fraction.bytes() {
            place /= 10;
            part += i128::from(digit.checked_sub(b'0')?) * place;
        }
        Some(Self(sign * whole.checked_add(part)?))
    }
}

/// What a suffix multiplies with and divides by.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    let decimal = ["", "k", "M", "G", "T", "P", "E"];
    let binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let power = |base: i128, list: &[&str]| {
        let at = list.iter().position(|have| *have == suffix)?;
        base.checked_pow(u32::try_from(at).ok()?)
    };
    if let Some(factor) = power(1_000, &decimal).or_else(|| power(1_024, &binary)) {
        return Some((factor, 1));
    }
    match suffix {
        "m" => Some((1, 1_000)),
        "u" => Some((1, 1_000_000)),
        "n" => Some((1, UNIT)),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10i128.checked_pow(exponent.unsigned_abs().min(30))?;
            Some(if exponent < 0 { (1, power) } else { (power, 1) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_of_different_units_compare() {
        let of = |text: &str| Quantity::of(&Value::from(text)).unwrap();
        let rising = [
            "-1", "0", "1n", "500m", "0.6", "1", "1500m", "1e1", "1k", "1Ki", "1.5Mi", "1G", "1Gi",
        ];
        for pair in rising.windows(2) {
            assert!(of(pair[0]) < of(pair[1]), "{pair:?}");
        }
        assert_eq!(of("1000m"), of("1"));
        assert_eq!(of("1Ki"), of("1024"));
        assert_eq!(Quantity::of(&Value::from("lots")), None);
    }
}
