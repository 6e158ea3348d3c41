//! What readers paste from books and pages: prompts in front of a command, output behind it, and what typesetting does
//! to dashes, quotes and spaces.
//!
//! A command line is changed only outside quotes, and only where the text as it stands could not be meant. What was
//! changed is told in one remark. Here-documents and what a program in the foreground reads are left alone.

use super::prompt::{first_word, strong_prompt, weak_prompt};

/// A pasted text, cut into lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paste {
    /// The lines, without carriage returns or a byte-order mark.
    pub lines: Vec<String>,
    /// Whether some lines begin with a prompt, so that the others are output.
    pub prompted: bool,
}

/// A command line as it is to be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The command.
    pub line: String,
    /// What was changed, in the order of the line: phrases for one remark.
    pub changes: Vec<&'static str>,
}

impl Repaired {
    /// The remark that tells of the changes.
    pub fn note(&self) -> Option<String> {
        let told = self.changes.join(", ");
        let first = told.chars().next()?.to_uppercase();
        Some(format!(
            "{first}{}.",
            told.chars().skip(1).collect::<String>()
        ))
    }
}

const DASH: &str = "read the typographic dash as --";
const SHORT_DASH: &str = "read the typographic dash as -";
const QUOTES: &str = "read the typographic quotes as plain ones";
const SPACE: &str = "read the non-breaking space as a space";
const PROMPT: &str = "left out the pasted prompt";
const OUTPUT: &str = "left out the output that followed the command";

/// Flags of several letters that are written with one dash.
const CLUSTERS: &[&str] = &[
    "it", "ti", "zv", "vz", "zvv", "zvw", "qO-", "qO", "la", "al", "lah", "sS", "sL", "iL", "sv",
    "nat",
];
/// Commands for which a `/` at the end is a directory, and not the beginning of the next prompt.
const TAKES_A_DIRECTORY: &[&str] = &["ls", "cd", "du", "find", "tree", "stat", "test", "["];

impl Paste {
    /// Cuts a text into lines and looks for prompts; `known` tells which words are commands here.
    pub fn new(text: &str, known: &dyn Fn(&str) -> bool) -> Self {
        let text = text
            .trim_start_matches('\u{feff}')
            .replace("\r\n", "\n")
            .replace('\r', "\n");
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let several = lines.len() > 1;
        let strong = lines.iter().any(|line| strong_prompt(line).is_some());
        let bare = || lines.iter().any(|line| known(first_word(line)));
        let weak = || lines.iter().any(|line| weak_prompt(line, known).is_some());
        Self {
            prompted: several && (strong || (weak() && !bare())),
            lines,
        }
    }

    /// The line after its prompt; `None` for a line of output.
    pub fn command<'a>(&self, line: &'a str, known: &dyn Fn(&str) -> bool) -> Option<&'a str> {
        let after = strong_prompt(line).or_else(|| weak_prompt(line, known));
        if self.prompted {
            after
        } else {
            Some(after.unwrap_or(line))
        }
    }
}

/// Repairs one command line; `known` tells which words are commands here.
pub fn repair(raw: &str, known: &dyn Fn(&str) -> bool) -> Repaired {
    let mut changes = Vec::new();
    let spaced = plain_spaces(raw, &mut changes);
    let command = match strong_prompt(&spaced).or_else(|| weak_prompt(&spaced, known)) {
        Some(rest) => {
            changes.push(PROMPT);
            rest.to_owned()
        }
        None => spaced,
    };
    let quoted = plain_quotes(&command, &mut changes);
    let dashed = plain_dashes(&quoted, &mut changes);
    let line = without_output(&dashed, &mut changes);
    changes.dedup();
    Repaired { line, changes }
}

/// Calls `change` for each character outside plain quotes; the other characters stay.
fn outside_quotes(line: &str, mut change: impl FnMut(usize, char, &mut String)) -> String {
    let mut out = String::with_capacity(line.len());
    let (mut open, mut escaped) = (None, false);
    for (at, c) in line.char_indices() {
        match open {
            Some(quote) => {
                if c == quote && !escaped {
                    open = None;
                }
                escaped = c == '\\' && quote == '"' && !escaped;
                out.push(c);
            }
            None if escaped => {
                escaped = false;
                out.push(c);
            }
            None if matches!(c, '\'' | '"') => {
                open = Some(c);
                out.push(c);
            }
            None => {
                escaped = c == '\\';
                change(at, c, &mut out);
            }
        }
    }
    out
}

