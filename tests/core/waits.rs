//! Lines that wait: done in slices, as a page does them, they print and log what they do at one go; Ctrl-C in the middle of
//! them is the same whether it comes while they wait or after the fact.

use portside::cluster::{Cluster, Place, Settings};
use portside::kernel::{Seq, Span};
use portside::shell::{Block, Files, Session, World};

const LINES: &[&str] = &[
    "kubectl create deployment web --image=nginx --replicas=20",
    "kubectl rollout status deployment web; echo $?",
    "kubectl wait --for=condition=Available deployment/web && echo there",
    "kubectl run box --image=busybox --restart=Never -- sleep 5",
    "kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/box --timeout=2s",
    "kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/box; kubectl get pods box",
    "sleep 1 > /tmp/out | sleep 2; sleep 0.5",
    "for i in 1 2 3; do sleep 1; echo $i; done",
    "x=$(sleep 1; echo $?); echo $x; env sleep 1; sh -c 'sleep 1; exit 3'; echo $?",
    "kubectl set image deployment web nginx=nginx:1.28; kubectl rollout status deployment/web",
    "kubectl get pods -w",
    "\u{3}",
];

fn begin() -> (World, Session) {
    let world = World {
        cluster: Cluster::new(&Settings::default()),
        files: Files::default(),
    };
    let mut session = Session::new(&world, Place::Laptop);
    session.keep_before();
    (world, session)
}

fn log(world: &World) -> Vec<String> {
    let events = world.cluster.events_since(Seq(0));
    events.map(portside::kernel::Event::to_json).collect()
}

/// Room for so many timers.
fn room(mut timers: usize) -> impl FnMut() -> bool {
    move || {
        timers = timers.saturating_sub(1);
        timers > 0
    }
}

/// Types a line and waits to its end, so many timers at a time; how many slices there were.
fn in_slices(
    world: &mut World,
    session: &mut Session,
    line: &str,
    timers: usize,
) -> (Vec<Block>, usize) {
    let mut blocks = session.begin_text(world, line, &mut room(timers));
    let mut slices = 1;
    while session.running().is_some() {
        blocks.extend(session.go_on(world, &mut room(timers)));
        slices += 1;
    }
    (blocks, slices)
}

#[test]
fn in_slices_or_at_one_go_a_line_prints_and_logs_the_same() {
    let (mut world, mut session) = begin();
    let whole: Vec<_> = LINES
        .iter()
        .flat_map(|line| session.type_text(&mut world, line))
        .collect();
    for timers in [1, 3, 50] {
        let (mut sliced, mut session) = begin();
        let (mut blocks, mut most) = (Vec::new(), 0);
        for line in LINES {
            let (more, slices) = in_slices(&mut sliced, &mut session, line, timers);
            blocks.extend(more);
            most = most.max(slices);
        }
        assert_eq!(blocks, whole, "{timers} timers a slice");
        assert_eq!(log(&sliced), log(&world), "{timers} timers a slice");
        assert!(most > 3, "nothing was done in slices");
    }
}

#[test]
fn ctrl_c_is_the_same_while_a_line_waits_and_after_the_fact() {
    for line in [
        "kubectl rollout status deployment web; echo $?",
        "for i in 1 2 3; do sleep 1; echo $i; done",
        "kubectl wait --for=delete deployment/web; echo no",
        "kubectl get pods -w",
    ] {
        for slices in [1, 4, 40] {
            let (mut world, mut session) = begin();
            session.type_text(&mut world, LINES[0]);
            session.begin_text(&mut world, line, &mut room(1));
            for _ in 0..slices {
                assert_eq!(session.go_on(&mut world, &mut room(1)), None, "{line}");
            }
            let live = session.interrupt_running(&mut world).expect("it waited");
            let waited = live.ended.since(live.began);

            let (mut other, mut session) = begin();
            session.type_text(&mut other, LINES[0]);
            session.type_text(&mut other, line);
            let after = session.interrupt_after(&mut other, waited);
            assert_eq!(after.as_ref(), Some(&live), "{line} after {waited:?}");
            assert_eq!(log(&other), log(&world), "{line} after {waited:?}");
            assert_eq!(live.status, 130, "{line}");
        }
    }
}

#[test]
fn what_is_typed_while_a_line_waits_comes_after_it() {
    let (mut world, mut session) = begin();
    session.type_text(&mut world, LINES[0]);
    session.begin_text(&mut world, "sleep 30; echo first", &mut room(1));
    assert!(session.running().is_some());
    let blocks = session.type_text(&mut world, "echo second");
    let printed: Vec<String> = blocks
        .iter()
        .map(|block| block.output.text(portside::shell::Stream::Out))
        .collect();
    assert_eq!(printed, ["first\n", "second\n"]);
    assert!(world.cluster.now().since(portside::kernel::SimTime(0)) > Span::secs(30));
}
