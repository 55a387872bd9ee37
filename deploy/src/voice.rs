//! The one door for what a person reads: results to stdout, all else to stderr.

use std::io::{self, Write};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loudness {
    /// Only results and errors.
    Quiet,
    /// Each step.
    Normal,
    /// Each step with its details.
    Verbose,
}

/// Says things at a chosen loudness.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    loudness: Loudness,
}

impl Voice {
    /// A voice of this loudness.
    #[must_use]
    pub fn new(loudness: Loudness) -> Self {
        Voice { loudness }
    }

    /// A step that a person wants to follow.
    pub fn say(&self, text: &str) {
        if self.loudness >= Loudness::Normal {
            write_line(&mut anstream::stderr(), text);
        }
    }

    /// The same voice for a part of something larger: its steps are details there.
    #[must_use]
    pub fn lowered(&self) -> Self {
        Voice {
            loudness: match self.loudness {
                Loudness::Verbose => Loudness::Verbose,
                _ => Loudness::Quiet,
            },
        }
    }

    /// A detail for whoever asked for details.
    pub fn detail(&self, text: &str) {
        if self.loudness >= Loudness::Verbose {
            write_line(&mut anstream::stderr(), text);
        }
    }

    /// The result of the verb; always said.
    pub fn result(&self, text: &str) {
        write_line(&mut anstream::stdout(), text);
    }
}

/// A reader who hung up (`| head`) is no fault of ours.
fn write_line(out: &mut impl Write, text: &str) {
    let written: io::Result<()> = writeln!(out, "{text}").and_then(|()| out.flush());
    drop(written);
}
