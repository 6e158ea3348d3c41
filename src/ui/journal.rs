//! The journal: what was done that the event log depends on, so that a link can carry it and another page do it again.

use super::engine::{Action, ClusterForm, Engine, Options};
use super::lesson::Study;
use super::sight::Look as Sight;
use crate::cluster::{Place, Restoration, Settings};
use crate::kernel::{BTreeMap, Seq, SimTime, Span};
use crate::lesson::{Lesson, examples};
use crate::share::{Base, Deed, Link, LinkError, Look, Moment};
use crate::shell::{Held, Session};
use std::rc::Rc;

/// What was done since the world began.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    pub(super) base: Base,
    pub(super) deeds: Vec<(Moment, Deed)>,
    /// The laptop's files as the deeds leave them.
    files: BTreeMap<String, Rc<str>>,
}

impl Engine {
    /// Notes what the world began with.
    pub(super) fn begin_journal(&mut self) {
        self.journal.base = match &self.options.source {
            Some(text) => Base::Text(text.clone()),
            None => Base::Example(self.example_id().to_owned()),
        };
    }

    /// Where the world stands now.
    fn moment(&self) -> Moment {
        let cluster = &self.world.cluster;
        Moment {
            at: cluster.now(),
            events: self.is_behind().then(|| cluster.end().0),
        }
    }

    /// Notes what is about to be done.
    pub(super) fn note(&mut self, deed: Deed) {
        let moment = self.moment();
        self.journal.deeds.push((moment, deed));
    }

    /// Notes that the line typed last was interrupted: what has been done since has not happened.
    pub(super) fn note_interrupt(&mut self, waited: Span) {
        let deeds = &mut self.journal.deeds;
        let typed = |(_, deed): &(Moment, Deed)| matches!(deed, Deed::Type(..));
        deeds.truncate(deeds.iter().rposition(typed).map_or(0, |at| at + 1));
        if let Some((moment, Deed::Type(terminal, _))) = deeds.last() {
            let interrupted = (*moment, Deed::Interrupt(*terminal, waited.0));
            deeds.push(interrupted);
        }
    }

    /// Notes what the reader has written into files, before something is done that may read them.
    pub(super) fn note_files(&mut self) {
        for (path, text) in self.open_files_of_laptop() {
            if self.journal.files.get(&path) != Some(&text) {
                self.note(Deed::Write(path.clone(), text.to_string()));
                self.journal.files.insert(path, text);
            }
        }
    }

    /// What deeds themselves have written need not be noted.
    pub(super) fn know_files(&mut self) {
        self.journal.files = self.open_files_of_laptop().into_iter().collect();
    }

    fn open_files_of_laptop(&self) -> Vec<(String, Rc<str>)> {
        let tabs = self.world.files.tabs().iter();
        tabs.filter_map(|tab| match &tab.holds {
            Held::File(path) => Some((path.to_string(), self.world.files.text(tab.id)?)),
            Held::Unnamed(_) => None,
        })
        .collect()
    }

    /// The session as a link carries it; how the page looks is the page's to add.
    pub fn link(&self, look: Look) -> Link {
        let tabs = self.world.files.tabs();
        let open = tabs.iter().position(|tab| Some(tab.id) == self.desk.open);
        Link {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            base: self.journal.base.clone(),
            seed: self.options.seed,
            epoch: self.options.epoch,
            frozen: self.options.frozen,
            deeds: self.journal.deeds.clone(),
            clock: self.moment(),
            files: self.work(),
            open: open.unwrap_or_default(),
            look: Look {
                filter: self.sight.written().to_owned(),
                ..look
            },
        }
    }

    /// Puts a link's session in place of this one, which stays as it is if the link asks for what is not there.
    ///
    /// # Errors
    ///
    /// An example that this version does not have, or a lesson that was not brought along.
    pub fn open_link(&mut self, link: &Link, lesson: Option<Rc<Lesson>>) -> Result<(), LinkError> {
        let options = options(link, &self.options)?;
        let mut fresh = Self::new(options);
        if let Base::Lesson(id, page) = &link.base {
            let lesson = lesson.filter(|lesson| lesson.id == *id);
            let lesson = lesson.ok_or_else(|| LinkError::Newer(link.version.clone()))?;
            fresh.study(Study::Begin(lesson, *page));
        }
        fresh.world.files.docs = self.world.files.docs.clone();
        fresh.world.files.help = self.world.files.help.clone();
        for (moment, deed) in &link.deeds {
            fresh.reach(*moment);
            fresh.redo(deed);
        }
        fresh.reach(link.clock);
        fresh.restore(&link.files);
        if let Some(tab) = fresh.world.files.tabs().get(link.open) {
            fresh.desk.open = Some(tab.id);
        }
        self.take_over(fresh);
        if !link.look.filter.is_empty() {
            self.sight.act(Sight::Filter(link.look.filter.clone()));
        }
        Ok(())
    }

