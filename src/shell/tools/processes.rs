//! ps and `top -n 1`: the main program of the container, and what the reader runs in it.

use crate::api::image;
use crate::cluster::Place;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings;

/// One process: its number, its parent's, its command line.
struct Process {
    pid: u32,
    parent: u32,
    command: String,
}

fn processes(context: &Context<'_>, own: &str) -> Vec<Process> {
    let process = |pid: u32, parent: u32, command: &str| Process {
        pid,
        parent,
        command: command.to_owned(),
    };
    let mut all = Vec::new();
    let container = surroundings::container(&context.world.cluster, context.place);
    let main = match (context.place, container) {
        (Place::Pod { .. }, Some(container)) => {
            let words: Vec<&str> = container
                .command
                .iter()
                .chain(&container.args)
                .map(String::as_str)
                .collect();
            let base = image::Reference::parse(&container.image).map(|r| r.repository);
            let base = base.as_deref().and_then(|name| name.rsplit('/').next());
            match (words.is_empty(), base) {
                (false, _) => words.join(" "),
                (true, Some("redis")) => "redis-server *:6379".to_owned(),
                (true, Some("nginx")) => "nginx: master process nginx -g daemon off;".to_owned(),
                (true, Some("httpd")) => "httpd -DFOREGROUND".to_owned(),
                (true, Some("busybox" | "alpine")) => "sh".to_owned(),
                (true, Some(name)) => name.to_owned(),
                (true, None) => "main".to_owned(),
            }
        }
        _ => "/sbin/init".to_owned(),
    };
    all.push(process(1, 0, &main));
    all.push(process(13, 0, "sh"));
    all.push(process(20, 13, own));
    all
}

/// `ps`.
pub(crate) fn ps(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let all = processes(context, &argv.join(" "));
    context.out.line("PID   USER     TIME  COMMAND");
    for process in all {
        context.out.line(&format!(
            "{:5} root      0:00 {}",
            process.pid, process.command
        ));
    }
    Outcome::Exit(0)
}

/// `top -n 1`.
pub(crate) fn top(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let once = argv
        .iter()
        .any(|word| word == "-n1" || word == "-bn1" || word == "-n");
    if !once {
        context
            .out
            .note("Portside's top shows one picture: `top -n 1`.");
    }
    let all = processes(context, &argv.join(" "));
    let mut text = format!(
        "Mem: 3907396K used, 4237920K free, 1804K shrd, 218844K buff, 2573156K cached\nCPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\nLoad average: 0.00 0.00 0.00 1/{} 20\n  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n",
        200 + all.len()
    );
    for process in all {
        let state = if process.pid == 20 { "R" } else { "S" };
        text.push_str(&format!(
            "{:5} {:5} root     {state}     4404   0%   0   0% {}\n",
            process.pid, process.parent, process.command
        ));
    }
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}
