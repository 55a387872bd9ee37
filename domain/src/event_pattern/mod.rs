//! EventBridge event patterns, evaluated without EventBridge.
//!
//! Knows what AWS documents for rules on an event bus, but for `cidr`: exact
//! values, nested objects, arrays, `prefix`, `suffix`, `equals-ignore-case`,
//! `wildcard`, `anything-but`, `numeric`, `exists` and `$or`. Anything else is an
//! error that names it: a guess about a pattern would be a guess about mails.
//!
//! Sources: EventBridge User Guide, "Comparison operators for use in event
//! patterns" and "Event pattern syntax"; where the guide is silent (numbers of
//! equal value written differently, leaves of arrays), the engine that AWS
//! publishes, aws/event-ruler.

mod filter;
mod read;

use filter::Filter;
use serde_json::{Map, Value};

/// A pattern that was understood completely.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(Object);

/// What must hold for one object of an event: every field, and one alternative of
/// its `$or`, if it has one.
#[derive(Debug, Clone, PartialEq, Default)]
struct Object {
    fields: Vec<(String, Field)>,
    any_of: Vec<Object>,
}

/// What must hold for one field.
#[derive(Debug, Clone, PartialEq)]
enum Field {
    /// Any of these, for any of the field's values.
    Values(Vec<Filter>),
    /// All of this, for one object.
    Object(Object),
}

/// A pattern that AWS would refuse, or that is not known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct PatternError {
    /// The field, such as `detail.State`; `pattern` for the whole.
    pub place: String,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text is no JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// An operator that is not known here.
    #[error("the operator `{0}` is not known here")]
    UnknownOperator(String),
    /// A form whose meaning AWS does not document, or refuses.
    #[error("{0}")]
    Form(String),
}

/// What an absent field offers: no leaf and no object.
static ABSENT: Value = Value::Array(Vec::new());

impl Pattern {
    /// Reads a pattern from its JSON text.
    ///
    /// # Errors
    ///
    /// [`PatternError`] names the field and what is not understood there.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let value = serde_json::from_str(text).map_err(|error| PatternError {
            place: "pattern".to_owned(),
            fault: Fault::NotJson(error.to_string()),
        })?;
        Pattern::read(&value)
    }

    /// Reads a pattern from JSON.
    ///
    /// # Errors
    ///
    /// As [`Pattern::parse`].
    pub fn read(value: &Value) -> Result<Self, PatternError> {
        read::pattern(value).map(Pattern)
    }

    /// Whether an event passes.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        self.0.matches_value(event)
    }
}

impl Object {
    /// Whether one of the objects that the value offers passes. What is no object
    /// is asked as if it had no fields, so that `exists: false` holds for it.
    fn matches_value(&self, value: &Value) -> bool {
        let nothing = Map::new();
        let mut objects = objects(value);
        if objects.is_empty() {
            objects.push(&nothing);
        }
        objects.into_iter().any(|object| self.matches(object))
    }

    fn matches(&self, object: &Map<String, Value>) -> bool {
        let value = |name: &str| object.get(name).unwrap_or(&ABSENT);
        let fields = self
            .fields
            .iter()
            .all(|(name, field)| field.matches(value(name)));
        let alternatives = &self.any_of;
        fields && (alternatives.is_empty() || alternatives.iter().any(|any| any.matches(object)))
    }
}

impl Field {
    fn matches(&self, value: &Value) -> bool {
        match self {
            Field::Object(object) => object.matches_value(value),
            Field::Values(filters) => {
                let leaves = leaves(value);
                filters.iter().any(|filter| filter.matches(&leaves))
            }
        }
    }
}

/// The leaves of a value: itself, or those of all elements of an array. An object
/// and an empty array have none, as if the field were absent.
fn leaves(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().flat_map(leaves).collect(),
        Value::Object(_) => Vec::new(),
        leaf => vec![leaf],
    }
}

/// The objects of a value: itself, or those among the elements of an array.
fn objects(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Array(elements) => elements.iter().flat_map(objects).collect(),
        Value::Object(object) => vec![object],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
