//! A file that somebody writes to while it is being copied.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::datasync::Shared;
use crate::datasync::end::Name;
use crate::datasync::job::Site;
use crate::datasync::store::Place;

/// `{"change_while_read": {…}}`: the next time this file is copied, its beginning
/// is overwritten in place with `content`, after `DataSync` took its checksum and
/// before it sends the content. This alone of all orders changes what is there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub file_system: String,
    /// Below the root of the file system, with a leading `/`.
    pub path: String,
    pub content: String,
}

impl Change {
    fn is_of(&self, file_system: &str, path: &Path) -> bool {
        self.file_system == file_system && Path::new(self.path.trim_start_matches('/')) == path
    }

    fn make(&self, file_systems: &Path) -> io::Result<()> {
        let path = self.path.trim_start_matches('/');
        let path = file_systems.join(&self.file_system).join(path);
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(self.content.as_bytes())
    }
}

/// Makes the change that is ordered for a file of the source, if one is.
pub(in crate::datasync) fn change_if_ordered(shared: &Shared, source: &Site, name: &Name) {
    let Place::Efs(place) = &source.place else {
        return;
    };
    let path: PathBuf = Path::new(&place.subdirectory).join(name.path());
    let mut control = shared.control();
    let ordered = control
        .changes
        .iter()
        .position(|change| change.is_of(&place.file_system_id, &path));
    let Some(change) = ordered.map(|index| control.changes.swap_remove(index)) else {
        return;
    };
    if let Err(error) = change.make(&shared.settings.efs_root) {
        eprintln!("datasync: {} was not changed: {error}", change.path);
    }
}
