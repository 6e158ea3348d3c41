//! The network tools of laptops, nodes and images.

pub mod curl;
mod hint;
mod host;
mod http;
pub mod nc;
pub mod nslookup;
pub mod ping;
pub mod telnet;
pub mod telnet_inetutils;
mod usage;
pub mod wget;
