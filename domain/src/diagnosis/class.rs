//! Why a single file is not safely in the bucket.

/// The classes of failed files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// It changed while it was copied or verified.
    Changed,
    /// It was gone when it was to be read.
    Vanished,
    /// The source did not let it be read.
    Permission,
    /// Its path makes a key that S3 does not take.
    KeyTooLong,
    /// A kind of file, or a name, that S3 cannot hold.
    Unsupported,
    /// S3 refused to read or write its object.
    S3Denied,
    /// The encryption key refused it.
    KmsDenied,
    /// Its object was gone when it was to be verified.
    GoneFromBucket,
    /// Its object lies in an archive class.
    Archived,
    /// The storage did not answer.
    NoAnswer,
    /// Nothing known fits.
    Unknown,
}

impl Class {
    /// All classes.
    pub const ALL: [Class; 11] = [
        Class::Changed,
        Class::Vanished,
        Class::Permission,
        Class::KeyTooLong,
        Class::Unsupported,
        Class::S3Denied,
        Class::KmsDenied,
        Class::GoneFromBucket,
        Class::Archived,
        Class::NoAnswer,
        Class::Unknown,
    ];

    /// The word in the machine form.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Class::Changed => "changed-during-run",
            Class::Vanished => "vanished",
            Class::Permission => "permission",
            Class::KeyTooLong => "key-too-long",
            Class::Unsupported => "unsupported",
            Class::S3Denied => "s3-denied",
            Class::KmsDenied => "kms-denied",
            Class::GoneFromBucket => "gone-from-bucket",
            Class::Archived => "archived",
            Class::NoAnswer => "no-answer",
            Class::Unknown => "unknown",
        }
    }

    /// The words in a mail, before the number of files.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Class::Changed => "Changed during the run",
            Class::Vanished => "Gone when they were to be read",
            Class::Permission => "Not readable for DataSync",
            Class::KeyTooLong => "Path too long for S3",
            Class::Unsupported => "A kind of file or name that S3 cannot hold",
            Class::S3Denied => "Refused by S3",
            Class::KmsDenied => "Refused by the encryption key",
            Class::GoneFromBucket => "Gone from the bucket before they were verified",
            Class::Archived => "Archived in the bucket",
            Class::NoAnswer => "The storage did not answer",
            Class::Unknown => "Cause not recognised",
        }
    }
}
