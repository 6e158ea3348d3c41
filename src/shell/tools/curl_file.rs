//! Where curl puts a page: standard output, a named file, or one named after the URL.

use super::curl::Options;
use super::curl_transfer::Failed;
use super::http::{Response, Url};
use crate::shell::context::{Context, Stream};
use crate::shell::surroundings;

/// Writes the page where it is wanted; gives the file's name.
pub(super) fn print(
    context: &mut Context<'_>,
    options: &Options<'_>,
    url: &Url,
    response: &Response,
) -> Result<Option<String>, Failed> {
    let head = format!("{}\r\n\r\n", response.head.join("\r\n"));
    let shown = match (options.head, options.include) {
        (true, _) => head.clone(),
        (false, true) => format!("{head}{}", response.body),
        (false, false) => response.body.clone(),
    };
    let named = url
        .path
        .split('?')
        .next()
        .and_then(|path| path.rsplit('/').next());
    let own = named.filter(|_| options.remote_name);
    if own == Some("") {
        return Err(Failed::new(
            23,
            "Failed writing received data to disk/application",
        ));
    }
    match options.dump_header {
        Some("-") => context.out.write(Stream::Out, &head),
        Some(path) => save(context, path, &head)?,
        None => {}
    }
    let path = options.output.or(own).filter(|path| *path != "-");
    match path {
        Some(path) => save(context, path, &shown)?,
        None => context.out.write(Stream::Out, &shown),
    }
    Ok(path.map(str::to_owned))
}

/// Writes a file.
fn save(context: &mut Context<'_>, path: &str, text: &str) -> Result<(), Failed> {
    surroundings::write(context.world, context.place, context.cwd, path, text).map_err(|error| {
        context
            .out
            .error(&format!("Warning: Failed to open the file {path}: {error}"));
        Failed::new(23, "Failure writing output to destination")
    })
}
