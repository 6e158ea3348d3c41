//! What a link carries, and how it is written: records with a letter in front, a NUL between them.
//!
//! A record is a letter and a text. `v` version, `e` example, `m` manifest, `l` lesson, `s` seed, `z` frozen clock; then
//! deeds in order, each of a terminal or of the cluster, with `@` before those that happened later than the one before;
//! then `c` the clock, `f` and `=` the files that are open, and how the page looks. `k` at the end is a check over all of it.

use super::LinkError;
use super::codec::{MOST_BYTES, pack, unpack};
use crate::kernel::{SimTime, push_hex, sha256};

/// The most files, deeds and lines of a link.
const MOST_FILES: usize = 100;
const MOST_DEEDS: usize = 10_000;
const MOST_LINES: usize = 10_000;
/// No session is longer than a month.
const MOST_MICROS: u64 = 31 * 86_400 * 1_000_000;
/// What stands between records.
const BETWEEN: char = '\0';
/// What stands for a NUL, and for itself, inside a record.
const ESCAPE: char = '\u{1}';

/// What a session began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// An example, by its id.
    Example(String),
    /// A manifest.
    Text(String),
    /// A page of a lesson, by the lesson's id.
    Lesson(String, usize),
}

impl Default for Base {
    fn default() -> Self {
        Self::Example(String::new())
    }
}

/// When a deed was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The simulated time.
    pub at: SimTime,
    /// How many events there were, if the cluster had more to do at that very instant.
    pub events: Option<u64>,
}

/// Something that was done and that the event log depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A text was typed into a terminal.
    Type(usize, String),
    /// The line typed last into a terminal was interrupted so many microseconds after its begin.
    Interrupt(usize, u64),
    /// A terminal was closed.
    Close(usize),
    /// Lines were run beside the terminals.
    Aside(String),
    /// A file of the laptop got another text: path and text.
    Write(String, String),
    /// Programs noticed that time had passed.
    Hear,
    /// A packet was sent from where a terminal stands to a place.
    Trace(usize, String),
    /// A page of the lesson was turned to.
    Turn(usize),
    /// The lesson was closed.
    Leave,
    /// A node joined.
    AddNode,
    /// Cluster DNS got another Corefile.
    Corefile(String),
    /// The world outside got other names.
    Outside(String),
    /// The cluster was built anew: Service subnets, Pod subnets, domain, seed, mode.
    Rebuild([String; 5]),
    /// A dump took the cluster's place.
    Dump(String),
}

/// How the page looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The pane in front, where there is room for one.
    pub pane: String,
    /// The chart's filter.
    pub filter: String,
    /// Light, dark, or nothing for the reader's own.
    pub theme: String,
}

/// What a link carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The version of Portside that made it.
    pub version: String,
    /// What the session began with.
    pub base: Base,
    /// A seed in place of the example's.
    pub seed: Option<u64>,
    /// The wall-clock time at which the cluster begins, if it is not the usual one.
    pub epoch: Option<i64>,
    /// Whether the clock moves only with what is typed.
    pub frozen: bool,
    /// What was done, in order.
    pub deeds: Vec<(Moment, Deed)>,
    /// The simulated time when the link was made.
    pub clock: Moment,
    /// The open files: path and text; a path that does not begin with `/` is a text without a name.
    pub files: Vec<(String, String)>,
    /// Which of them is in front.
    pub open: usize,
    /// How the page looks.
    pub look: Look,
}

/// What the part of an address after the `#` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A session.
    Session(Box<Link>),
    /// A manifest alone, which some tool packed.
    Manifest(String),
}

impl Carried {
    /// Reads `p1=…`, `p0=…`, or `src=…`: a manifest as it is, with what addresses do not allow as percent signs.
    ///
    /// # Errors
    ///
    /// A payload that cannot be unpacked, holds too much, or holds what this version does not know.
    pub fn read(payload: &str) -> Result<Self, LinkError> {
        let text = match payload.strip_prefix("src=") {
            Some(text) => unpercent(text)?,
            None => unpack(payload)?,
        };
        let is_session = text.starts_with('v') && text.contains(BETWEEN);
        if is_session {
            return Link::parse(&text).map(|link| Self::Session(Box::new(link)));
        }
        if text.lines().count() > MOST_LINES {
            return Err(LinkError::Large);
        }
        Ok(Self::Manifest(text))
    }
}

impl Link {
    /// The link's part after the `#`.
    pub fn payload(&self) -> String {
        pack(&self.write())
    }