fn plain_spaces(line: &str, changes: &mut Vec<&'static str>) -> String {
    let mut seen = false;
    let out = outside_quotes(line, |_, c, out| match c {
        '\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{2009}' | '\u{3000}' => {
            seen = true;
            out.push(' ');
        }
        '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}' => seen = true,
        _ => out.push(c),
    });
    if seen {
        changes.push(SPACE);
    }
    out
}

fn is_double(c: char) -> bool {
    matches!(
        c,
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}'
    )
}

fn is_single(c: char) -> bool {
    matches!(
        c,
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}'
    )
}

/// Pairs of typographic quotes become plain ones; an apostrophe inside a word stays what it is.
fn plain_quotes(line: &str, changes: &mut Vec<&'static str>) -> String {
    let mut seen = false;
    let mut open: Option<char> = None;
    let out = outside_quotes(line, |at, c, out| {
        let starts_word = out.is_empty() || out.ends_with([' ', '=', '(', ',', ':', '{', '[']);
        let closes_later = |of: fn(char) -> bool| {
            line.get(at + c.len_utf8()..)
                .is_some_and(|rest| rest.contains(of))
        };
        match open {
            Some('"') if is_double(c) => {
                open = None;
                out.push('"');
            }
            Some('\'') if is_single(c) => {
                open = None;
                out.push('\'');
            }
            Some('\'') if is_double(c) => out.push('"'),
            None if is_double(c) && closes_later(is_double) => {
                (open, seen) = (Some('"'), true);
                out.push('"');
            }
            None if is_single(c) && starts_word && closes_later(is_single) => {
                (open, seen) = (Some('\''), true);
                out.push('\'');
            }
            Some(_) | None => out.push(c),
        }
    });
    if seen {
        changes.push(QUOTES);
    }
    out
}

fn is_long_dash(c: char) -> bool {
    matches!(c, '\u{2012}' | '\u{2013}' | '\u{2014}' | '\u{2015}')
}

fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}'
    )
}

/// Dashes at the beginning of a word become `--`, or `-` in front of short flags.
fn plain_dashes(line: &str, changes: &mut Vec<&'static str>) -> String {
    if matches!(first_word(line), "echo" | "printf") {
        return line.to_owned();
    }
    let mut change = None;
    let out = outside_quotes(line, |at, c, out| {
        if !is_long_dash(c) && !is_hyphen(c) {
            out.push(c);
            return;
        }
        let rest = line.get(at + c.len_utf8()..).unwrap_or_default();
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=')
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let dashed_already = out.ends_with('-');
        let begins = out.is_empty()
            || out.ends_with([' ', '\t'])
            || out.ends_with(" -")
            || out.ends_with(" --");
        let dashes = match () {
            () if is_hyphen(c) || (!begins && !dashed_already) => "-",
            () if out.ends_with("--") => "",
            () if dashed_already || word.starts_with(|c: char| c == '-' || is_long_dash(c)) => "-",
            () if word.is_empty() && out.ends_with("-f ") => "-",
            () if word.chars().count() == 1 || CLUSTERS.contains(&word) => "-",
            () => "--",
        };
        change = change.max(Some(if dashes == "--" || out.ends_with('-') {
            DASH
        } else {
            SHORT_DASH
        }));
        out.push_str(dashes);
    });
    // One remark for both: the longer reading is the one that surprises.
    if let Some(change) = change {
        let double = out.split_whitespace().any(|word| word.starts_with("--"))
            && line.contains(is_long_dash);
        changes.push(if double { DASH } else { change });
    }
    out
}

