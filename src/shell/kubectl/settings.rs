//! Documents that say how a cluster is set up, applied like manifests: kubeadm's `ClusterConfiguration` and kube-proxy's
//! configuration. A real API server knows no such kinds; here they set the cluster up anew, after asking.

use super::apply::{self, Item};
use super::args::Args;
use super::change::DryRun;
use super::output;
use crate::cluster::{Cluster, Place, Settings};
use crate::manifest::{Limits, read};
use crate::shell::context::{Context, Outcome, Program, Progress, Reads};
use crate::store::Cidr;

/// What is done with the other documents.
pub(super) type Then = fn(&mut Context<'_>, &Args, &[Item], Vec<String>) -> Outcome;

/// Takes the settings out of the documents: what the cluster would be set up with; none if there are none, or if they
/// are wrong.
pub(super) fn take(
    has: &Settings,
    items: &mut Vec<Item>,
    errors: &mut Vec<String>,
) -> Option<Settings> {
    let mut wanted = has.clone();
    let (mut found, mut wrong) = (false, false);
    items.retain(|item| {
        if !item.document.is_settings() {
            return true;
        }
        match wanted.read(&item.document.value()) {
            Ok(taken) => {
                found |= taken;
                !taken
            }
            Err(why) => {
                wrong = true;
                errors.push(format!("error: {}: {why}", item.file));
                false
            }
        }
    });
    (found && !wrong).then_some(wanted)
}

/// Whether a text has settings that a cluster in use would have to go for.
pub fn needs_a_new_cluster(cluster: &Cluster, text: &str) -> bool {
    let has = cluster.settings();
    let mut wanted = has.clone();
    let documents = read(text, &Limits::FILE).documents;
    let settings = documents.iter().filter(|document| document.is_settings());
    let taken = settings.filter(|document| wanted.read(&document.value()).is_ok());
    taken.count() > 0 && wanted != has && cluster.is_in_use()
}

/// Settings as a text that can be compared with another.
pub(super) fn text(settings: &Settings) -> String {
    let network = &settings.network;
    format!(
        "dnsDomain: {}\nmode: {}\npodSubnet: {}\nserviceSubnet: {}\n",
        network.domain,
        network.proxy_mode.name(),
        list(&network.pod_cidrs, ","),
        list(&network.service_cidrs, ",")
    )
}

fn list(cidrs: &[Cidr], between: &str) -> String {
    let texts: Vec<String> = cidrs.iter().map(Cidr::to_string).collect();
    texts.join(between)
}

/// Sets the cluster up as the documents among `items` say, and goes on with the others. A cluster in use is kept until
/// the reader says yes.
pub(super) fn set_up_then(
    context: &mut Context<'_>,
    args: &Args,
    mut items: Vec<Item>,
    mut errors: Vec<String>,
    then: Then,
) -> Outcome {
    let has = context.world.cluster.settings();
    let Some(wanted) = take(&has, &mut items, &mut errors) else {
        return then(context, args, &items, errors);
    };
    if wanted == has {
        context.out.note("The cluster has these settings already.");
    } else if DryRun::of(args) != Ok(DryRun::No) {
        context.out.note("A dry run sets up no cluster.");
    } else if !context.world.cluster.is_in_use() {
        set_up(context, &wanted);
    } else if context.tty {
        return Outcome::Foreground(Box::new(Question {
            place: context.place.clone(),
            args: args.clone(),
            wanted,
            items,
            errors,
            then,
        }));
    } else {
        errors.push("error: these settings need a new cluster, and this one is in use: apply them before anything else, or where you can be asked".to_owned());
        return apply::tell(context, &errors);
    }
    then(context, args, &items, errors)
}

fn set_up(context: &mut Context<'_>, wanted: &Settings) {
    context.world.cluster.rebuild(wanted);
    let network = &wanted.network;
    context.out.note(&format!(
        "The cluster is set up anew: Services in {}, Pods in {}, domain {}, kube-proxy in mode {}.",
        list(&network.service_cidrs, " and "),
        list(&network.pod_cidrs, " and "),
        network.domain,
        network.proxy_mode.name()
    ));
}

/// Whether a cluster that is in use shall go.
#[derive(Clone)]
struct Question {
    place: Place,
    args: Args,
    wanted: Settings,
    items: Vec<Item>,
    errors: Vec<String>,
    then: Then,
}

impl Program for Question {
    fn reads(&self) -> Reads {
        Reads::Lines
    }
    fn prompt(&self) -> String {
        "Set up a new cluster? [y/N]: ".to_owned()
    }
    fn place(&self) -> Place {
        self.place.clone()
    }
    fn start(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.note("These settings need a new cluster: what is in this one will be gone; your files stay, and can be applied again.");
        Progress::Stay
    }
    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        if !matches!(line.trim(), "y" | "Y" | "yes") {
            context.out.note("Nothing was changed.");
            return Progress::Exit(1);
        }
        set_up(context, &self.wanted);
        let errors = std::mem::take(&mut self.errors);
        let outcome = (self.then)(context, &self.args, &self.items, errors);
        output::warn(context);
        Progress::Exit(match outcome {
            Outcome::Exit(status) => status,
            Outcome::Foreground(_) => 0,
        })
    }
    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("^C");
        Progress::Exit(130)
    }
    fn end_of_input(&mut self, _context: &mut Context<'_>) -> Progress {
        Progress::Exit(1)
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::{Cluster, Place, Settings};
    use crate::shell::{Files, HOME, Session, World};

    const KUBEADM: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  serviceSubnet: 10.100.0.0/16\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n";

    /// The exit status of the last line, and the address of cluster DNS after it.
    fn after(lines: &[&str]) -> (i32, String) {
        let mut files = Files::default();
        files.put(HOME, "kubeadm.yaml", KUBEADM);
        files.put(
            HOME,
            "wrong.yaml",
            &KUBEADM.replace("10.100.0.0/16", "10.100"),
        );
        let cluster = Cluster::new(&Settings::default());
        let mut world = World { cluster, files };
        let mut session = Session::new(&world, Place::Laptop);
        for line in lines {
            session.type_line(&mut world, line);
        }
        let address = world.cluster.network().dns_address.to_string();
        (session.status(), address)
    }

    #[test]
    fn a_fresh_cluster_is_set_up_at_once_and_the_rest_applied() {
        let apply = "kubectl apply -f kubeadm.yaml";
        let new = "10.100.0.10".to_owned();
        assert_eq!(after(&[apply]), (0, new.clone()));
        assert_eq!(after(&[apply, "kubectl get configmap mine"]), (0, new));
    }

    #[test]
    fn a_cluster_in_use_goes_only_after_a_yes() {
        let lines = [
            "kubectl create namespace shop",
            "kubectl apply -f kubeadm.yaml",
        ];
        let with = |more: &[&'static str]| after(&[lines.as_slice(), more].concat());
        let (old, new) = ("10.96.0.10".to_owned(), "10.100.0.10".to_owned());
        assert_eq!(with(&["n"]), (1, old.clone()));
        assert_eq!(with(&["", "kubectl get namespace shop"]), (0, old.clone()));
        assert_eq!(with(&["y"]), (0, new.clone()));
        assert_eq!(with(&["y", "kubectl get namespace shop"]), (1, new.clone()));
        assert_eq!(with(&["y", "kubectl get configmap mine"]), (0, new));
        let piped = [lines[0], "kubectl apply -f kubeadm.yaml | cat"];
        assert_eq!(after(&piped).1, old);
    }

    #[test]
    fn create_and_diff_read_them_too() {
        let new = "10.100.0.10".to_owned();
        let create = "kubectl create -f kubeadm.yaml";
        assert_eq!(after(&[create]), (0, new.clone()));
        assert_eq!(after(&[create, "kubectl get configmap mine"]), (0, new));
        let old = "10.96.0.10".to_owned();
        assert_eq!(after(&["kubectl diff -f kubeadm.yaml"]), (1, old));
        let apply = "kubectl apply -f kubeadm.yaml";
        assert_eq!(after(&[apply, "kubectl diff -f kubeadm.yaml"]).0, 0);
    }

    #[test]
    fn settings_that_say_no_subnet_change_nothing() {
        let (status, address) = after(&["kubectl apply -f wrong.yaml"]);
        assert_eq!((status, address.as_str()), (1, "10.96.0.10"));
    }
}
