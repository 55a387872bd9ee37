//! The processor that a function is built for, and the one that it will run on.

use crate::failure::{Exit, Failure};

/// A processor that Lambda offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Intel and AMD.
    X86,
    /// Graviton.
    Arm,
}

impl Architecture {
    /// Reads the value of the template's parameter `Architecture`; without one a
    /// function runs where Lambda runs it by default.
    #[must_use]
    pub fn from_parameter(value: Option<&str>) -> Self {
        match value {
            Some("arm64") => Architecture::Arm,
            _ => Architecture::X86,
        }
    }

    /// Refuses a binary for another processor: every invocation of it would fail.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] names the function and both processors.
    pub fn check(self, function: &str, binary: &[u8]) -> Result<(), Failure> {
        let found = machine(binary);
        if found == Some(self) {
            return Ok(());
        }
        let found = found.map_or(
            "no program for Linux that Lambda can run",
            Architecture::name,
        );
        Err(Failure::new(
            Exit::Usage,
            format!(
                "the binary of {function} is {found}, but parameter Architecture is {}: build it \
                 again, or set the parameter",
                self.name()
            ),
        ))
    }

    /// The word of the template's parameter.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Architecture::X86 => "x86_64",
            Architecture::Arm => "arm64",
        }
    }
}

/// The field `e_machine` of a 64-bit little-endian ELF header (source: System V
/// ABI, "ELF Header").
fn machine(binary: &[u8]) -> Option<Architecture> {
    if !binary.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    match binary.get(18..20)? {
        [0x3e, 0] => Some(Architecture::X86),
        [0xb7, 0] => Some(Architecture::Arm),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(machine: u8) -> Vec<u8> {
        let mut header = b"\x7fELF\x02\x01".to_vec();
        header.resize(64, 0);
        header[18] = machine;
        header
    }

    #[test]
    fn a_binary_for_another_processor_is_refused() {
        #[rustfmt::skip]
        let cases = [
            ("x86 on x86",   Architecture::X86, elf(0x3e),        true),
            ("arm on arm",   Architecture::Arm, elf(0xb7),        true),
            ("x86 on arm",   Architecture::Arm, elf(0x3e),        false),
            ("another one",  Architecture::X86, elf(0x28),        false),
            ("a script",     Architecture::X86, b"#!/bin/sh".to_vec(), false),
            ("cut short",    Architecture::X86, elf(0x3e)[..10].to_vec(), false),
        ];
        for (name, architecture, binary, accepted) in cases {
            assert_eq!(architecture.check("f", &binary).is_ok(), accepted, "{name}");
        }
        let error = Architecture::Arm
            .check("f", &elf(0x3e))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("is x86_64, but parameter Architecture is arm64"),
            "{error}"
        );
    }
}
