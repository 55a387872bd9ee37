//! From JSON to a pattern: all that is not understood is found here, and nothing
//! is left for the evaluation to fail on.

use super::filter::{Comparison, Filter, TextTest};
use super::{Fault, Field, Object, PatternError};
use serde_json::{Map, Value};

type Read<T> = Result<T, Fault>;

/// The field that stands for "one of these".
const OR: &str = "$or";

/// The operators that are understood.
const OPERATORS: [&str; 7] = [
    "prefix",
    "suffix",
    "equals-ignore-case",
    "wildcard",
    "anything-but",
    "numeric",
    "exists",
];

/// The numbers that EventBridge compares, by the guide: from -5.0e9 to 5.0e9.
const LARGEST_NUMBER: f64 = 5.0e9;

pub(super) fn pattern(value: &Value) -> Result<Object, PatternError> {
    object(value, &[], false)
}

fn object(value: &Value, path: &[&str], in_or: bool) -> Result<Object, PatternError> {
    let here = |fault| at(path, fault);
    let map = value
        .as_object()
        .ok_or_else(|| here(form("an object of fields is expected")))?;
    if map.is_empty() {
        return Err(here(form("an empty object is no condition")));
    }
    let mut object = Object::default();
    for (name, value) in map {
        let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
        if name == OR {
            object.any_of = alternatives(value, &path)?;
            continue;
        }
        field_name(name, in_or).map_err(|fault| at(&path, fault))?;
        object
            .fields
            .push((name.clone(), field(value, &path, in_or)?));
    }
    no_field_twice(&object).map_err(here)?;
    Ok(object)
}

/// A dot in a name would be a path to AWS's engine, but the guide is silent; and
/// within `$or` an operator's name makes AWS read `$or` as an ordinary field.
fn field_name(name: &str, in_or: bool) -> Read<()> {
    if name.contains('.') {
        return Err(form("a field name with a dot is not known here"));
    }
    if in_or && OPERATORS.contains(&name) {
        return Err(form("an operator's name cannot be a field within `$or`"));
    }
    Ok(())
}

fn alternatives(value: &Value, path: &[&str]) -> Result<Vec<Object>, PatternError> {
    match value.as_array() {
        Some(members) if members.len() >= 2 => members
            .iter()
            .map(|member| object(member, path, true))
            .collect(),
        _ => Err(at(path, form("`$or` takes a list of at least two objects"))),
    }
}

/// A field beside `$or` and within it: AWS keeps the condition that was written
/// last and forgets the other, which is nobody's intention.
fn no_field_twice(object: &Object) -> Read<()> {
    let within: Vec<&str> = object.any_of.iter().flat_map(names).collect();
    let beside = object.fields.iter().map(|(name, _)| name.as_str());
    match beside.into_iter().find(|name| within.contains(name)) {
        None => Ok(()),
        Some(name) => Err(form(&format!(
            "the field `{name}` stands in `$or` and beside it"
        ))),
    }
}

/// The fields of an object, those of its alternatives among them.
fn names(object: &Object) -> Vec<&str> {
    let own = object.fields.iter().map(|(name, _)| name.as_str());
    own.chain(object.any_of.iter().flat_map(names)).collect()
}

fn field(value: &Value, path: &[&str], in_or: bool) -> Result<Field, PatternError> {
    match value {
        Value::Object(_) => object(value, path, in_or).map(Field::Object),
        Value::Array(values) if values.is_empty() => {
            Err(at(path, form("an empty list is no condition")))
        }
        Value::Array(values) => {
            let filters = values.iter().map(filter).collect::<Read<_>>();
            filters.map(Field::Values).map_err(|fault| at(path, fault))
        }
        _ => Err(at(path, form("the value must be a list or an object"))),
    }
}

fn filter(value: &Value) -> Read<Filter> {
    match value {
        Value::Object(map) => {
            let (name, operand) = only_entry(map)?;
            operator(name, operand)
        }
        Value::Array(_) => Err(form("a list within a list is no value")),
        leaf => Ok(Filter::Exactly(leaf.clone())),
    }
}

fn operator(name: &str, operand: &Value) -> Read<Filter> {
    match name {
        "anything-but" => anything_but(operand),
        "numeric" => numeric(operand).map(Filter::Numeric),
        "exists" => operand
            .as_bool()
            .map(Filter::Exists)
            .ok_or_else(|| form("`exists` takes true or false")),
        _ => text_test(name, operand).map(Filter::Text),
    }
}

fn text_test(name: &str, operand: &Value) -> Read<TextTest> {
    if let (Value::Object(map), "prefix" | "suffix") = (operand, name) {
        return match only_entry(map)? {
            ("equals-ignore-case", text) if name == "prefix" => {
                ascii(text).map(TextTest::PrefixIgnoringCase)
            }
            ("equals-ignore-case", text) => ascii(text).map(TextTest::SuffixIgnoringCase),
            (other, _) => Err(Fault::UnknownOperator(format!("{name}: {other}"))),
        };
    }
    match name {
        "prefix" => text(name, operand).map(TextTest::Prefix),
        "suffix" => text(name, operand).map(TextTest::Suffix),
        "equals-ignore-case" => ascii(operand).map(TextTest::EqualsIgnoringCase),
        "wildcard" => wildcard(&text(name, operand)?).map(TextTest::Wildcard),
        _ => Err(Fault::UnknownOperator(name.to_owned())),
    }
}

