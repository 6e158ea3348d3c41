//! `record!`: a typed view of a mapping that loses nothing.
//!
//! Each field names its key; what the type does not name stays in `rest`, so a valid field that nothing acts on
//! survives a round trip. Reading is total: the schema check has refused wrong types before, and a value that still
//! does not fit is kept in `rest`. Empty text, lists, maps and `false`, `0` are left out on writing, as Go's
//! `omitempty` does; a field that must be written even when empty is an `Option`.

pub use super::word::Word;
use super::{Map, Value};
use std::rc::Rc;

/// A type that a field of an API object can have.
pub trait Field: Sized {
    /// Reads the field; gives the value back when it does not fit.
    fn read(value: Value) -> Result<Self, Value>;
    /// Writes the field; `None` leaves it out.
    fn write(&self) -> Option<Value>;
}

impl Field for String {
    fn read(value: Value) -> Result<Self, Value> {
        match value {
            Value::Str(text) => Ok(text),
            other => Err(other),
        }
    }
    fn write(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Str(self.clone()))
    }
}

impl Field for bool {
    fn read(value: Value) -> Result<Self, Value> {
        match value {
            Value::Bool(b) => Ok(b),
            other => Err(other),
        }
    }
    fn write(&self) -> Option<Value> {
        self.then_some(Value::Bool(true))
    }
}

impl Field for i64 {
    fn read(value: Value) -> Result<Self, Value> {
        match value {
            Value::Int(n) => Ok(n),
            other => Err(other),
        }
    }
    fn write(&self) -> Option<Value> {
        (*self != 0).then_some(Value::Int(*self))
    }
}

/// What is rarely there, so that what holds it stays small.
impl<T: Field> Field for Box<T> {
    fn read(value: Value) -> Result<Self, Value> {
        T::read(value).map(Self::new)
    }
    fn write(&self) -> Option<Value> {
        T::write(self)
    }
}

impl<T: Empty> Empty for Box<T> {
    fn empty() -> Value {
        T::empty()
    }
}

/// Shared until somebody writes: what many objects have in common, as the Pods of one template have their spec.
impl<T: Field + Clone> Field for Rc<T> {
    fn read(value: Value) -> Result<Self, Value> {
        T::read(value).map(Self::new)
    }
    fn write(&self) -> Option<Value> {
        T::write(self)
    }
}

impl Field for Value {
    fn read(value: Value) -> Result<Self, Value> {
        Ok(value)
    }
    fn write(&self) -> Option<Value> {
        (*self != Self::Null).then(|| self.clone())
    }
}

impl Field for Map {
    fn read(value: Value) -> Result<Self, Value> {
        match value {
            Value::Map(map) => Ok(map),
            other => Err(other),
        }
    }
    fn write(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Map(self.clone()))
    }
}

pub use super::string_map::StringMap;

impl<T: Field> Field for Vec<T> {
    fn read(value: Value) -> Result<Self, Value> {
        let Value::List(items) = value else {
            return Err(value);
        };
        // A list is small; keeping a copy costs less than a second walk for the rare misfit.
        let copy = items.clone();
        items
            .into_iter()
            .map(T::read)
            .collect::<Result<_, _>>()
            .map_err(|_| Value::List(copy))
    }
    fn write(&self) -> Option<Value> {
        let items = || {
            self.iter()
                .map(|item| item.write().unwrap_or_default())
                .collect()
        };
        (!self.is_empty()).then(|| Value::List(items()))
    }
}

/// Present or absent; when present it is written even if it is empty, `false` or 0.
impl<T: Field + Empty> Field for Option<T> {
    fn read(value: Value) -> Result<Self, Value> {
        T::read(value).map(Some)
    }
    fn write(&self) -> Option<Value> {
        self.as_ref()
            .map(|inner| inner.write().unwrap_or_else(T::empty))
    }
}

/// How a type's empty value is written where it must be.
pub trait Empty {
    /// The value that stands for "present but empty".
    fn empty() -> Value;
}

impl Empty for String {
    fn empty() -> Value {
        Value::Str(Self::new())
    }
}
impl Empty for bool {
    fn empty() -> Value {
        Value::Bool(false)
    }
}
impl Empty for i64 {
    fn empty() -> Value {
        Value::Int(0)
    }
}
impl Empty for Value {
    fn empty() -> Value {
        Self::Null
    }
}
impl<T> Empty for Vec<T> {
    fn empty() -> Value {
        Value::List(Self::new().into_iter().map(|_: T| Value::Null).collect())
    }
}
impl<V> Empty for crate::kernel::BTreeMap<String, V> {
    fn empty() -> Value {
        Value::Map(Map::new())
    }
}

/// A struct that is one thing when it is left out and another when it is given and empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given<T> {
    value: T,
    is_given: bool,
}

impl<T> From<T> for Given<T> {
    fn from(value: T) -> Self {
        Self {
            value,
            is_given: true,
        }
    }
}

impl<T> std::ops::Deref for Given<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> std::ops::DerefMut for Given<T> {
    /// Whoever changes it gives it.
    fn deref_mut(&mut self) -> &mut T {
        self.is_given = true;
        &mut self.value
    }
}

impl<T> Given<T> {
    /// Makes it stand there, though it be empty.
    pub fn give(&mut self) {
        self.is_given = true;
    }
}

impl<T: Field + Empty> Field for Given<T> {
    fn read(value: Value) -> Result<Self, Value> {
        T::read(value).map(Self::from)
    }
    fn write(&self) -> Option<Value> {
        self.is_given
            .then(|| self.value.write().unwrap_or_else(T::empty))
    }
}

/// Takes one field out of a mapping; `null` counts as absent, a misfit stays.
pub fn take<T: Field + Default>(map: &mut Map, key: &str) -> T {
    match map.remove(key) {
        None | Some(Value::Null) => T::default(),
        Some(value) => T::read(value).unwrap_or_else(|value| {
            map.insert(key.to_owned(), value);
            T::default()
        }),
    }
}

/// Puts one field into a mapping unless it is left out.
pub fn put<T: Field>(map: &mut Map, key: &str, field: &T) {
    if let Some(value) = field.write() {
        map.insert(key.to_owned(), value);
    }
}

/// Defines a record: `record! { /// doc pub struct Name { /// doc field: Type = "key", } }`.
macro_rules! record {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty = $key:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$fmeta])* pub $field: $ty,)*
            /// Valid fields that nothing acts on, kept as they came.
            pub rest: $crate::api::Map,
        }
        impl $name {
            /// Reads the record from a mapping.
            pub fn from_map(mut map: $crate::api::Map) -> Self {
                Self { $($field: $crate::api::record::take(&mut map, $key),)* rest: map }
            }
            /// Writes the record as a mapping.
            pub fn to_map(&self) -> $crate::api::Map {
                let mut map = self.rest.clone();
                $($crate::api::record::put(&mut map, $key, &self.$field);)*
                map
            }
        }
        impl $crate::api::record::Field for $name {
            fn read(value: $crate::api::Value) -> Result<Self, $crate::api::Value> {
                match value {
                    $crate::api::Value::Map(map) => Ok(Self::from_map(map)),
                    other => Err(other),
                }
            }
            fn write(&self) -> Option<$crate::api::Value> {
                Some($crate::api::Value::Map(self.to_map()))
            }
        }
        impl $crate::api::record::Empty for $name {
            fn empty() -> $crate::api::Value {
                $crate::api::Value::Map($crate::api::Map::new())
            }
        }
    )*};
}
pub(crate) use record;
