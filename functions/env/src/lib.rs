//! What every function does before it meets its first event: begin its log, read
//! its environment, and build one shared configuration for its AWS clients.
//!
//! `aws-config` is left out on purpose. A function's credentials are always in
//! its environment, and the default chain costs start-up time for sources that
//! do not exist there. So the endpoint variables are read here too.

mod clients;
pub mod log;
mod variables;

pub use clients::{Clients, ClientsError};
pub use variables::{VariableError, given, given_or_empty, optional, required};
