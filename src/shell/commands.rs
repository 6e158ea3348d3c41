//! table: every command of every place, one row each: it drives dispatch, help and completion.

use super::context::{Context, Outcome};
use super::interpreter::Shell;
use super::surroundings::Kit;
use super::{
    aliases, builtins, copying, encodings, expr, files_commands, filters, flags, grep, jobs,
    kubectl, parameters, paths, printing, reading, routines, sed, ssh, testing, text_commands,
    timing, tools, traps,
};
use crate::api::image::ToolSet;

/// How a command is run.
#[derive(Clone, Copy)]
pub enum Runs {
    /// Inside the shell, whose state it may change.
    Builtin(fn(&mut Shell, &mut Context<'_>, &[String]) -> i32),
    /// As a program of its own.
    Tool(fn(&mut Context<'_>, &[String]) -> Outcome),
}

/// What stands after a command, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing that could be completed.
    Nothing,
    /// Files.
    Files,
    /// Host names: those of Services.
    Hosts,
    /// Nodes.
    Nodes,
    /// kubectl's own language.
    Kubectl,
}

/// Which places have a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Every place.
    All,
    /// The laptop alone.
    Laptop,
    /// The laptop and the nodes.
    Machines,
    /// The nodes alone.
    Nodes,
    /// Images with these tools.
    Images(&'static [ToolSet]),
    /// Machines, and images with these tools.
    MachinesAnd(&'static [ToolSet]),
}

/// One row.
pub struct Command {
    /// Its names; the first is the usual one.
    pub names: &'static [&'static str],
    /// How it is written.
    pub synopsis: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// An example that works in the first lesson.
    pub example: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Which places have it.
    pub on: On,
    /// How it is run.
    pub runs: Runs,
}

const BUSYBOX: &[ToolSet] = &[
    ToolSet::Busybox,
    ToolSet::Alpine,
    ToolSet::Netshoot,
    ToolSet::Curl,
    ToolSet::RedisAlpine,
];
const APPLETS: &[ToolSet] = &[
    ToolSet::Busybox,
    ToolSet::Alpine,
    ToolSet::Curl,
    ToolSet::RedisAlpine,
];
const BIND: &[ToolSet] = &[ToolSet::Dnsutils, ToolSet::Netshoot, ToolSet::Toolbox];
const GETENT: &[ToolSet] = &[
    ToolSet::Alpine,
    ToolSet::Netshoot,
    ToolSet::Curl,
    ToolSet::Dnsutils,
    ToolSet::Toolbox,
    ToolSet::Debian,
    ToolSet::Redis,
    ToolSet::DebianCurl,
    ToolSet::RedisAlpine,
];
const REDIS: &[ToolSet] = &[ToolSet::Redis, ToolSet::RedisAlpine];
const TOOLBOX: &[ToolSet] = &[ToolSet::Toolbox];
const NETSHOOT: &[ToolSet] = &[ToolSet::Toolbox, ToolSet::Netshoot];
const TELNET: &[ToolSet] = &[ToolSet::Busybox, ToolSet::Netshoot];
const CURL: &[ToolSet] = &[
    ToolSet::Curl,
    ToolSet::Netshoot,
    ToolSet::Toolbox,
    ToolSet::DebianCurl,
];
const SHELLS: &[ToolSet] = &[
    ToolSet::Busybox,
    ToolSet::Alpine,
    ToolSet::Netshoot,
    ToolSet::Curl,
    ToolSet::Dnsutils,
    ToolSet::Toolbox,
    ToolSet::Debian,
    ToolSet::Redis,
    ToolSet::DebianCurl,
    ToolSet::RedisAlpine,
];
const BASH: &[ToolSet] = &[
    ToolSet::Netshoot,
    ToolSet::Dnsutils,
    ToolSet::Toolbox,
    ToolSet::Debian,
    ToolSet::Redis,
    ToolSet::DebianCurl,
];
const MACHINES: &[ToolSet] = &[
    ToolSet::Busybox,
    ToolSet::Alpine,
    ToolSet::Netshoot,
    ToolSet::Curl,
    ToolSet::Toolbox,
    ToolSet::RedisAlpine,
];

macro_rules! commands {
    ($($how:ident [$($name:literal)*] $synopsis:literal, $summary:literal, $example:literal, $takes:ident, $on:expr, $run:path;)*) => {
        /// The table.
        pub const COMMANDS: &[Command] = &[$(Command {
            names: &[$($name),*], synopsis: $synopsis, summary: $summary, example: $example,
            takes: Takes::$takes, on: $on, runs: Runs::$how($run),
        }),*];
    };
}

commands! {
    Tool ["kubectl"] "kubectl VERB …", "asks and changes the cluster", "kubectl get services", Kubectl, On::Laptop, kubectl::run;
    Tool ["telnet"] "telnet [-a] [-l USER] HOST [PORT]", "opens a connection and types into it", "telnet redis 6379", Hosts, On::Images(TELNET), tools::telnet::busybox;
    Tool ["telnet"] "telnet [HOST [PORT]]", "opens a connection and types into it", "telnet 10.96.0.1 443", Hosts, On::MachinesAnd(TOOLBOX), tools::telnet_inetutils::run;
    Tool ["nslookup"] "nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]", "asks a DNS server", "nslookup redis", Hosts, On::Images(APPLETS), tools::nslookup::run;
    Tool ["nslookup"] "nslookup [-type=TYPE] HOST [SERVER]", "asks a DNS server", "nslookup redis", Hosts, On::Images(BIND), tools::bind::nslookup::run;
    Tool ["dig"] "dig [@SERVER] [NAME] [TYPE] [+short] [+search]", "asks a DNS server, and shows its whole reply", "dig redis.default.svc.cluster.local", Hosts, On::Images(BIND), tools::bind::dig::run;
    Tool ["host"] "host [-t TYPE] NAME [SERVER]", "asks a DNS server", "host redis", Hosts, On::Images(BIND), tools::bind::host::run;
    Tool ["getent"] "getent hosts|ahosts NAME…", "asks the C library for names", "getent hosts redis", Hosts, On::MachinesAnd(GETENT), tools::getent::run;
    Tool ["nslookup"] "nslookup HOST", "asks the laptop's DNS server", "nslookup example.com", Hosts, On::Laptop, tools::nslookup_laptop::run;
    Tool ["wget"] "wget [-q] [-O FILE] [-T SEC] URL…", "fetches a page", "wget -qO- http://web", Hosts, On::Images(BUSYBOX), tools::wget::run;
    Tool ["curl"] "curl [-s] [-m SEC] URL…", "fetches a page", "curl http://web", Hosts, On::MachinesAnd(CURL), tools::curl::run;
    Tool ["nc"] "nc [-zv] [-w SEC] HOST PORT", "opens a connection, or tries a port", "nc -zv redis 6379", Hosts, On::Images(APPLETS), tools::nc::run;
    Tool ["nc" "netcat"] "nc [-zvnNu] [-w SEC] HOST PORT", "opens a connection, or tries a port", "nc -zv 10.96.0.1 443", Hosts, On::MachinesAnd(NETSHOOT), tools::nc_openbsd::run;
    Tool ["ping"] "ping [-c COUNT] HOST", "sends echo requests", "ping -c 1 redis", Hosts, On::Images(APPLETS), tools::ping::run;
    Tool ["ping"] "ping [-c COUNT] [-W SEC] HOST", "sends echo requests", "ping -c 1 127.0.0.1", Hosts, On::MachinesAnd(NETSHOOT), tools::ping_iputils::run;
    Tool ["traceroute"] "traceroute [-nI] [-m HOPS] HOST", "shows the way to a host", "traceroute -m 3 redis", Hosts, On::Images(BUSYBOX), tools::traceroute::busybox;
    Tool ["traceroute"] "traceroute [-nI] [-m HOPS] HOST", "shows the way to a host", "traceroute -m 3 127.0.0.1", Hosts, On::MachinesAnd(TOOLBOX), tools::traceroute::debian;
    Tool ["trace"] "trace [-u] [-a] NAME[:PORT]", "walks a packet there, hop by hop, and says why", "trace redis:6379", Hosts, On::All, tools::trace::run;
    Tool ["why"] "why [-n NAMESPACE] [NAME[:PORT]]", "says why a Service does not answer from here, and what mends it", "why redis:6379", Hosts, On::All, tools::why::run;
    Tool ["conntrack"] "conntrack -L|-D|-F|-C|-S [-p PROTO] [-s IP] [-d IP] [--dport N]", "lists what a node's kernel remembers of flows", "conntrack -L", Nothing, On::Machines, tools::conntrack::run;
    Tool ["busybox"] "busybox [FUNCTION [ARGUMENTS]]", "is all of the image's small commands", "busybox --list", Nothing, On::Images(BUSYBOX), tools::busybox::run;
    Tool ["redis-cli"] "redis-cli [-h HOST] [-p PORT] [COMMAND…]", "talks to redis", "redis-cli ping", Hosts, On::Images(REDIS), tools::redis_cli::run;
    Tool ["ip"] "ip address|route|link|neigh", "shows addresses and routes", "ip addr", Nothing, On::MachinesAnd(MACHINES), tools::interfaces::ip;
    Tool ["ifconfig"] "ifconfig [IFACE]", "shows interfaces", "ifconfig", Nothing, On::Images(BUSYBOX), tools::interfaces::ifconfig;
    Tool ["route"] "route [-n]", "shows routes", "route -n", Nothing, On::Images(BUSYBOX), tools::interfaces::route;
    Tool ["netstat"] "netstat [-ltunr]", "shows what listens", "netstat -ltn", Nothing, On::Images(BUSYBOX), tools::interfaces::netstat;
    Tool ["ss"] "ss [-ltun]", "shows what listens", "ss -ltn", Nothing, On::MachinesAnd(NETSHOOT), tools::interfaces::ss;
    Tool ["tcpdump"] "tcpdump [-n] [-i IFACE] [-c COUNT] [EXPRESSION]", "shows the packets that pass", "tcpdump -n port 53", Nothing, On::MachinesAnd(NETSHOOT), tools::tcpdump::run;
    Tool ["iptables" "ip6tables"] "iptables [-t TABLE] -L|-S [CHAIN] [-n] [-v] [--line-numbers]", "lists the node's rules", "iptables -t nat -L KUBE-SERVICES -n", Nothing, On::Nodes, tools::iptables::run;
    Tool ["iptables-save" "ip6tables-save"] "iptables-save [-t TABLE]", "prints the node's rules", "iptables-save -t nat", Nothing, On::Nodes, tools::iptables::save;
    Tool ["nft"] "nft list ruleset|tables|table|chain|set|map …", "lists the node's rules, in the nftables mode", "nft list table ip kube-proxy", Nothing, On::Nodes, tools::nft::run;
    Tool ["ipvsadm"] "ipvsadm -Ln [-c] [-t|-u ADDRESS:PORT]", "lists the node's virtual servers, in the ipvs mode", "ipvsadm -Ln", Nothing, On::Nodes, tools::ipvsadm::run;
    Tool ["ipset"] "ipset list [NAME]", "lists the node's sets, in the ipvs mode", "ipset list", Nothing, On::Nodes, tools::ipvsadm::ipset;
    Tool ["ps"] "ps", "lists processes", "ps", Nothing, On::Images(BUSYBOX), tools::processes::ps;
    Tool ["ps"] "ps [aux|-ef]", "lists processes", "ps aux", Nothing, On::Nodes, tools::processes::ps_of_node;
    Tool ["top"] "top -n 1", "shows processes and load", "top -n 1", Nothing, On::Images(BUSYBOX), tools::processes::top;
    Builtin ["cd"] "cd [DIR]", "changes the directory", "cd ~", Files, On::All, builtins::cd;
    Builtin ["pwd"] "pwd", "prints the directory", "pwd", Nothing, On::All, builtins::pwd;
    Builtin ["ls"] "ls [-1la] [FILE…]", "lists a directory", "ls", Files, On::All, files_commands::ls;
    Builtin ["cat"] "cat [FILE…]", "prints files", "cat /etc/resolv.conf", Files, On::All, files_commands::cat;
    Builtin ["mkdir"] "mkdir [-p] DIR…", "makes directories", "mkdir -p /tmp/a", Files, On::All, files_commands::mkdir;
    Builtin ["touch"] "touch FILE…", "makes empty files", "touch /tmp/a", Files, On::All, files_commands::touch;
    Builtin ["rm"] "rm [-rf] FILE…", "removes files", "rm -f /tmp/a", Files, On::All, files_commands::rm;
    Builtin ["cp" "mv"] "cp [-rn] SOURCE… TARGET", "copies files; mv moves them", "cp /etc/hosts /tmp/hosts", Files, On::All, copying::cp;
    Builtin ["rmdir"] "rmdir DIR…", "removes empty directories", "mkdir /tmp/b; rmdir /tmp/b", Files, On::All, copying::rmdir;
    Builtin ["find"] "find [DIR…] [-name PATTERN] [-type f|d] [-maxdepth N] [-empty] [!] [-o]", "lists files in directories below directories", "find /etc -name 'host*'", Files, On::All, paths::find;
    Builtin ["basename"] "basename NAME [SUFFIX]", "prints the last part of a path", "basename /a/b.txt .txt", Files, On::All, paths::basename;
    Builtin ["dirname"] "dirname NAME…", "prints what stands before the last part of a path", "dirname /a/b", Files, On::All, paths::dirname;
    Builtin ["realpath" "readlink"] "realpath NAME…", "prints whole paths", "realpath /tmp/../etc", Files, On::All, paths::realpath;
    Builtin ["base64"] "base64 [-d] [-w COLUMNS] [FILE]", "writes bytes as letters, or reads them back", "echo hello | base64", Files, On::All, encodings::base64;
    Builtin ["sha256sum"] "sha256sum [FILE…]", "prints digests", "sha256sum /etc/hosts", Files, On::All, encodings::sha256sum;
    Builtin ["rev" "tac" "nl"] "rev [FILE…]", "turns lines around; tac turns their order, nl numbers them", "echo abc | rev", Files, On::All, encodings::turned;
    Builtin ["time"] "time COMMAND…", "tells how much simulated time a command takes", "time sleep 1", Nothing, On::All, timing::time;
    Builtin ["timeout"] "timeout SECONDS COMMAND…", "ends a command that takes too long", "timeout 1 sleep 5 || echo over", Nothing, On::All, timing::timeout;
    Builtin ["nohup" "nice"] "nohup COMMAND…", "runs a command", "nohup echo hello", Nothing, On::All, timing::nohup;
    Builtin ["expr"] "expr A OPERATOR B", "reckons and compares", "expr 1 + 2", Nothing, On::All, expr::expr;
    Builtin ["tee"] "tee [-a] FILE…", "copies its input to files", "echo a | tee /tmp/a", Files, On::All, files_commands::tee;
    Builtin ["echo"] "echo [-n] [WORD…]", "prints its words", "echo $?", Nothing, On::All, printing::echo;
    Builtin ["printf"] "printf FORMAT [WORD…]", "prints by a format", "printf '%s\\n' a b", Nothing, On::All, printing::printf;
    Builtin ["export"] "export [-n] [NAME[=VALUE]…]", "sets variables for commands", "export A=1", Nothing, On::All, parameters::export;
    Builtin ["unset"] "unset [-f] NAME…", "removes variables, or functions", "unset A", Nothing, On::All, parameters::unset;
    Builtin ["readonly"] "readonly NAME[=VALUE]…", "makes variables keep their value", "readonly A=1", Nothing, On::All, parameters::readonly;
    Builtin ["getopts"] "getopts OPTIONS NAME [WORD…]", "reads the next option of a script's arguments", "getopts ab: option || echo none", Nothing, On::All, parameters::getopts;
    Builtin ["declare" "typeset"] "declare [-xri] NAME[=VALUE]…", "declares variables", "bash -c 'declare -r A=1'", Nothing, On::All, parameters::declare;
    Builtin ["let"] "let EXPRESSION…", "reckons", "let x=1+2; echo $x", Nothing, On::All, parameters::arithmetic;
    Builtin ["umask" "ulimit" "hash" "times"] "umask", "prints what new files are denied", "umask", Nothing, On::All, parameters::limits;
    Builtin ["trap"] "trap [ACTION SIGNAL…]", "does something at a signal, or at the end", "trap 'echo bye' EXIT", Nothing, On::All, traps::trap;
    Builtin ["wait"] "wait [PID…]", "waits for what runs in the background", "wait", Nothing, On::All, jobs::wait;
    Builtin ["env"] "env [-i] [-u NAME] [NAME=VALUE…] [COMMAND…]", "prints the variables, or runs a command with others", "env", Nothing, On::All, builtins::env;
    Builtin ["printenv"] "printenv [NAME…]", "prints variables", "printenv HOME", Nothing, On::All, builtins::printenv;
    Builtin ["alias"] "alias [NAME=VALUE…]", "gives commands short names", "alias k=kubectl", Nothing, On::All, aliases::alias;
    Builtin ["unalias"] "unalias NAME…", "removes short names", "unalias -a", Nothing, On::All, aliases::unalias;
    Builtin ["eval"] "eval WORD…", "runs its words as a line", "eval echo hello", Nothing, On::All, routines::eval;
    Builtin ["." "source"] ". FILE", "runs the lines of a file in this shell", ". /dev/null", Files, On::All, routines::source;
    Builtin ["read"] "read [-r] NAME…", "reads a line of its input into variables", "echo a b | read x y", Nothing, On::All, routines::read;
    Builtin ["set"] "set [-eufxC] [-o pipefail] [--] [WORD…]", "switches options of the shell, sets the arguments, or prints the variables", "set -- a b", Nothing, On::All, flags::set;
    Builtin ["shift"] "shift [N]", "drops the first arguments", "set -- a b; shift", Nothing, On::All, routines::shift;
    Builtin ["return"] "return [STATUS]", "ends a function", "f() { return 0; }; f", Nothing, On::All, routines::give_back;
    Builtin ["local"] "local NAME[=VALUE]…", "declares variables of a function", "f() { local x=1; }; f", Nothing, On::All, routines::local;
    Builtin ["type"] "type NAME…", "tells what a name is", "type cat", Nothing, On::All, routines::type_of;
    Builtin ["command"] "command [-v] NAME…", "runs a program in spite of functions, or tells where it is", "command -v cat", Nothing, On::All, routines::command;
    Builtin ["exec"] "exec COMMAND…", "runs a command in place of the shell", "sh -c 'exec echo hello'", Nothing, On::All, routines::exec;
    Builtin ["exit" "logout"] "exit [STATUS]", "leaves the shell", "exit", Nothing, On::All, builtins::exit;
    Builtin ["break"] "break [N]", "leaves a loop", "for i in 1 2; do break; done", Nothing, On::All, builtins::leave_loop;
    Builtin ["continue"] "continue [N]", "goes on with a loop", "for i in 1 2; do continue; done", Nothing, On::All, builtins::leave_loop;
    Builtin ["true" ":"] "true", "succeeds", "true", Nothing, On::All, builtins::succeed;
    Builtin ["false"] "false", "fails", "false || echo failed", Nothing, On::All, builtins::fail;
    Builtin ["test" "["] "test EXPRESSION", "compares", "test 1 -lt 2 && echo less", Files, On::All, testing::test;
    Builtin ["jobs"] "jobs", "lists what runs in the background", "jobs", Nothing, On::All, jobs::jobs;
    Builtin ["kill"] "kill [-SIGNAL] %JOB|PID…", "ends what runs in the background", "kill %1", Nothing, On::All, jobs::kill;
    Builtin ["clear"] "clear", "clears the screen", "clear", Nothing, On::All, builtins::clear;
    Builtin ["history"] "history", "prints the commands typed here", "history", Nothing, On::All, builtins::history;
    Builtin ["sleep"] "sleep SECONDS", "lets simulated time pass", "sleep 1", Nothing, On::All, builtins::sleep;
    Builtin ["hostname"] "hostname [-i]", "prints the host's name", "hostname", Nothing, On::All, builtins::hostname;
    Builtin ["id"] "id", "prints who one is", "id", Nothing, On::All, builtins::id;
    Builtin ["whoami"] "whoami", "prints the user's name", "whoami", Nothing, On::All, builtins::whoami;
    Builtin ["uname"] "uname [-a]", "prints the system's name", "uname", Nothing, On::All, builtins::uname;
    Builtin ["date"] "date", "prints the simulated time", "date", Nothing, On::All, builtins::date;
    Builtin ["which"] "which COMMAND…", "tells where commands are", "which cat", Nothing, On::All, builtins::which;
    Builtin ["head"] "head [-n LINES] [FILE…]", "prints the first lines", "head -n 1 /etc/hosts", Files, On::All, text_commands::head;
    Builtin ["tail"] "tail [-n LINES] [FILE…]", "prints the last lines", "tail -n 1 /etc/hosts", Files, On::All, text_commands::tail;
    Builtin ["grep"] "grep [-ivcnqoE] PATTERN [FILE…]", "prints the lines that match", "grep localhost /etc/hosts", Files, On::All, grep::grep;
    Builtin ["wc"] "wc [-lwc] [FILE…]", "counts lines, words and bytes", "wc -l /etc/hosts", Files, On::All, text_commands::wc;
    Builtin ["sort"] "sort [-rnu] [FILE…]", "sorts lines", "ls | sort", Files, On::All, text_commands::sort;
    Builtin ["uniq"] "uniq [-c] [FILE]", "drops repeated lines", "sort /etc/hosts | uniq -c", Files, On::All, text_commands::uniq;
    Builtin ["cut"] "cut -d CHAR -f LIST | -c LIST [FILE…]", "prints parts of lines", "cut -d: -f1 /etc/hosts", Files, On::All, filters::cut;
    Builtin ["tr"] "tr [-ds] SET1 [SET2]", "replaces characters", "echo a | tr a-z A-Z", Nothing, On::All, filters::tr;
    Builtin ["sed"] "sed [-n] SCRIPT [FILE…]", "edits lines: s///, p, d", "sed s/local/LOCAL/ /etc/hosts", Files, On::All, sed::sed;
    Builtin ["awk"] "awk [-F SEP] '{print $N}' [FILE…]", "prints fields", "awk '{print $1}' /etc/hosts", Files, On::All, filters::awk;
    Builtin ["xargs"] "xargs [-n N] [-I WORD] COMMAND…", "runs a command with words of its input", "echo a b | xargs -n 1 echo", Nothing, On::All, filters::xargs;
    Builtin ["seq"] "seq [FIRST] LAST", "prints numbers", "seq 3", Nothing, On::All, text_commands::seq;
    Tool ["sh"] "sh [-c TEXT]", "starts a shell", "sh -c 'echo hello'", Files, On::MachinesAnd(SHELLS), reading::sh;
    Tool ["ash"] "ash [-c TEXT]", "starts BusyBox's shell", "ash -c 'echo hello'", Files, On::Images(BUSYBOX), reading::sh;
    Tool ["bash"] "bash [-c TEXT]", "starts a shell", "bash -c 'echo hello'", Files, On::MachinesAnd(BASH), reading::sh;
    Tool ["ssh"] "ssh [USER@]NODE|outside [COMMAND…]", "logs in to a node, or to a machine of the world outside", "ssh node-1", Nodes, On::Laptop, ssh::run;
    Builtin ["portside"] "portside name-tab FILE", "names the editor's tab that has no name", "portside name-tab redis.yaml", Files, On::Laptop, builtins::portside;
    Builtin ["help"] "help [COMMAND]", "lists the commands", "help telnet", Nothing, On::All, builtins::help;
}

/// Commands that exist only inside a shell.
const SHELL_ONLY: &[&str] = &[
    "cd", "export", "unset", "alias", "unalias", "exit", "break", "continue", "history", "help",
    "portside", "jobs", "eval", ".", "read", "set", "shift", "return", "local", "type", "command",
    "exec", "readonly", "getopts", "let", "umask", "trap", "wait", "declare",
];

/// Commands that real machines have and Portside does not simulate, so that nobody looks for a slip of the pen.
#[rustfmt::skip]
const NOT_SIMULATED: &[&str] = &[
    "apk", "apt", "apt-get", "bg", "brew", "chmod", "chown", "chroot", "crictl", "df",
    "diff", "docker", "du", "emacs", "fg", "free", "git", "helm", "htop", "jq", "k9s", "kind", "kubeadm", "kubectx", "kubens", "less", "ln",
    "man", "minikube", "mongosh", "more", "mysql", "nano", "node", "nsenter", "openssl", "podman",
    "psql", "python", "python3", "scp", "stat", "su",
    "dirs", "disown", "mapfile", "popd", "pushd", "shopt",
    "sudo", "systemctl", "tar", "vi", "vim", "watch", "yq", "yum",
];

impl Command {
    /// The usual name.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// Whether a program file of that name exists, so that it can be run without a shell.
    pub fn is_a_file(&self) -> bool {
        !SHELL_ONLY.contains(&self.name())
    }

    fn is_in(&self, kit: Kit) -> bool {
        match (self.on, kit) {
            (On::All, Kit::Image(ToolSet::Nothing)) => false,
            (On::All, _) | (On::Laptop | On::Machines | On::MachinesAnd(_), Kit::Laptop) => true,
            (On::Machines | On::MachinesAnd(_) | On::Nodes, Kit::Node) => true,
            (On::Nodes, Kit::Laptop | Kit::Image(_)) => false,
            (On::Images(sets) | On::MachinesAnd(sets), Kit::Image(set)) => sets.contains(&set),
            (On::Laptop | On::Machines, Kit::Image(_))
            | (On::Laptop | On::Images(_), Kit::Node) => false,
            (On::Images(_), Kit::Laptop) => false,
        }
    }
}

/// The command that a word names in a place: by its name, or by a path like `/bin/cat`.
pub(super) fn find(word: &str, kit: Kit) -> Option<&'static Command> {
    let path = word.strip_prefix("/usr").unwrap_or(word);
    let file = ["/bin/", "/sbin/", "/local/bin/"]
        .iter()
        .find_map(|dir| path.strip_prefix(dir));
    let found = here(kit).find(|command| command.names.contains(&file.unwrap_or(word)))?;
    (file.is_none() || found.is_a_file()).then_some(found)
}

/// The commands of a place.
pub(super) fn here(kit: Kit) -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().filter(move |command| command.is_in(kit))
}

/// The command that a word is nearly; none for a command of any place.
pub(super) fn meant(word: &str, kit: Kit) -> Option<&'static str> {
    let all = here(kit).flat_map(|command| command.names.iter().copied());
    if NOT_SIMULATED.contains(&word) || COMMANDS.iter().any(|c| c.names.contains(&word)) {
        return None;
    }
    let mut near = all.filter(|name| name.len() > 2 && one_edit_apart(word, name));
    near.next()
}

