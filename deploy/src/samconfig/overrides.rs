//! `parameter_overrides` in the forms that SAM takes: a text `A=b C='d e'`, the
//! older `ParameterKey=A,ParameterValue=b`, a list of texts, or a table.
//!
//! A value goes on to the next blank, unless it is in quotes; a backslash takes
//! the next character as it is. The last one of a name wins. SAM passes over what
//! it does not understand; here that is an error, since a parameter that was lost
//! changes a stack. Source: the SAM CLI's type `CfnParameterOverridesType`.

use crate::stack::Parameters;
use toml::Value;

/// Reads the value of the option.
///
/// # Errors
///
/// What is wrong with which entry, and what to write instead.
pub(super) fn read(value: &Value) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    add(value, &mut parameters)?;
    Ok(parameters)
}

fn add(value: &Value, parameters: &mut Parameters) -> Result<(), String> {
    match value {
        Value::String(text) => add_text(text, parameters),
        Value::Array(values) => values.iter().try_for_each(|value| add(value, parameters)),
        Value::Table(table) => table.iter().try_for_each(|(name, value)| {
            parameters.insert(name.clone(), plain(name, value)?);
            Ok(())
        }),
        other => Err(format!(
            "it holds something of the type {}: write NAME=VALUE in quotes",
            other.type_str()
        )),
    }
}

/// A value of a table.
fn plain(name: &str, value: &Value) -> Result<String, String> {
    match value {
        _ if name == "$include" => {
            Err("$include is not followed here; write the parameters into this file".to_owned())
        }
        Value::String(text) => Ok(unquoted(text)),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Array(values) => {
            let parts: Result<Vec<String>, String> =
                values.iter().map(|value| plain(name, value)).collect();
            Ok(parts?.join(","))
        }
        other => Err(format!(
            "{name} is of the type {}: put its value in quotes",
            other.type_str()
        )),
    }
}

fn add_text(text: &str, parameters: &mut Parameters) -> Result<(), String> {
    if let Some(file) = text.strip_prefix("file://") {
        return Err(format!(
            "file://{file} is not followed here; write the parameters into this file"
        ));
    }
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, value, behind) = first(rest)?;
        parameters.insert(unquoted(name), unquoted(value));
        rest = behind.trim_start();
    }
    Ok(())
}

/// The first name with its value, and the text behind them.
fn first(text: &str) -> Result<(&str, &str, &str), String> {
    let not_read = || not_read(text);
    let (name, value) = match text.strip_prefix("ParameterKey=") {
        Some(older) => older.split_once(",ParameterValue="),
        None => text.split_once('='),
    }
    .ok_or_else(not_read)?;
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '"' | '\'');
    if name.is_empty() || !name.chars().all(is_of_a_name) {
        return Err(not_read());
    }
    let length = value_length(value);
    let (value, behind) = value.split_at(length);
    if value.is_empty() || !(behind.is_empty() || behind.starts_with(' ')) {
        return Err(not_read());
    }
    Ok((name, value, behind))
}

fn not_read(text: &str) -> String {
    let shown: String = text.chars().take(80).collect();
    format!(
        "cannot read `{shown}`: write NAME=VALUE, with a value that is empty or has a blank or a \
         quote in it in quotes, such as ScheduleExpression='cron(0 2 * * ? *)'"
    )
}

/// How many bytes belong to the value: a whole text in quotes, or else all up to a
/// blank or a double quote.
fn value_length(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => match quoted_length(text, quote) {
            Some(length) => length,
            None if quote == '\'' => bare_length(text),
            None => 0,
        },
        _ => bare_length(text),
    }
}

fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return Some(place + 1),
            _ => {}
        }
    }
    None
}

fn bare_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (place, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ' ' | '"' => return place,
            _ => {}
        }
    }
    // A backslash at the end has nothing to take as it is.
    text.len() - usize::from(is_escaped)
}

