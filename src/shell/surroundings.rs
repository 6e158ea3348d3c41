//! What a place offers a shell: its tools, its C library, its prompt, its own files and variables.
//!
//! Models the container's view that the kubelet sets up: `resolv.conf` by DNS policy, the managed hosts file, Service
//! variables (`pkg/kubelet/envvars`), and the images' own shells. Mounted volumes are left out.

use super::context::{Context, World};
use super::files::HOME;
use super::tree::{FileError, Tree, resolve};
use super::{environment, image_files, volumes};
use crate::api::image::{self, Libc, ToolSet};
use crate::api::pod::{Container, Pod};
use crate::api::{Object, Value, kind};
use crate::cluster::{Cluster, Place};
use crate::dns::{ResolvConf, etc_hosts};
use crate::kernel::BTreeMap;
use std::rc::Rc;

/// The shell program that reads commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `BusyBox` ash.
    Ash,
    /// Debian's `sh`.
    Dash,
    /// GNU bash.
    Bash,
}

/// Which set of commands a place has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kit {
    /// The laptop's: kubectl, the usual tools.
    Laptop,
    /// A node's.
    Node,
    /// An image's.
    Image(ToolSet),
}

/// What a place offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// Its commands.
    pub kit: Kit,
    /// Its C library.
    pub libc: Libc,
    /// Its usual shell.
    pub dialect: Dialect,
}

impl Surroundings {
    /// What a place offers.
    pub fn of(cluster: &Cluster, place: &Place) -> Self {
        match place {
            Place::Laptop => Self {
                kit: Kit::Laptop,
                libc: Libc::Glibc,
                dialect: Dialect::Bash,
            },
            Place::Outside => Self {
                kit: Kit::Image(ToolSet::Toolbox),
                libc: Libc::Glibc,
                dialect: Dialect::Bash,
            },
            Place::Node(_) => Self {
                kit: Kit::Node,
                libc: Libc::Glibc,
                dialect: Dialect::Bash,
            },
            Place::Pod { .. } => {
                let image =
                    container(cluster, place).map_or(&image::UNKNOWN, |c| image::lookup(&c.image));
                let dialect = match image.tools {
                    ToolSet::Debian
                    | ToolSet::Redis
                    | ToolSet::DebianCurl
                    | ToolSet::Dnsutils
                    | ToolSet::Toolbox => Dialect::Dash,
                    ToolSet::Busybox
                    | ToolSet::Alpine
                    | ToolSet::RedisAlpine
                    | ToolSet::Netshoot
                    | ToolSet::Curl
                    | ToolSet::Nothing => Dialect::Ash,
                };
                Self {
                    kit: Kit::Image(image.tools),
                    libc: image.libc,
                    dialect,
                }
            }
        }
    }
}

fn pod_object<'a>(cluster: &'a Cluster, place: &Place) -> Option<&'a Rc<Object>> {
    let Place::Pod {
        namespace, name, ..
    } = place
    else {
        return None;
    };
    cluster.tables().find(kind::POD, namespace, name)
}

/// The Pod of a place.
pub(super) fn pod<'a>(cluster: &'a Cluster, place: &Place) -> Option<&'a Pod> {
    pod_object(cluster, place)?.pod()
}

/// The container of a place.
pub(super) fn container<'a>(cluster: &'a Cluster, place: &Place) -> Option<&'a Container> {
    let Place::Pod { container, .. } = place else {
        return None;
    };
    let spec = &pod(cluster, place)?.spec;
    let added = spec.ephemeral_containers.iter();
    let all = spec.containers.iter().chain(added);
    all.chain(&spec.init_containers)
        .find(|c| *c.name == **container)
}

