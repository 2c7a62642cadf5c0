//! The table of Block Kit: which keys each thing has and what they hold (DOC reference/block-kit; limits in
//! characters as the block pages give them).

use super::rules::Rule::{
    Any, Block, Blocks, Bool, Date, Element, Elements, Fields, Int, Leaves, Mrkdwn, NumberText, Object,
    Objects, OneOf, OneOption, OptionGroups, Options, Plain, Rows, Str, Strings, Text, Time,
};
use super::rules::{Key, may, must};

const URL: usize = 3_000;
const ALT: usize = 2_000;
const ID: usize = 255;

const BUTTON_STYLES: &[&str] = &["primary", "danger"];

pub(super) const CONFIRM: &[Key] = &[
    must("title", Plain(100)),
    must("text", Text(300)),
    may("confirm", Plain(30)),
    may("deny", Plain(30)),
    may("style", OneOf(BUTTON_STYLES)),
];
const DISPATCH: &[Key] = &[may("trigger_actions_on", Strings(1, 2))];
const FILTER: &[Key] = &[
    may("include", Strings(1, 4)),
    may("exclude_external_shared_channels", Bool),
    may("exclude_bot_users", Bool),
];
const SLACK_FILE: &[Key] = &[may("id", Str(1, ID)), may("url", Str(1, URL))];

const ACTION_ID: Key = may("action_id", Str(1, ID));
const CONFIRMABLE: Key = may("confirm", Object(CONFIRM));
const FOCUS: Key = may("focus_on_load", Bool);
const PLACEHOLDER: Key = may("placeholder", Plain(150));
const MAX_ITEMS: Key = may("max_selected_items", Int(1, 10_000));
const DISPATCHABLE: Key = may("dispatch_action_config", Object(DISPATCH));
const TYPE: Key = must("type", Any);
const BLOCK_ID: Key = may("block_id", Str(1, ID));

const SECTION_ACCESSORIES: &[&str] = &[
    "button",
    "checkboxes",
    "datepicker",
    "image",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "timepicker",
    "workflow_button",
];
const ACTIONS: &[&str] = &[
    "button",
    "checkboxes",
    "datepicker",
    "datetimepicker",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "timepicker",
    "workflow_button",
    "rich_text_input",
];
const INPUTS: &[&str] = &[
    "checkboxes",
    "datepicker",
    "datetimepicker",
    "email_text_input",
    "file_input",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
    "number_input",
    "plain_text_input",
    "radio_buttons",
    "rich_text_input",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "timepicker",
    "url_text_input",
];
const CONTAINED: &[&str] = &[
    "actions",
    "context",
    "divider",
    "file",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
    "table",
    "video",
];
const RICH: &[&str] = &["rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"];
const LEAVES: &[&str] =
    &["broadcast", "color", "channel", "date", "emoji", "link", "team", "text", "user", "usergroup"];

