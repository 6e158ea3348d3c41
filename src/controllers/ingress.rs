//! The Ingress controller: who serves an Ingress, and where it is reached.
//!
//! Models ingress-nginx as minikube installs it: it listens on the control plane's node, serves the classes whose
//! controller is `k8s.io/ingress-nginx`, and publishes the node's address. A cluster gets it with the first Ingress that
//! asks for the class `nginx`.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::{Body, Map, Object, ObjectKey, ObjectMeta, Value, kind};
use crate::store::Tables;

const COMPONENT: &str = "nginx-ingress-controller";
const CONTROLLER: &str = "k8s.io/ingress-nginx";
const CLASS: &str = "nginx";

/// Publishes where an Ingress is reached, if its class is served here.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(object) = tables.get(key).cloned() else {
        return;
    };
    if object.meta.is_terminating() {
        return;
    }
    let class = class_of(tables, &object);
    if class.as_deref() == Some(CLASS) && tables.find(kind::INGRESS_CLASS, "", CLASS).is_none() {
        install(hands);
    }
    let tables = hands.store.tables();
    let served = class.is_some_and(|class| {
        let class = tables.find(kind::INGRESS_CLASS, "", &class);
        class.is_some_and(|class| {
            text(class, &["spec", "controller"]).as_deref() == Some(CONTROLLER)
        })
    });
    let Some(address) = served.then(|| address(tables)).flatten() else {
        return;
    };
    let ingress = Map::from([("ip".to_owned(), address.into())]);
    let balancer = Map::from([("ingress".to_owned(), Value::List(vec![Value::Map(ingress)]))]);
    let status = Map::from([("loadBalancer".to_owned(), Value::Map(balancer))]);
    let changed = hands.store.modify(hands.sim, key, |object| {
        if let Body::Plain(fields) = &mut object.body {
            fields.insert("status".to_owned(), Value::Map(status));
        }
    });
    if changed.is_some() {
        let said = Said::normal(COMPONENT, "Sync", "Scheduled for sync");
        record(hands.store, hands.sim, &object, said);
    }
}

fn text(object: &Object, path: &[&str]) -> Option<String> {
    let value = Value::Map(object.fields());
    value.at(path).and_then(Value::as_str).map(str::to_owned)
}

/// The class that an Ingress asks for, or the cluster's default one.
fn class_of(tables: &Tables, object: &Object) -> Option<String> {
    let annotation = object.meta.annotations.get("kubernetes.io/ingress.class");
    let asked = text(object, &["spec", "ingressClassName"]).or_else(|| annotation.cloned());
    let default = "ingressclass.kubernetes.io/is-default-class";
    let is_default = |class: &&std::rc::Rc<Object>| {
        class
            .meta
            .annotations
            .get(default)
            .is_some_and(|value| value == "true")
    };
    asked.or_else(|| {
        let class = tables.all(kind::INGRESS_CLASS).find(is_default);
        class.map(|class| class.meta.name.clone())
    })
}

/// The class comes with the controller.
fn install(hands: &mut Hands<'_>) {
    let spec = Map::from([("controller".to_owned(), CONTROLLER.into())]);
    let meta = ObjectMeta {
        name: CLASS.to_owned(),
        ..Default::default()
    };
    let class = Object::new(
        kind::INGRESS_CLASS,
        meta,
        Map::from([("spec".to_owned(), Value::Map(spec))]),
    );
    // A refusal means that it is there already.
    let _ = hands.store.create(hands.sim, class, false);
}

/// The address of the node that the controller listens on.
fn address(tables: &Tables) -> Option<String> {
    let role = "node-role.kubernetes.io/control-plane";
    let leads = |node: &&std::rc::Rc<Object>| node.meta.labels.contains_key(role);
    let mut nodes = tables.all(kind::NODE);
    let node = nodes
        .find(leads)
        .or_else(|| tables.all(kind::NODE).next())?;
    let address = node.node()?.internal_ip();
    (!address.is_empty()).then(|| address.to_owned())
}
