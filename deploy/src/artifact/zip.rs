//! A function's zip: one entry `bootstrap`, the same bytes for the same binary.

use super::architecture::Architecture;
use crate::failure::Failure;
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A zip in memory, and the key that names its content.
#[derive(Debug)]
pub struct FunctionZip {
    /// `FUNCTION/SHA256.zip`; the hash is over the binary, so that another
    /// version of the packer does not deploy the same code again.
    pub key: String,
    /// The zip.
    pub bytes: Vec<u8>,
}

impl FunctionZip {
    /// Packs a binary.
    ///
    /// # Errors
    ///
    /// If the binary cannot be read, or is for another processor.
    pub fn pack(
        function: &str,
        binary: &Path,
        architecture: Architecture,
    ) -> Result<Self, Failure> {
        let content = std::fs::read(binary).with_context(|| {
            format!(
                "cannot read the binary of {function} at {}",
                binary.display()
            )
        })?;
        architecture.check(function, &content)?;
        Ok(FunctionZip {
            key: format!("{function}/{}.zip", hex(&Sha256::digest(&content))),
            bytes: packed(&content).context("cannot pack a zip")?,
        })
    }
}

/// Fixed time and mode: time of day and umask are no part of the code.
fn packed(content: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    writer.start_file("bootstrap", options)?;
    writer.write_all(content)?;
    Ok(writer.finish()?.into_inner())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _: std::fmt::Result = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_binary_gives_the_same_bytes() {
        let one = packed(b"code").unwrap();
        assert_eq!(one, packed(b"code").unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(one)).unwrap();
        assert_eq!(archive.len(), 1);
        let entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), "bootstrap");
        assert_eq!(entry.unix_mode().unwrap() & 0o777, 0o755);
    }

    #[test]
    fn hashes_are_lower_case_hexadecimal() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
    }

    #[test]
    fn a_missing_binary_is_named() {
        let error = FunctionZip::pack("start-execution", Path::new("/no/such"), Architecture::X86)
            .unwrap_err();
        assert!(error.to_string().contains("start-execution at /no/such"));
    }
}
