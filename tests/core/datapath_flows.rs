//! What is established stays where it is.

use portside::api::kind;
use portside::cluster::{Cluster, Place, Protocol, Settings};
use portside::shell::{Files, Session, World};
use std::net::SocketAddr;

#[test]
fn an_open_connection_outlives_its_endpoint() {
    let mut world = World {
        cluster: Cluster::new(&Settings::default()),
        files: Files::default(),
    };
    let mut laptop = Session::new(&world, Place::Laptop);
    for line in [
        "kubectl create deployment redis --image=redis",
        "kubectl expose deployment redis --port=6379",
        "kubectl wait --for=condition=Available deployment/redis",
        "sleep 3",
    ] {
        laptop.type_line(&mut world, line);
        assert_eq!(laptop.status(), 0, "{line}");
    }
    let service = world
        .cluster
        .tables()
        .find(kind::SERVICE, "default", "redis");
    let address = service
        .unwrap()
        .service()
        .unwrap()
        .spec
        .cluster_ip
        .parse()
        .unwrap();
    let to = SocketAddr::new(address, 6379);
    let from = Place::Node("node-2".into());
    let open = world
        .cluster
        .connect(&from, to, Protocol::Tcp, None)
        .unwrap();
    laptop.type_line(&mut world, "kubectl delete service redis");
    assert!(
        world
            .cluster
            .proxy()
            .ports()
            .all(|port| &*port.name.service.name != "redis")
    );
    let pod_lives = world
        .cluster
        .tables()
        .all(kind::POD)
        .any(|pod| pod.meta.name.starts_with("redis"));
    let reply = world.cluster.send(open, b"PING\r\n");
    assert!(pod_lives, "the Pod takes its time to end");
    assert_eq!(reply.data, b"+PONG\r\n");
}

#[test]
fn the_answer_to_a_name_question_is_turned_back_as_that_of_a_connection() {
    let mut world = World {
        cluster: Cluster::new(&Settings::default()),
        files: Files::default(),
    };
    let mut laptop = Session::new(&world, Place::Laptop);
    laptop.type_line(&mut world, "kubectl run box --image=busybox -- sleep 99999");
    laptop.type_line(&mut world, "kubectl wait --for=condition=Ready pod/box");
    let since = world.cluster.end();
    laptop.type_line(
        &mut world,
        "kubectl exec box -- nslookup kubernetes.default.svc.cluster.local",
    );
    assert_eq!(laptop.status(), 0);
    let told: Vec<_> = world.cluster.events_since(since).collect();
    let answers: Vec<_> = told
        .iter()
        .filter(|e| matches!(e.kind.id, "dns-answered" | "dns-nodata"))
        .collect();
    assert!(!answers.is_empty());
    for answer in answers {
        let flow = |e: &&&portside::kernel::Event| {
            e.kind.id == "returned" && e.int("flow") == answer.int("flow")
        };
        let back: Vec<_> = told.iter().filter(flow).collect();
        assert_eq!(back[0].cause, Some(answer.seq));
        assert!(back[0].text("from").starts_with("pod/kube-system/coredns"));
        let last = back[back.len() - 1];
        assert_eq!(last.text("to"), "pod/default/box");
        assert_eq!(last.text("src"), "10.96.0.10:53");
        assert_eq!(last.text("verdict"), "translated");
    }
}