/// The parts between the asterisks; a backslash makes an asterisk or a backslash
/// an ordinary character, and two asterisks in a row are refused.
fn wildcard(text: &str) -> Read<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let literal = match character {
            '*' if characters.peek() == Some(&'*') => {
                return Err(form("`wildcard` refuses two asterisks in a row"));
            }
            '*' => {
                parts.push(String::new());
                continue;
            }
            '\\' => characters
                .next()
                .filter(|next| matches!(next, '*' | '\\'))
                .ok_or_else(|| form("`wildcard` knows only \\* and \\\\"))?,
            other => other,
        };
        parts
            .last_mut()
            .into_iter()
            .for_each(|part| part.push(literal));
    }
    Ok(parts)
}

fn anything_but(operand: &Value) -> Read<Filter> {
    match operand {
        Value::Object(map) => {
            let (name, operand) = only_entry(map)?;
            if !matches!(
                name,
                "prefix" | "suffix" | "equals-ignore-case" | "wildcard"
            ) {
                return Err(Fault::UnknownOperator(format!("anything-but: {name}")));
            }
            let operands = one_or_list(operand)?;
            let tests = operands
                .iter()
                .map(|operand| text(name, operand).and_then(|_| text_test(name, operand)));
            tests.collect::<Read<_>>().map(Filter::AnythingButText)
        }
        _ => {
            let values = one_or_list(operand)?;
            let same_kind =
                values.iter().all(Value::is_string) || values.iter().all(Value::is_number);
            if !same_kind {
                return Err(form("`anything-but` takes texts only or numbers only"));
            }
            Ok(Filter::AnythingBut(values.to_vec()))
        }
    }
}

fn one_or_list(operand: &Value) -> Read<&[Value]> {
    match operand {
        Value::Array(values) if values.is_empty() => Err(form("an empty list is no condition")),
        Value::Array(values) => Ok(values),
        one => Ok(std::slice::from_ref(one)),
    }
}

/// One comparison, or a lower bound and then an upper one.
fn numeric(operand: &Value) -> Read<Vec<(Comparison, f64)>> {
    let terms = operand.as_array().map_or(&[][..], Vec::as_slice);
    let comparisons = terms
        .chunks(2)
        .map(|pair| match pair {
            [how, with] => Ok((comparison(how)?, number(with)?)),
            _ => Err(form("`numeric` takes pairs of a comparison and a number")),
        })
        .collect::<Read<Vec<_>>>()?;
    use Comparison::{Above, AtLeast, AtMost, Below};
    match comparisons[..] {
        [_] => Ok(comparisons),
        [(Above | AtLeast, low), (Below | AtMost, high)] if low < high => Ok(comparisons),
        _ => Err(form(
            "`numeric` takes one comparison, or a lower and then an upper bound",
        )),
    }
}

fn comparison(value: &Value) -> Read<Comparison> {
    match value.as_str() {
        Some("=") => Ok(Comparison::Equal),
        Some("<") => Ok(Comparison::Below),
        Some("<=") => Ok(Comparison::AtMost),
        Some(">") => Ok(Comparison::Above),
        Some(">=") => Ok(Comparison::AtLeast),
        _ => Err(Fault::UnknownOperator(format!("numeric: {value}"))),
    }
}

fn number(value: &Value) -> Read<f64> {
    value
        .as_f64()
        .filter(|number| number.abs() <= LARGEST_NUMBER)
        .ok_or_else(|| form("`numeric` takes numbers from -5.0e9 to 5.0e9"))
}

fn text(name: &str, operand: &Value) -> Read<String> {
    let text = operand.as_str().filter(|text| !text.is_empty());
    text.map(str::to_owned)
        .ok_or_else(|| form(&format!("`{name}` takes a text that is not empty")))
}

/// How the cases of other letters pair up is not documented.
fn ascii(operand: &Value) -> Read<String> {
    let text = text("equals-ignore-case", operand)?;
    if text.is_ascii() {
        return Ok(text);
    }
    Err(form("`equals-ignore-case` is known here for ASCII only"))
}

fn only_entry(map: &Map<String, Value>) -> Read<(&str, &Value)> {
    let mut entries = map.iter();
    match (entries.next(), entries.next()) {
        (Some((name, operand)), None) => Ok((name, operand)),
        _ => Err(form("exactly one operator is expected")),
    }
}

fn form(text: &str) -> Fault {
    Fault::Form(text.to_owned())
}

fn at(path: &[&str], fault: Fault) -> PatternError {
    let place = if path.is_empty() {
        "pattern".to_owned()
    } else {
        path.join(".")
    };
    PatternError { place, fault }
}
