//! Text to objects and back: YAML documents with spans, strict decoding, diagnostics, repair, output.
//!
//! [`read`] turns text into [`Document`]s and never loses what it understood; [`Document::decode`] turns one into an
//! object or a refusal in kubectl's words; [`repair`] gives a flattened manifest its one valid shape back; [`to_yaml`]
//! and [`to_json`] write as kubectl prints.
//!
//! *Invariant:* nothing here changes a cluster or knows a file's name.

mod assist;
mod check;
mod clean;
mod cursor;
mod decode;
mod diagnostic;
mod document;
mod emit;
mod go_type;
mod json;
mod kyaml;
mod node;
mod repair;
mod scalar;
mod slices;
mod spelling;
mod stream;
mod strict;
mod text_form;
mod yaml;

pub use assist::{Explanation, Live, Proposal, Proposes, complete, explain, sentence};
pub use check::{check, is_helm_template};
pub use decode::{Decoded, Refusal, Strictness};
pub use diagnostic::{Diagnostic, Edit, Fix, Severity};
pub use document::{Document, Parsed, read, refuse_file};
pub use emit::{FieldOrder, to_json, to_json_by, to_yaml};
pub use kyaml::{to_kyaml, to_kyaml_by};
pub use node::{Limits, Node, NodeValue, Span, Style, SyntaxError};
pub use repair::{Repair, repair};
pub use slices::Slices;
pub use spelling::nearest;
