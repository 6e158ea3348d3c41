//! The files under `/etc` that images bring with them, as Debian's, Alpine's and Docker Hub's busybox have them.
//!
//! They stand in one text, each behind a line `@ FAMILY PATH`. Lists of services and protocols are those of Debian's
//! netbase, shortened to what meets in a cluster.

use super::surroundings::Kit;
use crate::api::image::ToolSet;

const TEXT: &str = include_str!("tools/text/etc.txt");

/// Whose files a place has.
fn family(kit: Kit) -> &'static str {
    match kit {
        Kit::Image(ToolSet::Nothing) => "",
        Kit::Image(ToolSet::Busybox) => "busybox",
        Kit::Image(ToolSet::Alpine | ToolSet::Netshoot | ToolSet::Curl | ToolSet::RedisAlpine) => {
            "alpine"
        }
        Kit::Image(
            ToolSet::Dnsutils
            | ToolSet::Toolbox
            | ToolSet::Redis
            | ToolSet::DebianCurl
            | ToolSet::Debian,
        )
        | Kit::Laptop
        | Kit::Node => "debian",
    }
}

/// The paths and texts of a place's own files.
pub(super) fn all(kit: Kit) -> impl Iterator<Item = (&'static str, &'static str)> {
    let whose = family(kit);
    TEXT.split("@ ").filter_map(move |part| {
        let (head, text) = part.split_once('\n')?;
        let (family, path) = head.split_once(' ')?;
        (family == whose).then_some((path, text))
    })
}

/// The text of one of them.
pub(super) fn read(kit: Kit, path: &str) -> Option<&'static str> {
    all(kit).find(|(own, _)| *own == path).map(|(_, text)| text)
}

/// The rows of Debian's lists of services and protocols, a name, a number and aliases each.
pub(super) fn rows(path: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let text = read(Kit::Node, path).unwrap_or_default();
    text.lines().map(|line| line.split_whitespace().collect())
}

/// The port of a service, by its name or an alias.
pub(super) fn service(name: &str, kind: &str) -> Option<u16> {
    rows("/etc/services").find_map(|row| {
        let (number, own) = row.get(1)?.split_once('/')?;
        (own == kind && row.contains(&name)).then(|| number.parse().ok())?
    })
}
