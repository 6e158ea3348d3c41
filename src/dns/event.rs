//! The event kinds of name questions.

use super::{Rcode, Reply};
use crate::kernel::{EventKind, Role};

macro_rules! kinds {
    ($($id:ident $name:literal $icon:literal $role:ident $sentence:literal $spoken:literal;)*) => {$(
        #[doc = $sentence]
        pub const $id: EventKind =
            EventKind { id: $name, icon: $icon, role: Role::$role, sentence: $sentence, spoken: $spoken };
    )*};
}

// Facts of all: client, src, dst, from, to, name, type, rcode, answer, because, and the object, file and line that the
// reason rests on; of a walk: client, name, type, then.
kinds! {
    ASKED "dns-asked" "v-dns" Info "{client} asks {dst} for {type} {name}" "";
    ANSWERED "dns-answered" "v-dns" Info "{name} {type} is {answer}: {because}" "{name} is {answer}";
    NODATA "dns-nodata" "v-dns" Warn "{name} has no {type}: {because}" "{name} exists but has no {type} record";
    NXDOMAIN "dns-nxdomain" "v-refused" Bad "{name} does not exist: {because}" "{name} does not exist";
    REFUSED "dns-refused" "v-refused" Bad "{dst} refuses to answer for {name}: {because}" "The server refuses to answer for {name}";
    WALKED "dns-walk" "v-dns" Info "{name}: {then}" "";
    SERVFAIL "dns-servfail" "v-refused" Bad "{dst} could not find out about {name}: {because}" "The server could not find out about {name}";
}

/// The kind of event that a reply is.
pub fn of(reply: &Reply) -> &'static EventKind {
    match reply.rcode {
        Rcode::NoError if reply.answer.is_empty() => &NODATA,
        Rcode::NoError => &ANSWERED,
        Rcode::NxDomain => &NXDOMAIN,
        Rcode::Refused | Rcode::NotImp => &REFUSED,
        Rcode::FormErr | Rcode::ServFail | Rcode::Other(_) => &SERVFAIL,
    }
}

/// What a reply says in a few words: the data of its answer.
pub fn answer(reply: &Reply) -> String {
    if reply.answer.is_empty() {
        return if reply.is_nodata() {
            "NODATA".to_owned()
        } else {
            reply.rcode.to_string()
        };
    }
    let texts: Vec<String> = reply
        .answer
        .iter()
        .map(|record| record.data.to_string())
        .collect();
    texts.join(", ")
}
