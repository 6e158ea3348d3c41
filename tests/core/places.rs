//! Places: a Pod that dies ends the sessions in it, and debugging containers come and go.

use portside::cluster::Place;
use portside::lesson::examples;
use portside::shell::{Session, Stream, World, pace};

fn world() -> (World, Session) {
    let mut world = examples()[0].world();
    let mut laptop = Session::new(&world, Place::Laptop);
    laptop.type_line(
        &mut world,
        "kubectl run client --image=busybox -- sleep infinity",
    );
    pace(&mut world);
    (world, laptop)
}

#[test]
fn a_pod_that_dies_ends_the_session_in_it() {
    let (mut world, mut laptop) = world();
    let mut inside = Session::new(&world, Place::Laptop);
    inside.type_line(&mut world, "kubectl exec -it client -- sh");
    assert_eq!(inside.prompt(), "/ # ");
    laptop.type_line(
        &mut world,
        "kubectl delete pod client --force --grace-period=0",
    );
    let told = inside.passed(&mut world);
    assert_eq!(
        told.text(Stream::Err),
        "command terminated with exit code 137\n"
    );
    assert_eq!((inside.status(), inside.place()), (137, Place::Laptop));
}

#[test]
fn a_telnet_in_a_pod_that_dies_ends_with_it() {
    let (mut world, mut laptop) = world();
    for line in [
        "kubectl create deployment redis --image=redis",
        "kubectl expose deployment redis --port=6379",
    ] {
        laptop.type_line(&mut world, line);
        pace(&mut world);
    }
    let mut inside = Session::new(&world, Place::Laptop);
    inside.type_line(&mut world, "kubectl exec -it client -- sh");
    inside.type_line(&mut world, "telnet redis 6379");
    laptop.type_line(&mut world, "kubectl delete pod client --now");
    pace(&mut world);
    let told = inside.type_line(&mut world, "PING");
    assert!(told.text(Stream::Err).ends_with("exit code 137\n"));
    assert_eq!(inside.place(), Place::Laptop);
}

#[test]
fn a_debugging_container_sees_the_pods_network() {
    let (mut world, mut laptop) = world();
    laptop.type_line(
        &mut world,
        "kubectl debug client -it --image=nicolaka/netshoot -c peek",
    );
    let Place::Pod {
        name, container, ..
    } = laptop.place()
    else {
        panic!("not in a Pod: {:?}", laptop.place());
    };
    assert_eq!((&*name, &*container), ("client", "peek"));
    let address = laptop.type_line(&mut world, "hostname -i");
    laptop.type_line(&mut world, "exit");
    let of_pod = laptop.type_line(
        &mut world,
        "kubectl get pod client -o jsonpath='{.status.podIP}'",
    );
    assert_eq!(
        address.text(Stream::Out).trim(),
        of_pod.text(Stream::Out).trim()
    );
}
