//! Images: how they are pulled, and how that fails.

use super::start::set_waiting;
use super::{COMPONENT, Kubelet, Step, container};
use crate::api::Object;
use crate::api::image::{Reference, lookup};
use crate::api::pod::Container;
use crate::controllers::recorder::{Said, record};
use crate::kernel::{Sim, Span};
use crate::store::Store;

/// How fast images arrive, in bytes a second.
const PULL_SPEED: u64 = 60_000_000;
/// The longest pause between two attempts.
const LONGEST_PAUSE: u64 = 300;

/// Tags that no registry has: what people write to see a pull fail.
const MISSING_TAGS: &[&str] = &[
    "nosuchtag",
    "no-such-tag",
    "doesnotexist",
    "does-not-exist",
    "nonexistent",
    "non-existent",
    "notexist",
    "not-exist",
    "missing",
    "invalid",
    "invalid-tag",
    "wrong",
    "wrongtag",
    "wrong-tag",
    "badtag",
    "bad-tag",
    "typo",
    "broken",
    "fake",
    "latst",
    "lastest",
    "latests",
];

/// Whether the catalogue knows that there is no such image.
pub(super) fn is_missing(image: &str) -> bool {
    Reference::parts(image).is_some_and(|(_, tag)| {
        // A version that such an image never had: `nginx:1.161`, the documentation's typing error.
        let never = matches!(tag, "1.161" | "1.91");
        let versioned = never && lookup(image).names.first() == Some(&"nginx");
        versioned || MISSING_TAGS.contains(&tag)
    })
}

/// An image as the runtime names it: `docker.io/library/nginx:1.161`.
fn full_name(image: &str) -> String {
    let tagged = match Reference::parse(image) {
        Some(reference)
            if !image.contains('@') && !image.ends_with(&format!(":{}", reference.tag)) =>
        {
            format!("{image}:{}", reference.tag)
        }
        Some(_) | None => image.to_owned(),
    };
    let first = tagged.split('/').next().unwrap_or_default();
    if tagged.contains('/') && (first.contains(['.', ':']) || first == "localhost") {
        tagged
    } else if tagged.contains('/') {
        format!("docker.io/{tagged}")
    } else {
        format!("docker.io/library/{tagged}")
    }
}

