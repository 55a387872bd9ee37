//! Environment variables with an error that names the variable.

use std::fmt::Display;
use std::str::FromStr;

/// A variable that is missing or malformed.
#[derive(Debug, thiserror::Error)]
pub enum VariableError {
    /// It is not set, or empty.
    #[error("environment variable {0} is not set; `template.yaml` sets it")]
    Missing(&'static str),
    /// It is set to something else than it should be.
    #[error("environment variable {name} is malformed: {cause}")]
    Malformed {
        /// The variable.
        name: &'static str,
        /// What is wrong with its value.
        cause: String,
    },
}

/// Reads a variable that must be there.
///
/// # Errors
///
/// [`VariableError`] names the variable.
pub fn required<T: FromStr<Err: Display>>(name: &'static str) -> Result<T, VariableError> {
    let text = value(name)?.ok_or(VariableError::Missing(name))?;
    parsed(name, &text)
}

/// Reads a variable that may be left out.
///
/// # Errors
///
/// [`VariableError::Malformed`] names the variable: a wrong value is never
/// replaced by the default.
pub fn optional<T: FromStr<Err: Display>>(
    name: &'static str,
    default: T,
) -> Result<T, VariableError> {
    match value(name)? {
        Some(text) => parsed(name, &text),
        None => Ok(default),
    }
}

/// Reads a variable that may be left out and has no default.
///
/// # Errors
///
/// [`VariableError::Malformed`] names the variable.
pub fn given<T: FromStr<Err: Display>>(name: &'static str) -> Result<Option<T>, VariableError> {
    let text = value(name)?;
    text.map(|text| parsed(name, &text)).transpose()
}

/// Reads a variable that must be set, but may be empty: that says "none", and
/// unlike a variable that is not there it was meant.
///
/// # Errors
///
/// [`VariableError`] names the variable.
pub fn given_or_empty<T: FromStr<Err: Display>>(
    name: &'static str,
) -> Result<Option<T>, VariableError> {
    if std::env::var_os(name).is_none() {
        return Err(VariableError::Missing(name));
    }
    given(name)
}

/// A value that is empty counts as not set: that is how a template leaves an
/// optional one out.
fn value(name: &'static str) -> Result<Option<String>, VariableError> {
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(VariableError::Malformed {
            name,
            cause: "it is not UTF-8".to_owned(),
        }),
    }
}

fn parsed<T: FromStr<Err: Display>>(name: &'static str, text: &str) -> Result<T, VariableError> {
    text.parse()
        .map_err(|cause: T::Err| VariableError::Malformed {
            name,
            cause: cause.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = required::<String>("EFS_BACKUP_NO_SUCH_VARIABLE").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("EFS_BACKUP_NO_SUCH_VARIABLE is not set")
        );
        assert_eq!(optional("EFS_BACKUP_NO_SUCH_VARIABLE", 7).unwrap(), 7);
        assert_eq!(given::<u8>("EFS_BACKUP_NO_SUCH_VARIABLE").unwrap(), None);
        assert!(given::<u8>("CARGO_PKG_VERSION").is_err());
        assert!(given_or_empty::<u8>("EFS_BACKUP_NO_SUCH_VARIABLE").is_err());
        // Cargo sets it for every test, and leaves it empty where there is none.
        assert_eq!(given_or_empty::<u8>("CARGO_PKG_HOMEPAGE").unwrap(), None);
    }

    #[test]
    fn a_malformed_variable_is_named_and_never_defaulted() {
        // Cargo sets this one for every test; it is a version, not a number.
        let error = optional("CARGO_PKG_VERSION", 7_u64).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("environment variable CARGO_PKG_VERSION is malformed")
        );
    }
}
