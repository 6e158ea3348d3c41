//! `portside diagnose`: the doctor for a pre-commit hook and for CI.
//!
//! It looks at manifests, or at the dump of a cluster, and exits with 0 if there is nothing to say, with 1 if there is,
//! with 2 if something is wrong with the options or the files.

use super::{
    SETTLES_WITHIN, apply, each_option, entries, machine, manifests, once, place, print_text,
    read_text, restore, standard_input,
};
use portside::api::{ObjectKey, kind};
use portside::cluster::{Cluster, Place, Settings};
use portside::doctor::{
    Attempt, COLLECT, Evidence, Finding, Sheet, examine, explain, of_everything, of_replaced,
    redefined_behind, refusals, report,
};
use portside::manifest::Severity;
use portside::shell::{Files, World};
use std::path::Path;

const HELP: &str = "\
Says why Services do not answer: in manifests before they are applied, or in the dump of a cluster.

Usage: portside diagnose [-f FILE|DIR|-]… [--restore FILE] [OPTION]…

Without --to it checks every Service, and every host name that values of variables, arguments and ConfigMaps refer to
inside the cluster. The diagnoses are explained in docs/diagnoses.md.

Options:
  -f FILE|DIR|-       Check a manifest, the manifests of a folder, or standard input.
  --restore FILE      Check the dump of a cluster; with -f, the manifests as they would be applied to it.
  --from PLACE        Where the client stands: laptop, node/NAME or pod/[NAMESPACE/]NAME.
  --to NAME[:PORT]    Check one Service, NAME or NAME.NAMESPACE, in a simulated cluster, question by question.
  --format FORMAT     text (the default), json, sarif or github.
  --fail-on LEVEL     Exit with 1 for an error, for a warning (the default), or never.
  --fix               Apply the fixes to the files, and tell what is left.
  -h, --help          Print this.

A dump without Secrets, read-only:
  ";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    #[default]
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Debug, Default)]
struct Options {
    manifests: Vec<String>,
    restore: Option<String>,
    from: Option<String>,
    to: Option<String>,
    format: Option<Format>,
    /// The least that counts as a failure; none for never.
    fail_on: Option<Option<Severity>>,
    fix: bool,
}

pub(super) fn main(words: &[&str]) -> Result<i32, String> {
    if words.iter().any(|word| matches!(*word, "-h" | "--help")) {
        print_text(&[HELP, COLLECT, "\n"].concat());
        return Ok(0);
    }
    let options = options(words)?;
    let mut sheets = sheets(&options.manifests)?;
    let (mut findings, mut suspended) = look(&options, &sheets)?;
    if let Some(why) = &suspended {
        machine::complain(&format!("portside: {why}\n"));
    }
    if options.fix {
        let (mended, applied) = report::mend(&findings, &sheets);
        for (old, new) in sheets.iter().zip(&mended).filter(|(old, new)| old != new) {
            machine::write(Path::new(&*old.file), &new.text)
                .map_err(|error| format!("{}: {error}", old.file))?;
        }
        let plural = if applied == 1 { "fix" } else { "fixes" };
        machine::complain(&format!("portside: {applied} {plural} applied\n"));
        if applied > 0 {
            sheets = mended;
            (findings, suspended) = look(&options, &sheets)?;
        }
    }
    let why = suspended.as_deref();
    print_text(&match options.format.unwrap_or_default() {
        Format::Text => report::text(&findings, &sheets),
        Format::Json => report::json(&findings, why),
        Format::Sarif => report::sarif(&findings, &sheets, why),
        Format::Github => report::github(&findings, why),
    });
    let least = options.fail_on.unwrap_or(Some(Severity::Warning));
    let fails = |finding: &Finding| match least {
        Some(Severity::Error) => finding.severity == Severity::Error,
        Some(Severity::Warning) => true,
        None => false,
    };
    Ok(i32::from(findings.iter().any(fails)))
}

fn options(words: &[&str]) -> Result<Options, String> {
    let mut options = Options::default();
    each_option(words, &["-f"], &mut |mut given| {
        let name = given.name;
        match name {
            "-f" | "--filename" => options.manifests.push(given.value()?),
            "--restore" => once(&mut options.restore, name, given.value()?)?,
            "--from" => once(&mut options.from, name, given.value()?)?,
            "--to" => once(&mut options.to, name, given.value()?)?,
            "--format" => {
                let format = match given.value()?.as_str() {
                    "text" => Format::Text,
                    "json" => Format::Json,
                    "sarif" => Format::Sarif,
                    "github" => Format::Github,
                    other => {
                        return Err(format!("--format {other}: text, json, sarif or github"));
                    }
                };
                once(&mut options.format, name, format)?;
            }
            "--fail-on" => {
                let level = match given.value()?.as_str() {
                    "error" => Some(Severity::Error),
                    "warning" => Some(Severity::Warning),
                    "never" => None,
                    other => return Err(format!("--fail-on {other}: error, warning or never")),
                };
                once(&mut options.fail_on, name, level)?;
            }
            "--fix" if given.inline.is_none() => options.fix = true,
            _ => {
                let word = given.word;
                return Err(format!(
                    "unknown option {word:?}: try portside diagnose --help"
                ));
            }
        }
        Ok(())
    })?;
    check(&options)?;
    Ok(options)
}

