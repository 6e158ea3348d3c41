//! Cluster DNS beyond the recorded cases: what holds of every answer, sizes, configuration, the cache, resolvers.

use crate::cases_dns::{Fixtures, server};
use portside::api::{Map, Object, ObjectMeta, Value, kind};
use portside::dns::resolver::{Answered, Ask, Asker, Error, glibc, musl, uclibc};
use portside::dns::{
    Client, Corefile, DnsName, Edns, Outside, Query, Rcode, RecordData, RecordType, Reply,
    ResolvConf, Server, Transport, wire,
};
use portside::kernel::{Sim, SimTime, Span};
use portside::store::{ClusterNetwork, Store};
use proptest::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

const UDP: Transport = Transport::Udp;

fn client(transport: Transport) -> Client {
    Client {
        address: "10.244.1.5:40000".parse().unwrap(),
        transport,
    }
}

fn query(name: &str, record_type: RecordType) -> Query {
    Query::new(DnsName::parse(name).unwrap(), record_type)
}

/// A server with the objects of the largest fixture and kubeadm's options.
fn filled() -> Server {
    let case = serde_json::json!({
        "fixture": "extra.yaml",
        "config": {
            "cluster_domain": "cluster.local", "ttl": 30, "pods_mode": "insecure", "local_ips": ["10.244.0.2"],
            "zones": ["cluster.local.", "in-addr.arpa.", "ip6.arpa."],
            "fallthrough": ["in-addr.arpa.", "ip6.arpa."],
        },
    });
    server(&mut Fixtures::default(), &case)
}

/// A server that finds this Corefile when it starts.
fn configured(corefile: &str) -> (Server, Sim, Store) {
    let network = ClusterNetwork::default();
    let (mut sim, mut store) = (Sim::new(1), Store::new(&network, 1));
    let mut server = Server::new(&network, sim.stream("dns"));
    configure(&mut server, &mut sim, &mut store, corefile);
    (server, sim, store)
}

fn configure(server: &mut Server, sim: &mut Sim, store: &mut Store, corefile: &str) {
    let meta = ObjectMeta {
        name: "coredns".to_owned(),
        namespace: "kube-system".to_owned(),
        ..ObjectMeta::default()
    };
    let data = Map::from([("Corefile".to_owned(), corefile.into())]);
    let fields = Map::from([("data".to_owned(), Value::Map(data))]);
    store.restore(sim, Object::new(kind::CONFIG_MAP, meta, fields));
    server.observe(sim, &store.take_changes());
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("svc".to_owned()),
        Just("pod".to_owned()),
        Just("default".to_owned()),
        Just("prod".to_owned()),
        Just("web".to_owned()),
        Just("hl".to_owned()),
        Just("ext".to_owned()),
        Just("loop-a".to_owned()),
        Just("_http".to_owned()),
        Just("_tcp".to_owned()),
        Just("10-244-1-5".to_owned()),
        Just("cluster".to_owned()),
        Just("local".to_owned()),
        Just("arpa".to_owned()),
        "[a-zA-Z0-9_*-]{1,12}",
        "[ -~]{1,8}",
    ]
}

fn name() -> impl Strategy<Value = DnsName> {
    let suffix = prop_oneof![
        Just(".svc.cluster.local"),
        Just(".cluster.local"),
        Just(".CLUSTER.local"),
        Just(".10.in-addr.arpa"),
        Just(""),
    ];
    (prop::collection::vec(label(), 1..6), suffix).prop_filter_map("a name", |(labels, suffix)| {
        DnsName::parse(&(labels.join(".") + suffix)).ok()
    })
}

fn record_type() -> impl Strategy<Value = RecordType> {
    prop::sample::select(RecordType::NAMED)
}

thread_local! {
    static SERVER: RefCell<Server> = RefCell::new(filled());
}

