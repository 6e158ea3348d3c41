//! Prompts of many shells, as they stand in front of pasted commands.

/// Whether a line begins with a prompt that cannot be the beginning of anything else.
pub(super) fn begins_with_prompt(line: &str) -> bool {
    strong_prompt(line).is_some()
}

/// What follows a prompt that cannot be the beginning of a command.
pub(super) fn strong_prompt(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (before, mark) = line.char_indices().find_map(|(at, c)| {
        let ends = line
            .get(at + 1..)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\u{a0}']));
        (matches!(c, '$' | '#' | '%') && ends).then(|| (line.get(..at).unwrap_or_default(), c))
    })?;
    let rest = line
        .get(before.len() + 1..)?
        .trim_start_matches([' ', '\u{a0}']);
    let stem = before.trim_end();
    let is_prompt = match stem {
        "" => mark == '$',
        _ if stem.len() > 80 || mark == '%' && !stem.contains('@') => false,
        "-" | "~" => before.ends_with(' ') || stem == "~",
        _ => is_path(stem) && before.ends_with(' ') || names_a_host(stem) || is_shell_version(stem),
    };
    is_prompt.then_some(rest)
}

/// What follows a lone `#`, if that is a command and so the `#` not a comment's.
pub(super) fn weak_prompt<'a>(line: &'a str, known: &dyn Fn(&str) -> bool) -> Option<&'a str> {
    let rest = line
        .trim_start()
        .strip_prefix('#')?
        .strip_prefix([' ', '\u{a0}'])?
        .trim_start();
    known(first_word(rest)).then_some(rest)
}

/// The first word of a line.
pub(super) fn first_word(line: &str) -> &str {
    line.split([' ', '\t', '\u{a0}', ';', '|', '&'])
        .find(|word| !word.is_empty())
        .unwrap_or_default()
}

fn is_path(text: &str) -> bool {
    text.starts_with(['/', '~'])
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/~._-".contains(c))
}

/// `root@web:~`, `[root@web ~]`, `ann@web ~`, `controlplane:~`.
fn names_a_host(stem: &str) -> bool {
    let stem = stem
        .strip_prefix('[')
        .and_then(|s| s.strip_suffix(']'))
        .unwrap_or(stem);
    let word = |s: &str| {
        !s.is_empty()
            && s.chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    let (host, path) = stem.split_once([':', ' ']).unwrap_or((stem, ""));
    let user_at_host = host
        .split_once('@')
        .is_some_and(|(user, host)| word(user) && word(host));
    if user_at_host {
        path.is_empty() || is_path(path) || word(path)
    } else {
        word(host) && is_path(path) && stem.contains(':')
    }
}

/// `bash-5.2`, `sh-4.4`.
fn is_shell_version(stem: &str) -> bool {
    let version = stem
        .strip_prefix("bash-")
        .or_else(|| stem.strip_prefix("sh-"));
    version.is_some_and(|v| {
        v.starts_with(|c: char| c.is_ascii_digit())
            && v.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

/// The prompt with which a line of a printed terminal begins, and the command after it.
pub fn prompt_of(line: &str) -> Option<(&str, &str)> {
    let command = strong_prompt(line)?;
    Some((line.get(..line.len() - command.len())?, command))
}