/// Without the quotes around it, and without the backslashes before blanks and
/// quotes.
fn unquoted(text: &str) -> String {
    let within = ['"', '\''].into_iter().find_map(|quote| {
        let rest = text.strip_prefix(quote)?;
        rest.strip_suffix(quote)
    });
    within
        .unwrap_or(text)
        .replace("\\ ", " ")
        .replace("\\\"", "\"")
        .replace("\\'", "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(toml: &str) -> Result<String, String> {
        let table: toml::Table = toml::from_str(&format!("x = {toml}")).unwrap();
        let parameters = read(&table["x"])?;
        let parameters = parameters
            .iter()
            .map(|(name, value)| format!("{name}<{value}>"));
        Ok(parameters.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn every_form_is_read_as_sam_reads_it() {
        #[rustfmt::skip]
        let cases = [
            (r#""A=b C='d e'""#,                         "A<b> C<d e>"),
            (r#"'A="b c"   D=e'"#,                       "A<b c> D<e>"),
            (r#"["A=b", "C='d e'", "D=f=g"]"#,           "A<b> C<d e> D<f=g>"),
            (r#"["A=b C=d", ["E=f"]]"#,                  "A<b> C<d> E<f>"),
            (r#""A=b A=c""#,                             "A<c>"),
            (r#"["A=b", "A=c"]"#,                        "A<c>"),
            (r#""A='' B=\"\"""#,                         "A<> B<>"),
            (r#""ParameterKey=A,ParameterValue=b ParameterKey=C,ParameterValue='d e'""#, "A<b> C<d e>"),
            (r"'A=b\ c'",                                "A<b c>"),
            (r#"'A="say \"no\""'"#,                      "A<say \"no\">"),
            (r#""A=it's""#,                              "A<it's>"),
            (r#""A='b""#,                                "A<'b>"),
            (r#""A=ops@example.com""#,                   "A<ops@example.com>"),
            (r#""'A'=b""#,                               "A<b>"),
            (r#""""#,                                    ""),
            ("[]",                                       ""),
            (r#"{A = "b", C = 7, D = ["e", "f"]}"#,      "A<b> C<7> D<e,f>"),
            (r#"[{A = "b"}, "C=d"]"#,                    "A<b> C<d>"),
        ];
        for (toml, expected) in cases {
            assert_eq!(parsed(toml).as_deref(), Ok(expected), "{toml}");
        }
    }

    #[test]
    fn what_would_get_lost_is_an_error() {
        #[rustfmt::skip]
        let cases = [
            (r#"["S=cron(0 2 * * ? *)"]"#,  "cannot read `2 * * ? *)`"),
            (r#""A""#,                      "cannot read `A`"),
            (r#""A=""#,                     "cannot read `A=`"),
            (r#""=b""#,                     "cannot read `=b`"),
            (r#""A-B=c""#,                  "cannot read `A-B=c`"),
            (r#"'A="b"c'"#,                 "cannot read `A=\"b\"c`"),
            (r#"'A="b'"#,                   "cannot read `A=\"b`"),
            (r#"'A=b"c"'"#,                 "cannot read `A=b\"c\"`"),
            (r"'A=b\'",                     r"cannot read `A=b\`"),
            (r#""ParameterKey=A""#,         "cannot read `ParameterKey=A`"),
            ("7",                           "of the type integer: write"),
            ("[true]",                      "of the type boolean: write"),
            ("{A = true}",                  "A is of the type boolean: put its value in quotes"),
            (r#"{"$include" = "x.toml"}"#,  "$include is not followed here"),
            (r#""file://x.toml""#,          "file://x.toml is not followed here"),
        ];
        for (toml, expected) in cases {
            let error = parsed(toml).unwrap_err();
            assert!(error.contains(expected), "{toml}: {error}");
        }
    }

    proptest! {
        /// Whatever a value holds, in quotes it comes back.
        #[test]
        fn a_quoted_value_comes_back(value in "[ -~&&[^\\\\\"]]{0,20}", other in "[a-z]{1,5}") {
            let text = Value::String(format!("A=\"{value}\" B={other}"));
            let parameters = read(&text).unwrap();
            prop_assert_eq!(&parameters["A"], &value);
            prop_assert_eq!(&parameters["B"], &other);
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,40}") {
            drop(read(&Value::String(text)));
        }
    }
}
