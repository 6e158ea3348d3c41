//! The native command: types lines into a simulated cluster and prints what the terminal would.
//!
//! `portside diagnose` says why Services do not answer; `portside redact` takes out of a dump what is nobody's business.
//! `portside run` is the harness of tests and of authors of documentation: the same input gives the same output.

mod diagnose;
mod lesson;
#[cfg(not(all(target_arch = "wasm32", feature = "web")))]
mod machine;
#[cfg(all(target_arch = "wasm32", feature = "web"))]
#[path = "node.rs"]
mod machine;
mod redact;

use portside::api::{Value, kind, quote_json};
use portside::cluster::{Cluster, Place, Restoration, Settings};
use portside::dns::Outside;
use portside::kernel::BTreeMap;
use portside::kernel::Span;
use portside::manifest::{Document, Limits, read, refuse_file};
use portside::shell::{
    Context, Files, HOME, Outcome, Output, Session, Stream, World, launch, pace,
};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

/// A cluster is many small objects that live long, and every write of one is a copy and a drop.
#[cfg(not(target_arch = "wasm32"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
Portside: a simulated Kubernetes cluster for learning about Services.

Usage: portside run [OPTION]…
       portside lesson check|build|new|schema …   For lessons: see portside lesson --help.
       portside docs check FILE…                  For documentation: see portside docs --help.
       portside diagnose [OPTION]…                Says why Services do not answer: see portside diagnose --help.
       portside redact [FILE]                     Masks values of a dump: see portside redact --help.

run applies the manifests, lets the cluster settle, types the lines in order, and prints what the terminal would.
Exits with the status of the last line; with 2 if something is wrong with the options or the manifests.

Options:
  -f FILE|DIR|-     Apply a manifest, the manifests of a folder, or standard input; also put in the laptop's folder.
  --restore FILE    Start from a dump of a real cluster (kubectl get all,… -A -o yaml), as it was found.
  --config FILE     Subnets, domain and proxy mode, from kubeadm's ClusterConfiguration and KubeProxyConfiguration.
  --dir DIR         Put all files of a folder in the laptop's folder, without applying them.
  --from PLACE      Type at laptop (the default), outside, node/NAME or pod/[NAMESPACE/]NAME.
  --internet FILE   Names of the world outside, as a zone file.
  --seed N          The seed of everything that chance decides; 42 unless given.
  -c LINE           Type this line; may be repeated. Without it, the lines of standard input are typed.
  --json            Print one object for each line: {\"line\", \"stdout\", \"stderr\", \"exit\"}.
  -h, --help        Print this.
  --version         Print the version.
";

/// How long the cluster may take to settle after the manifests were applied.
const SETTLES_WITHIN: Span = Span::secs(120);
/// The largest file that is read.
const LARGEST: u64 = 64 << 20;

#[derive(Debug, Default)]
struct Options {
    manifests: Vec<String>,
    dirs: Vec<String>,
    restore: Option<String>,
    config: Option<String>,
    from: Option<String>,
    internet: Option<String>,
    seed: Option<u64>,
    json: bool,
    lines: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = machine::arguments();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["-h" | "--help" | "help", ..] => {
            print_text(HELP);
            Ok(0)
        }
        ["-V" | "--version" | "version", ..] => {
            print_text(&format!("portside {}\n", env!("CARGO_PKG_VERSION")));
            Ok(0)
        }
        ["run", rest @ ..] if rest.iter().any(|word| matches!(*word, "-h" | "--help")) => {
            print_text(HELP);
            Ok(0)
        }
        ["lesson", rest @ ..] => lesson::lesson(rest),
        ["docs", rest @ ..] => lesson::docs(rest),
        ["diagnose", rest @ ..] => diagnose::main(rest),
        ["redact", rest @ ..] => redact::main(rest),
        ["run", rest @ ..] => options(rest).and_then(|options| run(&options)),
        [] => Err("no command: try portside run, portside diagnose, or portside --help".to_owned()),
        [other, ..] => Err(format!(
            "unknown command {other:?}: try portside run, or portside --help"
        )),
    };
    let status = result.unwrap_or_else(|message| {
        machine::complain(&format!("portside: {message}\n"));
        2
    });
    machine::leave(status)
}

