//! The sentences about fields are about fields that exist.

use portside::api::schema;

const SENTENCES: &str = include_str!("../../www/data/fields.txt");

#[test]
fn every_sentence_is_about_a_field_that_exists() {
    for line in SENTENCES.lines() {
        let (head, text) = line.split_once(' ').expect("a field and a sentence");
        let (type_name, field) = head.split_once('.').expect("a type and a field");
        assert!(
            type_name == "*" || schema::field(type_name, field).is_some(),
            "{head}"
        );
        assert!(text.ends_with('.'), "{head}");
    }
}

#[test]
fn no_field_is_told_of_twice() {
    let heads: Vec<&str> = SENTENCES
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let mut unique = heads.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), heads.len());
}