/// What to say when a word is nearly a command, or is one elsewhere.
pub(super) fn nearly(word: &str, kit: Kit) -> Option<String> {
    if NOT_SIMULATED.contains(&word) {
        return Some(format!("Portside does not simulate {word}."));
    }
    if let Some(name) = meant(word, kit) {
        return Some(format!("Did you mean `{name}`?"));
    }
    let row = COMMANDS
        .iter()
        .find(|command| command.names.contains(&word));
    let Some(elsewhere) = row else {
        return tools::busybox::is_applet(word)
            .then(|| format!("Portside does not simulate {word}."));
    };
    let place = match elsewhere.on {
        On::Laptop => "on the laptop",
        On::Nodes => "on the nodes: `ssh node-1`",
        On::Images(sets) | On::MachinesAnd(sets) if !sets.contains(&ToolSet::Netshoot) => {
            if sets.contains(&ToolSet::Busybox) {
                "in Pods of some images, such as busybox"
            } else {
                "in Pods of some images, such as redis"
            }
        }
        On::Images(sets)
            if sets.contains(&ToolSet::Busybox) && matches!(kit, Kit::Laptop | Kit::Node) =>
        {
            "in Pods of some images, such as busybox"
        }
        _ => "in Pods of some images, such as nicolaka/netshoot",
    };
    Some(format!("{word} is not here; it is {place}."))
}