/// What tells one run of a container from the next; `None` if it does not run.
pub(super) fn life(cluster: &Cluster, place: &Place) -> Option<String> {
    let Place::Pod { container, .. } = place else {
        return None;
    };
    let object = pod_object(cluster, place)?;
    let status = &object.pod()?.status;
    let added = status.ephemeral_container_statuses.iter();
    let all = status.container_statuses.iter().chain(added);
    let mut all = all.chain(&status.init_container_statuses);
    let state = all.find(|status| *status.name == **container)?;
    let running = state.state.running.as_ref()?;
    Some(format!("{} {}", object.meta.uid, running.started_at))
}

/// The home directory of a place.
pub(super) fn home(place: &Place) -> &'static str {
    match place {
        Place::Laptop => HOME,
        Place::Outside | Place::Node(_) | Place::Pod { .. } => "/root",
    }
}

/// The host name of a place: a Pod's own, which its node's is on the host network.
pub(super) fn own_name(cluster: &Cluster, place: &Place) -> String {
    let Some((object, pod)) = pod_object(cluster, place).and_then(|o| Some((o, o.pod()?))) else {
        return host_name(place).to_owned();
    };
    if pod.spec.host_network {
        return pod.spec.node_name.clone();
    }
    let whole = pod.spec.rest.get("setHostnameAsFQDN") == Some(&Value::Bool(true));
    let full = || full_name(cluster, place);
    let full = whole.then(full).flatten();
    full.unwrap_or_else(|| etc_hosts::host_name(&object.meta, pod).to_owned())
}

/// The name of a Pod with a subdomain, with all that stands behind it.
pub(super) fn full_name(cluster: &Cluster, place: &Place) -> Option<String> {
    let object = pod_object(cluster, place)?;
    let pod = object.pod().filter(|pod| !pod.spec.host_network)?;
    etc_hosts::host_domain(&object.meta, pod, &cluster.network().domain)
}

/// What a place is called.
pub(super) fn host_name(place: &Place) -> &str {
    match place {
        Place::Laptop | Place::Outside => place.name(),
        Place::Node(name) | Place::Pod { name, .. } => name,
    }
}

/// The key of a place's own tree among the written files.
fn tree_key(place: &Place) -> String {
    match place {
        Place::Laptop | Place::Outside | Place::Node(_) => place.id(),
        Place::Pod { container, .. } => format!("{}/{container}", place.id()),
    }
}

/// All files of a place.
pub(super) fn tree(world: &World, place: &Place) -> Tree {
    if *place == Place::Laptop {
        return world.files.laptop().clone();
    }
    let mut tree = own_files(&world.cluster, place);
    for (path, text) in image_files::all(Surroundings::of(&world.cluster, place).kit) {
        tree.put(path, text.into());
    }
    if let Some(written) = world.files.written.get(&tree_key(place)) {
        tree.overlay(written);
    }
    tree
}

/// The text of a file of a place.
pub(super) fn read(
    world: &World,
    place: &Place,
    cwd: &str,
    path: &str,
) -> Result<Rc<str>, FileError> {
    let path = resolve(cwd, path, home(place));
    if *place == Place::Laptop {
        return world.files.laptop().read(&path);
    }
    // What every look-up reads is there without the image's whole tree.
    let written = world.files.written.get(&tree_key(place));
    let own = match written.map(|written| written.read(&path)) {
        Some(Ok(text)) => Ok(text),
        _ => own_files(&world.cluster, place).read(&path),
    };
    own.or_else(|_| tree(world, place).read(&path))
}

/// Writes a file of a place.
pub(super) fn write(
    world: &mut World,
    place: &Place,
    cwd: &str,
    path: &str,
    text: &str,
) -> Result<(), FileError> {
    let path = resolve(cwd, path, home(place));
    if path == "/dev/null" {
        return Ok(());
    }
    if *place == Place::Laptop {
        return world.files.laptop_mut().write(&path, text.into());
    }
    tree(world, place).write(&path, text.into())?;
    own_tree(world, place).put(&path, text.into());
    Ok(())
}

/// The tree that keeps what was written at a place.
pub(super) fn own_tree<'a>(world: &'a mut World, place: &Place) -> &'a mut Tree {
    match place {
        Place::Laptop => world.files.laptop_mut(),
        Place::Outside | Place::Node(_) | Place::Pod { .. } => {
            world.files.written.entry(tree_key(place)).or_default()
        }
    }
}

