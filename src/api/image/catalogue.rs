//! table: what known images listen on, speak, and carry as shell and tools; one row each.
//!
//! Sources: the images' own documentation and entry points. An image that is not in the table runs and listens on the
//! containerPorts that it declares.

use super::Reference;
use std::borrow::Cow;
use std::cell::RefCell;

/// What answers on a listening port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// The redis protocol.
    Redis,
    /// HTTP, with a page of that name.
    Http(&'static str),
    /// HTTP that answers with the Pod's host name.
    HttpHostname,
    /// HTTP as a known program speaks it.
    Web(Site),
    /// HTTP sent on to Services by the rules of Ingresses.
    Ingress,
    /// A greeting as soon as a client connects.
    Greeting(&'static str),
    /// Cluster DNS.
    Dns,
    /// The memcached text protocol.
    Memcached,
    /// A database's or a broker's own protocol.
    Wire(Wire),
    /// A server that waits for a client's words and hangs up on what it does not understand.
    Silent,
    /// A server that hangs up as soon as a client connects.
    Closing,
    /// A server that breaks off at the first byte.
    Resetting,
    /// A server that reads and never says a word.
    Holding,
    /// A server that sends back what it is sent.
    Echo,
    /// A telnet server, which negotiates.
    Telnet,
}

/// The binary protocols of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// `MySQL`.
    Mysql,
    /// `PostgreSQL`.
    Postgres,
    /// `RabbitMQ`: AMQP 0-9-1.
    Amqp,
}

/// The web servers of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// nginx with its own page.
    Nginx,
    /// httpd with its own page.
    Httpd,
    /// traefik/whoami: who answers, who asks, and the request.
    Whoami,
    /// `agnhost netexec`.
    Netexec,
    /// `agnhost serve-hostname`.
    HostName,
    /// registry.k8s.io/echoserver.
    EchoServer,
    /// Google's hello-app.
    HelloApp,
    /// The application of the tutorial "Kubernetes Basics".
    Bootcamp,
    /// jmalloc/echo-server, which minikube's tutorial takes: who answers, and the request.
    ServedBy,
    /// hashicorp/http-echo.
    HttpEcho,
    /// kuard: the demo of "Kubernetes: Up and Running".
    Kuard,
    /// A router without a route.
    NotFound,
}

/// One port that an image's main program listens on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// Whether it is UDP.
    pub udp: bool,
    /// What answers there.
    pub serves: Serves,
}

/// What an image's main program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Main {
    /// It serves until it is told to stop.
    Server,
    /// A shell: it ends at once, successfully, unless somebody holds its input open.
    Shell,
    /// It ends at once, with this status.
    Exits(i64),
}

/// The C library, which decides how names are looked up and how errors are worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    /// The GNU C library.
    Glibc,
    /// musl (Alpine).
    Musl,
    /// None at all: there is no shell to ask from.
    None,
}

/// Which network tools an image carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolSet {
    /// Docker Hub's busybox.
    Busybox,
    /// Alpine: `BusyBox` without telnet.
    Alpine,
    /// Alpine with curl, dig and friends.
    Netshoot,
    /// Alpine with curl.
    Curl,
    /// Debian with the BIND tools.
    Dnsutils,
    /// Debian with the usual network packages.
    Toolbox,
    /// A slim Debian with redis-cli.
    Redis,
    /// Alpine with redis-cli.
    RedisAlpine,
    /// A slim Debian with curl.
    DebianCurl,
    /// A slim Debian: a shell and the core utilities, getent.
    Debian,
    /// Nothing: no shell.
    Nothing,
}

/// One image of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Image {
    /// Repositories that it answers to, as [`home`] names them.
    pub names: &'static [&'static str],
    /// The beginning of the part of a tag that it is for, as `7-alpine3.20` has one; none if it is for all others.
    pub variant: Option<&'static str>,
    /// What it listens on.
    pub listens: &'static [Listener],
    /// What its main program does.
    pub main: Main,
    /// Its shell, as named on a command line.
    pub shells: &'static [&'static str],
    /// Its C library.
    pub libc: Libc,
    /// Its tools.
    pub tools: ToolSet,
    /// Its size, which sets how long a pull takes, in bytes.
    pub size: u64,
    /// How long its main program takes from SIGTERM to its end, in milliseconds; none if it ignores the signal.
    pub stops_after_ms: Option<u64>,
}

