//! Calls to AWS, for functions and tool alike: one that failed, told in one line;
//! and calls to services of which so little is needed that no SDK crate is worth
//! its build time.

mod error;
mod json;

pub use error::CallError;
pub use json::{Answer, JsonClient, JsonService};
