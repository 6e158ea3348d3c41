//! Domain names (RFC 1035 §3.1, presentation form of RFC 4343): spelled as somebody asked, compared without case.
//!
//! A [`DnsName`] is always absolute and always valid: no empty label, no label above 63 bytes, no more than 255 in all.

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

/// An absolute domain name that keeps its spelling.
///
/// ```
/// use portside::dns::DnsName;
/// let name = DnsName::parse("Redis.default.svc.cluster.local").unwrap();
/// assert_eq!(name.text(), "Redis.default.svc.cluster.local.");
/// assert_eq!(name, DnsName::parse("redis.DEFAULT.svc.cluster.local.").unwrap());
/// ```
#[derive(Clone, Debug)]
pub struct DnsName(Rc<str>);

/// Why a text is no domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Two dots in a row, or a leading dot, or nothing at all.
    EmptyLabel,
    /// A label of more than 63 bytes.
    LabelTooLong,
    /// More than 255 bytes in all.
    NameTooLong,
    /// A backslash that escapes nothing.
    BadEscape,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyLabel => "empty label",
            Self::LabelTooLong => "label too long",
            Self::NameTooLong => "name too long",
            Self::BadEscape => "bad escape",
        })
    }
}

impl DnsName {
    /// Reads a name; a missing final dot is added, bytes outside printable ASCII become `\DDD`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self::root());
        }
        let body = text.strip_suffix('.').unwrap_or(text);
        // The usual name needs no second look at its bytes.
        if body.bytes().all(|b| is_plain(b) || b == b'.') {
            let longest = body.split('.').map(str::len).max().unwrap_or(0);
            if body.is_empty() || body.split('.').any(str::is_empty) {
                return Err(NameError::EmptyLabel);
            }
            if longest > 63 {
                return Err(NameError::LabelTooLong);
            }
            if body.len() > 253 {
                return Err(NameError::NameTooLong);
            }
            return Ok(Self(if body.len() == text.len() {
                format!("{body}.").into()
            } else {
                text.into()
            }));
        }
        Self::from_labels(read_labels(text)?.iter().map(Vec::as_slice))
    }

    /// Builds a name of raw labels, first label first.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, NameError> {
        let (mut text, mut octets) = (String::new(), 1);
        for label in labels {
            match label.len() {
                0 => return Err(NameError::EmptyLabel),
                1..=63 => octets += label.len() + 1,
                _ => return Err(NameError::LabelTooLong),
            }
            for &byte in label {
                match byte {
                    b if is_plain(b) => text.push(b as char),
                    b if b.is_ascii_graphic() => text.extend(['\\', b as char]),
                    b => text.push_str(&format!("\\{b:03}")),
                }
            }
            text.push('.');
        }
        if octets > 255 {
            return Err(NameError::NameTooLong);
        }
        if text.is_empty() {
            text.push('.');
        }
        Ok(Self(text.into()))
    }

    /// The root, `.`.
    pub fn root() -> Self {
        Self(".".into())
    }

    /// The labels of `front` before `zone`; for parts that are known to be valid labels.
    pub(super) fn below(front: &[&str], zone: &str) -> Self {
        let mut text =
            String::with_capacity(front.iter().map(|p| p.len() + 1).sum::<usize>() + zone.len());
        for part in front.iter().filter(|part| !part.is_empty()) {
            text.push_str(part);
            text.push('.');
        }
        if zone != "." || text.is_empty() {
            text.push_str(zone);
        }
        Self(text.into())
    }

    /// The name with its final dot.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The name without its final dot; the root stays `.`.
    pub fn bare(&self) -> &str {
        match self.0.strip_suffix('.') {
            Some("") | None => &self.0,
            Some(bare) => bare,
        }
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        &*self.0 == "."
    }

    /// The name in lower case.
    pub fn to_lower(&self) -> Self {
        if self.0.bytes().any(|b| b.is_ascii_uppercase()) {
            Self(self.0.to_ascii_lowercase().into())
        } else {
            self.clone()
        }
    }

    /// The labels as they are spelled, first label first; none for the root.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let mut rest: &str = if self.is_root() { "" } else { &self.0 };
        std::iter::from_fn(move || {
            let end = dot(rest)?;
            let (label, tail) = (rest.get(..end)?, rest.get(end + 1..)?);
            rest = tail;
            Some(label)
        })
    }

    /// How many labels it has.
    pub fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// The name without its first label; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let end = (!self.is_root()).then(|| dot(&self.0)).flatten()?;
        match self.0.get(end + 1..)? {
            "" => Some(Self::root()),
            rest => Some(Self(rest.into())),
        }
    }

    /// Whether the name is `zone` or below it.
    pub fn is_within(&self, zone: &Self) -> bool {
        zone.is_root() || self.front_of(zone).is_some()
    }

    /// What stands before `zone`, without the dot between; `None` if the name is not within it.
    pub(super) fn front_of(&self, zone: &Self) -> Option<&str> {
        if zone.is_root() {
            return Some(if self.is_root() { "" } else { self.bare() });
        }
        let at = self.0.len().checked_sub(zone.0.len())?;
        let (front, tail) = (self.0.get(..at)?, self.0.get(at..)?);
        if !tail.eq_ignore_ascii_case(&zone.0) {
            return None;
        }
        match front.strip_suffix('.') {
            None => front.is_empty().then_some(""),
            Some(before) if before.ends_with('\\') => None,
            Some(before) => Some(before),
        }
    }

    /// The last labels as they are spelled here, as many as `zone` has; the name must be within it.
    pub(super) fn spelling_of(&self, zone: &Self) -> Self {
        if zone.is_root() {
            return Self::root();
        }
        let at = self.0.len().saturating_sub(zone.0.len());
        match self.0.get(at..) {
            Some(tail) if tail != &*zone.0 => Self(tail.into()),
            _ => zone.clone(),
        }
    }

    /// The name with `search` behind it, as a stub resolver tries it.
    pub fn join(&self, search: &Self) -> Result<Self, NameError> {
        if search.is_root() {
            return Ok(self.clone());
        }
        if self.is_root() {
            return Ok(search.clone());
        }
        if self.wire_len() + search.wire_len() > 256 {
            return Err(NameError::NameTooLong);
        }
        let mut text = String::with_capacity(self.0.len() + search.0.len());
        text.push_str(&self.0);
        text.push_str(&search.0);
        Ok(Self(text.into()))
    }

    /// How many bytes it takes in a message that does not compress.
    pub fn wire_len(&self) -> usize {
        if self.is_root() {
            1
        } else if self.0.contains('\\') {
            read_labels(&self.0).map_or(1, |labels| {
                labels.iter().map(|l| l.len() + 1).sum::<usize>() + 1
            })
        } else {
            self.0.len() + 1
        }
    }

    /// The labels as raw bytes.
    pub(super) fn raw_labels(&self) -> Vec<Vec<u8>> {
        if self.is_root() {
            return Vec::new();
        }
        read_labels(&self.0).unwrap_or_default()
    }
}