    /// The records.
    pub fn write(&self) -> String {
        let mut out = Records::default();
        out.put('v', &self.version);
        match &self.base {
            Base::Example(id) => out.put('e', id),
            Base::Text(text) => out.put('m', text),
            Base::Lesson(id, page) => out.put('l', &format!("{page} {id}")),
        }
        if let Some(seed) = self.seed {
            out.put('s', &seed.to_string());
        }
        if let Some(epoch) = self.epoch {
            out.put('E', &epoch.to_string());
        }
        if self.frozen {
            out.put('z', "");
        }
        let mut last = SimTime(0);
        for (moment, deed) in &self.deeds {
            out.moment('@', moment, &mut last);
            out.deed(deed);
        }
        out.moment('c', &self.clock, &mut last);
        for (path, text) in &self.files {
            out.put('f', path);
            // Most files are as they were written last.
            let known = self.deeds.iter().rev().find_map(|(_, deed)| match deed {
                Deed::Write(written, text) if written == path => Some(text),
                _ => None,
            });
            if known != Some(text) {
                out.put('=', text);
            }
        }
        let look = &self.look;
        let open = match self.open {
            0 => String::new(),
            at => at.to_string(),
        };
        let rows = [
            ('i', open.as_str()),
            ('p', &look.pane),
            ('q', &look.filter),
            ('y', &look.theme),
        ];
        for (letter, text) in rows {
            if !text.is_empty() {
                out.put(letter, text);
            }
        }
        let check = check_of(&out.0);
        out.put('k', &check);
        out.0
    }

    /// Reads records.
    ///
    /// # Errors
    ///
    /// Damaged, oversized or newer records.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        if text.len() > MOST_BYTES || text.split('\n').count() > 10 * MOST_LINES {
            return Err(LinkError::Large);
        }
        let (body, check) = text.rsplit_once("\0k").ok_or(LinkError::Damaged)?;
        if check_of(body) != check {
            return Err(LinkError::Damaged);
        }
        let mut reader = Reader::default();
        for record in body.split(BETWEEN) {
            let mut letters = record.chars();
            let letter = letters.next().ok_or(LinkError::Damaged)?;
            reader.read(letter, plain(letters.as_str()))?;
            let link = &reader.link;
            if link.deeds.len() > MOST_DEEDS || link.files.len() > MOST_FILES {
                return Err(LinkError::Large);
            }
        }
        Ok(reader.link)
    }
}

/// A text whose bytes may be written as percent signs and two digits.
fn unpercent(text: &str) -> Result<String, LinkError> {
    if text.len() > 3 * MOST_BYTES {
        return Err(LinkError::Large);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            // A hand-written percent sign stands for itself.
            _ => out.push(*first),
        }
    }
    String::from_utf8(out).map_err(|_| LinkError::Damaged)
}

/// Six letters that nearly every change of a text changes.
fn check_of(text: &str) -> String {
    let mut out = String::new();
    let digest = sha256(text);
    let bytes = digest.iter().take(3).map(|b| u64::from(*b));
    push_hex(&mut out, bytes.fold(0, |sum, byte| (sum << 8) | byte));
    out.split_off(10)
}

#[derive(Default)]
struct Records(String);

impl Records {
    fn put(&mut self, letter: char, text: &str) {
        if !self.0.is_empty() {
            self.0.push(BETWEEN);
        }
        self.0.push(letter);
        for c in text.chars() {
            match c {
                BETWEEN => self.0.extend([ESCAPE, '0']),
                ESCAPE => self.0.extend([ESCAPE, '1']),
                c => self.0.push(c),
            }
        }
    }

    /// A moment, as what has passed since the last one; a cluster that took another's place begins anew.
    fn moment(&mut self, letter: char, moment: &Moment, last: &mut SimTime) {
        if moment.at == *last && moment.events.is_none() && letter == '@' {
            return;
        }
        let mut text = if moment.at < *last {
            format!("={}", moment.at.0)
        } else {
            moment.at.since(*last).0.to_string()
        };
        if let Some(events) = moment.events {
            text.push_str(&format!(",{events}"));
        }
        *last = moment.at;
        self.put(letter, &text);
    }

    fn deed(&mut self, deed: &Deed) {
        let at = |number: &usize, text: &str| format!("{number} {text}");
        match deed {
            Deed::Type(terminal, text) => self.put('t', &at(terminal, text)),
            Deed::Interrupt(terminal, micros) => self.put('k', &at(terminal, &micros.to_string())),
            Deed::Close(terminal) => self.put('x', &terminal.to_string()),
            Deed::Aside(lines) => self.put('a', lines),
            Deed::Write(path, text) => {
                self.put('w', path);
                self.put('=', text);
            }
            Deed::Hear => self.put('h', ""),
            Deed::Trace(terminal, place) => self.put('r', &at(terminal, place)),
            Deed::Turn(page) => self.put('g', &page.to_string()),
            Deed::Leave => self.put('b', ""),
            Deed::AddNode => self.put('n', ""),
            Deed::Corefile(text) => self.put('d', text),
            Deed::Outside(text) => self.put('o', text),
            Deed::Rebuild(fields) => self.put('u', &fields.join("\n")),
            Deed::Dump(text) => self.put('j', text),
        }
    }
}

