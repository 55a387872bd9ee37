//! One CloudFormation stack: its state, a change set, its execution, and the
//! cause where it fails. Followed by stack id, never by name.

mod apply;
mod cause;
mod change_set;
mod state;

pub use apply::apply;
pub use change_set::{
    Change, Declared, Parameters, Plan, PlannedChanges, discard, effective, parameters, plan,
};
pub use state::{Stack, StackState, find};
