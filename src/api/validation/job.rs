//! Jobs and `CronJob`s (`pkg/apis/batch/validation`).

use super::affinity::list;
use super::checker::{Check, Checker, Row, given, internal, is_empty, text};
use super::workload::{MISMATCH, natural, selector_json, template, template_of};
use super::{metadata, name};
use crate::api::{FieldError, LabelSelector, Map, ObjectMeta, StringMap, Value};
use crate::kernel::BTreeSet;

/// How many tasks a Job may have before its failures must be bounded, and how many may run or fail then.
const MANY: i64 = 100_000;
const FEW: i64 = 10_000;

fn number(spec: &Map, key: &str) -> Option<i64> {
    spec.get(key).and_then(Value::as_int)
}

fn is_true(spec: &Map, key: &str) -> bool {
    spec.get(key) == Some(&Value::Bool(true))
}

/// `ValidateJob`; `meta` is given for a Job that is new.
pub(super) fn job(spec: &Map, meta: Option<&ObjectMeta>, errors: &mut Vec<FieldError>) {
    if let Some(meta) = meta.filter(|_| !is_true(spec, "manualSelector")) {
        generated_selector(spec, meta, errors);
    }
    job_spec(spec, "spec", errors);
    let checker = &mut Checker::new("spec", errors);
    let Some(Value::Map(selector)) = spec.get("selector") else {
        checker.within("selector", |c| c.say("Required value"));
        return;
    };
    let found = checker.found();
    checker.run(spec, &[("selector", Check::Selector)]);
    let labels = template_of(spec).metadata.labels;
    if checker.found() == found && !LabelSelector::from_map(selector.clone()).matches(&labels) {
        let pairs = labels.iter().map(|(k, v)| (k.clone(), v.as_str().into()));
        let labels = Value::Map(pairs.collect());
        let labels = if labels == Value::Map(Map::new()) {
            Value::Null
        } else {
            labels
        };
        checker.within("template.metadata.labels", |c| c.invalid(&labels, MISMATCH));
    }
    let tasks = number(spec, "completions").filter(|n| *n > 0);
    if let (Some(meta), Some(tasks), "Indexed") = (meta, tasks, text(spec, "completionMode")) {
        let host = format!("{}-{}", meta.name, tasks - 1);
        if !name::label(&host).is_empty() {
            let why = format!("will not able to create pod with invalid DNS label: {host}");
            errors.push(metadata::invalid("metadata.name", &meta.name, &why));
        }
    }
}

