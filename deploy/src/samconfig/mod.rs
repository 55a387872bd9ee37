//! `samconfig.toml`, as SAM reads it: which stack an environment means, and the
//! parameters that it is deployed with. Both tools then deploy the same.
//!
//! Source: SAM Developer Guide, "SAM CLI configuration file": options of
//! `[ENVIRONMENT.deploy.parameters]`, and what they leave out from
//! `[ENVIRONMENT.global.parameters]`. Of them the stack's name, region and
//! profile are read here, and `parameter_overrides`; the rest is about how SAM
//! itself works.

mod overrides;

use crate::failure::{Exit, Failure};
use crate::stack::Parameters;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The file's name, in the project's top folder.
pub const FILE: &str = "samconfig.toml";

/// The environment that is meant where none is named.
const DEFAULT: &str = "default";

/// What an environment says; nothing where there is no file.
#[derive(Debug, Default)]
pub struct Environment {
    place: Place,
    options: Table,
}

/// Where the options stand, for errors.
#[derive(Debug, Default)]
struct Place {
    file: PathBuf,
    environment: String,
}

impl Environment {
    /// Reads an environment from the file in a folder; `None`: the default one, which
    /// need not be there.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] if the file is malformed, or has no environment of this name.
    pub fn read(folder: &Path, named: Option<&str>) -> Result<Self, Failure> {
        let file = folder.join(FILE);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(usage(format!("cannot read {}: {error}", file.display()))),
        };
        let place = Place {
            file,
            environment: named.unwrap_or(DEFAULT).to_owned(),
        };
        place.environment_in(&text, named.is_some())
    }

    /// The name of the stack.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] if it is no text, as for region and profile.
    pub fn stack_name(&self) -> Result<Option<String>, Failure> {
        self.text("stack_name")
    }

    /// The region.
    ///
    /// # Errors
    ///
    /// As [`Environment::stack_name`].
    pub fn region(&self) -> Result<Option<String>, Failure> {
        self.text("region")
    }

    /// The profile of the AWS configuration files.
    ///
    /// # Errors
    ///
    /// As [`Environment::stack_name`].
    pub fn profile(&self) -> Result<Option<String>, Failure> {
        self.text("profile")
    }

    /// The template's parameters.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] names the entry that cannot be read.
    pub fn parameters(&self) -> Result<Parameters, Failure> {
        let option = "parameter_overrides";
        let Some(value) = self.options.get(option) else {
            return Ok(Parameters::new());
        };
        overrides::read(value).map_err(|problem| self.place.wrong(option, &problem))
    }

    fn text(&self, option: &str) -> Result<Option<String>, Failure> {
        match self.options.get(option) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.place.wrong(option, "it has to be a text in quotes")),
        }
    }
}

impl Place {
    fn environment_in(self, text: &str, has_to_be_there: bool) -> Result<Environment, Failure> {
        let document: Table = toml::from_str(text).map_err(|error| self.not_toml(text, &error))?;
        let environment = match document.get(&self.environment) {
            Some(environment) => environment,
            None if has_to_be_there => return Err(self.missing(&document)),
            None => return Ok(Environment::default()),
        };
        let mut options = self.options(environment, "global")?;
        options.extend(self.options(environment, "deploy")?);
        Ok(Environment {
            place: self,
            options,
        })
    }

    /// The options of a command; none if it has no table.
    fn options(&self, environment: &Value, command: &str) -> Result<Table, Failure> {
        let mut place = format!("[{}]", self.environment);
        let mut found = environment;
        for name in [command, "parameters"] {
            let table = found.as_table().ok_or_else(|| self.no_table(&place))?;
            let Some(next) = table.get(name) else {
                return Ok(Table::new());
            };
            found = next;
            place = place.replace(']', &format!(".{name}]"));
        }
        let table = found.as_table().ok_or_else(|| self.no_table(&place))?;
        Ok(table.clone())
    }

    fn no_table(&self, place: &str) -> Failure {
        usage(format!(
            "{}: {place} is no table: write its options below a line {place}, or leave it out",
            self.file.display()
        ))
    }

