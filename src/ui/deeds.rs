//! What the engine does besides typing: time in slices, lines run beside the terminal, packets on demand.

use super::desk::name_of;
use super::engine::{Action, Engine};
use super::sight::Look;
use crate::api::kind;
use crate::chart::{key_of, trace};
use crate::kernel::{SimTime, Span};
use crate::share::Deed;
use crate::web;

/// How many timers fire before the wall clock is looked at: with one of them a controller may write hundreds of objects.
const BUDGET: usize = 1;
/// How many milliseconds one slice of work may take.
pub(super) const SLICE: f64 = 12.0;
/// The page falls behind by at most this much of simulated time; what is beyond is not caught up.
const MOST_DUE: Span = Span::secs(2);

/// While there is much to do, so many frames work before one shows what became of it.
const WORKS: u8 = 2;

/// Room for a slice of work: whether it is left.
pub(super) fn room() -> impl FnMut() -> bool {
    let start = web::now();
    move || web::now() - start <= SLICE
}

impl Engine {
    /// Whether something waits for a frame.
    pub(super) fn has_chores(&self) -> bool {
        let waits = !self.options.frozen && self.is_behind();
        let runs = self.consoles.is_running();
        let unread = self.unread && web::is_whole();
        unread || self.is_restoring() || self.sight.owes() || waits || runs
    }

    /// Whether the page is to render what an action did. While there is much to do a frame either works or shows, so that
    /// neither waits for the other.
    pub(super) fn shows(&mut self, action: &Action) -> bool {
        let much = self.is_behind() || self.consoles.is_running();
        let works = matches!(action, Action::Tick(_)) && much;
        self.unshown = if works && self.unshown < WORKS {
            self.unshown + 1
        } else {
            0
        };
        !matches!(action, Action::Edit(_)) && self.unshown == 0
    }

    /// Notes that time has passed, which [`Engine::catch_up`] makes up for.
    pub(super) fn owe(&mut self, span: Span) {
        let now = self.world.cluster.now();
        let due = (self.due.max(now) + span).min(now + MOST_DUE + span);
        self.due = due.max(self.until);
    }

    /// Lets time pass as far as it is due, as much as one slice of work allows.
    pub(super) fn catch_up(&mut self) {
        let cluster = &mut self.world.cluster;
        let mut room = room();
        while cluster.run_until(self.due, BUDGET) == BUDGET && room() {}
        self.hear();
    }

    /// Lets time pass in slices, however far that is.
    pub(super) fn wait(&mut self, span: Span) {
        self.sight.act(Look::At(None));
        self.until = self.world.cluster.now().max(self.until) + span;
        self.owe(Span(0));
        self.catch_up();
    }

    /// A line that waits can be interrupted as long as nothing else has been done.
    pub(super) fn forget_before(&mut self, action: &Action) {
        if !matches!(
            action,
            Action::Tick(_) | Action::Look(_) | Action::Check | Action::InterruptAfter(_)
        ) {
            self.consoles.forget_before();
        }
    }

    /// A line that waits goes on by a slice of work; false if there is none.
    pub(super) fn go_on_waiting(&mut self) -> bool {
        let runs = self.consoles.is_running();
        if runs {
            self.consoles.go_on(&mut self.world, &mut room());
            self.due = self.world.cluster.now();
        }
        runs
    }

    /// Whoever does something else than look on while a line waits does it after the line has ended.
    pub(super) fn finish_before(&mut self, action: &Action) {
        let looks_on = matches!(
            action,
            Action::Tick(_)
                | Action::Look(_)
                | Action::Check
                | Action::Edit(_)
                | Action::Interrupt
                | Action::InterruptAfter(_)
        );
        if !looks_on {
            self.finish();
        }
    }

    /// Waits to the end of the line that waits.
    pub(super) fn finish(&mut self) {
        self.consoles.go_on(&mut self.world, &mut || true);
    }

    /// Ctrl-C ends the line that waits.
    pub(super) fn interrupt_running(&mut self) {
        let Some(waited) = self.consoles.interrupt_running(&mut self.world) else {
            self.finish();
            return self.type_text("\u{3}");
        };
        self.note_interrupt(waited);
        self.know_files();
        self.due = self.world.cluster.now();
        self.until = SimTime::default();
    }

    /// Ctrl-C comes so long after the last line's begin: what the line did and would have done later has not happened.
    pub(super) fn interrupt_after(&mut self, waited: Span) {
        self.sight.act(Look::At(None));
        let Some(begun) = self.consoles.interrupt_after(&mut self.world, waited) else {
            return self.type_text("\u{3}");
        };
        self.sight.take_back(begun);
        self.note_interrupt(waited);
        self.know_files();
        self.due = self.world.cluster.now();
        self.until = SimTime::default();
        self.check();
    }

    /// Whether simulated time lags behind, because there is much to do.
    pub fn is_behind(&self) -> bool {
        self.due > self.world.cluster.now()
    }

    /// Runs a line in a terminal that waits at the reader's own prompt, whatever runs in the one in front.
    pub(super) fn run(&mut self, line: &str) {
        self.sight.act(Look::At(None));
        self.consoles.go_to_laptop(&self.world);
        self.type_text(line);
    }

    /// Opens a terminal in a Pod or on a node.
    pub(super) fn exec(&mut self, place: &str) {
        let Some(key) = key_of(place) else { return };
        let line = if key.kind == kind::POD {
            format!("kubectl exec -it {} -n {} -- sh", key.name, key.namespace)
        } else if key.kind == kind::NODE {
            format!("ssh {}", key.name)
        } else {
            return;
        };
        self.run(&line);
    }

    /// Opens the tab of a file, if there is one, at a line.
    pub(super) fn show_line(&mut self, file: &str, line: u32) {
        let file = file.trim_start_matches("./");
        let mut tabs = self.world.files.tabs().iter();
        let tab = tabs.find(|tab| name_of(&tab.holds, true).ends_with(file));
        if let Some(id) = tab.map(|tab| tab.id).filter(|_| !file.is_empty()) {
            self.edit(Action::Select(id));
            self.edit(Action::Reveal(line));
        }
    }

    /// Sends a packet to a place: from where the terminal stands, or from the first Pod that has a shell.
    pub(super) fn trace(&mut self, place: &str) {
        self.sight.act(Look::At(None));
        self.note(Deed::Trace(self.consoles.front_id(), place.to_owned()));
        self.typed = true;
        let from = self.stands();
        trace(&mut self.world.cluster, &from, place);
    }
}