/// A selector that the server gives selects by the Job's identity, and so do the labels of its Pods.
fn generated_selector(spec: &Map, meta: &ObjectMeta, errors: &mut Vec<FieldError>) {
    let own = template_of(spec).metadata.labels;
    let expected: StringMap = [
        ("controller-uid", &*meta.uid),
        ("job-name", &*meta.name),
        ("batch.kubernetes.io/controller-uid", &*meta.uid),
        ("batch.kubernetes.io/job-name", &*meta.name),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect();
    for key in [
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
    ] {
        let (Some(wanted), found) = (expected.get(key), own.get(key)) else {
            continue;
        };
        if found != Some(wanted) {
            let field = format!("spec.template.metadata.labels[{key}]");
            let what = found.map_or_else(
                || "Required value".to_owned(),
                |found| format!("Invalid value: {found:?}"),
            );
            errors.push(FieldError::new(
                field,
                format!("{what}: must be '{wanted}'"),
            ));
        }
    }
    if let Some(Value::Map(selector)) = spec.get("selector")
        && !LabelSelector::from_map(selector.clone()).matches(&expected)
    {
        let why = format!(
            "Invalid value: {}: `selector` not auto-generated",
            selector_json(selector)
        );
        errors.push(FieldError::new("spec.selector", why));
    }
}

/// `ValidateCronJobSpec`, but for the grammar of schedules and of time zones.
pub(super) fn cron_job(spec: &Map, errors: &mut Vec<FieldError>) {
    const POLICY: &[Row] = &[
        ("concurrencyPolicy", Check::Need),
        (
            "concurrencyPolicy",
            Check::OneOf(&["Allow", "Forbid", "Replace"]),
        ),
    ];
    let checker = &mut Checker::new("spec", errors);
    let schedule = text(spec, "schedule");
    if schedule.is_empty() {
        checker.within("schedule", |c| c.say("Required value"));
    } else if schedule.contains("TZ") {
        let why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        checker.within("schedule", |c| c.invalid(&schedule.into(), why));
    }
    natural(checker, spec, &["startingDeadlineSeconds"]);
    checker.run(spec, POLICY);
    let own = spec
        .get("jobTemplate")
        .and_then(|template| template.get("spec"));
    if let Some(Value::Map(own)) = own {
        job_spec(own, "spec.jobTemplate.spec", errors);
        let checker = &mut Checker::new("spec.jobTemplate.spec", errors);
        if let Some(Value::Map(selector)) = own.get("selector") {
            let why = format!(
                "Invalid value: {}: `selector` will be auto-generated",
                selector_json(selector)
            );
            checker.within("selector", |c| c.say(why));
        }
        if is_true(own, "manualSelector") {
            let why = "Unsupported value: true: supported values: \"nil\", \"false\"";
            checker.within("manualSelector", |c| c.say(why));
        }
    }
    let limits = ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"];
    natural(&mut Checker::new("spec", errors), spec, &limits);
}

/// `validateJobSpec`.
fn job_spec(spec: &Map, at: &str, errors: &mut Vec<FieldError>) {
    let checker = &mut Checker::new(at, errors);
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    natural(checker, spec, &counts);
    let has = |field: &'static str| !given(spec, &[field]).is_empty();
    if has("maxFailedIndexes") && !has("backoffLimitPerIndex") {
        let why = "Required value: when maxFailedIndexes is specified";
        checker.within("backoffLimitPerIndex", |c| c.say(why));
    }
    managed_by(checker, spec);
    completion_mode(checker, spec);
    if let Some(Value::Map(policy)) = spec.get("podFailurePolicy") {
        let list = policy.get("rules");
        checker.within("podFailurePolicy.rules", |checker| {
            at_most(checker, list, 20);
            checker.items(list, |checker, rule| failure_rule(checker, rule, spec));
        });
    }
    if let Some(Value::Map(policy)) = spec.get("successPolicy") {
        checker.within("successPolicy", |checker| {
            if text(spec, "completionMode") == "Indexed" {
                success_policy(checker, policy, number(spec, "completions").unwrap_or(0));
            } else {
                let rules = list(policy, "rules").iter().filter_map(Value::as_map);
                let rules =
                    rules.map(|rule| internal(rule, &["succeededIndexes", "succeededCount"]));
                let shown = rules.collect::<Vec<_>>().join(",");
                checker.say(format!(
                    "Invalid value: {{\"Rules\":[{shown}]}}: requires indexed completion mode"
                ));
            }
        });
    }
    let replaced: &'static [Row] = match has("podFailurePolicy") {
        true => &[("podReplacementPolicy", Check::OneOf(&["Failed"]))],
        false => &[(
            "podReplacementPolicy",
            Check::OneOf(&["Failed", "TerminatingOrFailed"]),
        )],
    };
    checker.run(spec, replaced);
    template(spec, at, errors);
    let checker = &mut Checker::new(at, errors);
    let policy = template_of(spec).spec.restart_policy.clone();
    let why = match policy.as_str() {
        "" | "Always" => "Required value: valid values: \"OnFailure\", \"Never\"".to_owned(),
        "OnFailure" if has("podFailurePolicy") => "Invalid value: \"OnFailure\": only \"Never\" is supported when podFailurePolicy is specified".to_owned(),
        "OnFailure" | "Never" => return,
        other => format!("Unsupported value: {other:?}: supported values: \"OnFailure\", \"Never\""),
    };
    checker.within("template.spec.restartPolicy", |c| c.say(why));
}

/// Whoever else looks after the Job: a path with a domain before it.
fn managed_by(checker: &mut Checker<'_>, spec: &Map) {
    let own = text(spec, "managedBy");
    checker.within("managedBy", |checker| {
        super::network::domain_path(checker, own);
        if own.len() > 63 {
            checker.say("Too long: may not be more than 63 bytes");
        }
    });
}

/// What is counted by task, and what is not.
fn completion_mode(checker: &mut Checker<'_>, spec: &Map) {
    let mode = text(spec, "completionMode");
    let [tasks, running, failed] =
        ["completions", "parallelism", "maxFailedIndexes"].map(|key| number(spec, key));
    let bounded = |checker: &mut Checker<'_>, field: &str, n: Option<i64>, most: i64, why: &str| {
        if let Some(n) = n.filter(|n| *n > most) {
            checker.within(field, |c| c.invalid(&Value::Int(n), why));
        }
    };
    let modes: &'static [Row] = &[("completionMode", Check::OneOf(&["NonIndexed", "Indexed"]))];
    checker.run(spec, modes);
    if mode == "Indexed" {
        if tasks.is_none() {
            let why = "Required value: when completion mode is Indexed";
            checker.within("completions", |c| c.say(why));
        }
        let why = "must be less than or equal to 100000 when completion mode is Indexed";
        bounded(checker, "parallelism", running, MANY, why);
        let why = "must be less than or equal to completions";
        bounded(
            checker,
            "maxFailedIndexes",
            failed,
            tasks.unwrap_or(i64::MAX),
            why,
        );
        let why = "must be less than or equal to 100000";
        bounded(checker, "maxFailedIndexes", failed, MANY, why);
        if tasks.is_some_and(|n| n > MANY) && !given(spec, &["backoffLimitPerIndex"]).is_empty() {
            if failed.is_none() {
                let why = "Required value: must be specified when completions is above 100000";
                checker.within("maxFailedIndexes", |c| c.say(why));
            }
            let why = "must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index";
            bounded(checker, "parallelism", running, FEW, why);
            bounded(checker, "maxFailedIndexes", failed, FEW, why);
        }
    } else if ["", "NonIndexed"].contains(&mode) {
        for field in given(spec, &["backoffLimitPerIndex", "maxFailedIndexes"]) {
            let value = spec.get(field).cloned().unwrap_or_default();
            checker.within(field, |c| {
                c.invalid(&value, "requires indexed completion mode");
            });
        }
    }
}

