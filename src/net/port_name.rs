//! table: the names of ports in Debian's `/etc/services`, which tools on nodes print unless told not to.

use super::Protocol;

/// Ports that clusters use, and the protocols for which they are named: `t` for TCP, `u` for UDP, `s` for SCTP.
const NAMES: &[(u16, &str, &str)] = &[
    (21, "t", "ftp"),
    (22, "t", "ssh"),
    (23, "t", "telnet"),
    (25, "t", "smtp"),
    (53, "tu", "domain"),
    (80, "t", "http"),
    (88, "tu", "kerberos"),
    (110, "t", "pop3"),
    (123, "u", "ntp"),
    (143, "t", "imap2"),
    (161, "tu", "snmp"),
    (389, "tu", "ldap"),
    (443, "tu", "https"),
    (465, "t", "submissions"),
    (514, "t", "shell"),
    (514, "u", "syslog"),
    (587, "t", "submission"),
    (636, "tu", "ldaps"),
    (853, "tu", "domain-s"),
    (993, "t", "imaps"),
    (995, "t", "pop3s"),
    (1194, "tu", "openvpn"),
    (1433, "t", "ms-sql-s"),
    (2049, "tu", "nfs"),
    (3306, "t", "mysql"),
    (5432, "t", "postgresql"),
    (5671, "t", "amqps"),
    (5672, "ts", "amqp"),
    (6379, "t", "redis"),
    (7000, "t", "bbs"),
    (8080, "t", "http-alt"),
    (8081, "t", "tproxy"),
    (11211, "tu", "memcached"),
];

/// The name of a port.
pub fn port_name(port: u16, protocol: Protocol) -> Option<&'static str> {
    let letter = protocol.lower().get(..1)?;
    let mut fitting = NAMES
        .iter()
        .filter(|(known, of, _)| *known == port && of.contains(letter));
    fitting.next().map(|(.., name)| *name)
}
