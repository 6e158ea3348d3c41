//! Any bytes as a manifest: read, checked, decoded, repaired and written, none of which may panic; what is written reads
//! back alike.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portside::manifest::{Limits, Strictness, check, read, repair, to_json, to_yaml};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    for diagnostic in check(text) {
        if let Some(fix) = diagnostic.fix {
            let _ = fix.apply(text);
        }
    }
    let _ = repair(text);
    for document in read(text, &Limits::PASTED).documents {
        for strictness in [Strictness::Strict, Strictness::Warn, Strictness::Ignore] {
            let _ = document.decode(strictness);
        }
        let value = document.value();
        if value.as_map().is_some_and(|map| !map.is_empty()) {
            for written in [to_yaml(&value), to_json(&value)] {
                let again = read(&written, &Limits::FILE).documents;
                let again = again.into_iter().next().map(|document| document.value());
                assert_eq!(again.as_ref(), Some(&value), "{written}");
            }
        }
    }
});