    /// Begins anew with a manifest.
    pub fn open_manifest(&mut self, text: &str) {
        let fresh = Self::new(Options {
            example: None,
            source: Some(text.to_owned()),
            lesson: None,
            ..self.options.clone()
        });
        self.take_over(fresh);
    }

    /// Another world takes this one's place; what belongs to the page and to the reader stays.
    pub(super) fn take_over(&mut self, fresh: Self) {
        let mut old = std::mem::replace(self, fresh);
        self.told = std::mem::take(&mut old.told);
        self.told.begin();
        self.remember(&old.history());
        self.tell_fields(old.world.files.docs.clone());
        self.tell_help(old.world.files.help.clone());
        self.sight.set_shape(old.sight.shape());
        self.desk.version = old.desk.version + 1;
        (self.desk.auto, self.desk.mirror) = (old.desk.auto, old.desk.mirror);
        self.check();
        self.compare();
    }

    /// Lets time pass up to a moment.
    fn reach(&mut self, moment: Moment) {
        let cluster = &mut self.world.cluster;
        match moment.events {
            None => {
                cluster.run_until(moment.at, usize::MAX);
            }
            // There was more to do at that very instant: timer by timer, until the log is as long as it was.
            Some(events) => {
                cluster.run_until(SimTime(moment.at.0.saturating_sub(1)), usize::MAX);
                while (cluster.end() < Seq(events) || cluster.now() < moment.at)
                    && cluster.run_until(moment.at, 1) == 1
                {}
            }
        }
        self.due = cluster.now() + Span(u64::from(moment.events.is_some()));
    }

    fn redo(&mut self, deed: &Deed) {
        match deed {
            Deed::Type(terminal, text) => {
                self.consoles.reach(&self.world, *terminal);
                self.type_text(text);
                self.finish();
            }
            Deed::Interrupt(terminal, micros) => {
                self.consoles.reach(&self.world, *terminal);
                self.interrupt_after(Span(*micros));
            }
            Deed::Close(terminal) => self.close_terminal(*terminal),
            Deed::Aside(lines) => {
                self.run_aside(lines);
            }
            Deed::Write(path, text) => {
                self.world.files.put("/", path, text);
                self.world.files.open("/", path);
                self.note_files();
            }
            Deed::Hear => self.hear(),
            Deed::Trace(terminal, place) => {
                self.consoles.reach(&self.world, *terminal);
                self.trace(place);
            }
            Deed::Turn(page) => self.study(Study::Turn(*page)),
            Deed::Leave => self.study(Study::Leave),
            Deed::AddNode => self.arrange(Action::AddNode),
            Deed::Corefile(text) => self.arrange(Action::Corefile(text.clone())),
            Deed::Outside(text) => self.arrange(Action::Outside(text.clone())),
            Deed::Rebuild([services, pods, domain, seed, mode]) => {
                self.arrange(Action::Rebuild(ClusterForm {
                    services: services.clone(),
                    pods: pods.clone(),
                    domain: domain.clone(),
                    seed: seed.clone(),
                    mode: mode.clone(),
                    again: false,
                }));
            }
            Deed::Dump(text) => {
                let settings = Settings {
                    seed: self.world.cluster.sim().seed,
                    epoch: self.world.cluster.sim().epoch,
                    ..Settings::default()
                };
                let mut restoration = Restoration::new(&settings, text.clone());
                let restored = loop {
                    match restoration.step() {
                        Ok(None) => {}
                        Ok(Some(restored)) => break restored,
                        Err(_) => return,
                    }
                };
                self.take_restored(restored.cluster, text);
            }
        }
    }

