//! The rehearsal: the whole backup line on this machine, without an AWS account.
//!
//! A local cloud ([`LocalCloud`]) is an emulator with the parts that it lacks and
//! our own [`datasync`], which really copies. A [`Stage`] is that cloud with the
//! real stack deployed into it; a [`Scenario`] plays on the stage and checks what
//! a person would see. Who deploys is not decided here.

mod alarm;
pub mod binaries;
pub mod datasync;
mod executions;
mod fault;
mod fleet;
pub mod instance;
mod local_cloud;
mod outbox;
mod past;
mod process;
pub mod python;
mod restore;
mod scenario;
pub mod signed;
mod stage;
mod told;
mod tree;
mod variant;
mod wait;
pub mod xml;

pub use alarm::{AlarmChange, AlarmStand, Passed};
pub use fault::{Delivery, Fault, Healed};
pub use fleet::{Fleet, Member};
pub use local_cloud::{LocalCloud, REGION};
pub use outbox::{Kind, Mail};
pub use past::KeptLedger;
pub use scenario::{Ending, Outcome, Scenario, play};
pub use stage::{Answer, Run, Stage, Version};
pub use variant::{Deploy, Deployed, Resource, Variant};

/// Says one line about what is going on.
pub type Say<'a> = &'a (dyn Fn(&str) + Sync);
