//! What the API server would say of a text, for an editor: `kubectl apply --dry-run=server`, with the place of each
//! refusal.

use super::apply::{last_applied, written};
use super::merge;
use crate::api::{Object, ObjectKey, Status, kind};
use crate::cluster::Cluster;
use crate::manifest::{Diagnostic, Document, Limits, Strictness, read};

/// What would be refused of a text, in its order. Documents that kubectl cannot decode are left out: those are found
/// without a cluster.
pub fn rehearse(cluster: &mut Cluster, text: &str) -> Vec<Diagnostic> {
    let documents = read(text, &Limits::PASTED).documents;
    let objects: Vec<(&Document, Object)> = documents
        .iter()
        .filter_map(|document| Some((document, document.decode(Strictness::Strict).object?)))
        .collect();
    let namespaces: Vec<ObjectKey> = objects
        .iter()
        .filter(|(_, object)| object.kind == kind::NAMESPACE)
        .map(|(_, object)| object.key())
        .collect();
    let mut found = Vec::new();
    for (document, mut object) in objects {
        let namespace = object.meta.namespace.as_str();
        // A namespace that the text makes is there by the time.
        let comes = !cluster.tables().has_namespace(namespace)
            && namespaces.iter().any(|key| *key.name == *namespace);
        if object.kind.namespaced && (namespace.is_empty() || comes) {
            "default".clone_into(&mut object.meta.namespace);
        }
        if let Err(status) = ask(cluster, document, object) {
            found.extend(diagnostics(document, &status));
        }
    }
    found
}

fn ask(cluster: &mut Cluster, document: &Document, mut object: Object) -> Result<(), Status> {
    match cluster.tables().get(&object.key()) {
        Some(live) => {
            let manifest = written(document, &object);
            let merged = merge::merge(&last_applied(live), &manifest, &live.to_value());
            object = Object::from_value(merged).unwrap_or(object);
        }
        None => object.meta.resource_version.clear(),
    }
    cluster.rehearse(object).map(drop)
}

/// A refusal, field by field.
fn diagnostics(document: &Document, status: &Status) -> Vec<Diagnostic> {
    let at = |field: &str, text: String| Diagnostic::error(document.span_of(field), text);
    if status.causes.is_empty() {
        let field = match status.reason {
            "NotFound" => "metadata.namespace",
            _ => "metadata.name",
        };
        return vec![at(field, status.message.clone())];
    }
    let causes = status.causes.iter();
    causes.map(|cause| at(&cause.field, cause.text())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Settings;

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: NS\nspec:\n  type: NodePort\n  ports:\n  - port: 80\n    nodePort: PORT\n";

    fn service(namespace: &str, port: &str) -> String {
        SERVICE.replace("NS", namespace).replace("PORT", port)
    }

    fn said(text: &str) -> Vec<(u32, String)> {
        let mut cluster = Cluster::new(&Settings::default());
        let before = cluster.create_text(&service("default", "30080"));
        assert!(before, "the first Service is accepted");
        let found = rehearse(&mut cluster, text);
        found
            .into_iter()
            .map(|d| (d.span.line, d.message))
            .collect()
    }

    impl Cluster {
        fn create_text(&mut self, text: &str) -> bool {
            let parsed = read(text, &Limits::PASTED);
            let object = parsed.documents[0].decode(Strictness::Strict).object;
            self.create(object.unwrap(), None, false).is_ok()
        }
    }

    #[test]
    fn a_port_of_another_service_is_refused_at_its_line() {
        let other = service("default", "30080").replace("name: web", "name: other");
        assert_eq!(
            said(&other),
            [(
                10,
                "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"
                    .to_owned()
            )]
        );
        assert_eq!(said(&service("default", "30080")), []);
        assert_eq!(said(&service("default", "99"))[0].0, 10);
    }

    #[test]
    fn a_namespace_is_there_or_comes_with_the_text() {
        let text = service("shop", "30081");
        assert_eq!(
            said(&text),
            [(5, "namespaces \"shop\" not found".to_owned())]
        );
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n";
        assert_eq!(said(&format!("{namespace}{text}")), []);
    }

    #[test]
    fn asking_draws_nothing() {
        let asks = |times: usize| {
            let mut cluster = Cluster::new(&Settings::default());
            let text = service("default", "30080");
            (0..times).for_each(|_| assert_eq!(rehearse(&mut cluster, &text), []));
            assert!(cluster.create_text(&text));
            let found = cluster.tables().find(kind::SERVICE, "default", "web");
            found.map(|service| service.to_value())
        };
        assert_eq!(asks(0), asks(3));
    }
}
