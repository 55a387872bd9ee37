//! The mails that the local cloud sent: one `.eml` file each.

use anyhow::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its file.
    pub path: PathBuf,
    /// A letter of the product, or SNS's request to confirm a subscription.
    pub kind: Kind,
    /// The header lines by name.
    pub headers: BTreeMap<String, String>,
    /// The text.
    pub body: String,
}

/// What kind of mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A notification that was published.
    Notification,
    /// A link to confirm a subscription.
    Confirmation,
}

impl Mail {
    /// The subject; empty if there is none.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.header("Subject")
    }

    /// A header; empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// A message attribute; empty if there is none.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &str {
        self.header(&format!("X-Sns-Attribute-{name}"))
    }

    /// The value of a line `  Label: value` of the text.
    #[must_use]
    pub fn line(&self, label: &str) -> Option<&str> {
        let start = format!("{label}: ");
        self.body
            .lines()
            .find_map(|line| line.trim_start().strip_prefix(&start))
    }

    /// Reads a mail from its file.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the mail {}", path.display()))?;
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let confirms = path.to_string_lossy().ends_with("-confirm.eml");
        Ok(Mail {
            path: path.to_owned(),
            kind: if confirms {
                Kind::Confirmation
            } else {
                Kind::Notification
            },
            headers: headers(head),
            body: body.to_owned(),
        })
    }
}

/// Header lines; one that begins with white space goes on with the line before.
fn headers(head: &str) -> BTreeMap<String, String> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        match (
            line.starts_with([' ', '\t']),
            headers.last_mut(),
            line.split_once(':'),
        ) {
            (true, Some((_, value)), _) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (false, _, Some((name, value))) => {
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
            _ => {}
        }
    }
    headers.into_iter().collect()
}

/// All mails in a folder, in the order in which they were sent.
///
/// # Errors
///
/// If a mail cannot be read.
pub(crate) fn mails(folder: &Path) -> anyhow::Result<Vec<Mail>> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| Mail::read(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_header_is_one_line() {
        let headers =
            headers("Subject: OK | web |\n 3 files\nX-Sns-Attribute-verdict: OK\nTo: a@b.c");
        assert_eq!(headers["Subject"], "OK | web | 3 files");
        assert_eq!(headers["X-Sns-Attribute-verdict"], "OK");
    }

    #[test]
    fn no_outbox_means_no_mail() {
        assert!(mails(Path::new("/no/such/folder")).unwrap().is_empty());
    }
}