/// Cuts what cannot belong to the command: a prompt behind it, or the first words of its output.
fn without_output(line: &str, changes: &mut Vec<&'static str>) -> String {
    let mut line = line.trim_end();
    for tail in [" / #", " ~ #", " / $", " ~ $"] {
        if let Some(rest) = line
            .strip_suffix(tail)
            .filter(|_| !TAKES_A_DIRECTORY.contains(&first_word(line)))
        {
            changes.push(PROMPT);
            line = rest.trim_end();
        }
    }
    let plain = outside_quotes(line, |_, c, out| out.push(c));
    match output_begins(&plain).filter(|at| *at > 0 && !is_quoted(line, *at)) {
        Some(at) => {
            changes.push(OUTPUT);
            line.get(..at).unwrap_or(line).trim_end().to_owned()
        }
        None => line.to_owned(),
    }
}

fn is_quoted(line: &str, at: usize) -> bool {
    let mut quoted = true;
    let _ = outside_quotes(line, |i, _, _| quoted &= i != at);
    quoted
}

/// Where the output of a command begins that was printed on the command's own line.
fn output_begins(line: &str) -> Option<usize> {
    if line.contains(['|', '>', '<', ';', '&']) {
        return None;
    }
    let openings: &[&str] = match first_word(line) {
        "telnet" => &[" Connected to ", " Trying ", " telnet: "],
        "nslookup" => &[" Server:", " ;; ", " Name:", " ** server", " nslookup: "],
        "wget" => &[" Connecting to ", " wget: "],
        "nc" => &[" nc: ", " Connection to "],
        "ping" => &[" PING ", " ping: "],
        "kubectl" | "k" => return kubectl_output_begins(line),
        _ => &[],
    };
    openings
        .iter()
        .filter_map(|opening| line.find(opening))
        .min()
}

