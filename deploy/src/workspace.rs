//! Finds the project on disk: the template and the functions' sources.

use crate::failure::{Exit, Failure};
use std::path::{Path, PathBuf};

/// The project's top folder: the nearest one, from the current folder up, that
/// holds `template.yaml` and `functions`.
///
/// # Errors
///
/// [`Exit::Usage`] if there is none.
pub fn root() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().map_err(anyhow::Error::from)?;
    root_above(&here).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!(
                "no efs-backup project at {} or above it: change to the folder with template.yaml",
                here.display()
            ),
        )
    })
}

fn root_above(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find(|folder| folder.join("template.yaml").is_file() && folder.join("functions").is_dir())
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_found_from_within() {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = root_above(&crate_folder.join("src")).unwrap();
        assert_eq!(root, crate_folder.parent().unwrap());
        assert_eq!(root_above(Path::new("/")), None);
    }
}
