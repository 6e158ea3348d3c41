//! What proves who one is: `kubectl create secret docker-registry`, `secret tls` and `create token`.

use super::args::Args;
use super::create::{list, name};
use super::generate::{Made, map, store};
use super::output::{self, Form};
use super::{fail, resource, wait};
use crate::api::{Map, Object, Value, kind};
use crate::cluster::Cluster;
use crate::kernel::{base64, sha256, timestamp};
use crate::shell::context::{Context, Outcome};

/// Stores a Secret of a type with what stands in it.
fn secret(context: &mut Context<'_>, args: &Args, type_: &str, data: &[(&str, String)]) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let coded =
        |(key, text): &(&str, String)| ((*key).to_owned(), Value::Str(base64(text.as_bytes())));
    let data: Map = data.iter().map(coded).collect();
    let made = Made::new(kind::SECRET, name)
        .field("data", Value::Map(data))
        .field("type", Value::from(type_));
    store(context, args, made, "secret")
}

pub(super) fn tls(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Err(outcome) = name(context, args) {
        return outcome;
    }
    let (Some(cert), Some(key)) = (args.get("cert"), args.get("key")) else {
        return fail(context, "key and cert must be specified");
    };
    let mut texts = Vec::new();
    for (path, what) in [(cert, "certificate"), (key, "key")] {
        let Ok(text) = context.world.files.read(context.cwd, path) else {
            return fail(
                context,
                &format!("Cannot read file {path}, open {path}: no such file or directory"),
            );
        };
        if !text.contains("-----BEGIN ") {
            return fail(
                context,
                &format!("tls: failed to find any PEM data in {what} input"),
            );
        }
        texts.push(text.to_string());
    }
    let data: Vec<(&str, String)> = ["tls.crt", "tls.key"].into_iter().zip(texts).collect();
    secret(context, args, "kubernetes.io/tls", &data)
}

pub(super) fn docker_registry(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Err(outcome) = name(context, args) {
        return outcome;
    }
    const FILE: &str = ".dockerconfigjson";
    const TYPE: &str = "kubernetes.io/dockerconfigjson";
    if let Some(source) = args.get("from-file") {
        let path = source.split_once('=').map_or(source, |(_, path)| path);
        let Ok(text) = context.world.files.read(context.cwd, path) else {
            return fail(
                context,
                &format!("error reading {path}: no such file or directory"),
            );
        };
        let text = text.to_string();
        return secret(context, args, TYPE, &[(FILE, text)]);
    }
    let server = args
        .get("docker-server")
        .unwrap_or("https://index.docker.io/v1/");
    let (Some(user), Some(password)) = (args.get("docker-username"), args.get("docker-password"))
    else {
        return fail(
            context,
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
        );
    };
    // The order of the fields is that of kubectl's own type.
    let quoted = |text: &str| Value::from(text).to_json();
    let email = args.get("docker-email").filter(|text| !text.is_empty());
    let email = email.map_or_else(String::new, |text| format!("\"email\":{},", quoted(text)));
    let auth = base64(format!("{user}:{password}").as_bytes());
    let text = format!(
        "{{\"auths\":{{{}:{{\"username\":{},\"password\":{},{email}\"auth\":{}}}}}}}",
        quoted(server),
        quoted(user),
        quoted(password),
        quoted(&auth)
    );
    secret(context, args, TYPE, &[(FILE, text)])
}

/// How long a token is valid that asks for nothing else, in seconds.
const LIFETIME: i64 = 3_600;
const SHORTEST: i64 = 600;

/// How long a token shall be valid, in seconds, or kubectl's words.
fn lifetime(args: &Args) -> Result<i64, String> {
    let Some(text) = args.get("duration") else {
        return Ok(LIFETIME);
    };
    let asked = match wait::seconds(text) {
        None => {
            return Err(format!(
                "invalid argument \"{text}\" for \"--duration\" flag: time: invalid duration \"{text}\"\nSee 'kubectl create token --help' for usage."
            ));
        }
        Some(0) => LIFETIME,
        Some(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX),
    };
    if asked < SHORTEST {
        return Err(format!(
            "failed to create token: TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: {asked}: may not specify a duration less than 10 minutes"
        ));
    }
    Ok(asked)
}