/// A record's text without its escapes.
fn plain(text: &str) -> String {
    text.replace("\u{1}0", "\0").replace("\u{1}1", "\u{1}")
}

#[derive(Default)]
struct Reader {
    link: Link,
    now: Moment,
}

impl Reader {
    fn read(&mut self, letter: char, text: String) -> Result<(), LinkError> {
        let link = &mut self.link;
        match letter {
            'v' => link.version = text,
            'e' => link.base = Base::Example(text),
            'm' => link.base = Base::Text(text),
            'l' => {
                let (page, id) = numbered(&text)?;
                link.base = Base::Lesson(id, page);
            }
            's' => link.seed = Some(number(&text)?),
            'E' => link.epoch = Some(text.parse().map_err(|_| LinkError::Damaged)?),
            'z' => link.frozen = true,
            '@' => self.pass(&text)?,
            'c' => {
                self.pass(&text)?;
                self.link.clock = self.now;
            }
            'f' => {
                let known = link.deeds.iter().rev().find_map(|(_, deed)| match deed {
                    Deed::Write(path, written) if *path == text => Some(written.clone()),
                    _ => None,
                });
                link.files.push((text, known.unwrap_or_default()));
            }
            '=' => self.text(text)?,
            'i' => link.open = number(&text)? as usize,
            'p' => link.look.pane = text,
            'q' => link.look.filter = text,
            'y' => link.look.theme = text,
            // What a later version adds without need stands under a capital.
            letter if letter.is_ascii_uppercase() => {}
            letter => {
                let deed = self.deed(letter, text)?;
                self.link.deeds.push((self.now, deed));
                // Of what follows at this instant nothing waits for more events.
                self.now.events = None;
            }
        }
        Ok(())
    }

    /// The text of the record before it: a file's, or a deed's.
    fn text(&mut self, text: String) -> Result<(), LinkError> {
        let link = &mut self.link;
        if let Some((_, place)) = link.files.last_mut() {
            *place = text;
            return Ok(());
        }
        let Some((_, Deed::Write(_, place))) = link.deeds.last_mut() else {
            return Err(LinkError::Damaged);
        };
        *place = text;
        Ok(())
    }

    fn pass(&mut self, text: &str) -> Result<(), LinkError> {
        let (time, events) = text
            .split_once(',')
            .map_or((text, None), |(time, events)| (time, Some(events)));
        let at = match time.strip_prefix('=') {
            Some(time) => number(time)?,
            None => self
                .now
                .at
                .0
                .checked_add(number(time)?)
                .ok_or(LinkError::Damaged)?,
        };
        if at > MOST_MICROS {
            return Err(LinkError::Large);
        }
        self.now = Moment {
            at: SimTime(at),
            events: events.map(number).transpose()?,
        };
        Ok(())
    }

    fn deed(&self, letter: char, text: String) -> Result<Deed, LinkError> {
        Ok(match letter {
            't' => {
                let (terminal, text) = numbered(&text)?;
                Deed::Type(terminal, text)
            }
            'k' => {
                let (terminal, text) = numbered(&text)?;
                Deed::Interrupt(terminal, number(&text)?)
            }
            'x' => Deed::Close(number(&text)? as usize),
            'a' => Deed::Aside(text),
            'w' => Deed::Write(text, String::new()),
            'h' => Deed::Hear,
            'r' => {
                let (terminal, place) = numbered(&text)?;
                Deed::Trace(terminal, place)
            }
            'g' => Deed::Turn(number(&text)? as usize),
            'b' => Deed::Leave,
            'n' => Deed::AddNode,
            'd' => Deed::Corefile(text),
            'o' => Deed::Outside(text),
            'u' => {
                let mut fields = text.split('\n').map(str::to_owned);
                let mut next = || fields.next().ok_or(LinkError::Damaged);
                Deed::Rebuild([next()?, next()?, next()?, next()?, next()?])
            }
            'j' => Deed::Dump(text),
            _ => return Err(LinkError::Newer(self.link.version.clone())),
        })
    }
}

fn number(text: &str) -> Result<u64, LinkError> {
    text.parse().map_err(|_| LinkError::Damaged)
}

/// A number, a space and a text.
fn numbered(text: &str) -> Result<(usize, String), LinkError> {
    let (number_, rest) = text.split_once(' ').ok_or(LinkError::Damaged)?;
    Ok((number(number_)? as usize, rest.to_owned()))
}
