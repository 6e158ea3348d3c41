//! What `rewrite` reads: rules for names, with what they do to answers.
//!
//! *Left out:* rules for other fields than the name; they are accepted and not acted on.

use super::blocks::Directive;
use super::plugins::unknown;
use super::{Answer, Error, Match, Regex, Rewrite};

const PLUGIN: &str = "rewrite";

/// `rewrite [continue|stop] name [HOW] FROM TO [answer …]`, on a line or in a block.
pub(super) fn rewrite(directive: &Directive) -> Result<Option<Rewrite>, Error> {
    let mut words: Vec<&str> = directive.args.iter().map(String::as_str).collect();
    for property in &directive.block {
        let all = property.words.iter().map(String::as_str);
        match property.words.first().map(String::as_str) {
            Some("answer") => words.extend(all),
            _ if words.len() <= 1 => words.extend(all),
            _ => return Err(unknown(property, PLUGIN)),
        }
    }
    let go_on = words.first() == Some(&"continue");
    if matches!(words.first(), Some(&("continue" | "stop"))) {
        words.remove(0);
    }
    let fail = |text: &str| Error::bare(directive.line, PLUGIN, text);
    let (kind, from, to, rest) = match words.as_slice() {
        [
            "name",
            kind @ ("exact" | "prefix" | "suffix" | "substring" | "regex"),
            from,
            to,
            rest @ ..,
        ] => (*kind, *from, *to, rest),
        ["class" | "type" | "edns0" | "ttl" | "cname" | "rcode", ..] => return Ok(None),
        ["name", from, to, rest @ ..] => ("exact", *from, *to, rest),
        ["name", ..] => return Err(fail("too few arguments for a name rule")),
        [] => return Err(Error::argument_count(directive.line, PLUGIN).of_plugin(PLUGIN)),
        [other, ..] => return Err(fail(&format!("invalid rule type \"{other}\""))),
    };
    let regex = |text: &str| {
        Regex::parse(text)
            .map_err(|why| fail(&format!("invalid regex pattern in a name rule: {why}")))
    };
    let absolute = |text: &str| {
        let dot = if text.ends_with('.') { "" } else { "." };
        format!("{}{dot}", text.to_ascii_lowercase())
    };
    let (auto, answers) =
        answers(rest, &regex, &absolute).ok_or_else(|| fail("invalid answer rule"))??;
    let part = matches!(kind, "prefix" | "substring");
    let text = |text: &str| {
        if part {
            text.to_ascii_lowercase()
        } else {
            absolute(text)
        }
    };
    Ok(Some(Rewrite {
        go_on,
        from: if kind == "regex" {
            String::new()
        } else {
            text(from)
        },
        to: text(to),
        kind: match kind {
            "prefix" => Match::Prefix,
            "suffix" => Match::Suffix,
            "substring" => Match::Substring,
            "regex" => Match::Regex(regex(from)?),
            _ => Match::Exact,
        },
        answer_auto: auto,
        answers,
    }))
}

/// `answer auto`, `answer name FROM TO` and `answer value FROM TO`, any number of them; `None` if it is anything else.
fn answers(
    mut words: &[&str],
    regex: &dyn Fn(&str) -> Result<Regex, Error>,
    absolute: &dyn Fn(&str) -> String,
) -> Option<Result<(bool, Vec<Answer>), Error>> {
    let (mut auto, mut all) = (false, Vec::new());
    loop {
        words = match words {
            [] => return Some(Ok((auto, all))),
            ["answer", "auto", rest @ ..] => {
                auto = true;
                rest
            }
            ["answer", what @ ("name" | "value"), from, to, rest @ ..] => {
                let from = match regex(from) {
                    Ok(from) => from,
                    Err(error) => return Some(Err(error)),
                };
                all.push(Answer {
                    value: *what == "value",
                    from,
                    to: absolute(to),
                });
                rest
            }
            _ => return None,
        };
    }
}
