//! table: the interface's texts, one place for all of them; another language is another table of the same shape.
//!
//! What commands print is never translated and stands where the commands are. `{}` is filled by [`fill`] in order.

macro_rules! words {
    ($($name:ident = $text:literal;)*) => {
        /// Every text of the interface.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "each text says itself what it is")]
        pub struct Words {
            $(pub $name: &'static str,)*
        }

        /// English.
        const ENGLISH: Words = Words { $($name: $text,)* };
    };
}

/// The texts in the reader's language.
pub const fn words() -> &'static Words {
    &ENGLISH
}

/// A text with its gaps filled, in order.
pub fn fill(text: &str, parts: &[&str]) -> String {
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
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        return one.to_owned();
    }
    fill(many, &[&number.to_string()])
}

/// What the keyboard does: the keys, and what they do.
pub const KEYS: &[(&str, &str)] = &[
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
    (
        "← → ↑ ↓",
        "on the chart: along a packet's way, and to the node above or below",
    ),
    (
        "Enter",
        "on the chart: opens the node, or unfolds what is folded",
    ),
    (
        "Shift + F10",
        "on the chart: all that can be done with the node",
    ),
    (
        "E, T, D, F",
        "on the chart: a terminal there, a packet to there, describe, only what is connected",
    ),
    ("+, −, 0", "on the chart: larger, smaller, all of it"),
    ("Space", "halts the clock, or lets it run, outside of texts"),
    ("/", "the chart's filter, outside of texts"),
    ("Ctrl or ⌘ + S", "share this session"),
    ("?", "this help, outside of texts"),
];

/// In what this cluster differs from a real one.
pub const DIFFERENCES: &[&str] = &[
    "No container runs: well-known images answer as their programs do, any other serves a line of text on the ports that it declares.",
    "No packet leaves the page: rules, DNS answers and timeouts are worked out, and the world outside is the zone file in the Cluster dialog.",
    "Time is simulated: what takes minutes in a cluster can pass at once, and the same seed and lines always give the same answers.",
    "You are the administrator: there are no other users, no RBAC and no TLS.",
];