fn kubectl_output_begins(line: &str) -> Option<usize> {
    const DONE: &[&str] = &[
        "created",
        "configured",
        "unchanged",
        "deleted",
        "exposed",
        "scaled",
        "labeled",
        "annotated",
        "patched",
        "edited",
    ];
    let words: Vec<(usize, &str)> = line
        .split(' ')
        .scan(0, |at, word| {
            let start = *at;
            *at += word.len() + 1;
            Some((start, word))
        })
        .filter(|(_, word)| !word.is_empty())
        .collect();
    let upper = |word: &str| {
        word.len() > 1
            && word
                .chars()
                .all(|c| c.is_ascii_uppercase() || "-()".contains(c))
    };
    let told = |word: &str| word.contains('/') && !word.starts_with(['/', '-', '.', '~']);
    let pair = |first: &(usize, &str), second: Option<&(usize, &str)>| {
        let second = second.map_or("", |(_, word)| word);
        let header = matches!(first.1, "NAME" | "NAMESPACE" | "LAST") && upper(second);
        let report = (told(first.1) || first.1.starts_with('"')) && DONE.contains(&second);
        header
            || report
            || first.1 == "If" && second == "you"
            || first.1 == "Error" && second == "from"
            || first.1 == "error:"
    };
    let at = words
        .iter()
        .enumerate()
        .skip(2)
        .position(|(i, word)| pair(word, words.get(i + 1)))?
        + 2;
    // `pod "busybox" deleted`: the kind stands one word before the quoted name.
    let back = usize::from(words.get(at).is_some_and(|(_, word)| word.starts_with('"')));
    words
        .get(at - back)
        .map(|(start, _)| start.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: &[&str] = &[
        "kubectl", "k", "telnet", "nslookup", "echo", "sed", "cat", "ls", "cd", "exit",
    ];

    fn known(word: &str) -> bool {
        COMMANDS.contains(&word)
    }

    #[track_caller]
    fn check(pasted: &str, line: &str) {
        assert_eq!(repair(pasted, &known).line, line);
    }

    #[test]
    fn lines_as_a_book_prints_them() {
        check(
            "kubectl create deployment redis –image=redis",
            "kubectl create deployment redis --image=redis",
        );
        check(
            "$ kubectl create deployment redis –image=redis deployment.apps/redis created",
            "kubectl create deployment redis --image=redis",
        );
        check(
            "$ cd ~/modern-devops/ch6/services/",
            "cd ~/modern-devops/ch6/services/",
        );
        check(
            "kubectl run busybox –rm –restart Never -it –image=busybox / #",
            "kubectl run busybox --rm --restart Never -it --image=busybox",
        );
        check(
            "- # telnet 10.96.118.99 6379 Connected to 10.96.118.99",
            "telnet 10.96.118.99 6379",
        );
        check(
            "/ # nslookup 10.96.118.99 Server: 10.96.0.10 Address: 10.96.0.10:53",
            "nslookup 10.96.118.99",
        );
        check(
            "$ kubectl get service redis NAME TYPE CLUSTER-IP",
            "kubectl get service redis",
        );
        check(
            "/ # exit pod \"busybox\" deleted",
            "exit pod \"busybox\" deleted",
        );
        check(
            "kubectl delete pod busybox pod \"busybox\" deleted",
            "kubectl delete pod busybox",
        );
    }

    #[test]
    fn dashes_of_all_lengths() {
        check(
            "kubectl get pods —all-namespaces",
            "kubectl get pods --all-namespaces",
        );
        check(
            "kubectl get pods –n kube‑system –o wide",
            "kubectl get pods -n kube-system -o wide",
        );
        check(
            "kubectl exec –it busybox – sh",
            "kubectl exec -it busybox -- sh",
        );
        check("kubectl exec busybox –– sh", "kubectl exec busybox -- sh");
        check(
            "kubectl run x –-rm -–image=y",
            "kubectl run x --rm --image=y",
        );
        check("cat x | kubectl apply -f –", "cat x | kubectl apply -f -");
    }

    #[test]
    fn prompts() {
        for prompt in [
            "$ ",
            "# ",
            "/ # ",
            "- # ",
            "~ $ ",
            "root@node-1:~# ",
            "[root@web ~]# ",
            "bash-5.2$ ",
            "ann@mac ~ % ",
        ] {
            check(&format!("{prompt}kubectl get svc"), "kubectl get svc");
        }
    }

    #[test]
    fn typographic_quotes_and_spaces() {
        check("kubectl get svc\u{a0}redis", "kubectl get svc redis");
        check(
            "kubectl get pods -l “app=redis”",
            "kubectl get pods -l \"app=redis\"",
        );
        check(
            "kubectl patch svc x -p ‘{“spec”:{}}’",
            "kubectl patch svc x -p '{\"spec\":{}}'",
        );
    }

    #[test]
    fn what_is_meant_as_it_stands_is_left_alone() {
        for line in [
            "echo \"a – b\" – 'c – d'",
            "# a comment about kubectl",
            "kubectl get pods # all of them",
            "sed 's/$ /x/' file",
            "sed -n '$ p' file",
            "cat file | sed 's/a # b/c/'",
            "echo don’t",
            "ls / #",
            "kubectl get pods -o custom-columns=NAME:.metadata.name",
            "kubectl get pod/redis",
            "kubectl delete pod redis created",
            "echo $ x",
        ] {
            let repaired = repair(line, &known);
            assert_eq!((repaired.line.as_str(), repaired.changes.len()), (line, 0));
        }
    }

    #[test]
    fn only_prompted_lines_of_a_paste_run() {
        let text = "\u{feff}$ kubectl get svc\r\nNAME   TYPE\r\nredis  ClusterIP\r\n$ kubectl get pods\r\n";
        let paste = Paste::new(text, &known);
        let run: Vec<&str> = paste
            .lines
            .iter()
            .filter_map(|line| paste.command(line, &known))
            .collect();
        assert_eq!(run, ["kubectl get svc", "kubectl get pods"]);
    }

    #[test]
    fn comments_between_commands_are_no_prompts() {
        let paste = Paste::new("# kubectl lists them\nkubectl get svc\n# cat it\n", &known);
        assert!(!paste.prompted);
    }

    #[test]
    fn one_remark_tells_all() {
        let repaired = repair("$ kubectl create deployment redis –image=redis", &known);
        assert_eq!(
            repaired.note().as_deref(),
            Some("Left out the pasted prompt, read the typographic dash as --.")
        );
    }
}
