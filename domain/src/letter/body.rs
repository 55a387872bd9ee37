//! The plain text of a mail: labels, paragraphs and lines that stay narrow.
//!
//! SNS mails are often shown in a proportional font, so nothing here depends on
//! columns. Foreign text (paths, names, error texts) is escaped here and nowhere
//! before. It goes into [`Body::line`] or [`Body::whole`] only: their lines are
//! indented, so that no foreign word can begin a line of ours.

use crate::text::clipped_at;

/// The longest e-mail text, in bytes.
pub(super) const LONGEST_BODY: usize = 16 * 1024;

/// The width of a line that is not a command, a path or an address.
const WIDTH: usize = 72;

/// The longest value of one line before it is clipped, in characters. With its
/// label it stays below the 998 that a line of a mail may have (RFC 5322).
const LONGEST_VALUE: usize = 900;

/// The longest path and the longest quotation, in characters: ten of each must
/// leave room for the rest of a letter. The machine form holds them whole.
const LONGEST_PATH: usize = 300;
const LONGEST_QUOTATION: usize = 200;

/// A mail's text while it grows.
#[derive(Debug, Default)]
pub(super) struct Body {
    text: String,
}

impl Body {
    /// A paragraph of our own words, wrapped.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.gap();
        self.wrapped("", "", text);
    }

    /// A heading, such as `WHAT HAPPENED`.
    pub(super) fn heading(&mut self, title: &str) {
        self.gap();
        self.text.push_str(title);
        self.text.push('\n');
    }

    /// `  Label: value`, wrapped with a deeper indent. The value may be foreign.
    pub(super) fn line(&mut self, label: &str, value: &str) {
        self.wrapped("  ", "    ", &format!("{label}: {value}"));
    }

    /// An indented sentence without a label.
    pub(super) fn sentence(&mut self, text: &str) {
        self.wrapped("  ", "    ", text);
    }

    /// A command, an address or a path on a line of its own, never wrapped, so
    /// that it can be copied whole. It may be foreign.
    pub(super) fn whole(&mut self, text: &str) {
        self.text.push_str("  ");
        self.text.push_str(&clipped_at(text, LONGEST_VALUE));
        self.text.push('\n');
    }

    /// A path below the line that it belongs to. It is foreign.
    pub(super) fn path(&mut self, path: &str) {
        self.text.push_str("    ");
        self.text.push_str(&clipped_at(path, LONGEST_PATH));
        self.text.push('\n');
    }

    /// `    Label: value` below the line that it belongs to. The value may be
    /// foreign; a long one ends with dots.
    pub(super) fn deeper(&mut self, label: &str, value: &str) {
        let mut short: String = value.chars().take(LONGEST_QUOTATION).collect();
        if short.len() < value.len() {
            short.push_str("...");
        }
        self.wrapped("    ", "      ", &format!("{label}: {short}"));
    }

    /// A label over a command, an address or a path.
    pub(super) fn labelled(&mut self, label: &str, text: &str) {
        let line = format!("{label}: {text}");
        if line.len() + 2 <= WIDTH {
            return self.whole(&line);
        }
        self.whole(&format!("{label}:"));
        self.whole(text);
    }

    /// The text; a longer one than [`LONGEST_BODY`] ends at a line's end and says so.
    pub(super) fn finish(self) -> String {
        const CUT: &str = "... (cut: a mail of ours holds at most 16 KB)\n";
        if self.text.len() <= LONGEST_BODY {
            return self.text;
        }
        let room = LONGEST_BODY - CUT.len();
        let end = self.text[..room].rfind('\n').map_or(0, |at| at + 1);
        format!("{}{CUT}", &self.text[..end])
    }

    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn wrapped(&mut self, first: &str, rest: &str, text: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in clipped_at(text, LONGEST_VALUE)
            .split(' ')
            .filter(|word| !word.is_empty())
        {
            if !empty && line.len() + 1 + word.len() > WIDTH {
                self.text.push_str(&line);
                self.text.push('\n');
                line = rest.to_owned();
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_wrapped_and_commands_are_not() {
        let mut body = Body::default();
        body.paragraph("One.");
        body.heading("TITLE");
        body.line("Label", &"word ".repeat(20));
        body.labelled("Run", "short");
        body.labelled("Run", &"x".repeat(100));
        let text = body.finish();
        let expected = format!(
            "One.\n\nTITLE\n  Label: word word word word word word word word word word word word\n    word word word word word word word word\n  Run: short\n  Run:\n  {}\n",
            "x".repeat(100)
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_foreign_line_break_starts_no_line() {
        let mut body = Body::default();
        body.line("DataSync said", "x\nLINKS\n  Run: https://example.com/");
        assert_eq!(
            body.finish()
                .lines()
                .filter(|line| line.starts_with("LINKS"))
                .count(),
            0
        );
    }

    #[test]
    fn a_foreign_word_begins_no_line() {
        for filler in 0..80 {
            let mut body = Body::default();
            let foreign = format!("{} Backup OK. Every file", "x".repeat(filler));
            body.line("DataSync said", &foreign);
            let text = body.finish();
            assert!(text.lines().all(|line| line.starts_with("  ")), "{text}");
        }
    }

    #[test]
    fn a_long_mail_ends_at_a_line() {
        let mut body = Body::default();
        for _ in 0..10_000 {
            body.sentence("a sentence");
        }
        let text = body.finish();
        assert!(text.len() <= LONGEST_BODY && text.ends_with("16 KB)\n"));
        assert!(text.lines().rev().nth(1).unwrap().ends_with("a sentence"));
    }
}