/// The keys of a block of that type.
pub(super) fn block(kind: &str) -> Option<&'static [Key]> {
    Some(match kind {
        "section" => {
            const {
                &[
                    TYPE,
                    BLOCK_ID,
                    may("text", Text(3_000)),
                    may("fields", Fields),
                    may("accessory", Element(SECTION_ACCESSORIES)),
                    may("expand", Bool),
                ]
            }
        }
        "divider" => const { &[TYPE, BLOCK_ID] },
        "header" => const { &[TYPE, BLOCK_ID, must("text", Plain(150))] },
        "context" => {
            const { &[TYPE, BLOCK_ID, must("elements", Elements(&["image", "plain_text", "mrkdwn"], 1, 10))] }
        }
        "actions" => const { &[TYPE, BLOCK_ID, must("elements", Elements(ACTIONS, 1, 25))] },
        "context_actions" => {
            const { &[TYPE, BLOCK_ID, must("elements", Elements(&["feedback_buttons", "icon_button"], 1, 5))] }
        }
        "image" => {
            const {
                &[
                    TYPE,
                    BLOCK_ID,
                    must("alt_text", Str(1, ALT)),
                    may("image_url", Str(1, URL)),
                    may("slack_file", Object(SLACK_FILE)),
                    may("title", Plain(2_000)),
                ]
            }
        }
        "input" => {
            const {
                &[
                    TYPE,
                    BLOCK_ID,
                    must("label", Plain(2_000)),
                    must("element", Element(INPUTS)),
                    may("hint", Plain(2_000)),
                    may("optional", Bool),
                    may("dispatch_action", Bool),
                ]
            }
        }
        "markdown" => const { &[TYPE, BLOCK_ID, must("text", Str(1, 12_000))] },
        "rich_text" => const { &[TYPE, BLOCK_ID, must("elements", Elements(RICH, 1, 1_000))] },
        "table" => {
            const { &[TYPE, BLOCK_ID, must("rows", Rows), may("column_settings", Objects(COLUMN, 0, 20))] }
        }
        "video" => {
            const {
                &[
                    TYPE,
                    BLOCK_ID,
                    must("alt_text", Str(1, ALT)),
                    must("title", Plain(199)),
                    must("video_url", Str(1, URL)),
                    must("thumbnail_url", Str(1, URL)),
                    may("title_url", Str(1, URL)),
                    may("author_name", Str(1, 49)),
                    may("provider_name", Str(1, 49)),
                    may("provider_icon_url", Str(1, URL)),
                    may("description", Plain(200)),
                ]
            }
        }
        "file" => {
            const { &[TYPE, BLOCK_ID, must("external_id", Str(1, ID)), must("source", OneOf(&["remote"]))] }
        }
        "alert" => {
            const {
                &[
                    TYPE,
                    BLOCK_ID,
                    must("text", Text(200)),
                    may("level", OneOf(&["default", "info", "warning", "error", "success"])),
                ]
            }
        }
        "card" => {
            const {
                &[
                    TYPE,
                    BLOCK_ID,
                    may("hero_image", Element(&["image"])),
                    may("icon", Element(&["image"])),
                    may("title", Mrkdwn(150)),
                    may("subtitle", Mrkdwn(150)),
                    may("body", Mrkdwn(200)),
                    may("actions", Elements(&["button"], 1, 5)),
                ]
            }
        }
        "carousel" => const { &[TYPE, BLOCK_ID, must("elements", Blocks(&["card"], 1, 10))] },
        "container" => {
            const {
                &[
                    TYPE,
                    BLOCK_ID,
                    may("title", Plain(150)),
                    may("rich_text_title", Block(&["rich_text"])),
                    may("subtitle", Text(150)),
                    must("child_blocks", Blocks(CONTAINED, 1, 10)),
                    may("width", OneOf(&["narrow", "standard", "wide", "full"])),
                    may("icon", Element(&["image"])),
                    may("is_collapsible", Bool),
                    may("default_collapsed", Bool),
                    may("has_header_divider", Bool),
                ]
            }
        }
        "task_card" => TASK_CARD,
        "plan" => {
            const { &[TYPE, BLOCK_ID, must("title", Str(1, 256)), may("tasks", Blocks(&["task_card"], 1, 50))] }
        }
        _ => return None,
    })
}

const COLUMN: &[Key] = &[may("align", OneOf(&["left", "center", "right"])), may("is_wrapped", Bool)];
const TASK_CARD: &[Key] = &[
    TYPE,
    BLOCK_ID,
    must("task_id", Str(1, ID)),
    must("title", Str(1, 256)),
    may("details", Block(&["rich_text"])),
    may("output", Block(&["rich_text"])),
    may(
        "sources",
        Objects(&[must("type", OneOf(&["url"])), must("url", Str(1, URL)), must("text", Str(1, 256))], 0, 50),
    ),
    must("status", OneOf(&["pending", "in_progress", "complete", "error"])),
];

const TRIGGER: &[Key] = &[must("url", Str(1, URL)), may("customizable_input_parameters", Any)];
const WORKFLOW: &[Key] = &[must("trigger", Object(TRIGGER))];

/// A positive or negative feedback button.
const FEEDBACK: &[Key] =
    &[must("text", Plain(75)), must("value", Str(1, 2_000)), may("accessibility_label", Str(1, 75))];

