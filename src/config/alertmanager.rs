//! What Alertmanager would refuse in receivers that Firebell does not read: a pasted file that `check` calls fine should be
//! one that Alertmanager takes, too.

use crate::yaml::{Fields, Node, Reading, Value};

/// What each kind of receiver must have, in Alertmanager's words where it lacks it (0.33, `config/notifiers.go`).
struct Needs {
    kind: &'static str,
    one_of: &'static [&'static str],
    /// Or one of these in `global`.
    global: &'static [&'static str],
    lacks: &'static str,
}

const NEEDS: &[Needs] = &[
    Needs {
        kind: "webhook_configs",
        one_of: &["url", "url_file"],
        global: &[],
        lacks: "missing URL in webhook config",
    },
    Needs {
        kind: "slack_configs",
        one_of: &["api_url", "api_url_file", "app_token", "app_token_file"],
        global: &["slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file"],
        lacks: "no Slack API URL is set, neither here nor in `global`, and there is no `slack:` with a bot's token",
    },
    Needs {
        kind: "email_configs",
        one_of: &["to"],
        global: &[],
        lacks: "missing to address in email config",
    },
    Needs {
        kind: "pagerduty_configs",
        one_of: &["service_key", "service_key_file", "routing_key", "routing_key_file"],
        global: &[],
        lacks: "missing service or routing key in PagerDuty config",
    },
    Needs {
        kind: "opsgenie_configs",
        one_of: &["api_key", "api_key_file"],
        global: &["opsgenie_api_key", "opsgenie_api_key_file"],
        lacks: "no OpsGenie API key is set, neither here nor in `global`",
    },
    Needs {
        kind: "discord_configs",
        one_of: &["webhook_url", "webhook_url_file"],
        global: &[],
        lacks: "no discord webhook URL provided",
    },
    Needs {
        kind: "pushover_configs",
        one_of: &["user_key", "user_key_file"],
        global: &[],
        lacks: "missing user key in Pushover config",
    },
    Needs {
        kind: "sns_configs",
        one_of: &["target_arn", "topic_arn", "phone_number"],
        global: &[],
        lacks: "must provide either a Target ARN, Topic ARN, or Phone Number for SNS config",
    },
    Needs {
        kind: "telegram_configs",
        one_of: &["bot_token", "bot_token_file"],
        global: &["telegram_bot_token", "telegram_bot_token_file"],
        lacks: "missing bot_token on telegram_config",
    },
    Needs {
        kind: "victorops_configs",
        one_of: &["routing_key"],
        global: &[],
        lacks: "missing Routing key in VictorOps config",
    },
    Needs {
        kind: "webex_configs",
        one_of: &["room_id"],
        global: &[],
        lacks: "missing room_id on webex_config",
    },
];

/// Keys that hold addresses.
const ADDRESSES: [&str; 4] = ["url", "api_url", "webhook_url", "slack_api_url"];

/// Looks at the receivers of the whole document.
pub(super) fn judge(f: &mut Fields<'_, '_>) {
    let (global, receivers) = (f.at_path("global"), f.at_path("receivers"));
    let has_bot = f.at_path("slack").is_some_and(|slack| !slack.is_null());
    let Some(reading) = f.reading() else { return };
    if let Some(global) = global {
        addresses(reading, global);
    }
    for receiver in receivers.into_iter().flat_map(items) {
        for needs in NEEDS {
            let configs = receiver.entry(needs.kind).map(|entry| &entry.node);
            for config in configs.into_iter().flat_map(items) {
                addresses(reading, config);
                let given = |node: &Node, keys: &[&str]| {
                    keys.iter().any(|key| node.entry(key).is_some_and(|entry| !entry.node.is_null()))
                };
                let by_bot = needs.kind == "slack_configs" && has_bot;
                if !by_bot
                    && !given(config, needs.one_of)
                    && !global.is_some_and(|global| given(global, needs.global))
                {
                    let hint = format!("Alertmanager refuses this file, too; give it `{}`", needs.one_of[0]);
                    let span = reading.first_key(config);
                    reading.error("alertmanager", span, needs.lacks, Some(hint));
                }
            }
        }
    }
}

fn items(list: &Node) -> &[Node] {
    match &list.value {
        Value::List(items) => items,
        _ => &[],
    }
}

/// Addresses begin with http:// or https://; what comes from the environment is another's to know.
fn addresses(reading: &mut Reading<'_>, config: &Node) {
    for entry in ADDRESSES.iter().filter_map(|key| config.entry(key)) {
        let Value::Scalar(scalar) = &entry.node.value else { continue };
        let is_http = ["http://", "https://"].iter().any(|start| scalar.text.starts_with(start));
        if is_http || scalar.from_env || scalar.broken || scalar.text == "<secret>" {
            continue;
        }
        let scheme = scalar.text.split_once("://").map_or("", |(scheme, _)| scheme);
        let what = format!("unsupported scheme {scheme:?} for URL");
        let hint = "Alertmanager refuses this file, too; write an address with http:// or https://";
        reading.error("alertmanager", entry.key_span, what, Some(hint.to_owned()));
    }
}
