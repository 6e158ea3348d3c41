//! `kubectl get --raw`: what stands at the paths of the API.

use super::args::Args;
use super::output::served;
use super::{fail, resource};
use crate::api::kind::KINDS;
use crate::api::{KindRef, Object, Value};
use crate::kernel::Arrange;
use crate::shell::context::{Context, Outcome, Stream};
use std::rc::Rc;

const NO_SUCH_PATH: &str =
    "Error from server (NotFound): the server could not find the requested resource";

pub(super) fn get(context: &mut Context<'_>, args: &Args, path: &str) -> Outcome {
    if !args.words.is_empty() {
        return fail(
            context,
            "arguments may not be passed when --raw is specified",
        );
    }
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let found = match parts.as_slice() {
        ["healthz" | "livez" | "readyz"] => {
            context.out.write(Stream::Out, "ok");
            return Outcome::Exit(0);
        }
        ["version"] => Ok(super::info::server_version()),
        ["api"] => Ok(text_map(
            &[("kind", "APIVersions")],
            "versions",
            vec!["v1".into()],
        )),
        ["apis"] => Ok(groups()),
        ["api", version, rest @ ..] => within(context, version, rest),
        ["apis", group, version, rest @ ..] => within(context, &format!("{group}/{version}"), rest),
        _ => Err(NO_SUCH_PATH.to_owned()),
    };
    match found {
        Ok(value) => {
            context.out.line(&value.to_json());
            Outcome::Exit(0)
        }
        Err(why) => {
            context.out.error(&why);
            Outcome::Exit(1)
        }
    }
}

fn text_map(texts: &[(&str, &str)], key: &str, list: Vec<Value>) -> Value {
    let texts = texts
        .iter()
        .map(|(key, text)| ((*key).to_owned(), Value::from(*text)));
    let list = (key.to_owned(), Value::List(list));
    Value::Map(texts.chain([list]).collect())
}

/// The API groups with their versions.
fn groups() -> Value {
    let mut names: Vec<(&str, &str)> = KINDS
        .iter()
        .filter(|kind| !kind.group.is_empty())
        .map(|kind| (kind.group, kind.version))
        .collect();
    names.arrange();
    names.dedup();
    let one = |(group, version): (&str, &str)| {
        let place = format!("{group}/{version}");
        let version = text_map(
            &[("groupVersion", &place), ("version", version)],
            "",
            vec![],
        );
        let mut version = version.as_map().cloned().unwrap_or_default();
        version.remove("");
        text_map(&[("name", group)], "versions", vec![Value::Map(version)])
    };
    let all = names.into_iter().map(one).collect();
    text_map(
        &[("apiVersion", "v1"), ("kind", "APIGroupList")],
        "groups",
        all,
    )
}

/// Objects, lists of them, and the kinds of a version.
fn within(context: &Context<'_>, version: &str, parts: &[&str]) -> Result<Value, String> {
    let of = |plural: &str| -> Result<KindRef, String> {
        let is = |kind: &&KindRef| kind.plural == plural && kind.api_version() == version;
        KINDS
            .iter()
            .find(is)
            .copied()
            .ok_or_else(|| NO_SUCH_PATH.to_owned())
    };
    let (namespace, parts) = match parts {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        parts => (None, parts),
    };
    let tables = context.world.cluster.tables();
    match parts {
        [] => kinds_of(version),
        [plural] => {
            let kind = of(plural)?;
            let all = resource::list(tables, kind, namespace, &crate::api::Selector::default());
            let list = format!("{}List", kind.name);
            let items = all.iter().map(|object: &Rc<Object>| served(object));
            Ok(text_map(
                &[("apiVersion", version), ("kind", &list)],
                "items",
                items.collect(),
            ))
        }
        [plural, name] => {
            let kind = of(plural)?;
            let found = resource::get(tables, kind, namespace.unwrap_or_default(), name);
            let object = found.map_err(|status| resource::refusal(&status, None))?;
            Ok(served(&object))
        }
        _ => Err(NO_SUCH_PATH.to_owned()),
    }
}

/// The kinds of a version.
fn kinds_of(version: &str) -> Result<Value, String> {
    let of_version = KINDS.iter().filter(|kind| kind.api_version() == version);
    let one = |kind: &KindRef| {
        let entries = [
            ("name".to_owned(), Value::from(kind.plural)),
            ("singularName".to_owned(), Value::from(kind.singular)),
            ("namespaced".to_owned(), Value::Bool(kind.namespaced)),
            ("kind".to_owned(), Value::from(kind.name)),
        ];
        Value::Map(entries.into_iter().collect())
    };
    let all: Vec<Value> = of_version.map(one).collect();
    if all.is_empty() {
        return Err(NO_SUCH_PATH.to_owned());
    }
    let texts = [("kind", "APIResourceList"), ("groupVersion", version)];
    Ok(text_map(&texts, "resources", all))
}
