//! Whatever is typed, a session answers: no panic, bounded output, and it goes on.

use portside::api::kind;
use portside::cluster::Place;
use portside::kernel::Span;
use portside::lesson::examples;
use portside::shell::{Output, Reads, Session, World, pace};
use proptest::prelude::*;
use std::cell::RefCell;

thread_local! {
    static WORLD: RefCell<(World, Session)> = RefCell::new(fresh());
}

fn fresh() -> (World, Session) {
    let world = examples()[0].world();
    let session = Session::new(&world, Place::Laptop);
    (world, session)
}

/// Types into a session that lives through all cases: what one leaves behind meets the next.
fn type_on(line: &str) -> Output {
    WORLD.with(|both| {
        let (world, session) = &mut *both.borrow_mut();
        let output = session.type_line(world, line);
        let _ = (
            session.prompt(),
            session.complete(world, line, line.len()),
            session.place(),
            session.status(),
        );
        output
    })
}

/// Words and signs that the language gives a meaning.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "kubectl", "get", "pods", "-o", "yaml", "echo", "$X", "${X:-y}", "$(", ")", "`", "|",
    ";", "&&", "||", ">", ">>", "<", "2>&1", "<<EOF", "EOF", "\n", "'", "\"",
    "\\", "*", "~", "[a-z]", "#", "for i in 1 2;", "do", "done", "while", "true", "false", "if",
    "then", "fi", "else", "{", "}", "(", "!", "exit", "cd", "..", "cat", "ls",
    "telnet", "10.96.0.1", "443", "run", "x", "--image=busybox", "-it", "--rm", "nslookup", "kubernetes", "curl", "-m",
    "1", "–n", "“", "”", "\u{a0}", "/ # ", "$ ", "- # ", "\u{3}", "\u{4}", "alias a=a", "a",
    "break", "continue", "A=1", "export", "sleep", "9999999999999", "grep", "-c", "seq", "100000", "head", "-n",
    "-3", "test", "portside", "name-tab", "ping", "wget", "sh -c", "unset", "printf", "%s", "é", "\u{1d}",
    "\0", "\t", "&", "jobs", "kill %1", "port-forward", "describe", "all", "-A", "dig", "+short", "@10.96.0.10", "-x",
    "host", "getent hosts", "traceroute", "nc", "-zv", "ip addr", "ss -ltn", "ps", "top", "redis-cli", "busybox --list",
    "sed s/a/b/g", "sed 2p", "awk '{print $1}'", "xargs", "cut -d: -f1", "tr a-z A-Z", "-c 2", "http://kubernetes:443/",
    "-1", "18446744073709551616", "..", "a..b", "::1", "999.1.1.1",
];

fn piece() -> impl Strategy<Value = String> {
    prop::sample::select(PIECES).prop_map(str::to_owned)
}

thread_local! {
    static PODS: RefCell<(World, Vec<Session>)> = RefCell::new(in_pods());
}

/// Sessions in Pods whose images have the network tools of all kinds.
fn in_pods() -> (World, Vec<Session>) {
    let (mut world, mut laptop) = fresh();
    let mut sessions = Vec::new();
    for (name, image) in [
        ("busybox", "busybox"),
        ("alpine", "alpine"),
        ("netshoot", "nicolaka/netshoot"),
        ("knife", "leodotcloud/swiss-army-knife"),
        ("redis", "redis"),
    ] {
        laptop.type_line(
            &mut world,
            &format!("kubectl run {name} --image={image} --command -- sleep infinity"),
        );
        pace(&mut world);
        sessions.push(Session::new(&world, Place::pod("default", name, name)));
    }
    (world, sessions)
}

/// Programs that stand in front of a Pod's shell, or end at once.
const TOOLS: &[&str] = &[
    "telnet",
    "nc",
    "ping",
    "wget",
    "curl",
    "nslookup",
    "dig",
    "host",
    "getent",
    "traceroute",
    "ip",
    "ifconfig",
    "route",
    "netstat",
    "ss",
    "ps",
    "top",
    "busybox",
    "redis-cli",
    "tcpdump",
    "sed",
    "awk",
    "cut",
    "tr",
    "xargs",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases_of(400), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(line in "\\PC{0,60}") {
        let output = type_on(&line);
        let size: usize = output.pieces.iter().map(|(_, text)| text.len()).sum();
        prop_assert!(size < 4_000_000);
    }

    #[test]
    fn any_sequence_of_the_languages_words_is_answered(pieces in prop::collection::vec(piece(), 1..14)) {
        let output = type_on(&pieces.join(" "));
        let size: usize = output.pieces.iter().map(|(_, text)| text.len()).sum();
        prop_assert!(size < 4_000_000);
        // Whatever was left open can be left.
        type_on("\u{3}");
    }

    #[test]
    fn any_call_of_a_tool_ends_or_can_be_left(
        tool in prop::sample::select(TOOLS),
        words in prop::collection::vec(piece(), 0..6),
        place in 0_usize..5,
    ) {
        PODS.with(|both| {
            let (world, sessions) = &mut *both.borrow_mut();
            let session = &mut sessions[place];
            let output = session.type_line(world, &format!("{tool} {}", words.join(" ")));
            let size: usize = output.pieces.iter().map(|(_, text)| text.len()).sum();
            assert!(size < 4_000_000, "{tool} {words:?}");
            session.passed(world);
            session.type_line(world, "\u{3}");
            session.type_line(world, "e");
            session.type_line(world, "\u{3}");
        });
    }
}