/// No more items than this.
fn at_most(checker: &mut Checker<'_>, list: Option<&Value>, most: usize) {
    let many = list.and_then(Value::as_list).map_or(0, <[Value]>::len);
    if many > most {
        checker.say(format!("Too many: {many}: must have at most {most} items"));
    }
}

/// A word that must be given, one of these.
fn word(checker: &mut Checker<'_>, map: &Map, field: &str, known: &[&str]) {
    let own = text(map, field);
    let list = |between: &str| {
        let known: Vec<String> = known.iter().map(|word| format!("{word:?}")).collect();
        known.join(between)
    };
    checker.within(field, |checker| {
        if own.is_empty() {
            checker.say(format!("Required value: valid values: [{}]", list(" ")));
        } else if !known.contains(&own) {
            checker.say(format!(
                "Unsupported value: {own:?}: supported values: {}",
                list(", ")
            ));
        }
    });
}

/// `validatePodFailurePolicyRule`.
fn failure_rule(checker: &mut Checker<'_>, rule: &Map, spec: &Map) {
    if text(rule, "action") == "FailIndex" && given(spec, &["backoffLimitPerIndex"]).is_empty() {
        let why = "requires the backoffLimitPerIndex to be set";
        checker.within("action", |c| c.invalid(&"FailIndex".into(), why));
    } else {
        word(
            checker,
            rule,
            "action",
            &["Count", "FailIndex", "FailJob", "Ignore"],
        );
    }
    let codes = rule.get("onExitCodes").and_then(Value::as_map);
    if let Some(codes) = codes {
        checker.within("onExitCodes", |checker| exit_codes(checker, codes, spec));
    }
    let conditions = rule.get("onPodConditions");
    checker.within("onPodConditions", |checker| {
        at_most(checker, conditions, 20);
        checker.items(conditions, |checker, pattern| {
            checker.within("type", |c| {
                c.grammar(text(pattern, "type"), name::qualified);
            });
            word(checker, pattern, "status", &["False", "True", "Unknown"]);
        });
    });
    match (codes.is_some(), conditions.is_none_or(is_empty)) {
        (true, false) => checker
            .say("Invalid value: specifying both OnExitCodes and OnPodConditions is not supported"),
        (false, true) => checker
            .say("Invalid value: specifying one of OnExitCodes and OnPodConditions is required"),
        _ => {}
    }
}

/// `validatePodFailurePolicyRuleOnExitCodes`.
fn exit_codes(checker: &mut Checker<'_>, map: &Map, spec: &Map) {
    word(checker, map, "operator", &["In", "NotIn"]);
    let template = template_of(spec).spec;
    let mut containers = template.containers.iter().chain(&template.init_containers);
    if let Some(own) = map.get("containerName").and_then(Value::as_str)
        && !containers.any(|container| container.name == own)
    {
        let why = "must be one of the container or initContainer names in the pod template";
        checker.within("containerName", |c| c.invalid(&own.into(), why));
    }
    let list = map.get("values");
    let values = list.and_then(Value::as_list).unwrap_or_default();
    let whole = Value::List(values.to_vec());
    let mut seen = BTreeSet::new();
    checker.within("values", |checker| {
        if values.is_empty() {
            let value = list.cloned().unwrap_or_default();
            checker.invalid(&value, "at least one value is required");
        }
        at_most(checker, list, 255);
        for (i, value) in values.iter().enumerate() {
            let code = value.as_int().unwrap_or(0);
            checker.within(&format!("[{i}]"), |checker| {
                if code == 0 && text(map, "operator") == "In" {
                    checker.invalid(value, "must not be 0 for the In operator");
                }
                if !seen.insert(code) {
                    checker.say(format!("Duplicate value: {code}"));
                }
            });
        }
        if !values.is_sorted_by_key(|value| value.as_int()) {
            checker.invalid(&whole, "must be ordered");
        }
    });
}

