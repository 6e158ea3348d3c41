//! Text by name: labels, annotations, selectors, the data of a `ConfigMap`.
//!
//! Copies share what they hold until somebody writes: all Pods of a template bear the same labels, and each write of one
//! makes a new object.

use super::record::{Empty, Field};
use super::{Map, Value};
use crate::kernel::BTreeMap;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

type Texts = BTreeMap<String, String>;

const NONE: &Texts = &Texts::new();

/// A map from name to text.
#[derive(Clone, Default)]
pub struct StringMap(Option<Rc<Texts>>);

impl StringMap {
    /// A map of nothing.
    pub const fn new() -> Self {
        Self(None)
    }
}

impl Deref for StringMap {
    type Target = Texts;

    fn deref(&self) -> &Texts {
        self.0.as_deref().unwrap_or(NONE)
    }
}

impl DerefMut for StringMap {
    /// Whoever writes shares no more.
    fn deref_mut(&mut self) -> &mut Texts {
        Rc::make_mut(self.0.get_or_insert_default())
    }
}

impl PartialEq for StringMap {
    fn eq(&self, other: &Self) -> bool {
        let shared = |(own, other): (&Rc<Texts>, &Rc<Texts>)| Rc::ptr_eq(own, other);
        self.0.as_ref().zip(other.0.as_ref()).is_some_and(shared) || **self == **other
    }
}

impl Eq for StringMap {}

impl PartialOrd for StringMap {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StringMap {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl fmt::Debug for StringMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl FromIterator<(String, String)> for StringMap {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(items: I) -> Self {
        Self(Some(Rc::new(items.into_iter().collect())))
    }
}

impl<const N: usize> From<[(String, String); N]> for StringMap {
    fn from(items: [(String, String); N]) -> Self {
        items.into_iter().collect()
    }
}

impl IntoIterator for StringMap {
    type Item = (String, String);
    type IntoIter = <Texts as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        let texts = self.0.map(Rc::unwrap_or_clone);
        texts.unwrap_or_default().into_iter()
    }
}

impl<'a> IntoIterator for &'a StringMap {
    type Item = (&'a String, &'a String);
    type IntoIter = <&'a Texts as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        <&Texts>::into_iter(self)
    }
}

impl serde::Serialize for StringMap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl Field for StringMap {
    fn read(value: Value) -> Result<Self, Value> {
        let Value::Map(map) = value else {
            return Err(value);
        };
        if map.values().any(|value| value.as_str().is_none()) {
            return Err(Value::Map(map));
        }
        Ok(map
            .into_iter()
            .map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned()))
            .collect())
    }
    fn write(&self) -> Option<Value> {
        let entry = |(key, value): (&String, &String)| (key.clone(), Value::Str(value.clone()));
        (!self.is_empty()).then(|| Value::Map(self.iter().map(entry).collect()))
    }
}

impl Empty for StringMap {
    fn empty() -> Value {
        Value::Map(Map::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_what_it_was() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let first = StringMap::from([pair("app", "web")]);
        let mut second = first.clone();
        assert_eq!(first, second);
        second.insert("tier".to_owned(), "front".to_owned());
        assert_eq!(first, StringMap::from([pair("app", "web")]));
        assert_ne!(first, second);
        second.clear();
        assert_eq!(second, StringMap::new());
    }
}
