//! What one entry of the knowledge base says.

use super::{Class, Question};

/// A known cause: how it is recognised, and what helps.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name in the machine form and in tests.
    pub id: &'static str,
    /// The cause in a few words, for the subject.
    pub headline: &'static str,
    /// Recognised if all texts of one group stand in the same place, in any case.
    /// All in lower case here. None for what only a look can tell.
    pub when: &'static [&'static [&'static str]],
    /// Not recognised if one of these stands there too.
    pub unless: &'static [&'static str],
    /// The cause, in one or two sentences.
    pub cause: &'static str,
    /// What helps, in order.
    pub remedy: &'static [Step],
    /// Where this is known from.
    pub source: &'static str,
    /// The class of a file of which this is said; `None`: not said of files.
    pub class: Option<Class>,
    /// Whether it only says that something is wrong; then every other rule goes
    /// before it.
    pub general: bool,
    /// Whether only DataSync's own code or text can tell it: what is said of files
    /// may hold any word.
    pub of_run: bool,
    /// What a look could say about it.
    pub questions: &'static [Question],
    /// What else could be the cause, where nobody here may look.
    pub unseen: &'static [&'static str],
}

/// One line of a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A sentence.
    Do(&'static str),
    /// A command, with `{region}`, `{stack}`, `{task}`, `{bucket}`,
    /// `{file_system}`, `{log_group}`, `{stream}` and `{key}` for the names of this
    /// run.
    Run(&'static str),
    /// A sentence, and the commands that show what was changed by hand since the
    /// stack was deployed.
    CompareWithStack(&'static str),
}

impl Rule {
    /// Whether this text tells of this cause.
    #[must_use]
    pub fn fires_on(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let has = |part: &&str| text.contains(*part);
        let recognised = self.when.iter().any(|group| group.iter().all(has));
        recognised && !self.unless.iter().any(has)
    }
}
