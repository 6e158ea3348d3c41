//! The `busybox` program itself: its list of applets, and any of them called through it.

use super::usage::banner;
use crate::api::image::ToolSet;
use crate::shell::commands::{self, Runs};
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::reading::launch;
use crate::shell::surroundings::{Kit, Surroundings};

/// All applets; behind those of one version alone stands the version.
const APPLETS: &str = include_str!("text/applets.txt");

/// The width of a terminal, but for the last column.
const WIDTH: usize = 79;

fn applets(around: Surroundings) -> impl Iterator<Item = &'static str> {
    let version = match around.kit {
        Kit::Image(ToolSet::Busybox) => "1.37",
        Kit::Image(_) | Kit::Laptop | Kit::Node => "1.36",
    };
    APPLETS
        .lines()
        .filter_map(move |line| match line.split_once(' ') {
            Some((name, only)) => (only == version).then_some(name),
            None => Some(line),
        })
}

/// Whether any `BusyBox` has a program of this name.
pub(in crate::shell) fn is_applet(name: &str) -> bool {
    APPLETS
        .lines()
        .any(|line| line.split(' ').next() == Some(name))
}

/// Runs busybox.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let around = Surroundings::of(&context.world.cluster, context.place);
    match argv.get(1).map(String::as_str) {
        None | Some("--help") => {
            context.out.write(Stream::Out, &overview(around));
            Outcome::Exit(0)
        }
        Some("--list") => {
            applets(around).for_each(|name| context.out.line(name));
            Outcome::Exit(0)
        }
        Some(name) => {
            let words = argv.get(1..).unwrap_or_default();
            let here = commands::find(name, around.kit);
            if here.is_some_and(|c| matches!(c.runs, Runs::Tool(_) | Runs::Builtin(_)))
                && let Some(outcome) = launch(context, words)
            {
                return outcome;
            }
            if applets(around).any(|applet| applet == name) {
                context
                    .out
                    .note(&format!("Portside does not simulate {name}."));
                return Outcome::Exit(1);
            }
            context.out.error(&format!("{name}: applet not found"));
            Outcome::Exit(127)
        }
    }
}

/// What `busybox` alone prints: who wrote it, and its applets in lines.
fn overview(around: Surroundings) -> String {
    let script = if matches!(around.kit, Kit::Image(ToolSet::Busybox)) {
        "   or: busybox --show SCRIPT\n"
    } else {
        ""
    };
    let mut text = format!(
        "{}\nBusyBox is copyrighted by many authors between 1998-2015.\nLicensed under GPLv2. See source distribution for detailed\ncopyright notices.\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list[-full]\n{script}   or: busybox --install [-s] [DIR]\n   or: function [arguments]...\n\n\tBusyBox is a multi-call binary that combines many common Unix\n\tutilities into a single executable.  Most people will create a\n\tlink to busybox for each function they wish to use and BusyBox\n\twill act like whatever it was invoked as.\n\nCurrently defined functions:\n",
        banner(around)
    );
    let mut column = 0;
    for name in applets(around) {
        let width = name.len() + 2;
        if column >= WIDTH - width {
            text.push_str(",\n");
            column = 0;
        }
        if column == 0 {
            column = 6;
            text.push('\t');
        } else {
            text.push_str(", ");
        }
        text.push_str(name);
        column += width;
    }
    text.push('\n');
    text
}