    fn not_toml(&self, text: &str, error: &toml::de::Error) -> Failure {
        let start = error.span().map_or(0, |span| span.start);
        let line = text
            .bytes()
            .take(start)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1;
        usage(format!(
            "{}, line {line}: {}; correct it, since SAM reads it as well",
            self.file.display(),
            error.message().replace('\n', ", ")
        ))
    }

    fn missing(&self, document: &Table) -> Failure {
        let (file, name) = (self.file.display(), &self.environment);
        let there = document.iter().filter(|(_, value)| value.is_table());
        let there: Vec<&str> = there.map(|(name, _)| name.as_str()).collect();
        let there = match there.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        usage(format!(
            "{file} has no environment {name}; it has {there}: name one of them with \
             --config-env, or write [{name}.deploy.parameters]"
        ))
    }

    fn wrong(&self, option: &str, problem: &str) -> Failure {
        let Place { file, environment } = self;
        usage(format!(
            "{}, {option} of [{environment}.deploy.parameters] or \
             [{environment}.global.parameters]: {problem}",
            file.display()
        ))
    }
}

fn usage(text: String) -> Failure {
    Failure::new(Exit::Usage, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, named: Option<&str>) -> Result<Environment, String> {
        let place = Place {
            file: FILE.into(),
            environment: named.unwrap_or(DEFAULT).to_owned(),
        };
        let read = place.environment_in(text, named.is_some());
        read.map_err(|failure| {
            assert_eq!(failure.exit, Exit::Usage);
            failure.to_string()
        })
    }

    const TWO: &str = r#"
version = 0.1
[default.global.parameters]
stack_name = "web"
region = "eu-west-1"
[default.validate.parameters]
stack_name = "never"
[default.deploy.parameters]
stack_name = "web-backup"
capabilities = "CAPABILITY_IAM"
[strict.deploy.parameters]
profile = "prod"
parameter_overrides = ["A=1", "B='2 3'"]
"#;

    #[test]
    fn the_options_of_deploy_win_over_those_of_every_command() {
        let default = read(TWO, None).unwrap();
        assert_eq!(default.stack_name().unwrap().as_deref(), Some("web-backup"));
        assert_eq!(default.region().unwrap().as_deref(), Some("eu-west-1"));
        assert_eq!(default.profile().unwrap(), None);
        assert!(default.parameters().unwrap().is_empty());

        let strict = read(TWO, Some("strict")).unwrap();
        assert_eq!(strict.stack_name().unwrap(), None);
        assert_eq!(strict.profile().unwrap().as_deref(), Some("prod"));
        let parameters = [("A", "1"), ("B", "2 3")];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(strict.parameters().unwrap(), parameters.into());
    }

    #[test]
    fn without_a_file_or_a_default_environment_nothing_is_said() {
        for text in ["", "[strict.deploy.parameters]\nregion = 'r'"] {
            let environment = read(text, None).unwrap();
            assert_eq!(environment.region().unwrap(), None, "{text}");
            assert!(environment.parameters().unwrap().is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let overrides = "parameter_overrides of [default.deploy.parameters]";
        #[rustfmt::skip]
        let cases = [
            (TWO,                            Some("prod"), "samconfig.toml has no environment prod; it has default, strict: name one"),
            ("",                             Some("prod"), "samconfig.toml has no environment prod; it has none: name one"),
            ("version = 0.1",                Some("version"), "samconfig.toml: [version] is no table"),
            ("a = 1\nb = ]",                 None, "samconfig.toml, line 2: "),
            ("default = 1",                  None, "samconfig.toml: [default] is no table"),
            ("[default]\ndeploy = 1",        None, "samconfig.toml: [default.deploy] is no table"),
            ("[default.deploy]\nparameters = 'x'", None, "samconfig.toml: [default.deploy.parameters] is no table"),
            ("[default.deploy.parameters]\nparameter_overrides = ['A']", None, overrides),
            ("[default.deploy.parameters]\nregion = 1", None, "region of [default.deploy.parameters]"),
        ];
        for (text, named, expected) in cases {
            let told = read(text, named).and_then(|environment| {
                let told = environment.parameters().map(drop);
                told.and_then(|()| environment.region().map(drop))
                    .map_err(|failure| failure.to_string())
            });
            let told = told.unwrap_err();
            assert!(told.contains(expected), "{text}: {told}");
            assert!(!told.contains('\n'), "{told}");
        }
    }
}