    /// Programs notice that time has passed; that is a deed only if they do something then.
    pub(super) fn hear(&mut self) {
        let (moment, before) = (self.moment(), self.world.cluster.end());
        self.consoles.hear(&mut self.world);
        if self.world.cluster.end() != before {
            self.journal.deeds.push((moment, Deed::Hear));
        }
    }

    /// Closes a terminal, and what runs in it.
    pub(super) fn close_terminal(&mut self, id: usize) {
        self.note(Deed::Close(id));
        self.consoles.close(&mut self.world, id);
    }

    /// Runs lines in a session of their own; whether all worked, and each with what it printed.
    pub(super) fn run_aside(&mut self, lines: &str) -> (bool, String) {
        self.note_files();
        self.note(Deed::Aside(lines.to_owned()));
        let mut session = Session::new(&self.world, Place::Laptop);
        let (mut worked, mut said) = (true, String::new());
        for line in lines.lines() {
            let output = session.type_line(&mut self.world, line);
            worked &= session.status() == 0;
            let of = if worked {
                crate::shell::Stream::Out
            } else {
                crate::shell::Stream::Err
            };
            let text = output.text(of);
            let mut news = text.lines().filter(|line| !line.ends_with(" unchanged"));
            if let Some(last) = news.next_back() {
                last.clone_into(&mut said);
            }
        }
        (worked, said)
    }
}

/// The options of the same page, begun again.
pub(super) fn options_again(engine: &Engine) -> Options {
    Options {
        lesson: None,
        ..engine.options.clone()
    }
}

