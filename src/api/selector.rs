//! Label selectors as text: the grammar of `kubectl -l`.
//!
//! Requirements are joined by commas and all must hold: `k`, `!k`, `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`,
//! `k>1`, `k<5`. `!=` and `notin` also match objects without the key.

use super::record::StringMap;
use std::collections::BTreeSet;

/// A parsed selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    rule: Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Exists,
    Absent,
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Above(i64),
    Below(i64),
}

impl Selector {
    /// Reads a selector; the error is the API server's sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text };
        let mut requirements = Vec::new();
        if reader.peek().is_empty() {
            return Ok(Self::default());
        }
        loop {
            requirements.push(reader.requirement()?);
            match reader.token() {
                "" => return Ok(Self { requirements }),
                "," => {
                    if reader.peek().is_empty() {
                        return Err(
                            "unable to parse requirement: found '', expected: identifier after ','"
                                .to_owned(),
                        );
                    }
                }
                other => {
                    return Err(format!(
                        "unable to parse requirement: found '{other}', expected: ',' or 'end of string'"
                    ));
                }
            }
        }
    }

    /// Whether the labels meet every requirement.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let number = |v: &String| v.parse::<i64>().ok();
            match &requirement.rule {
                Rule::Exists => value.is_some(),
                Rule::Absent => value.is_none(),
                Rule::In(values) => value.is_some_and(|v| values.contains(v)),
                Rule::NotIn(values) => value.is_none_or(|v| !values.contains(v)),
                Rule::Above(n) => value.and_then(number).is_some_and(|v| v > *n),
                Rule::Below(n) => value.and_then(number).is_some_and(|v| v < *n),
            }
        })
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn token(&mut self) -> &'a str {
        let token = self.peek();
        let at = self
            .rest
            .find(token)
            .map_or(self.rest.len(), |at| at + token.len());
        self.rest = self.rest.get(at..).unwrap_or_default();
        token
    }

    fn peek(&self) -> &'a str {
        let text = self.rest.trim_start();
        for symbol in ["==", "!=", "=", "!", "(", ")", ",", "<", ">"] {
            if text.starts_with(symbol) {
                return text.get(..symbol.len()).unwrap_or_default();
            }
        }
        let end = text
            .find(|c: char| c.is_whitespace() || "=!(),<>".contains(c))
            .unwrap_or(text.len());
        text.get(..end).unwrap_or_default()
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == "!";
        if absent {
            self.token();
        }
        let key = self.token();
        if key.is_empty() || "=!(),<>".contains(key.chars().next().unwrap_or(',')) {
            return Err(format!(
                "unable to parse requirement: found '{key}', expected: !, identifier, or 'end of string'"
            ));
        }
        let key = key.to_owned();
        if absent {
            return Ok(Requirement {
                key,
                rule: Rule::Absent,
            });
        }
        let rule = match self.peek() {
            "" | "," => Rule::Exists,
            "=" | "==" => {
                self.token();
                Rule::In([self.value()].into())
            }
            "!=" => {
                self.token();
                Rule::NotIn([self.value()].into())
            }
            "in" => {
                self.token();
                Rule::In(self.values()?)
            }
            "notin" => {
                self.token();
                Rule::NotIn(self.values()?)
            }
            sign @ (">" | "<") => {
                self.token();
                let text = self.value();
                let n = text.parse().map_err(|_| {
                    format!("values[0][{key}]: Invalid value: \"{text}\": for 'Gt', 'Lt' operators, the value must be an integer")
                })?;
                if sign == ">" {
                    Rule::Above(n)
                } else {
                    Rule::Below(n)
                }
            }
            other => {
                return Err(format!(
                    "unable to parse requirement: found '{other}', expected: in, notin, =, ==, !=, gt, lt"
                ));
            }
        };
        Ok(Requirement { key, rule })
    }

    /// A value, empty if the next token is none.
    fn value(&mut self) -> String {
        if matches!(self.peek(), "," | "" | ")") {
            String::new()
        } else {
            self.token().to_owned()
        }
    }

    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let open = self.token();
        if open != "(" {
            return Err(format!(
                "unable to parse requirement: found '{open}' expected: '('"
            ));
        }
        let mut values = BTreeSet::new();
        loop {
            values.insert(self.value());
            match self.token() {
                ")" => return Ok(values),
                "," => {}
                other => {
                    return Err(format!(
                        "unable to parse requirement: found '{other}', expected: ',' or ')'"
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_joined_by_and() {
        let labels: StringMap = [("app", "web"), ("n", "3")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        let rows = [
            ("app=web", true),
            ("app==web,n", true),
            ("app!=web", false),
            ("tier!=x", true),
            ("app in (web, db)", true),
            ("app notin (web)", false),
            ("!tier", true),
            ("!app", false),
            ("n>2", true),
            ("n<2", false),
            ("", true),
        ];
        for (text, expected) in rows {
            assert_eq!(
                Selector::parse(text).map(|s| s.matches(&labels)),
                Ok(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn an_open_list_is_told_in_the_servers_words() {
        let error = Selector::parse("app in (web").unwrap_err();
        assert_eq!(
            error,
            "unable to parse requirement: found '', expected: ',' or ')'"
        );
    }
}
