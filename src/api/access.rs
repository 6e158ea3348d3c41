//! The volume through which a Pod speaks to the API, and its mounts.
//!
//! Models what the `ServiceAccount` admission plugin adds to nearly every Pod. As all of them look alike but for five
//! letters of a name, only these are kept.

use super::record::Field;
use super::{Map, Value};

/// Where programs look for the token.
pub const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const PREFIX: &str = "kube-api-access-";

/// The volumes of a Pod.
pub type Volumes = Listed<false>;
/// The mounts of a container.
pub type Mounts = Listed<true>;

/// A list of volumes or of mounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed<const MOUNT: bool> {
    /// Those that somebody asked for.
    pub own: Vec<Value>,
    /// The letters at the end of the name of the volume with the token, which stands last.
    pub token: Option<[u8; 5]>,
}

impl<const MOUNT: bool> Listed<MOUNT> {
    /// All of them.
    pub fn all(&self) -> Vec<Value> {
        let made = self.token.map(|letters| {
            let name = format!("{PREFIX}{}", String::from_utf8_lossy(&letters));
            if MOUNT { mount(name) } else { volume(name) }
        });
        self.own.iter().cloned().chain(made).collect()
    }
}

impl<const MOUNT: bool> Field for Listed<MOUNT> {
    fn read(value: Value) -> Result<Self, Value> {
        let mut own = Vec::<Value>::read(value)?;
        let token = own.last().and_then(letters);
        let mut list = Self {
            own: Vec::new(),
            token,
        };
        // One that looks otherwise stays as it is.
        if token.is_some() && list.all().last() == own.last() {
            own.pop();
        } else {
            list.token = None;
        }
        list.own = own;
        Ok(list)
    }

    fn write(&self) -> Option<Value> {
        self.all().write()
    }
}

fn letters(item: &Value) -> Option<[u8; 5]> {
    let name = item.get("name")?.as_str()?;
    name.strip_prefix(PREFIX)?.as_bytes().try_into().ok()
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    let pairs = pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    Value::Map(pairs.collect::<Map>())
}

fn mount(name: String) -> Value {
    map([
        ("mountPath", MOUNT_PATH.into()),
        ("name", Value::Str(name)),
        ("readOnly", Value::Bool(true)),
    ])
}

fn volume(name: String) -> Value {
    let items = |item: Value| ("items", Value::List(vec![item]));
    let token = map([
        ("expirationSeconds", Value::Int(3607)),
        ("path", "token".into()),
    ]);
    let authority = map([("key", "ca.crt".into()), ("path", "ca.crt".into())]);
    let own = map([
        ("apiVersion", "v1".into()),
        ("fieldPath", "metadata.namespace".into()),
    ]);
    let namespace = map([("fieldRef", own), ("path", "namespace".into())]);
    let root = map([items(authority), ("name", "kube-root-ca.crt".into())]);
    let sources = vec![
        map([("serviceAccountToken", token)]),
        map([("configMap", root)]),
        map([("downwardAPI", map([items(namespace)]))]),
    ];
    let projected = map([
        ("defaultMode", Value::Int(420)),
        ("sources", Value::List(sources)),
    ]);
    map([("name", Value::Str(name)), ("projected", projected)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_as_five_letters_is_written_in_full_and_read_back() {
        let list = Volumes {
            own: vec![map([("name", "data".into())])],
            token: Some(*b"zrbjz"),
        };
        let written = list.write().expect("two volumes");
        let name = written.as_list().and_then(|all| all[1].get("name"));
        assert_eq!(name, Some(&Value::from("kube-api-access-zrbjz")));
        assert_eq!(Volumes::read(written), Ok(list));
    }

    #[test]
    fn a_volume_of_such_a_name_that_looks_otherwise_stays() {
        let other = Value::List(vec![map([("name", "kube-api-access-zrbjz".into())])]);
        let list = Volumes::read(other.clone()).expect("a list");
        assert_eq!(list.token, None);
        assert_eq!(list.write(), Some(other));
    }
}