/// What a container, or a node, has of itself.
fn own_files(cluster: &Cluster, place: &Place) -> Tree {
    let mut tree = Tree::default();
    for dir in [
        "/bin", "/dev", "/etc", "/home", "/lib", "/proc", "/root", "/sys", "/tmp", "/usr", "/var",
    ] {
        tree.make_dirs(dir);
    }
    let name = own_name(cluster, place);
    tree.put("/etc/hostname", format!("{name}\n").into());
    tree.put("/etc/resolv.conf", resolv_conf(cluster, place).into());
    tree.put("/etc/hosts", hosts(cluster, place).into());
    tree.put("/dev/null", "".into());
    if let (Some(object), Some(container)) = (pod_object(cluster, place), container(cluster, place))
        && let Some(pod) = object.pod()
    {
        volumes::mount(&mut tree, cluster, object, pod, container);
    }
    tree
}

/// The text of `/etc/resolv.conf`: what the kubelet writes for the Pod's DNS policy.
pub(super) fn resolv_conf(cluster: &Cluster, place: &Place) -> String {
    let node = ResolvConf::of_node();
    match (place, pod(cluster, place)) {
        (Place::Pod { namespace, .. }, Some(pod)) => {
            ResolvConf::for_pod(namespace, pod, cluster.network(), &node)
                .0
                .to_text()
        }
        (Place::Outside, _) => "nameserver 8.8.8.8\n".to_owned(),
        (Place::Laptop | Place::Node(_) | Place::Pod { .. }, _) => node.to_text(),
    }
}

fn hosts(cluster: &Cluster, place: &Place) -> String {
    let (address, name) = (cluster.address_of(place), own_name(cluster, place));
    let machine = format!("127.0.0.1\tlocalhost\n{address}\t{name}\n");
    match pod_object(cluster, place).and_then(|object| Some((object, object.pod()?))) {
        Some((object, pod)) => {
            etc_hosts::for_pod(&object.meta, pod, &cluster.network().domain, &machine)
        }
        None => machine,
    }
}

/// The variables that a shell at a place begins with.
pub(super) fn variables(cluster: &Cluster, place: &Place) -> BTreeMap<String, String> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut env = BTreeMap::from([
        pair("HOME", home(place)),
        pair(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ),
    ]);
    match place {
        Place::Laptop => env.extend([pair("USER", "reader")]),
        Place::Outside | Place::Node(_) => env.extend([pair("USER", "root")]),
        Place::Pod { .. } => {
            env.extend([pair("HOSTNAME", &own_name(cluster, place))]);
            let object = pod_object(cluster, place);
            let pod = object.and_then(|object| object.pod());
            if let (Some(object), Some(pod), Some(container)) =
                (object, pod, container(cluster, place))
            {
                env.extend(environment::of_container(cluster, object, pod, container));
            }
        }
    }
    env
}

/// The variables of a program that a container's runtime starts by itself: the terminal's kind if it has one.
pub(super) fn of_program(context: &Context<'_>) -> BTreeMap<String, String> {
    let mut env = variables(&context.world.cluster, context.place);
    if context.tty {
        env.insert("TERM".to_owned(), "xterm".to_owned());
    }
    env
}

/// The variables that a shell of a Pod adds: how deep it stands, which dash does not count, and the terminal's kind.
pub(super) fn shell_adds(env: &mut BTreeMap<String, String>, dialect: Dialect, tty: bool) {
    if dialect != Dialect::Dash {
        let depth = env.get("SHLVL").and_then(|depth| depth.parse().ok());
        let depth: u32 = depth.unwrap_or(0);
        env.insert("SHLVL".to_owned(), depth.saturating_add(1).to_string());
    }
    if tty {
        env.insert("TERM".to_owned(), "xterm".to_owned());
    }
}
