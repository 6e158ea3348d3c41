//! `portside lesson` and `portside docs`: for those who write lessons and documentation.

use super::machine;
use portside::cluster::Settings;
use portside::lesson::author::{Report, check_docs, check_lesson};
use portside::lesson::markdown::{Problem, compile, front_matter_schema};
use std::path::Path;

const LESSON_HELP: &str = "\
Lessons: Markdown files that Portside's page teaches from.

Usage: portside lesson check [--update] FILE…    Run lessons: every line, every solution, every check, every quoted output.
       portside lesson build [--out DIR] FILE…   Compile lessons to the JSON that the page reads; beside them unless --out is given.
       portside lesson new FILE                  Write a lesson to begin with.
       portside lesson schema                    Print the JSON schema of the front matter.

--update rewrites the quoted output of `console` blocks to what the simulator prints.
Exits with 0 if all is well, 1 if something is wrong with a lesson, 2 if something is wrong with the options.
";

const DOCS_HELP: &str = "\
Documentation: keeps the commands and outputs of ordinary Markdown pages true.

Usage: portside docs check [--update] [--config FILE] FILE…

Applies the YAML of each page's fenced blocks (a block with title=NAME.yaml is put into that file instead), types the
commands of its `console` blocks, and compares what they print. A line of three dots stands for any lines.
--update rewrites the quoted output to what the simulator prints; --config FILE sets the cluster up as kubeadm would.
Exits with 0 if all is well, 1 if a page differs, 2 if something is wrong with the options.
";

/// A lesson to begin with.
const NEW: &str = include_str!("new_lesson.md");

/// Runs `portside lesson …`.
pub(super) fn lesson(words: &[&str]) -> Result<i32, String> {
    match words {
        [] | ["-h" | "--help" | "help", ..] => {
            print(LESSON_HELP);
            Ok(0)
        }
        ["schema"] => {
            print(&front_matter_schema());
            Ok(0)
        }
        ["new", file] => new(file),
        ["check", rest @ ..] => {
            let options = options(rest, false)?;
            check(&options, &check_lesson)
        }
        ["build", rest @ ..] => build(&options(rest, true)?),
        [other, ..] => Err(format!(
            "unknown command lesson {other:?}: try portside lesson --help"
        )),
    }
}

/// Runs `portside docs …`.
pub(super) fn docs(words: &[&str]) -> Result<i32, String> {
    match words {
        [] | ["-h" | "--help" | "help", ..] => {
            print(DOCS_HELP);
            Ok(0)
        }
        ["check", rest @ ..] => {
            let options = options(rest, false)?;
            let mut settings = Settings::default();
            if let Some(path) = &options.config {
                super::configure(&mut settings, path)?;
            }
            check(&options, &|source| check_docs(source, &settings))
        }
        [other, ..] => Err(format!(
            "unknown command docs {other:?}: try portside docs --help"
        )),
    }
}

#[derive(Default)]
struct Options {
    update: bool,
    out: Option<String>,
    config: Option<String>,
    files: Vec<String>,
}

fn options(words: &[&str], builds: bool) -> Result<Options, String> {
    let mut options = Options::default();
    let mut iter = words.iter().copied();
    while let Some(word) = iter.next() {
        let mut value = || {
            iter.next()
                .map(str::to_owned)
                .ok_or_else(|| format!("{word} needs a value"))
        };
        match word {
            "--update" if !builds => options.update = true,
            "--out" if builds => options.out = Some(value()?),
            "--config" if !builds => options.config = Some(value()?),
            _ if word.starts_with('-') => {
                return Err(format!("unknown option {word:?}: try --help"));
            }
            _ => options.files.push(word.to_owned()),
        }
    }
    if options.files.is_empty() {
        return Err("name at least one file".to_owned());
    }
    Ok(options)
}

fn check(options: &Options, one: &dyn Fn(&str) -> Report) -> Result<i32, String> {
    let mut status = 0;
    for file in &options.files {
        let source = super::read_text(Path::new(file))?;
        let report = one(&source);
        match (&report.updated, options.update) {
            (Some(updated), true) => {
                write(Path::new(file), updated)?;
                print(&format!(
                    "{file}: the quoted output is now what the simulator prints\n"
                ));
                // What a quotation said no longer counts; what a check said does.
                status |= tell(file, &one(updated).problems);
            }
            _ => status |= tell(file, &report.problems),
        }
        if report.problems.is_empty() {
            print(&format!("{file}: ok, {} lines typed\n", report.typed));
        }
    }
    Ok(status)
}

fn tell(file: &str, problems: &[Problem]) -> i32 {
    for problem in problems {
        machine::complain(&format!("{file}:{}: {}\n", problem.line, problem.message));
    }
    i32::from(!problems.is_empty())
}

fn build(options: &Options) -> Result<i32, String> {
    let mut status = 0;
    for file in &options.files {
        let path = Path::new(file);
        let source = super::read_text(path)?;
        match compile(&source) {
            Ok(compiled) => {
                let json = path.with_extension("json");
                let target = match (&options.out, json.file_name()) {
                    (Some(dir), Some(name)) => Path::new(dir).join(name),
                    _ => json,
                };
                write(&target, &(compiled.value.to_json() + "\n"))?;
            }
            Err(problems) => status |= tell(file, &problems),
        }
    }
    Ok(status)
}

fn new(file: &str) -> Result<i32, String> {
    let path = Path::new(file);
    if machine::size(path).is_ok() {
        return Err(format!("{file} is there already"));
    }
    write(path, NEW)?;
    print(&format!("{file}: try portside lesson check {file}\n"));
    Ok(0)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    machine::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn print(text: &str) {
    super::print_text(text);
}