/// The token of an account that a Pod's volume holds; the kubelet asks for one that is valid for an hour.
pub(in crate::shell) fn token_of(cluster: &Cluster, namespace: &str, name: &str) -> Option<String> {
    let account = cluster
        .tables()
        .find(kind::SERVICE_ACCOUNT, namespace, name)?;
    let issuer = issuer(cluster);
    let now = cluster.sim().unix(cluster.now());
    let audiences = [issuer.clone()];
    let times = (now, now.saturating_add(LIFETIME));
    Some(signed(&claims(account, &audiences, issuer, times)))
}

fn issuer(cluster: &Cluster) -> String {
    format!(
        "https://kubernetes.default.svc.{}",
        cluster.network().domain
    )
}

pub(super) fn token(context: &mut Context<'_>, args: &Args) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let read = lifetime(args).and_then(|asked| Ok((asked, output::form(context, args, false)?)));
    let (asked, form) = match read {
        Ok(read) => read,
        Err(why) => return fail(context, &why),
    };
    let namespace = resource::namespace(context, args);
    let cluster = &context.world.cluster;
    let account = match resource::get(cluster.tables(), kind::SERVICE_ACCOUNT, &namespace, name) {
        Ok(account) => account,
        Err(status) => {
            let why = format!("failed to create token: {}", status.message);
            return fail(context, &why);
        }
    };
    let issuer = issuer(cluster);
    let mut audiences = args.each("audience");
    if audiences.is_empty() {
        audiences.push(issuer.clone());
    }
    let now = cluster.sim().unix(cluster.now());
    let ends = now.saturating_add(asked);
    let token = signed(&claims(&account, &audiences, issuer, (now, ends)));
    if form == Form::Words {
        context.out.line(&token);
        return Outcome::Exit(0);
    }
    let text = |text: &str| Value::from(text);
    let meta = [
        ("creationTimestamp", Value::Str(timestamp(now))),
        ("name", text(name)),
        ("namespace", Value::Str(namespace)),
    ];
    let spec = [
        ("audiences", list(&audiences)),
        ("boundObjectRef", Value::Null),
        ("expirationSeconds", Value::Int(asked)),
    ];
    let status = [
        ("expirationTimestamp", Value::Str(timestamp(ends))),
        ("token", Value::Str(token)),
    ];
    let request = map([
        ("apiVersion", text("authentication.k8s.io/v1")),
        ("kind", text("TokenRequest")),
        ("metadata", map(meta)),
        ("spec", map(spec)),
        ("status", map(status)),
    ]);
    match output::document(context, args, &form, &request) {
        Ok(()) => Outcome::Exit(0),
        Err(why) => fail(context, &why),
    }
}

/// What a token says of its bearer.
fn claims(
    account: &Object,
    audiences: &[String],
    issuer: String,
    (now, ends): (i64, i64),
) -> Value {
    let meta = &account.meta;
    let text = |text: &str| Value::from(text);
    let bearer = [("name", text(&meta.name)), ("uid", text(&meta.uid))];
    let private = [
        ("namespace", text(&meta.namespace)),
        ("serviceaccount", map(bearer)),
    ];
    let subject = format!("system:serviceaccount:{}:{}", meta.namespace, meta.name);
    map([
        ("aud", list(audiences)),
        ("exp", Value::Int(ends)),
        ("iat", Value::Int(now)),
        ("iss", Value::Str(issuer)),
        ("jti", text(&meta.uid)),
        ("kubernetes.io", map(private)),
        ("nbf", Value::Int(now)),
        ("sub", Value::Str(subject)),
    ])
}

/// A JSON web token of these claims (RFC 7519); there is no key here, so its signature is none.
fn signed(claims: &Value) -> String {
    let coded = |bytes: &[u8]| {
        let text = base64(bytes).replace('+', "-").replace('/', "_");
        text.trim_end_matches('=').to_owned()
    };
    let claims = claims.to_json();
    let key = coded(&sha256("key"));
    let head = coded(format!("{{\"alg\":\"RS256\",\"kid\":\"{key}\"}}").as_bytes());
    let body = coded(claims.as_bytes());
    let signature: Vec<u8> = (0..8)
        .flat_map(|at| sha256(&format!("{at}{claims}")))
        .collect();
    format!("{head}.{body}.{}", coded(&signature))
}