/// The options of a link's page.
fn options(link: &Link, now: &Options) -> Result<Options, LinkError> {
    let mut options = Options {
        example: None,
        seed: link.seed,
        epoch: link.epoch,
        frozen: link.frozen || now.frozen,
        source: None,
        lesson: None,
    };
    match &link.base {
        Base::Example(id) => {
            let known = id.is_empty() || examples().iter().any(|example| example.id == *id);
            if !known {
                return Err(LinkError::Newer(link.version.clone()));
            }
            options.example = Some(id.clone());
        }
        Base::Text(text) => options.source = Some(text.clone()),
        Base::Lesson(..) => {}
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::Carried;

    /// Opens the session's link on another page; both logs.
    fn logs(engine: &mut Engine, other: Options) -> (String, String) {
        let payload = engine.link(Look::default()).payload();
        let Ok(Carried::Session(link)) = Carried::read(&payload) else {
            panic!("{payload} is read back");
        };
        let mut copy = Engine::new(other);
        copy.open_link(&link, None).unwrap();
        assert_eq!(copy.work(), engine.work());
        assert_eq!(copy.text(), engine.text());
        assert_eq!(copy.snapshot().prompt, engine.snapshot().prompt);
        // What was opened can be shared again, as the same link.
        assert_eq!(copy.link(Look::default()).payload(), payload);
        (engine.log(), copy.log())
    }

    fn assert_same(engine: &mut Engine) {
        let (mine, theirs) = logs(engine, Options::default());
        let differs = mine.lines().zip(theirs.lines()).find(|(a, b)| a != b);
        assert_eq!(differs, None);
        assert_eq!(mine, theirs);
    }

    fn page() -> Engine {
        Engine::new(Options::default())
    }

    fn act(engine: &mut Engine, actions: Vec<Action>) {
        actions.into_iter().for_each(|action| engine.act(action));
    }

    fn line(text: &str) -> Action {
        Action::Type(text.to_owned())
    }

    #[test]
    fn a_page_that_nobody_touched_has_a_short_link() {
        let mut engine = page();
        assert_same(&mut engine);
        let letters = engine.link(Look::default()).payload().len();
        assert!(letters < 420, "{letters}");
    }

    #[test]
    fn the_receiver_sees_the_same_log() {
        let mut engine = page();
        act(
            &mut engine,
            vec![
                Action::Tick(Span::micros(1_234_567)),
                line("kubectl create deployment redis --image=redis --replicas=3"),
                Action::Tick(Span::micros(250_001)),
                Action::Apply,
                Action::Tick(Span::secs(3)),
                line("kubectl run busybox --rm --restart=Never -it --image=busybox"),
                Action::Tick(Span::micros(777)),
                line("telnet redis 6379\nPING"),
                Action::EndOfInput,
                Action::Tick(Span::secs(1)),
            ],
        );
        assert_same(&mut engine);
    }

    #[test]
    fn edits_terminals_and_the_cluster_s_own_settings_are_carried() {
        let mut engine = page();
        act(
            &mut engine,
            vec![
                Action::Auto(true),
                Action::Edit("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - port: 1\n".to_owned()),
                Action::Check,
                Action::Tick(Span::secs(1)),
                Action::AddNode,
                Action::OpenTerminal,
                line("kubectl create deployment web --image=nginx --replicas=2"),
                Action::Step(Span::secs(5)),
                Action::OpenTerminal,
                line("kubectl get pods -w"),
                Action::ShowTerminal(2),
                line("kubectl scale deployment web --replicas=4"),
                Action::Tick(Span::secs(2)),
                Action::CloseTerminal(3),
                Action::NewTab,
                Action::Edit("# nothing yet\n".to_owned()),
                Action::Rebuild(ClusterForm {
                    services: "10.100.0.0/16".to_owned(),
                    pods: "10.200.0.0/16".to_owned(),
                    domain: "cluster.test".to_owned(),
                    seed: "7".to_owned(),
                    mode: "ipvs".to_owned(),
                    again: true,
                }),
                Action::Tick(Span::secs(2)),
                line("kubectl get svc"),
            ],
        );
        assert_same(&mut engine);
    }

    #[test]
    fn programs_that_go_on_by_themselves_do_so_at_the_same_instants() {
        let mut engine = page();
        act(
            &mut engine,
            vec![
                line("kubectl run b --image=busybox -- sleep infinity"),
                Action::Step(Span::secs(10)),
                line("kubectl exec -it b -- ping 10.96.0.10"),
            ],
        );
        for _ in 0..20 {
            engine.act(Action::Tick(Span::micros(333_333)));
        }
        act(
            &mut engine,
            vec![
                Action::Interrupt,
                Action::Tick(Span::secs(1)),
                line("nslookup kubernetes"),
            ],
        );
        assert_same(&mut engine);
    }

    #[test]
    fn lines_that_wait_in_slices_are_carried() {
        let mut engine = page();
        act(
            &mut engine,
            vec![
                line("kubectl create deployment web --image=nginx --replicas=400"),
                line("kubectl rollout status deployment web --timeout=2s"),
                Action::Tick(Span::millis(16)),
                Action::Interrupt,
                Action::Tick(Span::millis(16)),
                line("kubectl wait --for=condition=Available deployment/web"),
            ],
        );
        while engine.consoles.is_running() {
            engine.act(Action::Tick(Span::millis(16)));
        }
        assert_same(&mut engine);
    }

    #[test]
    fn a_line_that_is_typed_amid_much_to_do_is_typed_there_again() {
        let mut engine = page();
        act(
            &mut engine,
            vec![line(
                "kubectl create deployment web --image=nginx --replicas=30",
            )],
        );
        engine.due = engine.world.cluster.now() + Span::secs(4);
        for budget in [3, 1, 7, 2] {
            let due = engine.due;
            engine.world.cluster.run_until(due, budget);
            engine.act(line("kubectl get pods"));
        }
        assert!(engine.is_behind());
        assert_same(&mut engine);
    }

    #[test]
    fn a_manifest_a_frozen_clock_its_begin_and_a_seed_are_carried() {
        let mut engine = Engine::new(Options {
            source: Some("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    image: nginx\n".to_owned()),
            seed: Some(11),
            epoch: Some(1_900_000_000),
            frozen: true,
            ..Options::default()
        });
        act(
            &mut engine,
            vec![
                Action::Apply,
                line("kubectl get pods -o wide"),
                Action::Trace("pod/default/p".to_owned()),
            ],
        );
        assert_eq!(engine.world.cluster.sim().epoch, 1_900_000_000);
        assert_same(&mut engine);
    }

    #[test]
    fn a_link_that_asks_for_what_is_not_there_leaves_the_page_as_it_is() {
        let mut engine = page();
        engine.act(line("kubectl create deployment web --image=nginx"));
        let (log, work) = (engine.log(), engine.work());
        let link = Link {
            base: Base::Example("no-such".to_owned()),
            version: "9.9".to_owned(),
            ..Link::default()
        };
        assert_eq!(
            engine.open_link(&link, None),
            Err(LinkError::Newer("9.9".to_owned()))
        );
        assert_eq!((engine.log(), engine.work()), (log, work));
    }
}
