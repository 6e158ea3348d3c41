//! The native tests: unit tables, recorded cases, scenarios, tidiness.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise"
)]

mod any_line;
mod cases;
mod cases_api;
mod cases_dns;
mod cases_endpointslices;
mod cases_kubectl;
mod cases_proxy;
mod cases_proxy_modes;
mod cases_proxy_rules;
mod cases_proxy_trackers;
mod cases_resolver;
mod cases_tools;
mod chapter;
#[path = "../chapter.rs"]
mod chapter_lines;
mod chart;
mod collected;
mod command;
mod command_table;
mod commands_page;
mod completion;
mod conntrack_cleanup;
mod datapath_faults;
mod datapath_flows;
mod datapath_matrix;
mod datapath_modes;
mod datapath_properties;
mod described;
mod diagnose_command;
mod diagnosed;
mod diagnoses_page;
mod dns;
mod doctor;
mod doctor_mistakes;
mod doctor_signs;
mod doctor_watch;
mod features;
mod fields_doc;
mod invariants;
mod kubectl_answers;
mod lessons;
mod links;
mod merge_patch;
mod packet_tracer;
mod places;
mod printed;
mod properties;
mod restore;
mod scenarios;
mod service_rules;
mod shells;
mod templates;
mod tidy;
mod validation_rules;
mod waits;

/// How many cases a property test tries: `PROPTEST_CASES`, or its own number.
fn cases_of(own: u32) -> u32 {
    let asked = std::env::var_os("PROPTEST_CASES");
    let number = asked.and_then(|text| text.to_str()?.parse().ok());
    number.unwrap_or(own)
}
