//! One CloudFormation stack: its state, a change set, its execution, and the
//! cause where it fails. Followed by stack id, never by name.

mod apply;
mod cause;
mod change;
mod change_set;
mod parameters;
mod pause;
mod state;

pub use apply::apply;
pub use change::Change;
pub use change_set::{Plan, PlannedChanges, discard, plan};
pub use parameters::{Declared, Parameters, effective, parameters};
pub use state::{Stack, StackState, find};