fn print_text(text: &str) {
    machine::print(text);
}

/// A word of the command line that names an option, and where its value comes from.
struct Given<'w, 'i> {
    word: &'w str,
    name: &'w str,
    inline: Option<&'w str>,
    rest: &'i mut dyn Iterator<Item = &'w str>,
}

impl Given<'_, '_> {
    /// The value behind `=`, behind the letter, or in the next word.
    fn value(&mut self) -> Result<String, String> {
        let value = self.inline.or_else(|| self.rest.next());
        let value = value.map(str::to_owned);
        value.ok_or_else(|| format!("{} needs a value", self.name))
    }
}

/// Takes each option of the command line; a value may stick to those of one letter that are `glued`.
fn each_option<'w>(
    words: &[&'w str],
    glued: &[&str],
    take: &mut dyn FnMut(Given<'w, '_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let sticks = |short: &&str| word.len() > 2 && word.starts_with(short);
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ if glued.iter().any(sticks) => (word.get(..2).unwrap_or(word), word.get(2..)),
            _ => (word, None),
        };
        take(Given {
            word,
            name,
            inline,
            rest: &mut words,
        })?;
    }
    Ok(())
}

fn options(words: &[&str]) -> Result<Options, String> {
    let mut options = Options::default();
    each_option(words, &["-f", "-c"], &mut |mut given| {
        let name = given.name;
        match name {
            "-f" | "--filename" => options.manifests.push(given.value()?),
            "-c" => options.lines.push(given.value()?),
            "--dir" => options.dirs.push(given.value()?),
            "--restore" => once(&mut options.restore, name, given.value()?)?,
            "--config" => once(&mut options.config, name, given.value()?)?,
            "--from" => once(&mut options.from, name, given.value()?)?,
            "--internet" => once(&mut options.internet, name, given.value()?)?,
            "--seed" => {
                let text = given.value()?;
                let seed = text
                    .parse()
                    .map_err(|_| format!("--seed {text}: not a whole number"))?;
                once(&mut options.seed, name, seed)?;
            }
            "--json" if given.inline.is_none() => options.json = true,
            _ => {
                let word = given.word;
                return Err(format!("unknown option {word:?}: try portside --help"));
            }
        }
        Ok(())
    })?;
    if options.manifests.iter().filter(|file| *file == "-").count() > 1 {
        return Err("-f - may be given once".to_owned());
    }
    Ok(options)
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), String> {
    match slot.replace(value) {
        Some(_) => Err(format!("{name} may be given once")),
        None => Ok(()),
    }
}

fn run(options: &Options) -> Result<i32, String> {
    let mut files = Files::default();
    files.take_texts();
    for dir in &options.dirs {
        copy_folder(&mut files, Path::new(dir))?;
    }
    let manifests = manifests(&mut files, &options.manifests)?;
    let mut settings = Settings::default();
    settings.seed = options.seed.unwrap_or(settings.seed);
    if let Some(path) = &options.config {
        configure(&mut settings, path)?;
    }
    let mut cluster = match &options.restore {
        Some(path) => restore(&settings, path)?,
        None => Cluster::new(&settings),
    };
    if let Some(path) = &options.internet {
        let zone = read_text(Path::new(path))?;
        let outside = Outside::parse(&zone).map_err(|error| format!("{path}: {error}"))?;
        cluster.set_outside(outside);
    }
    let mut world = World { cluster, files };
    apply(&mut world, &manifests)?;
    let place = place(&world.cluster, options.from.as_deref().unwrap_or("laptop"))?;
    let session = Session::new(&world, place);
    let mut terminal = Terminal {
        world,
        session,
        json: options.json,
        begun: false,
    };
    if !options.lines.is_empty() {
        for line in &options.lines {
            terminal.type_line(line);
        }
    } else if !options.manifests.iter().any(|file| file == "-") {
        terminal.type_standard_input()?;
    }
    Ok(terminal.session.status())
}

/// Takes over the settings of a file that `kubeadm init --config` would read.
fn configure(settings: &mut Settings, path: &str) -> Result<(), String> {
    for document in documents(path)? {
        let taken = settings.read(&document);
        if !taken.map_err(|error| format!("--config {path}: {error}"))? {
            return Err(format!(
                "--config {path}: only kubeadm's ClusterConfiguration and KubeProxyConfiguration belong here; apply the rest with -f"
            ));
        }
    }
    Ok(())
}

