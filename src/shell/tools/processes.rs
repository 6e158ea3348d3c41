//! ps and `top -n 1`: the main program of the container, and what the reader runs in it; on a node the programs of a cluster
//! that kubeadm made, and the main programs of its Pods.

use crate::api::image;
use crate::api::kind;
use crate::api::pod::Container;
use crate::cluster::Place;
use crate::kernel::SimTime;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::environment::{self, Variables};
use crate::shell::surroundings;

/// One process: its number, its parent's, its command line.
struct Process {
    pid: u32,
    parent: u32,
    command: String,
}

fn processes(context: &Context<'_>, own: &str) -> Vec<Process> {
    let process = |pid: u32, parent: u32, command: &str| Process {
        pid,
        parent,
        command: command.to_owned(),
    };
    let mut all = Vec::new();
    let cluster = &context.world.cluster;
    let container = surroundings::container(cluster, context.place);
    let main = match (context.place, container) {
        (Place::Pod { .. }, Some(container)) => {
            let variables = surroundings::variables(cluster, context.place);
            main_program(container, &variables)
        }
        _ => "/sbin/init".to_owned(),
    };
    all.push(process(1, 0, &main));
    all.push(process(13, 0, "sh"));
    all.push(process(20, 13, own));
    all
}

/// The command line of a container's main program, whose variables are replaced as the kubelet does.
fn main_program(container: &Container, variables: &Variables) -> String {
    let words = environment::command(container, variables);
    let base = image::Reference::parse(&container.image).map(|r| r.repository);
    let base = base.as_deref().and_then(|name| name.rsplit('/').next());
    match (words.is_empty(), base) {
        (false, _) => words.join(" "),
        (true, Some("redis")) => "redis-server *:6379".to_owned(),
        (true, Some("nginx")) => "nginx: master process nginx -g daemon off;".to_owned(),
        (true, Some("httpd")) => "httpd -DFOREGROUND".to_owned(),
        (true, Some("busybox" | "alpine")) => "sh".to_owned(),
        (true, Some(name)) => name.to_owned(),
        (true, None) => "main".to_owned(),
    }
}

/// What runs on a node: process number, command line. Pods' programs follow the shims that containerd starts them with.
fn of_node(context: &Context<'_>, node: &str) -> Vec<(usize, String)> {
    let tables = context.world.cluster.tables();
    let control = tables.find(kind::NODE, "", node).is_some_and(|object| {
        let labels = &object.meta.labels;
        labels.contains_key("node-role.kubernetes.io/control-plane")
    });
    let mut all: Vec<String> = vec![
        "/sbin/init".to_owned(),
        "/usr/bin/containerd".to_owned(),
        "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups".to_owned(),
        "/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml".to_owned(),
        format!("/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf --hostname-override={node}"),
    ];
    if control {
        all.extend(
            [
                "etcd",
                "kube-apiserver",
                "kube-controller-manager",
                "kube-scheduler",
            ]
            .map(str::to_owned),
        );
    }
    let cluster = &context.world.cluster;
    let pods = tables
        .all(kind::POD)
        .filter_map(|object| Some((object, object.pod()?)));
    for (object, pod) in pods.filter(|(_, pod)| pod.spec.node_name == node && !pod.is_finished()) {
        all.push("/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -address /run/containerd/containerd.sock".to_owned());
        all.push("/pause".to_owned());
        all.extend(pod.spec.containers.iter().map(|container| {
            let variables = environment::of_container(cluster, object, pod, container);
            main_program(container, &variables)
        }));
    }
    let numbers = (0..).map(|at: usize| if at == 0 { 1 } else { 600 + 17 * at });
    numbers.zip(all).collect()
}

/// `ps` of procps, on a node: `aux` and `-ef` list every process, without them only the terminal's own are shown.
pub(crate) fn ps_of_node(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let Place::Node(node) = context.place.clone() else {
        return ps(context, argv);
    };
    let letters: String = argv
        .iter()
        .skip(1)
        .map(|w| w.trim_start_matches('-'))
        .collect();
    let standard = argv
        .iter()
        .skip(1)
        .any(|word| word.starts_with('-') && word.contains('f'));
    let all = letters.contains(['e', 'A']) || letters.contains('a') && letters.contains('x');
    let mut running = if all {
        of_node(context, &node)
    } else {
        Vec::new()
    };
    let next = running.last().map_or(4000, |(pid, _)| pid + 400);
    running.push((next, "-bash".to_owned()));
    running.push((next + 12, argv.join(" ")));
    let wide = letters.contains('u');
    context.out.line(match (wide, standard) {
        (true, _) => "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND",
        (_, true) => "UID          PID    PPID  C STIME TTY          TIME CMD",
        _ => "    PID TTY          TIME CMD",
    });
    let began = {
        let sim = context.world.cluster.sim();
        let at = sim.timestamp_at(SimTime::default());
        at.get(11..16).unwrap_or_default().to_owned()
    };
    for (pid, command) in running {
        let (tty, own) = if pid < next {
            ("?", "Ssl")
        } else {
            ("pts/0", "Ss")
        };
        let name = command
            .split(' ')
            .next()
            .and_then(|path| path.rsplit('/').next());
        context.out.line(&match (wide, standard) {
            (true, _) => format!(
                "root     {pid:7}  0.1  0.5 734216 42880 {tty:8} {own:4} {began}   0:00 {command}"
            ),
            (_, true) => format!(
                "root     {pid:7} {:7}  0 {began} {tty:8} 00:00:00 {command}",
                usize::from(pid > 1)
            ),
            _ => format!("{pid:7} {tty:8} 00:00:00 {}", name.unwrap_or_default()),
        });
    }
    Outcome::Exit(0)
}

/// `ps`.
pub(crate) fn ps(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let all = processes(context, &argv.join(" "));
    context.out.line("PID   USER     TIME  COMMAND");
    for process in all {
        context.out.line(&format!(
            "{:5} root      0:00 {}",
            process.pid, process.command
        ));
    }
    Outcome::Exit(0)
}

/// `top -n 1`.
pub(crate) fn top(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let once = argv
        .iter()
        .any(|word| word == "-n1" || word == "-bn1" || word == "-n");
    if !once {
        context
            .out
            .note("Portside's top shows one picture: `top -n 1`.");
    }
    let all = processes(context, &argv.join(" "));
    let mut text = format!(
        "Mem: 3907396K used, 4237920K free, 1804K shrd, 218844K buff, 2573156K cached\nCPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\nLoad average: 0.00 0.00 0.00 1/{} 20\n  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n",
        200 + all.len()
    );
    for process in all {
        let state = if process.pid == 20 { "R" } else { "S" };
        text.push_str(&format!(
            "{:5} {:5} root     {state}     4404   0%   0   0% {}\n",
            process.pid, process.parent, process.command
        ));
    }
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}
