//! Documents that say how a cluster is set up, applied like manifests: kubeadm's `ClusterConfiguration` and kube-proxy's
//! configuration. A real API server knows no such kinds; here they set the cluster up anew, after asking.

use super::apply::{self, Item};
use super::args::Args;
use super::change::DryRun;
use super::output;
use crate::cluster::{Place, Settings};
use crate::shell::context::{Context, Outcome, Program, Progress};
use crate::store::Cidr;

/// Sets the cluster up as the documents among `items` say, and applies the others. A cluster in use is kept until the
/// reader says yes.
pub(super) fn set_up_then_apply(
    context: &mut Context<'_>,
    args: &Args,
    mut items: Vec<Item>,
    mut errors: Vec<String>,
) -> Outcome {
    let has = context.world.cluster.settings();
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
    if !found || wrong {
        return apply::all(context, args, &items, errors);
    }
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
        }));
    } else {
        errors.push("error: these settings need a new cluster, and this one is in use: apply them before anything else, or where you can be asked".to_owned());
        return apply::tell(context, &errors);
    }
    apply::all(context, args, &items, errors)
}

fn set_up(context: &mut Context<'_>, wanted: &Settings) {
    context.world.cluster.rebuild(wanted);
    let network = &wanted.network;
    let list = |cidrs: &[Cidr]| {
        let texts: Vec<String> = cidrs.iter().map(Cidr::to_string).collect();
        texts.join(" and ")
    };
    context.out.note(&format!(
        "The cluster is set up anew: Services in {}, Pods in {}, domain {}, kube-proxy in mode {}.",
        list(&network.service_cidrs),
        list(&network.pod_cidrs),
        network.domain,
        network.proxy_mode.name()
    ));
}

/// Whether a cluster that is in use shall go.
struct Question {
    place: Place,
    args: Args,
    wanted: Settings,
    items: Vec<Item>,
    errors: Vec<String>,
}

impl Program for Question {
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
        let outcome = apply::all(context, &self.args, &self.items, errors);
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
    fn settings_that_say_no_subnet_change_nothing() {
        let (status, address) = after(&["kubectl apply -f wrong.yaml"]);
        assert_eq!((status, address.as_str()), (1, "10.96.0.10"));
    }
}
