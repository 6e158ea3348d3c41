//! Any bytes as what stands behind the `#` of a link, as what is packed in one and as its records: read or refused, and what
//! was read is written so that it reads back alike.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portside::kernel::sha256;
use portside::share::{Carried, Link, LinkError, MOST_BYTES, pack, pack_plain, unpack};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    // The letters as they stand in an address.
    for prefix in ["", "p1=", "p0=", "src="] {
        if let Ok(Carried::Session(link)) = Carried::read(&format!("{prefix}{text}")) {
            comes_back(&link);
        }
    }
    // The text as what is packed.
    if text.len() <= MOST_BYTES {
        for payload in [pack(text), pack_plain(text)] {
            assert_eq!(unpack(&payload).as_deref(), Ok(text));
            let _ = Carried::read(&payload);
        }
    }
    // The text as records, with the check that they would bear: NULs are rare in what a fuzzer makes of text, so lines do.
    let body = text.replace('\n', "\0");
    let check: String = sha256(&body)
        .iter()
        .take(3)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if let Ok(link) = Link::parse(&format!("{body}\0k{check}")) {
        comes_back(&link);
    }
});

fn comes_back(link: &Link) {
    match Link::parse(&link.write()) {
        Ok(again) => assert_eq!(&again, link),
        // What is written may be longer than what was read: escapes, and texts that two records shared.
        Err(error) => assert_eq!(error, LinkError::Large),
    }
}
