//! The account that a Pod acts as: what each namespace has for it, and what a Pod is given.
//!
//! Models `plugin/pkg/admission/serviceaccount` and the controllers `serviceaccount` and `root-ca-cert-publisher`.

use super::Store;
use crate::api::access::MOUNT_PATH;
use crate::api::{Map, Object, ObjectMeta, Status, Value, kind};
use crate::kernel::{Rng, Sim};

const DEFAULT: &str = "default";
const ROOT: &str = "kube-root-ca.crt";
const AUTOMOUNT: &str = "automountServiceAccountToken";
const MIRROR: &str = "kubernetes.io/config.mirror";

impl Store {
    /// Puts an object in that nobody asked for and nobody follows.
    pub fn provide(&mut self, sim: &Sim, object: Object) {
        self.tables.revision += 1;
        self.put_silently(sim, object);
    }

    /// Gives a namespace what every one has: the account `default`, and the certificate of the API server's authority.
    pub fn provide_accounts(&mut self, sim: &Sim, namespace: &str) {
        let meta = |name: &str| ObjectMeta {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            ..Default::default()
        };
        let lacks = |store: &Self, kind, name| store.tables.find(kind, namespace, name).is_none();
        if lacks(self, kind::SERVICE_ACCOUNT, DEFAULT) {
            let account = Object::new(kind::SERVICE_ACCOUNT, meta(DEFAULT), Map::new());
            self.provide(sim, account);
        }
        if lacks(self, kind::CONFIG_MAP, ROOT) {
            let mut maps = self.tables.all(kind::CONFIG_MAP);
            let known = maps.find(|map| map.meta.name == ROOT);
            let fields = known.map(|map| map.fields());
            drop(maps);
            let fields = fields.unwrap_or_else(|| certificate(&mut self.tokens));
            let mut meta = meta(ROOT);
            let words = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
            let note = "kubernetes.io/description".to_owned();
            meta.annotations.insert(note, words.to_owned());
            self.provide(sim, Object::new(kind::CONFIG_MAP, meta, fields));
        }
    }

    /// Gives a Pod the volume with the token of its account, mounted where no container mounts another.
    pub(super) fn admit(&mut self, object: &mut Object, generated: bool) -> Result<(), Status> {
        let resource = object.kind.resource();
        let meta = &object.meta;
        // A name is generated only once a Pod is admitted.
        let name = if generated {
            &meta.generate_name
        } else {
            &meta.name
        };
        let (namespace, name) = (meta.namespace.clone(), name.clone());
        super::protection::protect(object);
        let mirrors = object.meta.annotations.contains_key(MIRROR);
        let Some(pod) = object.pod_mut().filter(|_| !mirrors) else {
            return Ok(());
        };
        let wanted = &pod.spec.service_account_name;
        let account = self.tables.find(kind::SERVICE_ACCOUNT, &namespace, wanted);
        if account.is_none() && wanted != DEFAULT && !self.acts_as(&namespace, wanted) {
            return Err(Status::forbidden(format!(
                "{resource} \"{name}\" is forbidden: error looking up service account {namespace}/{wanted}: serviceaccount \"{wanted}\" not found"
            )));
        }
        let says = |fields: &Map| match fields.get(AUTOMOUNT) {
            Some(Value::Bool(says)) => Some(*says),
            _ => None,
        };
        let own = says(&pod.spec.rest);
        let mounts = own.or_else(|| says(&account?.fields())).unwrap_or(true);
        if !mounts || pod.spec.volumes.token.is_some() {
            return Ok(());
        }
        let spec = &mut *pod.spec;
        let here =
            |mount: &Value| mount.get("mountPath").and_then(Value::as_str) == Some(MOUNT_PATH);
        let letters = self.tokens.suffix(5).into_bytes().try_into().ok();
        for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
            if !container.volume_mounts.own.iter().any(here) {
                container.volume_mounts.token = letters;
                spec.volumes.token = letters;
            }
        }
        Ok(())
    }

    /// Gives a Pod that is like another a token of its own, where that one has one.
    pub(super) fn give_token(&mut self, object: &mut Object) {
        let Some(pod) = object
            .pod_mut()
            .filter(|pod| pod.spec.volumes.token.is_some())
        else {
            return;
        };
        let letters = self.tokens.suffix(5).into_bytes().try_into().ok();
        pod.spec.name_token(letters);
    }

    /// Whether a Pod acts as an account already: a dump need not hold the accounts of its Pods.
    fn acts_as(&self, namespace: &str, account: &str) -> bool {
        let mut pods = self.tables.in_namespace(kind::POD, namespace);
        let named = |pod: &crate::api::pod::Pod| pod.spec.service_account_name == account;
        pods.any(|object| object.pod().is_some_and(named))
    }
}

/// The certificate of an authority that nobody has to check.
fn certificate(rng: &mut Rng) -> Map {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\nMIIDBTCCAe2gAwIBAgI");
    for at in 19..1024 {
        if at % 64 == 0 {
            text.push('\n');
        }
        let letter = LETTERS.get(rng.below(64) as usize).copied();
        text.push(letter.map_or('A', char::from));
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    let data = Map::from([("ca.crt".to_owned(), Value::Str(text))]);
    Map::from([("data".to_owned(), Value::Map(data))])
}
