//! What the app may do in Slack, and what it must be allowed to do.

use super::Checks;
use crate::config::SlackConfig;

/// A scope, and what does not work without it.
struct Need {
    scope: &'static str,
    without: &'static str,
    /// Without it, next to nothing works.
    vital: bool,
}

const fn need(scope: &'static str, without: &'static str, vital: bool) -> Need {
    Need { scope, without, vital }
}

/// Bot scopes, as docs.slack.dev/reference/scopes names them.
const NEEDS: &[Need] = &[
    need("chat:write", "nothing can be said", true),
    need("commands", "slash commands and shortcuts do not come in", true),
    need(
        "chat:write.public",
        "the bot must be invited to each public channel before it can post there",
        false,
    ),
    need("channels:read", "channels are not found by their names", false),
    need("groups:read", "private channels are not found by their names", false),
    need(
        "channels:history",
        "after a lost connection, messages cannot be looked for before they are sent again",
        false,
    ),
    need("groups:history", "the same, in private channels", false),
    need("im:write", "responders get no direct messages", false),
    need("im:history", "direct messages cannot be looked for before they are sent again", false),
    need("users:read", "people's names are not known", false),
    need("users:read.email", "people cannot be linked by their e-mail addresses", false),
    need("usergroups:read", "user groups cannot be used for rights and mentions", false),
    need("app_mentions:read", "mentions of the bot do not come in", false),
];

/// Only where reactions are turned on.
const FOR_REACTIONS: &[Need] = &[
    need("reactions:read", "reactions do not acknowledge or resolve", false),
    need("reactions:write", "reactions get no receipt", false),
];

pub(super) fn examine(slack: &SlackConfig, granted: Option<&[String]>, checks: &mut Checks) {
    let Some(granted) = granted else {
        return checks.doubtful("scopes", "Slack did not tell which scopes the token has", &[]);
    };
    let has = |scope: &str| granted.iter().any(|one| one == scope);
    let wanted = NEEDS.iter().chain(if slack.reactions { FOR_REACTIONS } else { &[] });
    let missing: Vec<&Need> = wanted.filter(|need| !has(need.scope)).collect();
    if missing.is_empty() {
        return checks.good("scopes", format!("all that are needed, of {} granted", granted.len()));
    }
    for need in missing {
        let mend = [
            "add it to the app (OAuth & Permissions → Bot Token Scopes, or `firebell manifest`) and reinstall the app",
        ];
        let found = format!("not granted: {}", need.without);
        let what = format!("scope {}", need.scope);
        if need.vital { checks.wrong(what, found, &mend) } else { checks.doubtful(what, found, &mend) }
    }
}
