//! What CloudFormation fetches from S3: the functions' code and the template.

mod architecture;
mod binaries;
mod bucket;
mod zip;

pub use architecture::Architecture;
pub use binaries::{Binaries, binary_in, build_release, builder_is_there};
pub use bucket::ArtifactBucket;
pub use zip::FunctionZip;