/// `validateSuccessPolicy`.
fn success_policy(checker: &mut Checker<'_>, policy: &Map, tasks: i64) {
    let rules = policy.get("rules");
    checker.within("rules", |checker| {
        if rules.is_none_or(is_empty) {
            checker.say("Required value: at least one rules must be specified when the successPolicy is specified");
        }
        at_most(checker, rules, 20);
        checker.items(rules, |checker, rule| success_rule(checker, rule, tasks));
    });
}

fn success_rule(checker: &mut Checker<'_>, rule: &Map, tasks: i64) {
    let count = number(rule, "succeededCount");
    let indexes = rule.get("succeededIndexes").and_then(Value::as_str);
    if count.is_none() && indexes.is_none() {
        checker.say(
            "Required value: at least one of succeededCount or succeededIndexes must be specified",
        );
    }
    let mut total = 0;
    if let Some(own) = indexes {
        checker.within("succeededIndexes", |checker| {
            if own.len() > 64 << 10 {
                checker.say("Too long: may not be more than 65536 bytes");
            }
            match count_indexes(own, tasks) {
                Ok(count) => total = count,
                Err(why) => {
                    checker.invalid(
                        &own.into(),
                        &format!("error parsing succeededIndexes: {why}"),
                    );
                }
            }
        });
    }
    natural(checker, rule, &["succeededCount"]);
    let Some(count) = count else { return };
    let mut bounded = |most: i64, what: &str| {
        if count > most {
            let why = format!("must be less than or equal to {most} (the number of {what})");
            checker.within("succeededCount", |c| c.invalid(&Value::Int(count), &why));
        }
    };
    bounded(tasks, "specified completions");
    if indexes.is_some() {
        bounded(total, "indexes in the specified succeededIndexes field");
    }
}

/// How many tasks a text such as `0,2-4` names.
fn count_indexes(text: &str, tasks: i64) -> Result<i64, String> {
    let index = |text: &str| match text.parse::<i64>() {
        Err(_) => Err(format!(
            "cannot convert string to integer for index: {text:?}"
        )),
        Ok(n) if n >= tasks => Err(format!("too large index: {text:?}")),
        Ok(n) => Ok(n),
    };
    let order =
        |before: i64, now: i64| format!("non-increasing order, previous: {before}, current: {now}");
    let (mut last, mut total) = (None, 0);
    for interval in text.split(',').filter(|_| !text.is_empty()) {
        let (from, to) = match interval.split_once('-') {
            Some((_, rest)) if rest.contains('-') => {
                return Err(format!(
                    "the fragment {interval:?} violates the requirement that an index interval can have at most two parts separated by '-'"
                ));
            }
            Some((from, to)) => (index(from)?, index(to)?),
            None => (index(interval)?, index(interval)?),
        };
        if from >= to && interval.contains('-') {
            return Err(order(from, to));
        }
        if let Some(last) = last.filter(|last| *last >= from) {
            return Err(order(last, from));
        }
        total += to - from + 1;
        last = Some(to);
    }
    Ok(total)
}

/// `ValidateJobSpecUpdate`: a Job's template never changes, but for where its Pods go while it waits; an indexed Job may
/// have more tasks as long as it runs all of them at a time.
pub(super) fn job_update(new: &Map, old: &Map, waits: bool, errors: &mut Vec<FieldError>) {
    let checker = &mut Checker::new("spec", errors);
    let immutable = |checker: &mut Checker<'_>, field: &str, same: bool| {
        if !same {
            let value = new.get(field).cloned().unwrap_or_default();
            checker.within(field, |c| c.invalid(&value, "field is immutable"));
        }
    };
    let same = |field: &str| new.get(field) == old.get(field);
    if text(new, "completionMode") != "Indexed" {
        immutable(checker, "completions", same("completions"));
    } else if !same("completions")
        && new.get("completions") != new.get("parallelism")
        && let Some(value) = new.get("completions")
    {
        let why = "can only be modified in tandem with spec.parallelism";
        checker.within("completions", |c| c.invalid(value, why));
    }
    immutable(checker, "selector", same("selector"));
    let template = |spec: &Map| {
        let mut template = template_of(spec);
        if waits {
            template.metadata.labels = Default::default();
            template.metadata.annotations = Default::default();
            template.spec.node_selector = Default::default();
            template.spec.tolerations.clear();
            template.spec.rest.remove("schedulingGates");
            if let Some(Value::Map(affinity)) = template.spec.rest.get_mut("affinity") {
                affinity.remove("nodeAffinity");
                if affinity.is_empty() {
                    template.spec.rest.remove("affinity");
                }
            }
        }
        template
    };
    immutable(
        checker,
        "template",
        same("template") || template(new) == template(old),
    );
    for field in [
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ] {
        immutable(checker, field, same(field));
    }
}
