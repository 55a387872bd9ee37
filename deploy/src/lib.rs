//! The operator's tool: deploys the stack, shows it, and rehearses it on a local
//! cloud. Each verb lives in `verb/`; what several verbs need lies beside it.

pub mod artifact;
pub mod aws;
pub mod cli;
pub mod diagram;
pub mod failure;
pub mod line;
#[cfg(feature = "rehearsal")]
pub mod rehearsed;
#[cfg(feature = "rehearsal")]
pub mod report;
pub mod samconfig;
pub mod stack;
pub mod template;
pub mod verb;
pub mod voice;
pub mod workspace;
