//! The test letter: shows that mails arrive, through the real formatter.

use super::body::Body;
use super::message::{Draft, Message};
use super::{Backup, json};
use jiff::Timestamp;

/// The facts of the letter.
#[derive(Debug)]
pub struct TestLetter<'a> {
    /// Which backup line.
    pub backup: &'a Backup,
    /// When the test was asked for.
    pub time: Timestamp,
}

impl TestLetter<'_> {
    /// Renders all forms. Equal facts give equal text.
    #[must_use]
    pub fn render(&self) -> Message {
        let mut body = Body::default();
        body.paragraph("This is a TEST. No backup ran, and nothing is wrong.");
        body.paragraph(&format!(
            "It was asked for at {}. That you read it shows that the mails about this backup \
             reach you.",
            self.backup.zone.show(self.time)
        ));
        self.backup.sign(&mut body, None);
        Message::from(Draft {
            verdict: "TEST",
            label: "TEST OK",
            severity: "info",
            name: self.backup.task().to_owned(),
            task: self.backup.task().to_owned(),
            schema: json::SCHEMA,
            fact: "mails reach you".to_owned(),
            sms_more: None,
            time: self.time,
            body,
            json: json::test(self.backup),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::backup;
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn a_test_letter_reads_like_this() {
        let time = "2026-11-23T09:00:00Z".parse().unwrap();
        let message = TestLetter {
            backup: &backup(),
            time,
        }
        .render();
        assert_snapshot!(
            "test",
            format!("Subject: {}\n\n{}", message.subject(), message.body())
        );
    }
}
