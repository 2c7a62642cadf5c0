//! What the app may do in Slack, and what it must be allowed to do.

use super::Checks;
use crate::manifest::{SCOPES, Scope};

pub(super) fn examine(granted: Option<&[String]>, checks: &mut Checks) {
    let Some(granted) = granted else {
        return checks.doubtful("scopes", "Slack did not tell which scopes the token has", &[]);
    };
    let has = |scope: &str| granted.iter().any(|one| one == scope);
    let missing: Vec<&Scope> = SCOPES.iter().filter(|need| !has(need.name)).collect();
    if missing.is_empty() {
        return checks.good("scopes", format!("all that are needed, of {} granted", granted.len()));
    }
    for need in missing {
        let mend = [
            "add it to the app (OAuth & Permissions → Bot Token Scopes, or `firebell manifest`) and reinstall the app",
        ];
        let found = format!("not granted: {}", need.without);
        let what = format!("scope {}", need.name);
        if need.vital { checks.wrong(what, found, &mend) } else { checks.doubtful(what, found, &mend) }
    }
}
