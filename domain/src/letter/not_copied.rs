//! The part of a letter that names the files which are not safely in the bucket,
//! by why they failed.

use super::ExecutionLetter;
use super::body::Body;
use crate::diagnosis::Class;
use crate::failed_files::FailedFile;
use crate::units::{grouped, plural};

impl ExecutionLetter<'_> {
    pub(super) fn not_safely_copied(&self, body: &mut Body) {
        if self.failed.known == 0 {
            return;
        }
        body.heading("NOT SAFELY COPIED");
        let shown = self.failed.first();
        for (class, count) in self.failed.by_class() {
            body.line(class.title(), &plural(count, "file", "files"));
            let files = shown.iter().filter(|file| file.class == class);
            files.for_each(|file| one_file(body, file));
        }
        let more = self.failed.known.saturating_sub(shown.len() as u64);
        if more > 0 {
            let place = match self.failed.from_report {
                true => "the task report",
                false => "the task's log",
            };
            body.sentence(&format!("and {} more (see {place})", grouped(more)));
        }
    }
}

/// Its path on a line of its own; where nobody knows the cause, what is said.
fn one_file(body: &mut Body, file: &FailedFile) {
    body.path(&file.path);
    if file.class == Class::Unknown && !file.said.is_empty() {
        body.deeper("DataSync says", &file.said);
    }
}
