//! Text that many objects have in common: words known beforehand, times, identities. A copy of it costs nothing.

use super::Value;
use super::record::{Empty, Field};
use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

/// Text that is shared.
#[derive(Clone)]
pub enum Word {
    /// One of the words of the program itself.
    Known(&'static str),
    /// Any other.
    Shared(Rc<str>),
}

impl Word {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(text) => text,
            Self::Shared(text) => text,
        }
    }

    /// No text any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Default for Word {
    fn default() -> Self {
        Self::Known("")
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Word {
    fn as_ref(&self) -> &str {
        self
    }
}

impl From<&'static str> for Word {
    fn from(text: &'static str) -> Self {
        Self::Known(text)
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        match text.is_empty() {
            true => Self::default(),
            false => Self::Shared(text.into()),
        }
    }
}

impl From<Rc<str>> for Word {
    fn from(text: Rc<str>) -> Self {
        Self::Shared(text)
    }
}

impl From<&Word> for Rc<str> {
    fn from(word: &Word) -> Self {
        match word {
            Word::Known(text) => (*text).into(),
            Word::Shared(text) => text.clone(),
        }
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Shared(own), Self::Shared(others)) if Rc::ptr_eq(own, others) => true,
            _ => **self == **other,
        }
    }
}

impl Eq for Word {}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<String> for Word {
    fn eq(&self, other: &String) -> bool {
        **self == **other
    }
}

impl PartialEq<Word> for String {
    fn eq(&self, other: &Word) -> bool {
        **self == **other
    }
}

impl PartialEq<Word> for str {
    fn eq(&self, other: &Word) -> bool {
        *self == **other
    }
}

impl PartialEq<Word> for &str {
    fn eq(&self, other: &Word) -> bool {
        **self == **other
    }
}

impl PartialOrd for Word {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Word {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl serde::Serialize for Word {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Field for Word {
    fn read(value: Value) -> Result<Self, Value> {
        String::read(value).map(Self::from)
    }
    fn write(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Str(self.to_string()))
    }
}

impl Empty for Word {
    fn empty() -> Value {
        String::empty()
    }
}