fn check(options: &Options) -> Result<(), String> {
    let inputs = options.manifests.iter().filter(|file| *file == "-").count();
    if inputs > 1 {
        return Err("-f - may be given once".to_owned());
    }
    if options.manifests.is_empty() && options.restore.is_none() {
        return Err(
            "nothing to look at: give -f or --restore; see portside diagnose --help".to_owned(),
        );
    }
    if options.fix && inputs > 0 {
        return Err("--fix writes files, and standard input is none: give -f a file".to_owned());
    }
    if options.fix && options.manifests.is_empty() {
        return Err("--fix changes manifests: give them with -f".to_owned());
    }
    if options.from.is_some() && options.to.is_none() {
        return Err("--from says where a client stands: say with --to what it asks for".to_owned());
    }
    Ok(())
}

/// Reads the manifests.
fn sheets(given: &[String]) -> Result<Vec<Sheet>, String> {
    let mut found = Vec::new();
    let sheet = |file: &str, text: String| Sheet {
        file: file.into(),
        text: text.into(),
    };
    for word in given {
        let path = Path::new(word);
        if word == "-" {
            found.push(sheet("-", standard_input()?));
        } else if machine::is_dir(path) {
            let mut inside = entries(path)?;
            inside.retain(|p| {
                let ending = p.extension();
                ending.is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
            });
            if inside.is_empty() {
                return Err(format!("{word}: no manifests in it (.yaml, .yml, .json)"));
            }
            for file in inside {
                found.push(sheet(&file.to_string_lossy(), read_text(&file)?));
            }
        } else {
            found.push(sheet(word, read_text(path)?));
        }
    }
    Ok(found)
}

/// What was found, and why nothing is said of kube-proxy's rules, if they do not count.
type Looked = Result<(Vec<Finding>, Option<String>), String>;

fn look(options: &Options, sheets: &[Sheet]) -> Looked {
    if let Some(to) = &options.to {
        return look_at(options, sheets, to);
    }
    let settings = Settings::default();
    let base = match &options.restore {
        Some(path) => Some(restore(&settings, path)?),
        None => None,
    };
    if sheets.is_empty()
        && let Some(cluster) = &base
    {
        let evidence = Evidence::of_cluster(cluster, sheets);
        return Ok((of_everything(&evidence), evidence.suspended()));
    }
    let mut findings = match &base {
        Some(_) => Vec::new(),
        None => refusals(sheets),
    };
    if let Some(path) = &options.restore {
        let mut cluster = restore_silently(&settings, path)?;
        findings = portside::doctor::refusals_by(&mut cluster, sheets, true);
    }
    let evidence = Evidence::of_manifests(sheets, base.as_ref());
    findings.extend(of_everything(&evidence));
    of_replaced(sheets, base.as_ref(), &mut findings);
    Ok((findings, evidence.suspended()))
}

fn restore_silently(settings: &Settings, path: &str) -> Result<Cluster, String> {
    let restored = Cluster::from_dump(settings, super::documents(path)?)?;
    Ok(restored.cluster)
}

/// One Service, in a cluster to which the manifests were applied.
fn look_at(options: &Options, sheets: &[Sheet], to: &str) -> Looked {
    let settings = Settings::default();
    let cluster = match &options.restore {
        Some(path) => restore(&settings, path)?,
        None => Cluster::new(&settings),
    };
    let mut files = Files::default();
    let mut world = World {
        cluster,
        files: Files::default(),
    };
    if options.manifests.iter().any(|file| file == "-") {
        for sheet in sheets {
            files.put(portside::shell::HOME, &sheet.file, &sheet.text);
        }
        world.files = files;
        let stdin = sheets.iter().map(|sheet| super::Manifest {
            name: sheet.file.to_string(),
            text: (&*sheet.file == "-").then(|| sheet.text.to_string()),
        });
        let all: Vec<_> = stdin.collect();
        apply(&mut world, &all)?;
    } else {
        let all = manifests(&mut files, &options.manifests)?;
        world.files = files;
        apply(&mut world, &all)?;
    }
    world.cluster.settle(SETTLES_WITHIN);
    let client = match &options.from {
        Some(from) => Some(place(&world.cluster, from)?),
        None => None,
    };
    let (name, port) = match to.rsplit_once(':') {
        Some((name, port)) => {
            let number = port.parse::<u16>().ok().filter(|port| *port > 0);
            let number = number.ok_or(format!("--to {to}: {port:?} is no port"))?;
            (name, Some(number))
        }
        None => (to, None),
    };
    let home = match &client {
        Some(Place::Pod { namespace, .. }) => namespace.to_string(),
        _ => "default".to_owned(),
    };
    let domain = format!(".svc.{}", world.cluster.network().domain);
    let bare = name.strip_suffix(&domain).unwrap_or(name);
    let (service, namespace) = bare.split_once('.').unwrap_or((bare, &home));
    let key = ObjectKey::new(kind::SERVICE, namespace, service);
    let evidence = Evidence::of_cluster(&world.cluster, sheets);
    if let (Some(from), false) = (&client, evidence.has(&key)) {
        let attempt = Attempt::Lookup {
            from: from.clone(),
            name: name.to_owned(),
            port,
        };
        let found = explain(&evidence, &attempt);
        if !found.is_empty() {
            return Ok((found, evidence.suspended()));
        }
    }
    let examination = examine(&evidence, &key, client.as_ref(), port);
    let mut found: Vec<Finding> = examination.findings().cloned().collect();
    found.extend(redefined_behind(&evidence, sheets, &key));
    Ok((found, examination.suspended))
}
