//! What comes of a command that the kubelet runs inside a container: for a probe, or for a hook.
//!
//! No program runs here. What can be told from the command line is told: how long it sleeps, whether it says itself that
//! it fails, whether a port that it asks is open, and whether a file is there that the container's own command makes and
//! takes away, as in the documentation's example of a liveness probe.

use crate::api::image::{Listening, lasts_secs};
use crate::api::pod::Container;

/// What a command comes to.
pub(super) struct Ran {
    /// How many seconds it takes; none if it goes on for ever.
    pub(super) seconds: Option<u64>,
    /// What it complains of, if it fails.
    pub(super) result: Result<(), String>,
    /// In how many seconds it will come to something else.
    pub(super) changes: Option<i64>,
}

/// Runs a command in a container that has run for so many seconds.
pub(super) fn run(
    words: &[&str],
    container: &Container,
    listens: &[Listening],
    elapsed: i64,
) -> Ran {
    let text = words.join(" ");
    let alone = Container {
        command: words.iter().map(|word| (*word).to_owned()).collect(),
        ..Default::default()
    };
    let sleeps = text.contains("sleep ") || text.contains("while ");
    let seconds = if sleeps { lasts_secs(&alone) } else { Some(0) };
    let (result, changes) = match looked_for(&text) {
        Some((program, path)) => file(program, path, container, elapsed),
        None => (outcome(&text, listens), None),
    };
    Ran {
        seconds,
        result,
        changes,
    }
}

fn outcome(text: &str, listens: &[Listening]) -> Result<(), String> {
    let last = text
        .rsplit([';', '&', '|'])
        .next()
        .unwrap_or_default()
        .trim();
    let exits = last
        .rsplit_once("exit ")
        .and_then(|(_, code)| code.parse::<u8>().ok());
    if matches!(last, "false" | "/bin/false") || exits.is_some_and(|code| code != 0) {
        return Err(String::new());
    }
    let open = |port: u16| listens.iter().any(|l| l.port == port && !l.udp);
    let Some((program, port)) = asked(text).filter(|(_, port)| !open(*port)) else {
        return Ok(());
    };
    Err(match program {
        "curl" => format!(
            "curl: (7) Failed to connect to localhost port {port} after 0 ms: Could not connect to server"
        ),
        "wget" => "wget: can't connect to remote host (127.0.0.1): Connection refused".to_owned(),
        "redis-cli" => {
            format!("Could not connect to Redis at 127.0.0.1:{port}: Connection refused")
        }
        "pg_isready" => format!("localhost:{port} - no response"),
        _ => String::new(),
    })
}

/// The port of the container itself that a command asks, and with which program.
fn asked(text: &str) -> Option<(&'static str, u16)> {
    let programs = ["curl", "wget", "redis-cli", "pg_isready", "nc"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let named = |word: &&str| {
        let name = word.rsplit('/').next().unwrap_or_default();
        programs.into_iter().find(|program| *program == name)
    };
    let program = words.iter().find_map(named)?;
    let behind = |flag: &str| {
        let at = words.iter().position(|word| *word == flag)?;
        words.get(at + 1)?.parse().ok()
    };
    let port = match program {
        "redis-cli" => behind("-p").unwrap_or(6379),
        "pg_isready" => behind("-p").unwrap_or(5432),
        "nc" => words.iter().rev().find_map(|word| word.parse().ok())?,
        _ => {
            let hosts = ["localhost", "127.0.0.1", "0.0.0.0"];
            let rest = hosts.iter().find_map(|host| text.split_once(host))?.1;
            let digits = rest.strip_prefix(':').unwrap_or("80");
            let end = digits.find(|c: char| !c.is_ascii_digit());
            digits.get(..end.unwrap_or(digits.len()))?.parse().ok()?
        }
    };
    Some((program, port))
}

/// The file that a command looks for, if that is all it does.
fn looked_for(text: &str) -> Option<(&str, &str)> {
    let mut words = text.split_whitespace();
    let program = words.next()?;
    let path = match program.rsplit('/').next()? {
        "cat" | "ls" | "stat" => words.next()?,
        "test" | "[" => {
            words.next().filter(|flag| matches!(*flag, "-f" | "-e"))?;
            words.next()?
        }
        _ => return None,
    };
    // What the image brings along is not known; what is in /tmp was made by the container's command.
    path.starts_with("/tmp/").then_some((program, path))
}

/// Whether a file is there, by the `touch`, `rm` and `sleep` of the container's own command.
fn file(
    program: &str,
    path: &str,
    container: &Container,
    elapsed: i64,
) -> (Result<(), String>, Option<i64>) {
    let words = container.command.iter().chain(&container.args);
    let text = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let (mut at, mut there, mut next) = (0, false, None);
    for part in text.split([';', '&', '\n']) {
        if let Some((_, seconds)) = part.rsplit_once("sleep ") {
            let seconds = seconds.trim().parse::<i64>().unwrap_or(i64::from(i32::MAX));
            at += seconds;
            continue;
        }
        let words: Vec<&str> = part.split_whitespace().collect();
        if !words.contains(&path) {
            continue;
        }
        let stays = !words.iter().any(|word| word.ends_with("rm"));
        if at <= elapsed {
            there = stays;
        } else if next.is_none() && stays != there {
            next = Some(at - elapsed);
        }
    }
    let result = match (there, program) {
        (true, _) => Ok(()),
        (false, "cat") => Err(format!(
            "cat: can't open '{path}': No such file or directory"
        )),
        (false, "ls" | "stat") => Err(format!("{program}: {path}: No such file or directory")),
        (false, _) => Err(String::new()),
    };
    (result, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Container {
        Container {
            command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
            ..Default::default()
        }
    }

    #[test]
    fn a_file_is_there_as_long_as_the_command_says() {
        let container = shell("touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600");
        let cat = |elapsed| run(&["cat", "/tmp/healthy"], &container, &[], elapsed);
        assert!(cat(29).result.is_ok());
        assert_eq!(cat(29).changes, Some(1));
        assert_eq!(
            cat(30).result,
            Err("cat: can't open '/tmp/healthy': No such file or directory".to_owned())
        );
        assert_eq!(cat(30).changes, None);
    }

    #[test]
    fn what_a_command_says_of_itself_counts() {
        let container = Container::default();
        let rows: [(&[&str], Option<u64>, bool); 6] = [
            (&["sleep", "5"], Some(5), true),
            (&["sh", "-c", "sleep 2; exit 1"], Some(2), false),
            (&["sh", "-c", "while true; do sleep 1; done"], None, true),
            (&["redis-cli", "ping"], Some(0), false),
            (
                &["curl", "-f", "http://localhost:8080/healthz"],
                Some(0),
                false,
            ),
            (&["true"], Some(0), true),
        ];
        for (words, seconds, passes) in rows {
            let ran = run(words, &container, &[], 0);
            assert_eq!(
                (ran.seconds, ran.result.is_ok()),
                (seconds, passes),
                "{words:?}"
            );
        }
    }
}