const fn tcp(port: u16, serves: Serves) -> Listener {
    Listener {
        port,
        udp: false,
        serves,
    }
}

const SH: &[&str] = &["sh", "/bin/sh"];
const ASH: &[&str] = &["sh", "/bin/sh", "ash", "/bin/ash"];
const BASH: &[&str] = &["sh", "/bin/sh", "bash", "/bin/bash"];

macro_rules! images {
    (@) => { None };
    (@ $variant:literal) => { Some($variant) };
    ($($($variant:literal)? [$($name:literal)*] $listens:expr, $main:expr, $shells:ident $libc:ident $tools:ident, $size:literal, $stop:expr;)*) => {
        /// The catalogue.
        pub const IMAGES: &[Image] = &[$(Image {
            names: &[$($name),*], variant: images!(@ $($variant)?), listens: &$listens, main: $main, shells: $shells, libc: Libc::$libc,
            tools: ToolSet::$tools, size: $size, stops_after_ms: $stop,
        }),*];
    };
}

const NONE: &[&str] = &[];

images! {
    ["redis" "bitnami/redis" "registry.k8s.io/redis" "valkey/valkey" "us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower" "gcr.io/google-samples/gb-redis-follower"] [tcp(6379, Serves::Redis)], Main::Server, BASH Glibc Redis, 52_714_325, Some(180);
    "alpine" ["redis" "valkey/valkey"] [tcp(6379, Serves::Redis)], Main::Server, SH Musl RedisAlpine, 17_825_792, Some(180);
    ["nginxinc/nginx-unprivileged" "bitnami/nginx"] [tcp(8080, Serves::Web(Site::Nginx))], Main::Server, BASH Glibc DebianCurl, 72_080_558, Some(120);
    ["nginx" "registry.k8s.io/nginx-slim" "registry.k8s.io/e2e-test-images/nginx"] [tcp(80, Serves::Web(Site::Nginx))], Main::Server, BASH Glibc DebianCurl, 72_080_558, Some(120);
    "alpine" ["nginx"] [tcp(80, Serves::Web(Site::Nginx))], Main::Server, ASH Musl Curl, 21_495_808, Some(120);
    "alpine" ["httpd"] [tcp(80, Serves::Web(Site::Httpd))], Main::Server, ASH Musl Alpine, 24_117_248, Some(900);
    ["httpd" "registry.k8s.io/e2e-test-images/httpd"] [tcp(80, Serves::Web(Site::Httpd))], Main::Server, BASH Glibc Debian, 58_720_256, Some(900);
    ["registry.k8s.io/hpa-example"] [tcp(80, Serves::Http("OK!"))], Main::Server, BASH Glibc DebianCurl, 195_035_136, Some(900);
    ["us-docker.pkg.dev/google-samples/containers/gke/gb-frontend" "gcr.io/google-samples/gb-frontend"] [tcp(80, Serves::Http("Guestbook"))], Main::Server, BASH Glibc DebianCurl, 171_966_464, Some(900);
    ["gcr.io/google-samples/kubernetes-bootcamp" "jocatalin/kubernetes-bootcamp"] [tcp(8080, Serves::Web(Site::Bootcamp))], Main::Server, BASH Glibc DebianCurl, 83_886_080, Some(30);
    ["kicbase/echo-server" "jmalloc/echo-server"] [tcp(8080, Serves::Web(Site::ServedBy))], Main::Server, NONE None Nothing, 2_936_012, Some(30);
    "musl" ["busybox"] [], Main::Shell, ASH Musl Busybox, 857_088, None;
    ["busybox" "registry.k8s.io/busybox" "registry.k8s.io/e2e-test-images/busybox"] [], Main::Shell, ASH Glibc Busybox, 2_223_685, None;
    ["alpine"] [], Main::Shell, ASH Musl Alpine, 3_653_222, None;
    ["ubuntu" "debian"] [], Main::Shell, BASH Glibc Debian, 48_497_034, None;
    ["fedora" "centos" "rockylinux" "almalinux" "amazonlinux"] [], Main::Shell, BASH Glibc DebianCurl, 71_303_168, None;
    ["python" "node" "ruby" "golang" "perl"] [], Main::Exits(0), BASH Glibc DebianCurl, 356_515_840, None;
    ["radial/busyboxplus" "yauritux/busybox-curl" "odise/busybox-curl"] [], Main::Shell, SH Musl Curl, 4_404_019, None;
    ["curlimages/curl" "alpine/curl" "appropriate/curl"] [], Main::Exits(2), SH Musl Curl, 9_437_184, None;
    ["wbitt/network-multitool" "praqma/network-multitool"] [tcp(80, Serves::Web(Site::Nginx)), tcp(443, Serves::Silent)], Main::Server, BASH Musl Netshoot, 71_303_168, Some(120);
    ["nicolaka/netshoot" "netshoot" "infoblox/dnstools"] [], Main::Shell, BASH Musl Netshoot, 203_423_744, None;
    ["registry.k8s.io/e2e-test-images/agnhost"] [], Main::Server, SH Musl Netshoot, 51_105_792, Some(60);
    ["leodotcloud/swiss-army-knife" "rancherlabs/swiss-army-knife" "supporttools/swiss-army-knife"] [tcp(80, Serves::HttpHostname)], Main::Server, BASH Glibc Toolbox, 203_423_744, Some(60);
    ["registry.k8s.io/serve_hostname" "kubernetes/serve_hostname"] [tcp(9376, Serves::Web(Site::HostName))], Main::Server, NONE None Nothing, 6_291_456, Some(30);
    ["registry.k8s.io/e2e-test-images/jessie-dnsutils" "tutum/dnsutils" "registry.k8s.io/e2e-test-images/dnsutils"] [], Main::Shell, BASH Glibc Dnsutils, 112_030_336, None;
    ["mysql"] [tcp(3306, Serves::Wire(Wire::Mysql)), tcp(33060, Serves::Silent)], Main::Server, BASH Glibc Debian, 233_832_448, Some(1200);
    "alpine" ["postgres"] [tcp(5432, Serves::Wire(Wire::Postgres))], Main::Server, BASH Musl Alpine, 109_051_904, Some(250);
    ["postgres"] [tcp(5432, Serves::Wire(Wire::Postgres))], Main::Server, BASH Glibc Debian, 160_432_128, Some(250);
    ["mongo"] [tcp(27017, Serves::Http("It looks like you are trying to access MongoDB over HTTP on the native driver port."))], Main::Server, BASH Glibc Debian, 318_767_104, Some(300);
    ["rabbitmq"] [tcp(5672, Serves::Wire(Wire::Amqp)), tcp(15672, Serves::Http("RabbitMQ Management")), tcp(15692, Serves::Http("rabbitmq")), tcp(4369, Serves::Silent), tcp(25672, Serves::Silent)], Main::Server, BASH Glibc Debian, 113_246_208, Some(2500);
    "alpine" ["memcached"] [tcp(11211, Serves::Memcached)], Main::Server, ASH Musl Alpine, 10_485_760, Some(80);
    ["memcached"] [tcp(11211, Serves::Memcached)], Main::Server, BASH Glibc Debian, 32_505_856, Some(80);
    ["hashicorp/http-echo"] [tcp(5678, Serves::Web(Site::HttpEcho))], Main::Server, NONE None Nothing, 5_242_880, Some(30);
    ["traefik/whoami" "containous/whoami"] [tcp(80, Serves::Web(Site::Whoami))], Main::Server, NONE None Nothing, 2_936_012, Some(30);
    ["gcr.io/kuar-demo/kuard-amd64"] [tcp(8080, Serves::Web(Site::Kuard))], Main::Server, SH Musl Alpine, 11_534_336, Some(50);
    ["gcr.io/google-samples/hello-app" "us-docker.pkg.dev/google-samples/containers/gke/hello-app"] [tcp(8080, Serves::Web(Site::HelloApp))], Main::Server, NONE None Nothing, 11_534_336, Some(30);
    ["registry.k8s.io/echoserver" "registry.k8s.io/e2e-test-images/echoserver"] [tcp(8080, Serves::Web(Site::EchoServer))], Main::Server, BASH Glibc Debian, 46_137_344, Some(120);
    ["registry.k8s.io/ingress-nginx/controller"] [tcp(80, Serves::Ingress), tcp(443, Serves::Silent), tcp(10254, Serves::Http("ok")), tcp(8443, Serves::Silent)], Main::Server, BASH Musl Curl, 293_601_280, Some(500);
    ["traefik"] [tcp(80, Serves::Web(Site::NotFound)), tcp(8080, Serves::Http("Traefik"))], Main::Server, SH Musl Alpine, 52_428_800, Some(100);
    ["registry.k8s.io/coredns/coredns" "coredns/coredns"] [Listener { port: 53, udp: true, serves: Serves::Dns }, tcp(53, Serves::Dns), tcp(8080, Serves::Http("OK")), tcp(8181, Serves::Http("OK")), tcp(9153, Serves::Http("metrics"))], Main::Server, NONE None Nothing, 23_553_107, Some(5000);
    ["registry.k8s.io/pause"] [], Main::Server, NONE None Nothing, 318_767, Some(10);
}

