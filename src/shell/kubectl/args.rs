//! kubectl's command line: flags anywhere, in all the ways that kubectl reads them, and what stands between them.

use super::flags::GLOBAL;
use crate::kernel::BTreeMap;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A value, in the next word or after `=`.
    Value,
    /// The same: a whole number.
    Number,
    /// The same: a span of time as Go writes it.
    Duration,
    /// Nothing, or `true`/`false` after `=`.
    Nothing,
    /// A value after `=` only; this one without it.
    Maybe(&'static str),
}

impl Takes {
    /// Whether a value must follow.
    pub(super) fn has_value(self) -> bool {
        matches!(self, Self::Value | Self::Number | Self::Duration)
    }

    /// Why a value is none; in Go's words.
    fn refuses(self, value: &str) -> Option<String> {
        match self {
            Self::Value | Self::Maybe(_) => None,
            Self::Nothing => {
                const TRUTHS: [&str; 12] = [
                    "1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False",
                ];
                let wrong = !TRUTHS.contains(&value);
                wrong.then(|| format!("strconv.ParseBool: parsing {value:?}: invalid syntax"))
            }
            Self::Number => {
                let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
                let known = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                let why = match value.trim_start_matches('+').parse::<i64>() {
                    Ok(_) => return None,
                    Err(_) if known => "value out of range",
                    Err(_) => "invalid syntax",
                };
                Some(format!("strconv.ParseInt: parsing {value:?}: {why}"))
            }
            Self::Duration => not_a_duration(value),
        }
    }
}

/// Why `time.ParseDuration` does not read a text.
pub(super) fn not_a_duration(text: &str) -> Option<String> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return None;
    }
    let invalid = || Some(format!("time: invalid duration {text:?}"));
    if rest.is_empty() {
        return invalid();
    }
    while !rest.is_empty() {
        let number = |c: char| c == '.' || c.is_ascii_digit();
        let unit = rest.trim_start_matches(number);
        if unit.len() == rest.len() || rest.starts_with(|c: char| !number(c)) {
            return invalid();
        }
        rest = unit.trim_start_matches(|c| !number(c));
        let unit = unit.get(..unit.len() - rest.len()).unwrap_or_default();
        if unit.is_empty() {
            return Some(format!("time: missing unit in duration {text:?}"));
        }
        if !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) {
            return Some(format!("time: unknown unit {unit:?} in duration {text:?}"));
        }
    }
    None
}

/// One flag: a row of a verb's table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    pub(super) long: &'static str,
    pub(super) short: Option<char>,
    pub(super) takes: Takes,
}

/// A command line, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Args {
    /// The words of the verb: `get`, `create service clusterip`.
    pub(super) verb: &'static str,
    /// What is no flag.
    pub(super) words: Vec<String>,
    /// What follows `--`.
    pub(super) rest: Option<Vec<String>>,
    flags: BTreeMap<&'static str, Vec<String>>,
}