/// The keys of an element of that type.
pub(super) fn element(kind: &str) -> Option<&'static [Key]> {
    Some(match kind {
        "button" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    must("text", Plain(75)),
                    may("value", Str(1, 2_000)),
                    may("url", Str(1, URL)),
                    may("style", OneOf(BUTTON_STYLES)),
                    CONFIRMABLE,
                    may("accessibility_label", Str(1, 75)),
                ]
            }
        }
        "workflow_button" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    must("text", Plain(75)),
                    must("workflow", Object(WORKFLOW)),
                    may("style", OneOf(BUTTON_STYLES)),
                    may("accessibility_label", Str(1, 75)),
                    CONFIRMABLE,
                ]
            }
        }
        "feedback_buttons" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    must("positive_button", Object(FEEDBACK)),
                    must("negative_button", Object(FEEDBACK)),
                ]
            }
        }
        "icon_button" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    must("icon", Str(1, 75)),
                    must("text", Plain(75)),
                    may("value", Str(1, 2_000)),
                    may("accessibility_label", Str(1, 75)),
                    may("visible_to_user_ids", Strings(0, 100)),
                    CONFIRMABLE,
                ]
            }
        }
        "image" => {
            const {
                &[
                    TYPE,
                    must("alt_text", Str(1, ALT)),
                    may("image_url", Str(1, URL)),
                    may("slack_file", Object(SLACK_FILE)),
                ]
            }
        }
        "checkboxes" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    must("options", Options(10, true)),
                    may("initial_options", Options(10, true)),
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "radio_buttons" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    must("options", Options(10, true)),
                    may("initial_option", OneOption(true)),
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "overflow" => const { &[TYPE, ACTION_ID, must("options", Options(5, false)), CONFIRMABLE] },
        "datepicker" => {
            const { &[TYPE, ACTION_ID, may("initial_date", Date), PLACEHOLDER, CONFIRMABLE, FOCUS] }
        }
        "timepicker" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_time", Time),
                    may("timezone", Str(1, 100)),
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "datetimepicker" => {
            const { &[TYPE, ACTION_ID, may("initial_date_time", Int(0, 9_999_999_999)), CONFIRMABLE, FOCUS] }
        }
        "static_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("options", Options(100, false)),
                    may("option_groups", OptionGroups),
                    may("initial_option", OneOption(false)),
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "multi_static_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("options", Options(100, false)),
                    may("option_groups", OptionGroups),
                    may("initial_options", Options(100, false)),
                    MAX_ITEMS,
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "external_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_option", OneOption(false)),
                    may("min_query_length", Int(0, 100)),
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "multi_external_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_options", Options(100, false)),
                    may("min_query_length", Int(0, 100)),
                    MAX_ITEMS,
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "users_select" => {
            const { &[TYPE, ACTION_ID, may("initial_user", Str(1, ID)), PLACEHOLDER, CONFIRMABLE, FOCUS] }
        }
        "multi_users_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_users", Strings(1, 1_000)),
                    MAX_ITEMS,
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "conversations_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_conversation", Str(1, ID)),
                    may("default_to_current_conversation", Bool),
                    may("filter", Object(FILTER)),
                    may("response_url_enabled", Bool),
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "multi_conversations_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_conversations", Strings(1, 1_000)),
                    may("default_to_current_conversation", Bool),
                    may("filter", Object(FILTER)),
                    MAX_ITEMS,
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "channels_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_channel", Str(1, ID)),
                    may("response_url_enabled", Bool),
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "multi_channels_select" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_channels", Strings(1, 1_000)),
                    MAX_ITEMS,
                    PLACEHOLDER,
                    CONFIRMABLE,
                    FOCUS,
                ]
            }
        }
        "plain_text_input" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_value", Str(1, 3_000)),
                    may("multiline", Bool),
                    may("min_length", Int(0, 3_000)),
                    may("max_length", Int(1, 3_000)),
                    PLACEHOLDER,
                    FOCUS,
                    DISPATCHABLE,
                ]
            }
        }
        "rich_text_input" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    may("initial_value", Block(&["rich_text"])),
                    PLACEHOLDER,
                    FOCUS,
                    DISPATCHABLE,
                ]
            }
        }
        "email_text_input" | "url_text_input" => {
            const { &[TYPE, ACTION_ID, may("initial_value", Str(1, 3_000)), PLACEHOLDER, FOCUS, DISPATCHABLE] }
        }
        "number_input" => {
            const {
                &[
                    TYPE,
                    ACTION_ID,
                    must("is_decimal_allowed", Bool),
                    may("initial_value", NumberText),
                    may("min_value", NumberText),
                    may("max_value", NumberText),
                    PLACEHOLDER,
                    FOCUS,
                    DISPATCHABLE,
                ]
            }
        }
        "file_input" => {
            const { &[TYPE, ACTION_ID, may("filetypes", Strings(1, 100)), may("max_files", Int(1, 10))] }
        }
        "plain_text" => PLAIN,
        "mrkdwn" => MRKDWN,
        "rich_text_section" => const { &[TYPE, must("elements", Leaves(LEAVES))] },
        "rich_text_quote" => const { &[TYPE, must("elements", Leaves(LEAVES)), BORDER] },
        "rich_text_preformatted" => const { &[TYPE, must("elements", Leaves(&["text", "link"])), BORDER] },
        "rich_text_list" => {
            const {
                &[
                    TYPE,
                    must("elements", Elements(&["rich_text_section"], 0, 1_000)),
                    must("style", OneOf(&["bullet", "ordered"])),
                    may("indent", Int(0, 8)),
                    BORDER,
                ]
            }
        }
        _ => return None,
    })
}