/// Lines that a learner types, in any order.
#[rustfmt::skip]
const LINES: &[&str] = &[
    "kubectl apply -f .", "kubectl create deployment web --image=nginx --replicas=2", "kubectl expose deployment web --port=80",
    "kubectl run box --image=busybox --restart=Never -- sleep 3600", "kubectl run -it --rm tmp --image=busybox", "kubectl get pods -A",
    "kubectl get pods -w", "kubectl delete pod box --now", "kubectl delete pod box", "kubectl exec -it box -- sh", "kubectl attach -it box",
    "kubectl logs -f deployment/web", "kubectl rollout status deployment/web --timeout=20s", "kubectl scale deployment web --replicas=0",
    "kubectl wait --for=condition=Ready pod/box --timeout=20s", "kubectl port-forward service/web 8080:80 &", "kubectl drain node-1 --ignore-daemonsets",
    "kubectl debug node/node-1 -it --image=busybox", "kubectl config set-context --current --namespace=kube-system", "kubectl config unset current-context",
    "kubectl config use-context portside", "ssh node-1", "ping web", "ping -c 3 127.0.0.1", "telnet web 80", "nslookup web", "wget -qO- web",
    "nc -lp 99", "curl -m 3 localhost:8080", "sleep 30", "for i in 1 2 3; do echo $i; sleep 5; done", "while true; do sleep 600; done", "cat <<EOF",
    "EOF", "exit", "sh", "bash", "\u{3}", "\u{4}", "\u{1d}", "e", "jobs", "kill %1", "x=$(sleep 5; echo y); echo $x", "sleep 20 | cat", "rm -rf /tmp",
    "kubectl delete namespace default", "kubectl get all -o kyaml", "kubectl create token default", "tcpdump -n", "redis-cli -h web",
];

/// What is true of a session whatever was typed.
fn consistent(world: &mut World, session: &mut Session) {
    session.passed(world);
    assert!(!world.cluster.is_stopped());
    let (prompt, place) = (session.prompt(), session.place());
    if session.reads() == Reads::Commands {
        let end = if place == Place::Laptop { "$ " } else { "# " };
        assert!(prompt.ends_with(end), "{place}: {prompt:?}");
    }
    if let Place::Pod {
        namespace, name, ..
    } = &place
    {
        let pod = world.cluster.tables().find(kind::POD, namespace, name);
        assert!(
            pod.is_some(),
            "the session stands in {place}, which is gone"
        );
    }
    let _ = (
        session.complete(world, "kubectl get ", 12),
        session.status(),
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_lines_leaves_a_session_that_can_go_on(
        lines in prop::collection::vec((prop::sample::select(LINES), prop::option::of(0_u64..40_000)), 1..14),
    ) {
        let (mut world, mut session) = fresh();
        session.keep_before();
        for (line, interrupt) in lines {
            let began = world.cluster.now();
            let blocks = session.type_text(&mut world, line);
            let size: usize = blocks.iter().map(|block| block.output.size()).sum();
            prop_assert!(size < 1_000_000, "{line}");
            let took = world.cluster.now().since(began);
            prop_assert!(took.as_secs() <= 604_800, "{line} took {took:?}");
            let whole = blocks.last().map(|block| (block.output.pieces.clone(), block.status));
            if let Some(millis) = interrupt {
                let waited = Span::millis(millis);
                if let Some(block) = session.interrupt_after(&mut world, waited) {
                    prop_assert!(world.cluster.now().since(began).0 <= waited.0.max(took.0));
                    // Who presses the keys too late changes nothing: the line runs again just as it did.
                    if waited > took {
                        prop_assert_eq!(Some((block.output.pieces, block.status)), whole, "{}", line);
                    }
                }
            }
            consistent(&mut world, &mut session);
        }
    }
}
