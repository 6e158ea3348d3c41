//! The forms in which a session is pasted elsewhere: a link, a badge, a frame, an element, fences of documentation tools.

use crate::cluster::heredoc;
use crate::words::words;

/// What is to be pasted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The page's own address, without query and `#`; it ends in `/`.
    pub page: String,
    /// The query of a lesson, with its `?`, or nothing.
    pub query: String,
    /// `p1=…`, or nothing.
    pub payload: String,
    /// The open manifests as one text.
    pub yaml: String,
}

/// One form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub note: &'static str,
    /// The text to paste.
    pub text: String,
}

impl Offer {
    /// The link itself.
    pub fn link(&self) -> String {
        self.address("")
    }

    fn address(&self, file: &str) -> String {
        let hash = if self.payload.is_empty() { "" } else { "#" };
        format!("{}{file}{hash}{}", self.page, self.payload)
    }

    /// The manifests in a fence that their own text cannot end.
    fn fence(&self, info: &str) -> String {
        let runs = self.yaml.split(|c| c != '`').map(str::len);
        let ticks = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
        let yaml = self.yaml.trim_end();
        format!("{ticks}{info}\n{yaml}\n{ticks}\n")
    }

    /// The element that opens the lesson.
    fn lesson_element(&self) -> String {
        let mut out = String::from("<portside-playground");
        let pairs = self.query.trim_start_matches('?').split('&');
        for (name, value) in pairs.filter_map(|pair| pair.split_once('=')) {
            out.push_str(&format!(" {name}=\"{}\"", quoted(value)));
        }
        out + "></portside-playground>"
    }
}

/// A text inside an attribute.
fn quoted(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('"', "&quot;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

/// Every form, the plainest first.
pub fn snippets(offer: &Offer) -> Vec<Snippet> {
    let words = words();
    let link = offer.link();
    let page = &offer.page;
    let loader = format!(
        "<script src=\"{}portside-embed.js\" async></script>",
        quoted(page)
    );
    let element = format!(
        "<portside-playground hash=\"{}\"></portside-playground>",
        quoted(&offer.payload)
    );
    let previous = "<portside-playground for=\"prev\"></portside-playground>";
    let source = quoted(&offer.address("embed.html"));
    let fence = offer.fence("yaml");
    let row = |name, note, text| Snippet { name, note, text };
    let mut rows = vec![
        row(words.as_link, words.as_link_note, link.clone()),
        row(
            words.as_markdown_link,
            "",
            format!("[Open in Portside]({link})"),
        ),
        row(
            words.as_markdown_badge,
            "",
            format!("[![Open in Portside]({page}badge.svg)]({link})"),
        ),
        row(
            "iframe",
            words.as_iframe_note,
            format!(
                "<iframe src=\"{source}\" title=\"Portside: Kubernetes Services playground\" width=\"720\" height=\"420\" loading=\"lazy\" referrerpolicy=\"no-referrer\" sandbox=\"allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads\" allow=\"clipboard-write; fullscreen\"></iframe>"
            ),
        ),
        row("HTML", words.as_html_note, format!("{loader}\n{element}")),
        row(
            words.as_mdx,
            words.as_mdx_note,
            format!("{fence}\n<portside-playground for=\"prev\" />"),
        ),
        row(
            "MkDocs",
            words.as_mkdocs_note,
            format!("{fence}\n{previous}"),
        ),
        row(
            "Hugo",
            words.as_hugo_note,
            format!(
                "{{{{< portside >}}}}\n{}\n{{{{< /portside >}}}}",
                offer.yaml.trim_end()
            ),
        ),
        row("mdBook", words.as_mdbook_note, offer.fence("yaml,portside")),
        row("kubectl", words.as_kubectl_note, heredoc(&offer.yaml)),
        row(
            "reStructuredText",
            "",
            format!(".. raw:: html\n\n   {loader}\n   {element}"),
        ),
    ];
    if !offer.query.is_empty() {
        let link = format!("{page}{}", offer.query);
        rows.push(row(words.as_step, words.as_step_note, link));
        let text = format!("{loader}\n{}", offer.lesson_element());
        rows.push(row(words.as_html_step, "", text));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> Offer {
        Offer {
            page: "https://example.com/portside/".to_owned(),
            payload: "p1=abc".to_owned(),
            yaml: "kind: Service\n".to_owned(),
            query: String::new(),
        }
    }

    #[test]
    fn every_form_leads_to_the_session_or_carries_the_manifests() {
        let all = snippets(&offer());
        assert_eq!(all.len(), 11);
        for snippet in &all {
            let carries = snippet.text.contains("p1=abc") || snippet.text.contains("kind: Service");
            assert!(carries, "{}", snippet.name);
        }
        assert_eq!(all[0].text, "https://example.com/portside/#p1=abc");
    }

    #[test]
    fn no_manifest_ends_its_fence_and_no_attribute_its_quotes() {
        let mut offer = offer();
        offer.yaml = "a: |\n  ```\n  ````\n".to_owned();
        assert!(offer.fence("yaml").starts_with("`````yaml\n"));
        offer.query = "?lesson=a\"><script>&step=2".to_owned();
        assert_eq!(
            offer.lesson_element(),
            "<portside-playground lesson=\"a&quot;&gt;&lt;script&gt;\" step=\"2\"></portside-playground>"
        );
        assert_eq!(snippets(&offer).len(), 13);
    }
}
