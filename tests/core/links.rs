//! Links: whatever a session holds comes back as it was, and whatever somebody puts into a link is refused or read, never
//! a fault.

use portside::kernel::SimTime;
use portside::share::{
    Base, Carried, Deed, Link, LinkError, Look, Moment, pack, pack_plain, unpack,
};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ -~\n]{0,40}",
        1 => "\\PC{0,12}",
        1 => Just("\0\u{1}\u{1}0\0".to_owned()),
        1 => Just("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n".to_owned()),
    ]
}

fn word() -> impl Strategy<Value = String> {
    "[a-z0-9./]{1,20}"
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (1..9usize, text()).prop_map(|(at, text)| Deed::Type(at, text)),
        2 => (word(), text()).prop_map(|(path, text)| Deed::Write(path, text)),
        1 => (1..9usize).prop_map(Deed::Close),
        1 => text().prop_map(Deed::Aside),
        1 => Just(Deed::Hear),
        1 => (1..9usize, word()).prop_map(|(at, place)| Deed::Trace(at, place)),
        1 => (0..9usize).prop_map(Deed::Turn),
        1 => Just(Deed::Leave),
        1 => Just(Deed::AddNode),
        1 => text().prop_map(Deed::Corefile),
        1 => text().prop_map(Deed::Outside),
        1 => [word(), word(), word(), word(), word()].prop_map(Deed::Rebuild),
        1 => text().prop_map(Deed::Dump),
    ]
}

fn moment() -> impl Strategy<Value = Moment> {
    (
        0..1_000_000_000u64,
        prop::option::weighted(0.2, 0..10_000u64),
    )
        .prop_map(|(at, events)| Moment {
            at: SimTime(at),
            events,
        })
}

prop_compose! {
    fn link()(
        version in "[0-9]\\.[0-9]", seed in any::<Option<u64>>(), epoch in any::<Option<i64>>(), frozen in any::<bool>(),
        base in prop_oneof![
            word().prop_map(Base::Example), text().prop_map(Base::Text),
            (word(), 0..20usize).prop_map(|(id, page)| Base::Lesson(id, page)),
        ],
        deeds in prop::collection::vec((moment(), deed()), 0..12), clock in moment(),
        files in prop::collection::vec((word(), text()), 0..4), open in 0..4usize,
        pane in "[a-z]{0,8}", filter in "[!-~]{0,12}", theme in "[a-z]{0,5}",
    ) -> Link {
        Link { version, base, seed, epoch, frozen, deeds, clock, files, open, look: Look { pane, filter, theme } }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back(text in prop_oneof![text(), "\\PC{0,400}"]) {
        prop_assert_eq!(unpack(&pack(&text)), Ok(text.clone()));
        prop_assert_eq!(unpack(&pack_plain(&text)), Ok(text));
    }

    #[test]
    fn any_session_comes_back(link in link()) {
        prop_assert_eq!(Carried::read(&link.payload()), Ok(Carried::Session(Box::new(link))));
    }

    #[test]
    fn a_session_with_a_letter_changed_is_refused_or_the_same(link in link(), at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
        let payload = link.payload();
        let at = 3 + at.index(payload.len() - 3);
        let changed = format!("{}{to}{}", &payload[..at], &payload[at + 1..]);
        match Carried::read(&changed) {
            Ok(Carried::Session(read)) => prop_assert_eq!(*read, link),
            // The letter that tells a session from a manifest may be the one that changed.
            Ok(Carried::Manifest(text)) => prop_assert!(!text.starts_with('v') || !text.contains('\0')),
            Err(_) => {}
        }
    }

    #[test]
    fn no_letters_are_a_fault(payload in "(p1=|p0=|p2=|)[A-Za-z0-9_%=+/-]{0,200}") {
        let _ = Carried::read(&payload);
    }

    #[test]
    fn no_records_are_a_fault(records in prop::collection::vec("[a-zA-Z=@][ -~\u{1}]{0,8}", 0..12)) {
        let _ = Link::parse(&records.join("\0"));
    }
}

#[test]
fn a_filter_of_a_zero_comes_back() {
    let look = Look {
        filter: "0".to_owned(),
        ..Look::default()
    };
    let link = Link {
        look,
        ..Link::default()
    };
    assert_eq!(Link::parse(&link.write()), Ok(link));
}

#[test]
fn a_link_holds_no_more_than_a_playground_takes() {
    let many = Link {
        deeds: vec![(Moment::default(), Deed::AddNode); 10_001],
        ..Link::default()
    };
    assert_eq!(Carried::read(&many.payload()), Err(LinkError::Large));
    let files = Link {
        files: vec![("/a".to_owned(), "a".to_owned()); 101],
        ..Link::default()
    };
    assert_eq!(Carried::read(&files.payload()), Err(LinkError::Large));
    assert_eq!(
        Carried::read(&pack(&"\n".repeat(10_001))),
        Err(LinkError::Large)
    );
    let late = Link {
        clock: Moment {
            at: SimTime(u64::MAX),
            events: None,
        },
        ..Link::default()
    };
    assert_eq!(Carried::read(&late.payload()), Err(LinkError::Large));
}

#[test]
fn what_a_later_version_does_is_told_and_what_it_adds_without_need_is_skipped() {
    use portside::kernel::sha256;
    let checked = |body: &str| {
        let digest = sha256(body);
        let number = digest[..3]
            .iter()
            .fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
        format!("{body}\0k{number:06x}")
    };
    let newer = Link::parse(&checked("v9.9\0e\0!new")).unwrap_err();
    assert_eq!(newer, LinkError::Newer("9.9".to_owned()));
    assert!(newer.to_string().contains("Portside 9.9"));
    assert!(Link::parse(&checked("v9.9\0e\0Xnew\0c1")).is_ok());
}

#[test]
fn every_refusal_says_what_to_do() {
    for (payload, words) in [
        ("p9=x", "Links begin with #p1="),
        ("p1=x", "Ask for it again"),
        ("pako:x", "does not know"),
    ] {
        let error = Carried::read(payload).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_manifest_is_written_by_hand() {
    let read = |payload: &str| Carried::read(payload);
    let manifest = |text: &str| Ok(Carried::Manifest(text.to_owned()));
    assert_eq!(
        read("src=kind:%20Service%0Aname:%20%C3%A9"),
        manifest("kind: Service\nname: é")
    );
    assert_eq!(read("src=a: 100%"), manifest("a: 100%"));
    assert_eq!(read("src=%zz%4"), manifest("%zz%4"));
    assert_eq!(read("src=%ff"), Err(LinkError::Damaged));
    let large = format!("src={}", "%61".repeat(1 << 20));
    assert!(read(&large).is_ok());
    assert_eq!(read(&format!("{large}a")), Err(LinkError::Large));
}