fn say(
    store: &mut Store,
    sim: &mut Sim,
    object: &Object,
    container: &Container,
    (warning, reason, message): (bool, &'static str, String),
) {
    let said = if warning {
        Said::warning(COMPONENT, reason, message)
    } else {
        Said::normal(COMPONENT, reason, message)
    };
    let host = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
    let said = Said {
        field: container::field(container),
        host,
        ..said
    };
    record(store, sim, object, said);
}

/// How long the kubelet waits after so many pulls in vain.
fn pull_pause(failures: u32) -> Span {
    Span::secs((10u64 << failures.saturating_sub(1).min(5)).min(LONGEST_PAUSE))
}

/// Tells that an image is not pulled for a while, as each sync of the Pod does; returns the words.
pub(super) fn says_it_waits(
    store: &mut Store,
    sim: &mut Sim,
    object: &Object,
    container: &Container,
) -> String {
    let text = format!("Back-off pulling image \"{}\"", container.image);
    for what in [
        (false, "BackOff", text.clone()),
        (true, "Failed", "Error: ImagePullBackOff".to_owned()),
    ] {
        say(store, sim, object, container, what);
    }
    text
}

impl Kubelet {
    /// Begins to pull a container's image; returns how long that takes.
    pub(super) fn pull(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
    ) -> Span {
        let image = &container.image;
        if Reference::parts(image).is_none() {
            return Span::millis(0);
        }
        let node = object.pod().map(|pod| pod.spec.node_name.clone());
        let fails = self.cannot_pull(object, container);
        let place = (node.unwrap_or_default(), image.clone());
        let present = self.images.contains(&place);
        if present && container.image_pull_policy != "Always" {
            let text = format!(
                "Container image \"{image}\" already present on machine and can be accessed by the pod"
            );
            say(store, sim, object, container, (false, "Pulled", text));
            return Span::millis(20);
        }
        if container.image_pull_policy == "Never" {
            return Span::millis(20);
        }
        say(
            store,
            sim,
            object,
            container,
            (false, "Pulling", format!("Pulling image \"{image}\"")),
        );
        if fails {
            return Span::millis(900 + self.rng.below(600));
        }
        if !present {
            self.images.insert(place);
        }
        let size = lookup(image).size;
        let jitter = self.rng.below(350);
        // An image that is present costs only a look at the registry.
        let transfer = if present {
            0
        } else {
            size / (PULL_SPEED / 1_000)
        };
        let millis = 420 + jitter + transfer;
        let took = format!("{}.{:03}s", millis / 1_000, millis % 1_000);
        let text = format!(
            "Successfully pulled image \"{image}\" in {took} ({took} including waiting). Image size: {size} bytes."
        );
        let words = self.pulled.entry(object.meta.uid.clone()).or_default();
        words.push((container::field(container), text));
        Span::millis(millis)
    }

    /// A pull has failed: the container waits, and the pull is tried again.
    pub(super) fn pull_fails(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
    ) {
        let image = &container.image;
        let full = full_name(image);
        let why = format!(
            "failed to pull and unpack image \"{full}\": failed to resolve image: {full}: not found"
        );
        let long = format!("rpc error: code = NotFound desc = {why}");
        let failed = format!("Failed to pull image \"{image}\": {long}");
        say(store, sim, object, container, (true, "Failed", failed));
        say(
            store,
            sim,
            object,
            container,
            (true, "Failed", "Error: ErrImagePull".to_owned()),
        );
        set_waiting(store, sim, object, container, ("ErrImagePull", &long));
        let key = (object.meta.uid.clone(), format!("image {}", container.name));
        let failures = self.failures.entry(key).or_default();
        *failures += 1;
        let pause = pull_pause(*failures);
        let step = Step::Pull(container.name.as_str().into());
        self.schedule_in_background(sim, step.clone(), pause, object);
        // Meanwhile the kubelet says that it waits.
        self.schedule(sim, step, Span::millis(1_200), object);
    }

    /// Looks at a container that could not be created: it backs off, tries again, or starts.
    pub(super) fn pull_again(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        name: &str,
    ) {
        let Some(container) = container::find(object, name) else {
            return;
        };
        let waiting = object.pod().into_iter().flat_map(container::statuses);
        let mut reasons = waiting
            .filter(|status| status.name == name)
            .filter_map(|status| status.state.waiting.as_ref().map(|w| w.reason.clone()));
        let Some(reason) = reasons.next().filter(|_| !object.meta.is_terminating()) else {
            return;
        };
        let image = &container.image;
        if reason == "ErrImagePull" && self.cannot_pull(object, container) {
            let text = says_it_waits(store, sim, object, container);
            let key = (object.meta.uid.clone(), format!("image {}", container.name));
            let failures = self.failures.get(&key).copied().unwrap_or(1);
            self.wait_on(sim, object, name, pull_pause(failures));
            let full = full_name(image);
            let long = format!(
                "{text}: ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": failed to resolve image: {full}: not found"
            );
            set_waiting(store, sim, object, container, ("ImagePullBackOff", &long));
            return;
        }
        let longest = self.pull(store, sim, object, container);
        let init = object
            .pod()
            .is_some_and(|pod| pod.spec.init_containers.iter().any(|c| c.name == name));
        let step = if init {
            Step::Init
        } else {
            Step::Restart(name.into())
        };
        self.schedule(sim, step, longest + Span::millis(60), object);
    }

    /// A malformed reference is never pulled.
    pub(super) fn refuse_image(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        bad: &Container,
    ) {
        let message = format!(
            "Failed to apply default image tag \"{0}\": couldn't parse image name \"{0}\": invalid reference format",
            bad.image
        );
        say(
            store,
            sim,
            object,
            bad,
            (true, "InspectFailed", message.clone()),
        );
        set_waiting(store, sim, object, bad, ("InvalidImageName", &message));
    }
}