/// The cluster of a dump; what there is to say of it goes to standard error.
fn restore(settings: &Settings, path: &str) -> Result<Cluster, String> {
    let text = read_text(Path::new(path))?;
    let restored = Restoration::new(settings, text).finish();
    let restored = restored.map_err(|why| format!("{path}: {why}"))?;
    for note in &restored.notes {
        machine::complain(&format!("portside: {path}: {note}\n"));
    }
    Ok(restored.cluster)
}

/// The documents of a file, lists taken apart.
fn documents(path: &str) -> Result<Vec<Value>, String> {
    documents_of(path, &read_text(Path::new(path))?)
}

/// The documents of a text that has a name.
fn documents_of(name: &str, text: &str) -> Result<Vec<Value>, String> {
    let read = read(text, &Limits::FILE);
    match read.error {
        Some(error) => Err(format!("{name}: {}", error.message)),
        None => Ok(read.documents.iter().map(Document::value).collect()),
    }
}

/// A manifest to apply: a file of the laptop, or standard input's text.
struct Manifest {
    name: String,
    text: Option<String>,
}

/// Reads the manifests and puts them among the laptop's files.
fn manifests(files: &mut Files, given: &[String]) -> Result<Vec<Manifest>, String> {
    let mut found = Vec::new();
    for word in given {
        let path = Path::new(word);
        if word == "-" {
            let text = standard_input()?;
            files.open_unnamed(&text);
            found.push(Manifest {
                name: "-".to_owned(),
                text: Some(text),
            });
        } else if machine::is_dir(path) {
            let mut inside = entries(path)?;
            inside.retain(|p| {
                p.extension()
                    .is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
            });
            if inside.is_empty() {
                return Err(format!("{word}: no manifests in it (.yaml, .yml, .json)"));
            }
            for file in inside {
                found.push(manifest(files, &file)?);
            }
        } else {
            found.push(manifest(files, path)?);
        }
    }
    Ok(found)
}

fn manifest(files: &mut Files, path: &Path) -> Result<Manifest, String> {
    let text = read_text(path)?;
    let base = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let name = if inside {
        path.to_string_lossy().into_owned()
    } else {
        base.clone()
    };
    files.put(HOME, &base, &text);
    files.put(HOME, &name, &text);
    Ok(Manifest { name, text: None })
}

/// The entries of a folder, sorted; hidden ones are left out.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |error: String| format!("{}: {error}", dir.display());
    let mut paths = machine::entries(dir).map_err(wrong)?;
    paths.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| !name.starts_with('.'))
    });
    paths.sort();
    Ok(paths)
}

fn copy_folder(files: &mut Files, root: &Path) -> Result<(), String> {
    let mut todo = vec![root.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for path in entries(&dir)? {
            if machine::is_dir(&path) && !machine::is_link(&path) {
                todo.push(path);
                continue;
            }
            // Pictures and programs are of no use in the laptop's folder.
            let Ok(text) = read_text(&path) else { continue };
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            files.put(HOME, &name, &text);
        }
    }
    Ok(())
}

fn read_text(path: &Path) -> Result<String, String> {
    let wrong = |error: String| format!("{}: {error}", path.display());
    let (name, size) = (path.to_string_lossy(), machine::size(path).map_err(wrong)?);
    // What is too large is not even read.
    if let Some(why) = refuse_file(&name, size, Some("")) {
        return Err(why);
    }
    let text = String::from_utf8(machine::read(path).map_err(wrong)?).ok();
    match refuse_file(&name, size, text.as_deref()) {
        Some(why) => Err(why),
        None => Ok(text.unwrap_or_default()),
    }
}

fn standard_input() -> Result<String, String> {
    machine::input(LARGEST).map_err(|error| format!("standard input: {error}"))
}