const BORDER: Key = may("border", Int(0, 1));
pub(super) const PLAIN: &[Key] = &[TYPE, must("text", Str(1, 3_000)), may("emoji", Bool)];
pub(super) const MRKDWN: &[Key] = &[TYPE, must("text", Str(1, 3_000)), may("verbatim", Bool)];

const STYLE: Key = may(
    "style",
    Object(&[
        may("bold", Bool),
        may("italic", Bool),
        may("strike", Bool),
        may("code", Bool),
        may("underline", Bool),
    ]),
);

/// The keys of a rich text leaf of that type.
pub(super) fn leaf(kind: &str) -> Option<&'static [Key]> {
    Some(match kind {
        "text" => const { &[TYPE, must("text", Str(1, 40_000)), STYLE] },
        "link" => {
            const { &[TYPE, must("url", Str(1, URL)), may("text", Str(1, 3_000)), may("unsafe", Bool), STYLE] }
        }
        "user" => const { &[TYPE, must("user_id", Str(1, ID)), STYLE] },
        "usergroup" => const { &[TYPE, must("usergroup_id", Str(1, ID)), STYLE] },
        "channel" => const { &[TYPE, must("channel_id", Str(1, ID)), STYLE] },
        "team" => const { &[TYPE, must("team_id", Str(1, ID)), STYLE] },
        "broadcast" => const { &[TYPE, must("range", OneOf(&["here", "channel", "everyone"])), STYLE] },
        "emoji" => {
            const {
                &[
                    TYPE,
                    must("name", Str(1, 100)),
                    may("unicode", Str(0, 100)),
                    may("url", Str(0, URL)),
                    STYLE,
                ]
            }
        }
        "color" => const { &[TYPE, must("value", Str(1, 20)), STYLE] },
        "date" => {
            const {
                &[
                    TYPE,
                    must("timestamp", Int(0, 9_999_999_999)),
                    must("format", Str(1, 300)),
                    may("url", Str(1, URL)),
                    may("fallback", Str(1, 300)),
                    STYLE,
                ]
            }
        }
        _ => return None,
    })
}

/// An option; its text is checked with the list it is in.
pub(super) const OPTION: &[Key] = &[
    must("text", Text(75)),
    may("value", Str(1, 150)),
    may("description", Plain(75)),
    may("url", Str(1, URL)),
];
pub(super) const OPTION_GROUP: &[Key] = &[must("label", Plain(75)), must("options", Options(100, false))];

/// A table's cells.
pub(super) fn cell(kind: &str) -> Option<&'static [Key]> {
    Some(match kind {
        "raw_text" => const { &[TYPE, must("text", Str(1, 3_000))] },
        "raw_number" => const { &[TYPE, must("value", Any), must("text", Str(1, 3_000))] },
        _ => return None,
    })
}

pub(super) const MODAL: &[Key] = &[
    TYPE,
    must("title", Plain(24)),
    must("blocks", Any),
    may("close", Plain(24)),
    may("submit", Plain(24)),
    may("private_metadata", Str(0, 3_000)),
    may("callback_id", Str(0, ID)),
    may("external_id", Str(0, ID)),
    may("clear_on_close", Bool),
    may("notify_on_close", Bool),
];
pub(super) const HOME: &[Key] = &[
    TYPE,
    must("blocks", Any),
    may("private_metadata", Str(0, 3_000)),
    may("callback_id", Str(0, ID)),
    may("external_id", Str(0, ID)),
];

/// An answer to `block_suggestion`: there may be no match at all.
pub(super) const SUGGESTIONS: &[Key] =
    &[may("options", Objects(OPTION, 0, 100)), may("option_groups", Objects(OPTION_GROUP, 0, 100))];
