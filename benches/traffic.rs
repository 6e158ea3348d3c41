//! Connections through a Service: the same natively and in the browser.

use portside::api::Object;
use portside::cluster::{Cluster, Place, Protocol, Settings};
use portside::manifest::{Limits, read};
use std::fmt::Write as _;
use std::hint::black_box;
use std::net::SocketAddr;

/// How many endpoints a slice holds.
const SLICE: usize = 100;

/// A cluster with a Service of so many endpoints, and a client.
fn behind_a_service(endpoints: usize) -> Cluster {
    let mut text = String::from(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\nspec: {clusterIP: 10.96.50.1, clusterIPs: [10.96.50.1], ports: [{port: 80}]}\n",
    );
    let address = |i: usize| format!("10.244.{}.{}", 100 + i / 200, 2 + i % 200);
    let pod = |name: &str, ip: &str, image: &str| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: default, uid: {name}}}\nspec: {{nodeName: node-2, containers: [{{name: c, image: {image}}}]}}\nstatus: {{phase: Running, podIP: {ip}, podIPs: [{{ip: {ip}}}], containerStatuses: [{{name: c, ready: true, state: {{running: {{startedAt: '2026-01-05T09:00:00Z'}}}}}}]}}\n"
        )
    };
    text.push_str(&pod("client", "10.244.1.50", "busybox"));
    for i in 0..endpoints {
        text.push_str(&pod(&format!("web-{i}"), &address(i), "nginx"));
    }
    for (n, from) in (0..endpoints).step_by(SLICE).enumerate() {
        write!(text, "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-{n}, namespace: default, labels: {{kubernetes.io/service-name: web}}}}\naddressType: IPv4\nports: [{{name: '', port: 80, protocol: TCP}}]\nendpoints:\n").unwrap();
        for i in from..endpoints.min(from + SLICE) {
            writeln!(
                text,
                "- {{addresses: [{}], nodeName: node-2, conditions: {{ready: true}}}}",
                address(i)
            )
            .unwrap();
        }
    }
    let mut cluster = Cluster::new(&Settings::default());
    for part in text.split("---\n").collect::<Vec<_>>().chunks(100) {
        for document in read(&part.join("---\n"), &Limits::FILE).documents {
            cluster.restore(Object::from_value(document.value()).unwrap());
        }
    }
    cluster
}

/// Connections through a Service, all events told.
pub(crate) struct Traffic {
    cluster: Cluster,
    from: Place,
    to: SocketAddr,
}

impl Traffic {
    /// Through a Service of so many endpoints.
    pub(crate) fn new(endpoints: usize) -> Self {
        Self {
            cluster: behind_a_service(endpoints),
            from: Place::pod("default", "client", "c"),
            to: "10.96.50.1:80".parse().unwrap(),
        }
    }

    /// Opens a connection and closes it.
    pub(crate) fn connect(&mut self) {
        let opened = self
            .cluster
            .connect(&self.from, self.to, Protocol::Tcp, None);
        self.cluster.close(black_box(opened.unwrap()));
    }
}
