//! The network tools of laptops, nodes and images.

pub(super) mod bind;
pub(super) mod busybox;
pub(super) mod conntrack;
pub(super) mod curl;
mod curl_transfer;
pub(super) mod getent;
mod hint;
mod host;
mod http;
pub(super) mod interfaces;
pub(super) mod nc;
pub(super) mod nc_openbsd;
pub(super) mod nslookup;
pub(super) mod nslookup_laptop;
pub(super) mod ping;
pub(super) mod ping_iputils;
pub(super) mod processes;
pub(super) mod redis_cli;
pub(super) mod tcpdump;
pub(super) mod telnet;
pub(super) mod telnet_inetutils;
pub(super) mod trace;
pub(super) mod traceroute;
mod usage;
pub(super) mod wget;
