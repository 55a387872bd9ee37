//! The function's environment, read once at start.

use backup_domain::arn::TaskArn;
use function_env::{VariableError, given, required};
use function_ping::PingUrl;

/// What `template.yaml` tells the function.
#[derive(Debug)]
pub struct Settings {
    /// The task to execute.
    pub task: TaskArn,
    /// The stack, for log and tags.
    pub stack: String,
    /// The file system, where it lives on burst credits.
    pub bursting_file_system: Option<String>,
    /// A service that is told when a run was started.
    pub ping: Option<PingUrl>,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    ///
    /// [`VariableError`] names the variable that is missing or malformed.
    pub fn from_env() -> Result<Self, VariableError> {
        Ok(Settings {
            task: required("TASK_ARN")?,
            stack: required("STACK_NAME")?,
            bursting_file_system: given("FILE_SYSTEM_ID")?,
            ping: PingUrl::from_env(),
        })
    }
}
