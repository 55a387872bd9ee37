//! One CloudFormation stack: its state, a change set, its execution, and the
//! cause where it fails. Followed by stack id, never by name.

mod apply;
mod cause;
mod change_set;
mod state;

pub use apply::{Finished, apply};
pub use change_set::{Change, Parameters, Plan, PlannedChanges, discard, parameters, plan};
pub use state::{Stack, StackState, find};
