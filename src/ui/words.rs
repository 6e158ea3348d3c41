//! table: the interface's texts, one place for all of them; another language is another table of the same shape.
//!
//! What commands print is never translated and stands where the commands are. `{}` is filled by [`fill`] in order.

macro_rules! words {
    ($($name:ident = $text:literal;)*) => {
        /// Every text of the interface.
        pub(super) struct Words {
            $(pub(super) $name: &'static str,)*
        }

        /// English.
        const ENGLISH: Words = Words { $($name: $text,)* };
    };
}

/// The texts in the reader's language.
pub(super) const fn words() -> &'static Words {
    &ENGLISH
}

/// A text with its gaps filled, in order.
pub(super) fn fill(text: &str, parts: &[&str]) -> String {
    let mut out = String::new();
    let mut parts = parts.iter();
    for (index, piece) in text.split("{}").enumerate() {
        if index > 0 {
            out.push_str(parts.next().copied().unwrap_or_default());
        }
        out.push_str(piece);
    }
    out
}

/// The text for one thing, or that for another number of things with the number filled in.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        return one.to_owned();
    }
    fill(many, &[&number.to_string()])
}

/// What the keyboard does: the keys, and what they do.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("Ctrl or ⌘ + Enter", "apply the open manifest"),
    (
        "Ctrl + Space",
        "what could stand at the cursor, in the editor",
    ),
    (
        "Ctrl + Z, Ctrl + Y",
        "undo and redo, in the editor; what buttons did is undone too",
    ),
    ("Ctrl + F", "find in the manifest"),
    ("Esc, then Tab", "leaves the editor and the terminal"),
    ("↑ and ↓", "earlier and later lines, in the terminal"),
    (
        "Tab",
        "completes a line; with an empty line it leaves the terminal",
    ),
    ("Ctrl + R", "looks for an earlier line"),
    ("Ctrl + C, Ctrl + D", "interrupt; end of input"),
    ("Ctrl + L", "clears the terminal"),
];

words! {
    // The editor.
    manifests = "Manifests";
    manifest = "Manifest";
    files = "Files";
    new_file = "New file";
    more_files = "Files, import and export";
    editor_hint = "Paste manifests here, or drop a file. Services, Deployments, Pods and EndpointSlices come to life; everything else is kept as it is.";
    leave_editor = "Esc, then Tab to leave";
    drop_here = "Drop to open";
    problems = "Problems";
    no_problems = "No problems";
    one_problem = "1 problem";
    many_problems = "{} problems";
    line = "Line {}";
    go_to_line = "Go to line {}";
    auto = "Apply as I type";
    auto_title = "Apply every valid change by itself";
    mirror = "Mirror";
    mirror_title = "Delete from the cluster what is taken out of this file";
    drift_none = "Nothing here yet";
    drift_same = "As in the cluster";
    drift_absent = "{} not in the cluster";
    drift_differs = "{} changed";
    drift_left = "{} only in the cluster";
    // The page's head, bars and status.
    apply = "Apply ";
    example = "Example";
    view = "View";
    chart_and_terminal = "Chart and terminal";
    nothing_applied = "Nothing applied yet";
    applied_at = "Applied at {}";
    not_applied = "Not applied: {}";
    restart = "Start the example again";
    theme = "Theme: {}";
    theme_system = "system";
    theme_light = "light";
    theme_dark = "dark";
    help = "Help and keyboard shortcuts";
    menu = "More";
    panes = "Panes";
    pane_yaml = "YAML";
    pane_chart = "Chart";
    pane_terminal = "Terminal";
    pane_log = "Logbook";
    simulated = "simulated";
    kubernetes = "Kubernetes 1.36";
    mode = "{} mode";
    many_nodes = "{} nodes";
    one_node = "1 node";
    seed_is = "seed {}";
    clock_is = "clock {}";
    paused = ", paused";
    nothing_leaves = "Nothing leaves this page";
    offer_title = "Paste manifests, or begin with the chapter";
    offer_text = "This cluster is simulated in your browser: three Nodes, CoreDNS and nothing else yet. Type in the terminal, or click the lines under it one after another.";
    offer_act = "Type its first line";
    offer_templates = "Open a template";
    // Dialogs.
    close = "Close";
    loading = "Loading…";
    help_title = "Portside, a Kubernetes Service playground";
    help_about = "Everything here is simulated in this page: nothing you type or paste leaves it. Write manifests, apply them, and type kubectl, telnet and nslookup; the chart shows the way of each packet, the logbook says why.";
    help_keys = "Keys";
    files_title = "Files, import and export";
    files_open = "Open files";
    open_file = "Open files…";
    restore_dump = "Restore a dump…";
    restore_dump_note = "Files are opened as they are; a file of kubectl get all -A -o yaml can also be restored as the whole cluster, just as it was found. Nothing leaves this page.";
    file_name = "Name of {}";
    save = "Save";
    save_file = "Save {}";
    close_file = "Close {}";
    export = "Take it to a real cluster";
    export_files = "These files";
    export_cluster = "The whole cluster";
    export_yaml = "Save YAML";
    export_heredoc = "Copy as command";
    export_kind = "Script for kind";
    export_minikube = "Script for minikube";
    copied = "Copied.";
    copy_refused = "The browser refused to copy: save the YAML instead.";
    drafts = "Earlier drafts";
    drafts_note = "Kept on this machine before each step that replaces or applies what the editor holds; the newest twenty.";
    restore = "Restore";
    restore_draft = "Restore the draft of {}";
    simple_editor = "Use the plain text area";
    templates = "Templates";
    templates_note = "Each opens as a file and is applied; a line to try stands under the terminal.";
    templates_lost = "The gallery did not come: the connection may be down. What you have open is safe; close this and try again.";
    cluster = "Cluster";
    nodes = "Nodes";
    node = "Node";
    zone = "Zone";
    zone_of = "Zone of {}";
    deeds = "Do";
    cordon = "Cordon";
    uncordon = "Uncordon";
    drain = "Drain";
    delete = "Delete";
    add_node = "Add a node";
    network = "Network and seed";
    network_note = "As kubeadm's ClusterConfiguration and kube-proxy's configuration have them. Only a new cluster can take them, so this one is built anew; your files stay.";
    service_subnet = "Service subnet";
    pod_subnet = "Pod subnet";
    dns_domain = "DNS domain";
    seed = "Seed";
    proxy_mode = "kube-proxy's mode";
    apply_again = "Apply again what was applied";
    rebuild = "Build the cluster anew";
    corefile = "Corefile of cluster DNS";
    corefile_note = "ConfigMap coredns in kube-system, key Corefile.";
    save_corefile = "Write the ConfigMap";
    outside = "The world outside";
    outside_note = "A zone file: what names outside the cluster answer.";
    save_outside = "Use this zone";
    clock = "Clock";
    clock_now = "It is {} after the cluster began.";
    pass_10s = "Let 10 seconds pass";
    pass_1m = "Let a minute pass";
    pass_10m = "Let 10 minutes pass";
    drift_show = "Show the difference with kubectl diff";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(fill("a {} c {}", &["b", "d"]), "a b c d");
        assert_eq!(count(1, "1 x", "{} xs"), "1 x");
        assert_eq!(count(3, "1 x", "{} xs"), "3 xs");
    }
}
