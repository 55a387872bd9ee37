//! One alternative of a field: a value, or an operator with its operand.

use serde_json::Value;

/// One alternative of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    /// This value; numbers are compared by value, nothing else is converted.
    Exactly(Value),
    /// A text that passes.
    Text(TextTest),
    /// Any value but these.
    AnythingBut(Vec<Value>),
    /// Any value but texts that pass one of these.
    AnythingButText(Vec<TextTest>),
    /// A number that passes all comparisons.
    Numeric(Vec<(Comparison, f64)>),
    /// Whether the field has a value at all; `null` is one.
    Exists(bool),
}

/// A test of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TextTest {
    Prefix(String),
    Suffix(String),
    /// Operands of the next three are ASCII.
    PrefixIgnoringCase(String),
    SuffixIgnoringCase(String),
    EqualsIgnoringCase(String),
    /// The parts between the asterisks; with one part only there is none.
    Wildcard(Vec<String>),
}

/// A comparison with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Filter {
    /// Whether a field with these values passes.
    pub(super) fn matches(&self, leaves: &[&Value]) -> bool {
        match self {
            Filter::Exists(wanted) => *wanted != leaves.is_empty(),
            _ => leaves.iter().any(|leaf| self.matches_leaf(leaf)),
        }
    }

    fn matches_leaf(&self, leaf: &Value) -> bool {
        match self {
            Filter::Exactly(value) => equal(value, leaf),
            Filter::Text(test) => test.passes(leaf),
            Filter::AnythingBut(values) => !values.iter().any(|value| equal(value, leaf)),
            Filter::AnythingButText(tests) => !tests.iter().any(|test| test.passes(leaf)),
            Filter::Numeric(comparisons) => leaf.as_f64().is_some_and(|number| {
                comparisons
                    .iter()
                    .all(|(how, with)| how.holds(number, *with))
            }),
            Filter::Exists(_) => true,
        }
    }
}

/// Equality as EventBridge sees it: `1` is `1.0`, and never `"1"`.
fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

impl Comparison {
    fn holds(self, number: f64, with: f64) -> bool {
        match self {
            Comparison::Equal => number == with,
            Comparison::Below => number < with,
            Comparison::AtMost => number <= with,
            Comparison::Above => number > with,
            Comparison::AtLeast => number >= with,
        }
    }
}

impl TextTest {
    fn passes(&self, leaf: &Value) -> bool {
        leaf.as_str().is_some_and(|text| self.passes_text(text))
    }

    fn passes_text(&self, text: &str) -> bool {
        match self {
            TextTest::Prefix(start) => text.starts_with(start.as_str()),
            TextTest::Suffix(end) => text.ends_with(end.as_str()),
            TextTest::PrefixIgnoringCase(start) => text
                .get(..start.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(start)),
            TextTest::SuffixIgnoringCase(end) => text
                .len()
                .checked_sub(end.len())
                .and_then(|at| text.get(at..))
                .is_some_and(|part| part.eq_ignore_ascii_case(end)),
            TextTest::EqualsIgnoringCase(other) => text.eq_ignore_ascii_case(other),
            TextTest::Wildcard(parts) => matches_parts(parts, text),
        }
    }
}

/// The first part begins the text, the last one ends it, the others follow in
/// order between them. Each is taken where it comes first, which leaves most for
/// those behind it; so nothing is tried twice.
fn matches_parts(parts: &[String], text: &str) -> bool {
    let [first, between @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for part in between {
        match rest.split_once(part.as_str()) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}