words! {
    // The editor.
    needs_a_new_cluster = "These settings need a new cluster: press Apply to be asked.";
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
    // Lessons.
    lesson = "Lesson";
    lessons = "Lessons";
    lessons_note = "Each step turns green by itself when it is done, and says what is missing until then.";
    lessons_lost = "The lessons did not load. Is the network there?";
    steps_so_far = "{} of {} steps, {} minutes";
    lesson_length = "{} steps, {} minutes";
    lesson_end = "Finished";
    step_of = "Step {} of {}";
    step_passed = "Passed";
    step_is_passed = "Step passed: {}";
    leave_lesson = "Close the lesson";
    checks = "What this step asks for";
    solve = "Solve";
    reset_step = "Begin this step again";
    tip = "Hint";
    explanation = "Explanation";
    type_it = "Type it into the terminal";
    copy_it = "Copy";
    put_in_editor = "Put it into the editor";
    right = "Right.";
    wrong = "No.";
    file_line = "{}, line {}";
    back = "Back";
    begin = "Begin";
    next_step = "Next";
    finish = "Finish";
    verified = "Verified against Kubernetes {}. Everything here is simulated in your browser.";
    // The page's head, bars and status.
    apply = "Apply ";
    example = "Example";
    view = "View";
    chart_and_logbook = "Chart and logbook";
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
    pane_lesson = "Lesson";
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
    cannot_be_read = "cannot be read:";
    would_be_refused = "would be refused:";
    chart_is_stale = "The chart shows what was last applied.";
    chart_is_empty = "Nothing was applied yet.";
    recall = "Restore applied text";
    news = "new";
    // The chart.
    chart_label = "Chart of the cluster: {} of {} objects. Arrow keys go from node to node, Enter opens one";
    as_it_was = "The cluster as it was at {}";
    back_to_now = "Back to now";
    only_with = "Only what is connected with {}";
    show_everything = "Show everything";
    filter_finds_nothing = "Nothing matches the filter";
    showing = "Showing {} of {} objects";
    showing_some = "Showing {} of {} objects one by one, the others counted: filter, or unfold what you need";
    clear_filter = "Clear the filter";
    legend = "Legend";
    ready = "ready";
    not_ready = "not ready";
    not_selected = "not selected";
    ending = "ending";
    answered = "answered";
    delivered = "delivered";
    refused = "refused";
    dropped = "dropped";
    no_endpoints = "no endpoints";
    route = "route";
    laptop = "laptop";
    laptop_label = "Your laptop, outside the cluster";
    one_hop = "1 hop";
    hop_lasts = "420 ms";
    lane_outside = "Outside";
    lane_client = "Client";
    lane_name = "Name (DNS)";
    lane_pods = "Pods on Nodes";
    ending_pod = "terminating";
    afloat = "ready, selected by no Service";
    headless = "headless";
    no_node = "no node yet";
    cordoned = "cordoned";
    on_one_node = "{} on {}";
    on_many_nodes = "{} on {} nodes";
    pod_is = "Pod {}";
    also = ", {}";
    also_on = ", on {}";
    because = ": {}";
    port_is = ", port {}";
    ports_are = ", ports {}";
    and = " and ";
    endpoints_ready = "{} of {} ready";
    of_endpoints_ready = "{} of {} endpoints ready";
    service_alias = "Service {}, another name for {}";
    service_headless = "Service {}, headless{}, {}";
    service_is = "Service {}, {} {}{}, {}";
    slice_is = "EndpointSlice {}, {}";
    many_slices = "{} slices";
    one_service = "1 Service";
    many_services = "{} Services";
    one_pod = "1 Pod";
    many_pods = "{} Pods";
    holds = "{}, {}";
    holds_unready = "{}, {}, {} not ready";
    place_of = "{} of {}";
    failed_name = "Name";
    failed_none = "No endpoints";
    failed_refused = "Refused";
    failed_reset = "Reset";
    failed_unreachable = "Unreachable";
    failed_silent = "No answer";
    because_line = "{}, line {}";
    no_filter = "{}. A filter is written as for kubectl: -n shop app=web,tier!=cache";
    no_filter_namespace = "-n needs the name of a namespace: -n default";
    // What objects are to one another.
    not_ready_for = "not ready: {}";
    owns_it = "owns it";
    runs_there = "it runs there";
    sends_to_it = "sends traffic to it";
    selects_in_vain = "selects it, and sends nothing: {}";
    has_ended = "it has ended";
    has_no_address = "it has no address yet";
    in_other_namespace = "it is in namespace {}, the Service is in {}";
    no_pod_here = "no Pod of this cluster";
    has_other_value = "its label {} is {}, not {}";
    has_no_label = "it has no label {}";
    many_endpoints = "{} endpoints";
    folded = "Namespace {}, folded: {}";
    fold = "Fold namespace {}";
    no_pods = "no Pods";
    others = "more";
    others_ready = "more, all ready";
    others_unready = "more, {} not ready";
    unfold = "{} {}; Enter shows them";
    on_node = "on {}";
    hop = "Hop {} of {}. {}";
    before_first_hop = "Before the first hop.";
    // The debug path.
    debug_path = "Debug path";
    examine_title = "There is much to look through: look now";
    path_nothing = "There is no Service yet whose questions could be answered";
    path_of = "Service {}";
    path_from = "Service {}, asked from {}";
    path_step = "{}: {}";
    path_yes = "all is well";
    path_no = "here is what is wrong";
    path_open = "open";
    explained = "What this means";
    explained_title = "The page of all diagnoses, in a tab of its own";
    settle_with = "What settles it on a real cluster";
    run_command = "Type it into the terminal";
    why = "Why?";
    why_failed = "Why did that fail?";
    why_nothing = "It would succeed now.";
    likely = "Likely.";
    unknowable = "What is known here does not show it.";
    // The chart's controls.
    step_back = "Step back to the hop before";
    step_on = "Step to the next hop";
    pause = "Pause the clock";
    unpause = "Let the clock run";
    play_again = "Play the last route again";
    speed = "Speed";
    tools = "Speed, filter, zoom, table";
    smaller = "Smaller";
    larger = "Larger";
    fit = "Fit the whole chart";
    show_chart = "Show the chart";
    show_table = "Show the chart as a table";
    save_picture = "Save the chart as a picture (SVG)";
    filter = "Filter, as for kubectl -l";
    filter_hint = "Filter: app=web";
    filter_title = "As for kubectl: -n shop app=web,tier!=cache, or pods, or refused";
    instant = "Instant shown";
    the_past = "{}, the past";
    the_present = "{}, now";
    // Its table.
    table_label = "The chart as a table";
    table_services = "Services and their EndpointSlices";
    service = "Service";
    pod = "Pod";
    pods = "Pods";
    namespace = "Namespace";
    address = "Address";
    ports = "Ports";
    slice = "EndpointSlice";
    endpoints = "Endpoints";
    state = "State";
    more_ready = "{}: and {} more, all ready";
    more_unready = "{}: and {} more, {} not ready";
    // The inspector.
    close_inspector = "Close the inspector";
    details = "Details";
    no_such_object = "There is no {} {} at this instant.";
    selected_by = "Selected by";
    selects = "Selects";
    not_selected_by = "Not selected by";
    why_not_these = "Why not these";
    selects_nothing = "No Pod: nothing would answer.";
    comes_from = "From";
    made_or_held = "Made or held";
    filter_by = "Filter by this label";
    labels = "Labels";
    conditions = "Conditions";
    events = "Events";
    // What can be done with an object.
    act_terminal = "Terminal";
    act_trace = "Trace to here";
    act_describe = "Describe";
    act_only = "Only this";
    act_everything = "Everything";
    act_details = "Details and YAML";
    break_it = "Break it";
    act_unready = "Fail readiness";
    act_crash = "Crash";
    act_hang = "Hang";
    act_drop = "Drop packets";
    act_refuse = "Refuse";
    act_slow = "Slow down";
    act_mend = "Mend";
    // The logbook.
    log_rows = "Logbook rows";
    log_blank = "Every name question and every connection is written here: where it went, what became of it, and because of which line.";
    log_time = "Time";
    log_source = "Source";
    log_destination = "Destination";
    log_type = "Type";
    log_verdict = "Verdict";
    log_summary = "Summary";
    log_because = "Because";
    one_row = "1 row";
    many_rows = "{} rows";
    at_line = "line {}";
    show_then = "Show the cluster as it was then";
    show_log = "Show the whole logbook";
    verdict_answered = "a name question was answered";
    verdict_delivered = "the packet arrived";
    verdict_refused = "somebody said no: nothing listens there";
    verdict_dropped = "nobody answered: a timeout";
    verdict_none = "no Pod stands behind the Service";
    // The terminal.
    terminal_at = "Terminal, {}";
    transcript = "Transcript";
    terminals = "Terminals";
    open_terminal = "Open another terminal";
    close_terminal = "Close terminal {}";
    lines_to_type = "Lines to type";
    command = "Command";
    copy_line = "Copy {}";
    run_again = "Run again: {}";
    copy_refused_line = "The browser refused to copy: select the line instead.";
    did_you_mean = "Did you mean";
    tab_takes_it = "? Tab takes it.";
    pasted = "Pasted lines";
    lines_pasted = "{} lines were pasted.";
    run_pasted = "Run them (Enter)";
    drop_pasted = "Drop them (Esc)";
    exit = "exit {}";
    exit_says = "exit {}: {}";
    exit_lines = "exit {}: {} lines";
    waited = "{} of {} ";
    your_machine = "your machine";
    on_a_node = "node {}";
    in_a_pod = "{}, namespace {}";
    // What was done to the cluster as a whole.
    not_restored = "Nothing was restored: {}";
    outside_set = "The world outside answers so from now on.";
    outside_kept = "The zone is as it was: {}";
    cluster_kept = "The cluster is as it was: {}";
    built_anew = "The cluster was built anew, as ~/kubeadm.yaml has it.";
    no_seed = "The cluster is as it was: the seed {} is no whole number.";
    corefile_written = "ConfigMap kube-system/coredns is written; CoreDNS reads it within half a minute.";
    no_corefile = "There is no ConfigMap coredns in kube-system.";
    // Dialogs.
    close = "Close";
    share = "Share";
    share_note = "Your manifests stay in this browser and in the link. Nothing is sent anywhere: whoever opens the link gets the same files, the same commands and the same event log.";
    share_long = "The link has {} letters: some chat programs cut links as long as that.";
    share_too_long = "This session is too long for a link: it would have {} letters. Send the manifests as a file instead.";
    share_file = "Save the manifests";
    as_link = "Link";
    as_link_note = "opens this very session";
    as_markdown_link = "Markdown link";
    as_markdown_badge = "Markdown badge";
    as_iframe_note = "for pages that allow no scripts";
    as_html_note = "the element, loaded on a click";
    as_mdx = "Docusaurus or MDX";
    as_mdx_note = "the script stands in docusaurus.config.js";
    as_mkdocs_note = "the script stands in mkdocs.yml";
    as_hugo_note = "with the shortcode from the npm package";
    as_mdbook_note = "the script stands in theme/head.hbs";
    as_kubectl_note = "for a real cluster";
    as_step = "Link to this step";
    as_step_note = "without what was done in it";
    as_html_step = "HTML, this step";
    link_not_opened = "This link was not opened: {}";
    link_prefix = "it begins with \"#{}\", which this version of Portside does not know. Links begin with #p1=, #p0= or #src=.";
    link_damaged = "part of it is missing or changed, as chat programs do with long links. Ask for it again, as a file if need be.";
    link_large = "it holds more than 1 MiB, 100 files or 10,000 lines.";
    link_newer = "it was made by Portside {}, which knows something that this version does not. Reload the page to get the newest one.";
    copy_form = "Copy: {}";
    copy_by_hand = "The browser refused to copy: the text is selected, press Ctrl+C.";
    link_version = "This link was made by Portside {}, and this is {}: what is shown may differ from what its sender saw.";
    open_elsewhere = "Open";
    open_elsewhere_title = "Open this session in Portside, in a tab of its own";
    loading = "Loading…";
    help_title = "Portside, a Kubernetes Service playground";
    help_about = "Everything here is simulated in this page: nothing you type or paste leaves it. Write manifests, apply them, and type kubectl, telnet and nslookup; the chart shows the way of each packet, the logbook says why.";
    help_keys = "Keys";
    help_single = "Keys without Ctrl (letters, ?, / and Space) do something outside of texts";
    help_fidelity = "How faithful it is";
    help_verified = "Verified against Kubernetes v1.36.2 with its kubectl and kube-proxy, CoreDNS 1.14.2 and BusyBox 1.37. What differs from a real cluster:";
    skips = "Skip to";
    skip_to = "Skip to: {}";
    copy_transcript = "Copy the transcript";
    save_transcript = "Save the transcript";
    share_fork = "Open a copy in a new tab";
    reset = "Reset workspace";
    reset_note = "Forgets all that is kept on this machine: files, drafts, typed lines, theme and the progress in lessons. It cannot be undone; save what you need first.";
    reset_sure = "Forget everything";
    reset_keep = "Keep it";
    files_title = "Files, import and export";
    files_open = "Open files";
    open_file = "Open files…";
    restore_dump = "Restore a dump…";
    restore_dump_note = "Files are opened as they are; a dump of a real cluster can also be restored as the whole cluster, just as it was found, to ask why its Services do not answer. Nothing leaves this page.";
    collect = "Collects what is needed of a real cluster: read-only, without Secrets";
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
    rebuild_asks = "All that is in this cluster goes, {} Pods and {} Services among it, and what was typed into it. Your files stay.";
    rebuild_keep = "Keep this one";
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

    // What a page around a frame asks for and cannot have.
    no_place_to_send_from = "there is no {} to send a packet from";
    no_place_to_send_to = "there is no {} to send a packet to";
    names_no_target = "{} names no Service and no Pod";
    no_chart_is_shown = "no chart is shown";
    not_there_yet = "there is no {} yet";
    cannot_be_asked = "{} cannot be asked";
    page_is_busy = "the page is busy";
    nothing_was_typed = "nothing was typed";

    // A fault.
    has_a_fault = "Portside {} has a fault: {}";
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