/// Whether a byte stands for itself in the presentation form.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b".\\\";()@$".contains(&byte)
}

/// Where the first dot that no backslash escapes stands.
fn dot(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let found = b == b'.' && !escaped;
        escaped = b == b'\\' && !escaped;
        found
    })
}

fn read_labels(text: &str) -> Result<Vec<Vec<u8>>, NameError> {
    let (mut labels, mut label) = (Vec::new(), Vec::new());
    let mut bytes = text.bytes().peekable();
    let mut total = 1;
    while let Some(byte) = bytes.next() {
        match byte {
            b'.' if label.is_empty() => return Err(NameError::EmptyLabel),
            b'.' => labels.push(std::mem::take(&mut label)),
            b'\\' => {
                let digits: Vec<u32> = (0..3)
                    .map_while(|_| {
                        let digit = bytes.peek().and_then(|b| (*b as char).to_digit(10))?;
                        bytes.next();
                        Some(digit)
                    })
                    .collect();
                match digits[..] {
                    [a, b, c] => label.push(
                        u8::try_from(a * 100 + b * 10 + c).map_err(|_| NameError::BadEscape)?,
                    ),
                    [] => label.push(bytes.next().ok_or(NameError::BadEscape)?),
                    _ => return Err(NameError::BadEscape),
                }
            }
            b => label.push(b),
        }
    }
    if !label.is_empty() {
        labels.push(label);
    }
    if labels.is_empty() {
        return Err(NameError::EmptyLabel);
    }
    for label in &labels {
        if label.len() > 63 {
            return Err(NameError::LabelTooLong);
        }
        total += label.len() + 1;
    }
    if total > 255 {
        Err(NameError::NameTooLong)
    } else {
        Ok(labels)
    }
}

impl PartialEq for DnsName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for DnsName {}
impl PartialOrd for DnsName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for DnsName {
    fn cmp(&self, other: &Self) -> Ordering {
        let lower = |name: &Self| name.0.len();
        let folded = self.0.bytes().map(|b| b.to_ascii_lowercase());
        let others = other.0.bytes().map(|b| b.to_ascii_lowercase());
        folded.cmp(others).then(lower(self).cmp(&lower(other)))
    }
}

impl fmt::Display for DnsName {
    /// Writes the name with its final dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DnsName {
        DnsName::parse(text).unwrap()
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(DnsName::parse("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(DnsName::parse(""), Err(NameError::EmptyLabel));
        assert_eq!(DnsName::parse(".a"), Err(NameError::EmptyLabel));
        assert_eq!(
            DnsName::parse(&"a".repeat(64)),
            Err(NameError::LabelTooLong)
        );
        assert_eq!(
            DnsName::parse(&"a.".repeat(128)),
            Err(NameError::NameTooLong)
        );
        assert_eq!(DnsName::parse("a\\"), Err(NameError::BadEscape));
    }

    #[test]
    fn zones_match_on_label_boundaries_without_case() {
        let zone = name("cluster.local");
        assert_eq!(name("a.CLUSTER.local").front_of(&zone), Some("a"));
        assert_eq!(name("cluster.local").front_of(&zone), Some(""));
        assert_eq!(name("mycluster.local").front_of(&zone), None);
        assert_eq!(name("x\\.cluster.local").front_of(&zone), None);
        assert_eq!(name("a.b").front_of(&DnsName::root()), Some("a.b"));
    }

    #[test]
    fn odd_bytes_survive_as_escapes() {
        let odd = name("caf\u{e9}.x\\.y");
        assert_eq!(odd.text(), "caf\\195\\169.x\\.y.");
        assert_eq!(odd.labels().collect::<Vec<_>>(), ["caf\\195\\169", "x\\.y"]);
        assert_eq!(odd.wire_len(), 6 + 4 + 1);
    }

    #[test]
    fn a_parent_lacks_the_first_label() {
        assert_eq!(name("a.b.").parent().unwrap().text(), "b.");
        assert_eq!(name("b.").parent().unwrap().text(), ".");
        assert!(DnsName::root().parent().is_none());
    }
}