/// A verb's flags and those of every verb.
fn all(table: &'static [Flag]) -> impl Iterator<Item = &'static Flag> {
    table.iter().chain(GLOBAL)
}

impl Args {
    /// Takes words apart by a verb's flags; the error is kubectl's sentence.
    pub(super) fn parse(words: &[String], table: &'static [Flag]) -> Result<Self, String> {
        let mut args = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                args.rest = Some(words.cloned().collect());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = long
                    .split_once('=')
                    .map_or((long, None), |(n, v)| (n, Some(v.to_owned())));
                let found = all(table).find(|f| f.long == name);
                let found = found.ok_or_else(|| format!("unknown flag: --{name}"))?;
                let next = || {
                    words
                        .next()
                        .cloned()
                        .ok_or_else(|| format!("flag needs an argument: --{name}"))
                };
                args.put(found, value, next)?;
            } else if word.len() > 1 && word.starts_with('-') {
                args.shorts(word, table, &mut words)?;
            } else {
                args.words.push(word.clone());
            }
        }
        Ok(args)
    }

    /// Takes apart what it can of a line that is still being typed.
    pub(super) fn lenient(words: &[String], table: &'static [Flag]) -> Self {
        let mut end = words.len();
        loop {
            match Self::parse(words.get(..end).unwrap_or_default(), table) {
                Ok(args) => return args,
                Err(_) if end == 0 => return Self::default(),
                Err(_) => end -= 1,
            }
        }
    }

    /// A word of short flags: `-it`, `-nprod`, `-n=prod`, `-n prod`.
    fn shorts<'a>(
        &mut self,
        word: &str,
        table: &'static [Flag],
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let letters = word.char_indices().skip(1);
        for (at, letter) in letters {
            let found = all(table).find(|f| f.short == Some(letter));
            let left = word.get(at..).unwrap_or_default();
            let found =
                found.ok_or_else(|| format!("unknown shorthand flag: '{letter}' in -{left}"))?;
            let tail = word.get(at + letter.len_utf8()..).unwrap_or_default();
            if found.takes.has_value() {
                let attached = tail.strip_prefix('=').unwrap_or(tail);
                let value = (!tail.is_empty()).then(|| attached.to_owned());
                let next = || {
                    words
                        .next()
                        .cloned()
                        .ok_or_else(|| format!("flag needs an argument: '{letter}' in -{left}"))
                };
                return self.put(found, value, next);
            }
            if let Some(value) = tail.strip_prefix('=') {
                return self.put(found, Some(value.to_owned()), || Ok(String::new()));
            }
            self.put(found, None, || Ok(String::new()))?;
        }
        Ok(())
    }

    fn put(
        &mut self,
        flag: &Flag,
        value: Option<String>,
        next: impl FnOnce() -> Result<String, String>,
    ) -> Result<(), String> {
        let value = match (flag.takes, value) {
            (_, Some(value)) => value,
            (takes, None) if takes.has_value() => next()?,
            (Takes::Maybe(default), None) => default.to_owned(),
            (_, None) => "true".to_owned(),
        };
        if let Some(why) = flag.takes.refuses(&value) {
            let short = flag.short.map_or_else(String::new, |c| format!("-{c}, "));
            let long = flag.long;
            return Err(format!(
                "invalid argument {value:?} for \"{short}--{long}\" flag: {why}"
            ));
        }
        self.flags.entry(flag.long).or_default().push(value);
        Ok(())
    }

    /// Sets a flag that the line does not have.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.flags.entry(name).or_default().push(value.to_owned());
    }

    /// The last value of a flag.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.flags
            .get(name)
            .and_then(|values| values.last())
            .map(String::as_str)
    }

    /// All values of a flag, split at commas.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let values = self.flags.get(name).into_iter().flatten();
        values
            .flat_map(|value| value.split(','))
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// All values of a flag as they stand.
    pub(super) fn each(&self, name: &str) -> Vec<String> {
        self.flags.get(name).cloned().unwrap_or_default()
    }

    /// Whether a flag is set.
    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value == "1" || value.to_lowercase().starts_with('t'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Flag] = crate::shell::kubectl::flags::RUN;

    fn parse(text: &str) -> Result<Args, String> {
        Args::parse(
            &text.split(' ').map(str::to_owned).collect::<Vec<_>>(),
            TABLE,
        )
    }

    #[test]
    fn flags_stand_anywhere_and_in_every_form() {
        for text in [
            "svc -n prod web",
            "-nprod svc web",
            "svc --namespace=prod web",
            "--namespace prod svc web",
            "svc web -n=prod",
        ] {
            let args = parse(text).unwrap();
            assert_eq!(
                (args.get("namespace"), args.words.join(" ").as_str()),
                (Some("prod"), "svc web"),
                "{text}"
            );
        }
        let args = parse("busybox --rm -it -oyaml -- sh -c x").unwrap();
        assert!(args.is("rm") && args.is("stdin") && args.is("tty"));
        assert_eq!(args.get("output"), Some("yaml"));
        assert_eq!(args.rest.unwrap().join(" "), "sh -c x");
        assert!(!parse("x --rm=false").unwrap().is("rm"));
    }

    #[test]
    fn mistakes_are_told_in_kubectls_words() {
        assert_eq!(parse("x --foo").unwrap_err(), "unknown flag: --foo");
        assert_eq!(
            parse("x -n").unwrap_err(),
            "flag needs an argument: 'n' in -n"
        );
        assert_eq!(
            parse("x -z").unwrap_err(),
            "unknown shorthand flag: 'z' in -z"
        );
    }
}