/// Whether two words differ by one letter left out, put in, changed, or by two neighbours swapped.
pub fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (
        a.get(same..).unwrap_or_default(),
        b.get(same..).unwrap_or_default(),
    );
    match (a, b) {
        ([], []) => false,
        ([_, x @ ..], [_, y @ ..]) if x == y => true,
        ([_, x @ ..], y) if x == y => true,
        (x, [_, y @ ..]) if x == y => true,
        ([p, q, x @ ..], [r, s, y @ ..]) => p == s && q == r && x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_at_most_one_command_of_a_name() {
        let sets = [
            ToolSet::Busybox,
            ToolSet::Alpine,
            ToolSet::Netshoot,
            ToolSet::Curl,
            ToolSet::Dnsutils,
            ToolSet::Debian,
        ];
        for kit in sets
            .map(Kit::Image)
            .into_iter()
            .chain([Kit::Laptop, Kit::Node])
        {
            let mut names: Vec<&str> = here(kit).flat_map(|c| c.names.iter().copied()).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{kit:?}");
        }
    }

    #[test]
    fn words_that_are_nearly_commands() {
        assert_eq!(
            nearly("kubeclt", Kit::Laptop).as_deref(),
            Some("Did you mean `kubectl`?")
        );
        assert!(nearly("telnet", Kit::Image(ToolSet::Alpine)).is_some());
        assert_eq!(
            find("/bin/telnet", Kit::Image(ToolSet::Busybox)).map(Command::name),
            Some("telnet")
        );
        assert!(find("/bin/cd", Kit::Laptop).is_none());
    }
}