fn asked(query: &Query, transport: Transport) -> Reply {
    SERVER.with(|server| {
        server
            .borrow_mut()
            .answer(SimTime(0), query, &client(transport))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_belongs_to_its_question(name in name(), record_type in record_type()) {
        let query = Query::new(name.clone(), record_type);
        let reply = asked(&query, Transport::Tcp);
        let mut owners = vec![name];
        for record in &reply.answer {
            prop_assert!(owners.contains(&record.name), "{record}");
            match &record.data {
                RecordData::Cname(target) => owners.push(target.clone()),
                other => prop_assert_eq!(other.record_type(), record_type),
            }
        }
        prop_assert!(owners.len() < 20);
        prop_assert!(reply.rcode == Rcode::NoError || reply.answer.is_empty());
    }

    #[test]
    fn a_name_with_addresses_exists_for_every_type(name in name(), record_type in record_type()) {
        let reply = asked(&Query::new(name.clone(), RecordType::A), Transport::Tcp);
        let server_itself = name.text().to_ascii_lowercase().starts_with("ns.dns.");
        let transfer = matches!(record_type, RecordType::Axfr | RecordType::Ixfr);
        if !reply.answer.is_empty() && !server_itself && !transfer {
            let other = asked(&Query::new(name, record_type), Transport::Tcp);
            prop_assert_eq!(other.rcode, Rcode::NoError);
        }
    }

    #[test]
    fn messages_survive_the_wire(name in name(), record_type in record_type(), size in 0_u16..2_000, cookie: bool) {
        let mut query = Query::new(name, record_type);
        query.id = size;
        query.edns = (size > 400).then_some(Edns { udp_size: size, dnssec_ok: cookie, cookie: cookie.then_some([7; 8]) });
        let bytes = wire::encode_query(&query);
        prop_assert_eq!(bytes.len(), query.wire_len());
        prop_assert_eq!(wire::decode_query(&bytes), Some(query.clone()));
        let reply = asked(&query, UDP);
        let bytes = wire::encode_reply(&reply);
        prop_assert_eq!(bytes.len(), reply.wire_len());
        prop_assert!(bytes.len() <= query.udp_limit());
        let mut back = wire::decode_reply(&bytes).unwrap();
        back.because = reply.because.clone();
        prop_assert_eq!(back, reply);
    }

    #[test]
    fn bytes_that_are_no_message_are_refused_quietly(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = (wire::decode_query(&bytes), wire::decode_reply(&bytes));
    }

    #[test]
    fn any_text_is_a_corefile_or_an_error(text in "(\\PC|\n| |[{}]|kubernetes|forward|\\.:53){0,30}") {
        let _ = Corefile::parse(&text);
    }
}

#[test]
fn sizes_are_those_that_dig_shows() {
    let mut query = query("redis.default.svc.cluster.local", RecordType::A);
    let file = "redis.default.svc.cluster.local. 30 A 10.96.118.99";
    let (mut server, ..) = configured(".:53 {\nforward . /etc/resolv.conf\n}");
    server.set_outside(Outside::parse(file).unwrap());
    let mut size = |edns| {
        query.edns = edns;
        server.answer(SimTime(0), &query, &client(UDP)).wire_len()
    };
    let edns = |cookie| {
        Some(Edns {
            udp_size: 1_232,
            dnssec_ok: false,
            cookie,
        })
    };
    assert_eq!(
        (size(None), size(edns(None)), size(edns(Some([0; 8])))),
        (96, 107, 119)
    );
}

#[test]
fn what_does_not_fit_is_cut_and_said_so() {
    let file: String = (0..60)
        .map(|i| format!("many.example. 60 A 192.0.2.{i}\n"))
        .collect();
    let (mut server, ..) = configured(".:53 {\nforward . /etc/resolv.conf\n}");
    server.set_outside(Outside::parse(&file).unwrap());
    let query = query("many.example", RecordType::A);
    let cut = server.answer(SimTime(0), &query, &client(UDP));
    assert!(cut.truncated && cut.wire_len() <= 512 && !cut.answer.is_empty());
    let whole = server.answer(SimTime(0), &query, &client(Transport::Tcp));
    assert!(!whole.truncated && whole.answer.len() == 60);
}

#[test]
fn a_changed_corefile_waits_for_the_reload_and_a_bad_one_is_left() {
    let (mut server, mut sim, mut store) =
        configured(".:53 {\nhosts {\n192.0.2.1 a.test\n}\nreload\n}");
    let ask = |server: &mut Server, now| {
        let reply = server.answer(now, &query("a.test", RecordType::A), &client(UDP));
        reply
            .addresses()
            .first()
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let later = |secs| SimTime(0) + Span::secs(secs);
    configure(
        &mut server,
        &mut sim,
        &mut store,
        ".:53 {\nhosts {\n192.0.2.2 a.test\n}\nreload\n}",
    );
    assert_eq!(server.due(), Some(later(30)));
    assert_eq!(ask(&mut server, later(29)), "192.0.2.1");
    assert_eq!(ask(&mut server, later(30)), "192.0.2.2");
    assert_eq!(
        &*server.log().last().unwrap().text,
        "[INFO] Reloading complete"
    );
    configure(&mut server, &mut sim, &mut store, ".:53 {\nhostz {\n}\n}");
    assert_eq!(ask(&mut server, later(99)), "192.0.2.2");
    let expected = "[ERROR] plugin/reload: Corefile changed but reload failed: starting with listener file \
                    descriptors: /etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'hostz'";
    assert_eq!(&*server.log().last().unwrap().text, expected);
}

/// The checksums are those that real clusters with kubeadm's Corefile log: of Kubernetes 1.36's, and of older ones.
#[test]
fn a_configuration_has_the_checksum_that_real_clusters_log() {
    let text = portside::dns::default_corefile("cluster.local");
    let sum = |text: &str| Corefile::parse(text).unwrap().fingerprint;
    let now = "1b226df79860026c6a52e67daa10d7f0d57ec5b023288ec00c5e05f93523c894564e15b91770d3a07ae1cfbe861d15b37d4a0027e69c546ab112970993a3b03b";
    assert_eq!(sum(&text), now);
    assert_eq!(sum(&text.replace(" {\n", "   { # a comment\n")), now);
    let block = text.find("cache 30").unwrap() + "cache 30".len();
    let end = text.find("    loop").unwrap();
    let older = format!("{}\n{}", &text[..block], &text[end..]);
    let then = "591cf328cccc12bc490481273e738df59329c62c0b729d94e8b61db9961c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908";
    assert_eq!(sum(&older), then);
}

#[test]
fn mistakes_in_a_corefile_are_worded_as_coredns_words_them() {
    let check = |text: &str, expected: &str| {
        assert_eq!(
            Corefile::parse(text).unwrap_err().to_string(),
            expected,
            "{text}"
        );
    };
    let at = "/etc/coredns/Corefile";
    check(
        ".:53 {\nerrors\n",
        &format!("{at}:2 - Error during parsing: Unexpected EOF"),
    );
    check(
        ".:53 {\nkubernetes cluster.local {\nfoo\n}\n}",
        &format!("plugin/kubernetes: {at}:3 - Error during parsing: unknown property 'foo'"),
    );
    check(
        ".:53 {\nkubernetes cluster.local {\npods\n}\n}",
        &format!(
            "plugin/kubernetes: {at}:3 - Error during parsing: Wrong argument count or unexpected line ending after 'pods'"
        ),
    );
    check(
        ".:53 {\nkubernetes cluster.local {\npods all\n}\n}",
        "plugin/kubernetes: wrong value for pods: all,  must be one of: disabled, verified, insecure",
    );
    check(
        ".:53 {\nkubernetes cluster.local {\nttl 9999\n}\n}",
        &format!(
            "plugin/kubernetes: {at}:3 - Error during parsing: ttl must be in range [0, 3600]: 9999"
        ),
    );
    check(
        ".:53 {\n}\n.:53 {\n}",
        "cannot serve dns://.:53 - it is already defined",
    );
}

#[test]
fn forwarded_answers_are_kept_and_count_down() {
    let (mut server, ..) = configured(".:53 {\nforward . 192.0.2.53\ncache 30\n}");
    let query = query("example.com", RecordType::A);
    let mut ask = |secs| {
        let reply = server.answer(SimTime(0) + Span::secs(secs), &query, &client(UDP));
        (
            reply.authoritative,
            reply.recursion_available,
            reply.answer[0].ttl,
        )
    };
    assert_eq!(ask(0), (false, true, 30));
    assert_eq!(ask(10), (true, true, 20));
    assert_eq!(ask(31), (false, true, 30));
}

#[test]
fn names_are_rewritten_and_stub_domains_forwarded() {
    let text = "corp.test:53 {\nforward . 10.0.0.53\n}\n.:53 {\nlog\nrewrite name old.test a.test\nhosts {\n192.0.2.1 a.test\n}\n}";
    let (mut server, ..) = configured(text);
    server.set_outside(Outside::parse("db.corp.test. A 192.0.2.7").unwrap());
    let reply = server.answer(SimTime(0), &query("old.test", RecordType::A), &client(UDP));
    assert_eq!(reply.answer[0].to_string(), "old.test. 3600 IN A 192.0.2.1");
    let lines: Vec<_> = server.log().map(|line| line.text.clone()).collect();
    let start =
        "[INFO] 10.244.1.5:40000 - 0 \"A IN old.test. udp 26 false 512\" NOERROR qr,aa,rd 50 0.";
    assert!(lines[0].starts_with(start), "{lines:?}");
    let reply = server.answer(
        SimTime(0),
        &query("db.corp.test", RecordType::A),
        &client(UDP),
    );
    assert_eq!(
        reply.because.to_string(),
        "not a cluster name: 10.0.0.53 was asked"
    );
    assert_eq!(reply.addresses().len(), 1);
}

#[test]
fn rewrites_know_expressions_and_change_answers() {
    let text = ".:53 {\nrewrite stop {\nname regex (.*)\\.corp\\.test {1}.internal.test\nanswer name (.*)\\.internal\\.test {1}.corp.test\n}\nrewrite name suffix .old.test .internal.test\nrewrite name suffix .auto.test .internal.test answer auto\nhosts {\n192.0.2.1 db.internal.test\n}\n}";
    let (mut server, ..) = configured(text);
    for (asked, owner) in [
        ("db.corp.test", "db.corp.test."),
        ("db.old.test", "db.internal.test."),
        ("DB.auto.test", "DB.auto.test."),
    ] {
        let reply = server.answer(SimTime(0), &query(asked, RecordType::A), &client(UDP));
        let answer = reply.answer[0].to_string();
        assert_eq!(answer, format!("{owner} 3600 IN A 192.0.2.1"));
        assert_eq!(reply.query.name.text(), format!("{asked}."));
    }
    let error = Corefile::parse(".:53 {\nrewrite name regex ( x\n}").unwrap_err();
    assert!(error.message.contains("missing closing )"), "{error}");
}

#[test]
fn who_may_ask_is_ruled_by_network_and_type() {
    let text = ".:53 {\nacl {\nallow type A net 10.244.1.0/24\nfilter type TXT\nblock net 10.244.0.0/16\n}\nhosts {\n192.0.2.1 a.test\n}\n}";
    let (mut server, ..) = configured(text);
    let mut ask = |record_type| {
        let reply = server.answer(SimTime(0), &query("a.test", record_type), &client(UDP));
        (reply.rcode, reply.answer.len())
    };
    assert_eq!(ask(RecordType::A), (Rcode::NoError, 1));
    assert_eq!(ask(RecordType::Txt), (Rcode::NoError, 0));
    assert_eq!(ask(RecordType::Aaaa), (Rcode::Refused, 0));
}

#[test]
fn a_reply_says_why() {
    let mut server = filled();
    let mut why = |name: &str, record_type| {
        let reply = server.answer(SimTime(0), &query(name, record_type), &client(UDP));
        let object = reply
            .because
            .object()
            .map_or(String::new(), |key| format!(" [{key}]"));
        format!("{}{object}", reply.because)
    };
    let a = RecordType::A;
    assert_eq!(
        why("web.default.svc.cluster.local", a),
        "Service web in default [service/web]"
    );
    assert_eq!(
        why("web.default.svc.cluster.local", RecordType::Aaaa),
        "the Service web in default is IPv4 only [service/web]"
    );
    assert_eq!(
        why("x.default.svc.cluster.local", a),
        "no Service named x in namespace default"
    );
    assert_eq!(
        why("web.nope.svc.cluster.local", a),
        "no namespace named nope"
    );
    assert_eq!(
        why("hl-notready.default.svc.cluster.local", a),
        "the Service hl-notready in default has no ready endpoint [service/hl-notready]"
    );
}

/// Walks with an asker that always comes to the same, and tells when each question was sent, in milliseconds.
fn times(
    resolve: impl Fn(&str, &ResolvConf, Asker<'_>) -> portside::dns::resolver::Outcome,
    servers: &str,
    answered: &Answered,
) -> (Vec<(u64, String)>, Error, u64) {
    let conf = ResolvConf::parse(&format!(
        "search default.svc.cluster.local svc.cluster.local cluster.local\n{servers}options ndots:5\n"
    ));
    let outcome = resolve("redis", &conf, &mut |_: &Ask| (answered.clone(), Span(0)));
    let asked = outcome
        .tries
        .iter()
        .map(|t| (t.ask.at.as_millis(), t.ask.query.name.bare().to_owned()));
    (
        asked.collect(),
        outcome.result.unwrap_err(),
        outcome.took.as_millis(),
    )
}

#[test]
fn a_silent_server_costs_each_library_its_own_time() {
    let one = "nameserver 10.96.0.53\n";
    let first = "redis.default.svc.cluster.local".to_owned();
    let (asked, error, took) = times(glibc::resolve, one, &Answered::Timeout);
    let bare = "redis".to_owned();
    let pair = |at, name: &String| [(at, name.clone()), (at, name.clone())];
    let expected = [
        pair(0, &first),
        pair(5_000, &first),
        pair(10_000, &bare),
        pair(15_000, &bare),
    ]
    .concat();
    assert_eq!((asked, error, took), (expected, Error::TryAgain, 20_000));
    let (asked, error, took) = times(musl::resolve, one, &Answered::Timeout);
    assert_eq!(
        (asked, error, took),
        (
            [pair(0, &first), pair(2_500, &first)].concat(),
            Error::TryAgain,
            5_000
        )
    );
    let (asked, error, took) = times(uclibc::resolve, one, &Answered::Timeout);
    let at: Vec<u64> = asked.iter().map(|(at, _)| *at).collect();
    assert_eq!(
        (at, error, took),
        (
            vec![0, 5_000, 10_000, 15_000, 20_000, 25_000],
            Error::TryAgain,
            30_000
        )
    );
}

#[test]
fn a_closed_port_and_a_failing_server_end_walks_as_recorded() {
    let one = "nameserver 10.96.118.99\n";
    assert_eq!(times(glibc::resolve, one, &Answered::Refused).2, 0);
    assert_eq!(times(musl::resolve, one, &Answered::Refused).2, 5_000);
    assert_eq!(times(uclibc::resolve, one, &Answered::Refused).2, 0);
    let reply = Reply::new(
        &query("x", RecordType::A),
        Rcode::ServFail,
        portside::dns::Because::NoZone,
    );
    let failing = Answered::Reply(Rc::new(reply));
    let count = |times: (Vec<(u64, String)>, Error, u64)| (times.0.len(), times.2);
    assert_eq!(count(times(glibc::resolve, one, &failing)), (16, 0));
    assert_eq!(count(times(musl::resolve, one, &failing)), (12, 5_000));
    assert_eq!(count(times(uclibc::resolve, one, &failing)), (24, 0));
}
