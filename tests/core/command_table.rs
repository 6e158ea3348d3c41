//! Every row of the tables of commands and of kubectl's verbs: its example runs, and its help is complete.

use portside::api::image::ToolSet;
use portside::api::kind;
use portside::cluster::Place;
use portside::lesson::examples;
use portside::shell::kubectl::VERBS;
use portside::shell::{COMMANDS, On, Session, Stream, World, pace};

/// The chapter's cluster with redis, a web server and a client in it.
fn world() -> World {
    let mut world = examples()[0].world();
    let mut laptop = Session::new(&world, Place::Laptop);
    for line in [
        "kubectl create deployment redis --image=redis",
        "kubectl expose deployment redis --port=6379",
        "kubectl create deployment web --image=nginx",
        "kubectl expose deployment web --port=80",
        "kubectl run client --image=busybox -- sleep infinity",
        "kubectl run tools --image=nicolaka/netshoot -- sleep infinity",
    ] {
        laptop.type_line(&mut world, line);
        assert_eq!(laptop.status(), 0, "{line}");
        pace(&mut world);
    }
    world
}

/// The first container of a Deployment's only Pod.
fn server(world: &World, app: &str) -> Place {
    let mut pods = world.cluster.tables().all(kind::POD);
    let pod = pods.find(|pod| pod.meta.name.starts_with(app));
    Place::pod("default", &pod.expect("the Pod is there").meta.name, app)
}

#[test]
fn the_example_of_every_command_runs() {
    for command in COMMANDS {
        let mut world = world();
        let place = match command.on {
            On::Images(sets) if sets.contains(&ToolSet::Busybox) => {
                Place::pod("default", "client", "client")
            }
            // The other images of the world are those of its servers.
            On::Images(sets) if sets.contains(&ToolSet::Netshoot) => {
                Place::pod("default", "tools", "tools")
            }
            On::Images(_) => server(&world, "redis"),
            On::Nodes => Place::Node("node-1".into()),
            On::All | On::Laptop | On::Machines | On::MachinesAnd(_) => Place::Laptop,
        };
        let mut session = Session::new(&world, place);
        let output = session.type_line(&mut world, command.example);
        let told = output.text(Stream::Err);
        assert!(
            session.status() != 127 && !told.contains("not found"),
            "{}: {told}",
            command.example
        );
        assert!(
            !output.text(Stream::Note).contains("does not support"),
            "{}",
            command.example
        );
    }
}

#[test]
fn the_help_of_every_command_is_complete() {
    for command in COMMANDS {
        let name = command.name();
        assert!(
            command.synopsis.starts_with(name),
            "{name}: the synopsis begins with the name"
        );
        assert!(
            !command.summary.is_empty() && !command.summary.ends_with('.'),
            "{name}"
        );
        assert!(
            command.example.contains(name),
            "{name}: the example uses the command"
        );
    }
}

/// Verbs whose examples are refused in this cluster, and the words.
const REFUSALS: &[(&str, &str)] = &[
    ("apply edit-last-applied", "no editor"),
    (
        "config delete-cluster",
        "cannot delete cluster minikube, not in",
    ),
    (
        "config delete-context",
        "cannot delete context minikube, not in",
    ),
    ("config delete-user", "cannot delete user minikube, not in"),
    ("drain", "cannot delete Pods that declare no controller"),
    ("edit", "no editor"),
    ("rollout resume", "is not paused"),
    ("rollout undo", "no rollout history found"),
];

#[test]
fn the_example_of_every_verb_of_kubectl_runs() {
    let mut base = world();
    let mut laptop = Session::new(&base, Place::Laptop);
    for line in [
        "kubectl create service clusterip redis --tcp=6379 --dry-run=client -o yaml > redis-clusterip.yaml",
        "kubectl apply -f redis-clusterip.yaml",
        "kubectl run busybox --image=busybox -- sleep infinity",
        "kubectl create namespace demo",
        "kubectl create serviceaccount myapp",
        "kubectl run pod --image=nginx --dry-run=client -o yaml > pod.json",
        "echo '-----BEGIN CERTIFICATE-----' > path",
        "kubectl wait --for=condition=Ready pod/busybox",
    ] {
        laptop.type_line(&mut base, line);
        assert_eq!(laptop.status(), 0, "{line}");
        pace(&mut base);
    }
    let mut faults = String::new();
    for verb in VERBS {
        let mut world = World {
            cluster: base.cluster.keep(),
            files: base.files.clone(),
        };
        let mut session = Session::new(&world, Place::Laptop);
        let output = session.type_line(&mut world, verb.example);
        let (told, note) = (output.text(Stream::Err), output.text(Stream::Note));
        let example = verb.example;
        if !verb.is_simulated() {
            assert!(note.contains("does not simulate"), "{example}: {note}");
            continue;
        }
        let refusal = REFUSALS.iter().find(|(name, _)| *name == verb.name);
        let holds = match refusal {
            Some((_, said)) => format!("{told}{note}").contains(said),
            None => {
                session.status() == 0 && !told.contains("error") || told.contains("already exists")
            }
        };
        if !holds {
            faults.push_str(&format!("{example}: {told}{note}\n"));
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