/// Applies the manifests as `kubectl apply -f` would, and lets the cluster settle.
fn apply(world: &mut World, manifests: &[Manifest]) -> Result<(), String> {
    // What sets the cluster up comes before what goes into it.
    let (first, then): (Vec<_>, Vec<_>) = manifests.iter().partition(|manifest| {
        let file = world.files.read(HOME, &manifest.name).ok();
        let text = manifest.text.as_deref().or(file.as_deref());
        text.is_some_and(|text| {
            text.contains("kubeadm.k8s.io/") || text.contains("kubeproxy.config.k8s.io/")
        })
    });
    for manifest in first.into_iter().chain(then) {
        let argv = ["kubectl", "apply", "-f", &manifest.name].map(str::to_owned);
        world.cluster.typed(&Place::Laptop, &argv.join(" "));
        let mut out = Output::default();
        let env = BTreeMap::new();
        let mut context = Context {
            world: &mut *world,
            place: &Place::Laptop,
            env: &env,
            cwd: HOME,
            stdin: manifest.text.clone(),
            tty: false,
            out: &mut out,
        };
        match launch(&mut context, &argv) {
            Some(Outcome::Exit(0)) => {}
            Some(Outcome::Exit(_) | Outcome::Foreground(_)) | None => {
                let told = out.text(Stream::Err);
                return Err(format!(
                    "cannot apply {}\n{}",
                    manifest.name,
                    told.trim_end()
                ));
            }
        }
    }
    if !manifests.is_empty() {
        world.cluster.settle(SETTLES_WITHIN);
    }
    Ok(())
}

fn place(cluster: &Cluster, text: &str) -> Result<Place, String> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        ["laptop"] => Ok(Place::Laptop),
        ["outside"] => Ok(Place::Outside),
        ["node", name] => match cluster.tables().find(kind::NODE, "", name) {
            Some(_) => Ok(Place::Node((*name).into())),
            None => Err(format!("--from {text}: there is no node {name:?}")),
        },
        ["pod", name] => pod(cluster, "default", name, text),
        ["pod", namespace, name] => pod(cluster, namespace, name, text),
        _ => Err(format!(
            "--from {text}: write laptop, outside, node/NAME or pod/[NAMESPACE/]NAME"
        )),
    }
}

fn pod(cluster: &Cluster, namespace: &str, name: &str, text: &str) -> Result<Place, String> {
    let object = cluster.tables().find(kind::POD, namespace, name);
    let pod = object.and_then(|object| object.pod()).ok_or(format!(
        "--from {text}: there is no Pod {name:?} in {namespace}"
    ))?;
    let container = pod
        .spec
        .containers
        .first()
        .map(|c| c.name.clone())
        .unwrap_or_default();
    let runs = pod
        .status
        .container_statuses
        .iter()
        .any(|s| s.name == container && s.state.running.is_some());
    if runs {
        Ok(Place::pod(namespace, name, &container))
    } else {
        Err(format!("--from {text}: the Pod is not running"))
    }
}

/// A session and where its output goes.
struct Terminal {
    world: World,
    session: Session,
    json: bool,
    begun: bool,
}

impl Terminal {
    fn type_line(&mut self, line: &str) {
        if self.begun {
            pace(&mut self.world);
        }
        self.begun = true;
        let output = self.session.type_line(&mut self.world, line);
        if self.json {
            let errors: String = output
                .pieces
                .iter()
                .filter(|(stream, _)| matches!(stream, Stream::Err | Stream::Note))
                .map(|(_, text)| text.as_str())
                .collect();
            let mut object = String::from("{\"line\":");
            quote_json(line, &mut object);
            object.push_str(",\"stdout\":");
            quote_json(&output.text(Stream::Out), &mut object);
            object.push_str(",\"stderr\":");
            quote_json(&errors, &mut object);
            print_text(&format!("{object},\"exit\":{}}}\n", self.session.status()));
            return;
        }
        for (stream, text) in &output.pieces {
            match stream {
                Stream::Out | Stream::Raw => print_text(text),
                Stream::Err | Stream::Note => machine::complain(text),
            }
        }
    }

    fn type_standard_input(&mut self) -> Result<(), String> {
        let prompts = machine::is_terminal() && !self.json;
        loop {
            if prompts {
                print_text(&self.session.prompt());
            }
            let line = machine::line().map_err(|error| format!("standard input: {error}"))?;
            let Some(line) = line else { return Ok(()) };
            self.type_line(&line);
        }
    }
}
