//! An incident as people are shown it.

use crate::domain::group::Group;
use crate::domain::incident::settings::Severity;
use crate::domain::incident::{Incident, RoleHolder, Task};
use crate::domain::time::Timestamp;

#[derive(Clone, Debug, PartialEq)]
pub struct IncidentPicture {
    pub incident: Incident,
    /// As configured; one that the config no longer has has its name only.
    pub severity: Severity,
    pub roles: Vec<RoleHolder>,
    pub tasks: Vec<Task>,
    pub groups: Vec<Group>,
    pub now: Timestamp,
}