/// An image that the catalogue does not list: it serves on the ports that it declares.
pub static UNKNOWN: Image = Image {
    names: &[],
    variant: None,
    listens: &[],
    main: Main::Server,
    shells: BASH,
    libc: Libc::Glibc,
    tools: ToolSet::Debian,
    size: 62_914_560,
    stops_after_ms: Some(200),
};

/// Registries and folders that hold copies of another's images, and whose: Docker Hub's, or Kubernetes' own of today.
const COPIES: &[(&str, &str)] = &[
    ("mirror.gcr.io/", ""),
    ("public.ecr.aws/docker/", ""),
    ("registry-1.docker.io/", ""),
    ("registry.hub.docker.com/", ""),
    ("k8s.gcr.io/", "registry.k8s.io/"),
    ("gcr.io/google-containers/", "registry.k8s.io/"),
    ("gcr.io/google_containers/", "registry.k8s.io/"),
    (
        "gcr.io/kubernetes-e2e-test-images/",
        "registry.k8s.io/e2e-test-images/",
    ),
];

/// Where a repository's images come from first, without Docker Hub's registry and `library/`.
fn home(repository: Cow<'_, str>) -> Cow<'_, str> {
    let copy = COPIES
        .iter()
        .find_map(|(from, to)| Some((repository.strip_prefix(from)?, *to)));
    match copy {
        Some((path, "")) => Cow::Owned(path.strip_prefix("library/").unwrap_or(path).to_owned()),
        Some((path, registry)) => Cow::Owned([registry, path].concat()),
        None => repository,
    }
}

/// The catalogue's row for an image reference; [`UNKNOWN`] when it has none. Whoever asks mostly asks for the same again.
pub fn lookup(image: &str) -> &'static Image {
    thread_local! {
        static LAST: RefCell<(String, &'static Image)> = const { RefCell::new((String::new(), &UNKNOWN)) };
    }
    LAST.with_borrow_mut(|(last, row)| {
        if *last != image {
            *row = find(image);
            image.clone_into(last);
        }
        *row
    })
}

fn find(image: &str) -> &'static Image {
    let Some((repository, tag)) = Reference::parts(image) else {
        return &UNKNOWN;
    };
    let repository = home(repository);
    let is_of = |row: &&Image, variant: bool| {
        row.variant.is_some() == variant
            && row.names.contains(&&*repository)
            && row
                .variant
                .is_none_or(|word| tag.split('-').any(|part| part.starts_with(word)))
    };
    let mut rows = IMAGES.iter();
    let special = rows.find(|row| is_of(row, true));
    special
        .or_else(|| IMAGES.iter().find(|row| is_of(row, false)))
        .unwrap_or(&UNKNOWN)
}
