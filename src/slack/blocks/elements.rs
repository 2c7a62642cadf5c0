//! Buttons, menus and inputs (docs.slack.dev/reference/block-kit/block-elements).

use slack_morphism::blocks::*;
use slack_morphism::{EmailAddress, SlackActionId, SlackConversationId, SlackDateTime};

use super::text::{Mrkdwn, plain, safe_url, truncate, width};
use crate::limits::{
    SLACK_BUTTON_CHARS, SLACK_BUTTON_VALUE_CHARS, SLACK_CHECKBOXES, SLACK_CONFIRM_BUTTON_CHARS,
    SLACK_CONFIRM_TEXT_CHARS, SLACK_CONFIRM_TITLE_CHARS, SLACK_ID_CHARS, SLACK_INPUT_CHARS, SLACK_OPTIONS,
    SLACK_OVERFLOW_OPTIONS, SLACK_PLACEHOLDER_CHARS,
};

/// The value of the only option of a menu that has nothing to offer: Slack refuses a menu without options.
pub const NO_CHOICE: &str = "none";

type PlainOption = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// An option of a menu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub text: String,
    /// What comes back; at most 75 characters.
    pub value: String,
    pub description: Option<String>,
}

impl Choice {
    pub fn new(text: impl Into<String>, value: impl Into<String>) -> Self {
        Self { text: text.into(), value: value.into(), description: None }
    }

    /// A second line under the text.
    pub fn described(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }

    pub(super) fn plain(&self) -> PlainOption {
        PlainOption {
            text: plain(&self.text, SLACK_BUTTON_CHARS),
            value: identifier(&self.value, SLACK_BUTTON_CHARS),
            description: self
                .description
                .as_deref()
                .filter(|text| !text.trim().is_empty())
                .map(|text| plain(text, SLACK_BUTTON_CHARS)),
            url: None,
        }
    }

    fn any(&self) -> SlackBlockChoiceItem<SlackBlockText> {
        let option = self.plain();
        SlackBlockChoiceItem {
            text: option.text.into(),
            value: option.value,
            description: option.description,
            url: None,
        }
    }
}

/// An id or a value that comes back to us. Too long is our mistake: Slack would refuse the whole view.
pub(super) fn identifier(text: &str, max: usize) -> String {
    if text.is_empty() {
        return NO_CHOICE.to_owned();
    }
    if width(text) <= max {
        return text.to_owned();
    }
    tracing::error!(max, start = truncate(text, 40), "an id or value for Slack is too long and was cut");
    truncate(text, max)
}

fn action(id: &str) -> Option<SlackActionId> {
    Some(SlackActionId(identifier(id, SLACK_ID_CHARS)))
}

/// At least one option, at most `max`.
fn some_choices(choices: &[Choice], max: usize) -> Vec<Choice> {
    if choices.is_empty() {
        return vec![Choice::new("Nothing to choose from", NO_CHOICE)];
    }
    choices.iter().take(max).cloned().collect()
}

fn options(choices: &[Choice], max: usize) -> Vec<PlainOption> {
    some_choices(choices, max).iter().map(Choice::plain).collect()
}

/// The preselected ones must be among the options, exactly as they stand there.
fn chosen(options: &[PlainOption], value: Option<&str>) -> Option<PlainOption> {
    options.iter().find(|option| Some(option.value.as_str()) == value).cloned()
}

fn all_chosen(options: &[PlainOption], values: &[&str]) -> Option<Vec<PlainOption>> {
    let chosen: Vec<_> =
        options.iter().filter(|option| values.contains(&option.value.as_str())).cloned().collect();
    (!chosen.is_empty()).then_some(chosen)
}

/// What a field shows while it is empty.
pub fn placeholder(text: &str) -> SlackBlockPlainTextOnly {
    plain(text, SLACK_PLACEHOLDER_CHARS)
}

/// A button. Add `.with_style(…)` and `.with_confirm(…)`.
pub fn button(action_id: &str, text: &str, value: &str) -> SlackBlockButtonElement {
    let button =
        SlackBlockButtonElement::new(plain(text, SLACK_BUTTON_CHARS)).opt_action_id(action(action_id));
    if value.is_empty() { button } else { button.with_value(identifier(value, SLACK_BUTTON_VALUE_CHARS)) }
}

/// A button that opens an address; none if it is no web address. Slack tells us of the click all the same.
pub fn link_button(action_id: &str, text: &str, url: &str) -> Option<SlackBlockButtonElement> {
    let url = safe_url(url).filter(|url| url.starts_with("http"))?;
    Some(button(action_id, text, "").with_url(url.parse().ok()?))
}

/// A question before something is done.
pub fn confirm(title: &str, text: impl Into<Mrkdwn>, yes: &str, no: &str) -> SlackBlockConfirmItem {
    SlackBlockConfirmItem::new(
        plain(title, SLACK_CONFIRM_TITLE_CHARS),
        text.into().object(SLACK_CONFIRM_TEXT_CHARS).into(),
        plain(yes, SLACK_CONFIRM_BUTTON_CHARS),
        plain(no, SLACK_CONFIRM_BUTTON_CHARS),
    )
}

/// A menu of up to 100 options.
pub fn static_select(
    action_id: &str,
    shown: &str,
    choices: &[Choice],
    selected: Option<&str>,
) -> SlackBlockStaticSelectElement {
    let options = options(choices, SLACK_OPTIONS);
    SlackBlockStaticSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_option(chosen(&options, selected))
        .with_options(options)
}

/// A menu of options under headings.
pub fn static_select_groups(
    action_id: &str,
    shown: &str,
    groups: &[(&str, Vec<Choice>)],
    selected: Option<&str>,
) -> SlackBlockStaticSelectElement {
    let groups: Vec<_> = groups
        .iter()
        .filter(|(_, choices)| !choices.is_empty())
        .take(SLACK_OPTIONS)
        .map(|(label, choices)| {
            SlackBlockOptionGroup::new(plain(label, SLACK_BUTTON_CHARS), options(choices, SLACK_OPTIONS))
        })
        .collect();
    if groups.is_empty() {
        return static_select(action_id, shown, &[], None);
    }
    let initial = groups.iter().find_map(|group| chosen(&group.options, selected));
    SlackBlockStaticSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_option(initial)
        .with_option_groups(groups)
}

/// A menu of which several may be chosen.
pub fn multi_static_select(
    action_id: &str,
    shown: &str,
    choices: &[Choice],
    selected: &[&str],
) -> SlackBlockMultiStaticSelectElement {
    let options = options(choices, SLACK_OPTIONS);
    SlackBlockMultiStaticSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_options(all_chosen(&options, selected))
        .with_options(options)
}

/// A menu that asks us for its options while somebody types.
pub fn external_select(
    action_id: &str,
    shown: &str,
    min_query_length: u64,
    initial: Option<&Choice>,
) -> SlackBlockExternalSelectElement {
    SlackBlockExternalSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_option(initial.map(Choice::plain))
        .with_min_query_length(min_query_length)
}

/// A menu that asks us for its options, of which several may be chosen.
pub fn multi_external_select(
    action_id: &str,
    shown: &str,
    min_query_length: u64,
    initial: &[Choice],
) -> SlackBlockMultiExternalSelectElement {
    let initial: Vec<_> = initial.iter().take(SLACK_OPTIONS).map(Choice::plain).collect();
    SlackBlockMultiExternalSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_options((!initial.is_empty()).then_some(initial))
        .with_min_query_length(min_query_length)
}

/// A menu of the workspace's people.
pub fn user_select(action_id: &str, shown: &str, initial: Option<&str>) -> SlackBlockUsersSelectElement {
    SlackBlockUsersSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_user(initial.map(str::to_owned))
}

/// A menu of people of whom several may be chosen.
pub fn multi_user_select(
    action_id: &str,
    shown: &str,
    initial: &[String],
) -> SlackBlockMultiUsersSelectElement {
    SlackBlockMultiUsersSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_users((!initial.is_empty()).then(|| initial.to_vec()))
}

/// A menu of public and private channels the reader can see.
pub fn conversation_select(
    action_id: &str,
    shown: &str,
    initial: Option<&str>,
) -> SlackBlockConversationsSelectElement {
    let filter = SlackBlockConversationFilter::new()
        .with_include(vec![SlackConversationFilterInclude::Public, SlackConversationFilterInclude::Private]);
    SlackBlockConversationsSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_conversation(initial.map(|id| SlackConversationId(id.to_owned())))
        .with_filter(filter)
}

/// A menu of public channels.
pub fn channel_select(
    action_id: &str,
    shown: &str,
    initial: Option<&str>,
) -> SlackBlockChannelsSelectElement {
    SlackBlockChannelsSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
        .opt_initial_channel(initial.map(|id| slack_morphism::SlackChannelId(id.to_owned())))
}

/// A menu of public channels of which several may be chosen.
pub fn multi_channel_select(action_id: &str, shown: &str) -> SlackBlockMultiChannelsSelectElement {
    SlackBlockMultiChannelsSelectElement::new()
        .opt_action_id(action(action_id))
        .with_placeholder(placeholder(shown))
}

/// The `⋯` menu: at most five options, none preselected.
pub fn overflow(action_id: &str, choices: &[Choice]) -> SlackBlockOverflowElement {
    SlackBlockOverflowElement::new(options(choices, SLACK_OVERFLOW_OPTIONS)).opt_action_id(action(action_id))
}

fn loose(choices: &[Choice], selected: &[&str]) -> (Vec<LooseOption>, Vec<LooseOption>) {
    let all: Vec<_> = some_choices(choices, SLACK_CHECKBOXES).iter().map(Choice::any).collect();
    let chosen = all.iter().filter(|option| selected.contains(&option.value.as_str())).cloned().collect();
    (all, chosen)
}

type LooseOption = SlackBlockChoiceItem<SlackBlockText>;

/// Up to ten boxes to tick.
pub fn checkboxes(action_id: &str, choices: &[Choice], selected: &[&str]) -> SlackBlockCheckboxesElement {
    let (options, chosen) = loose(choices, selected);
    SlackBlockCheckboxesElement::new(options)
        .opt_action_id(action(action_id))
        .opt_initial_options((!chosen.is_empty()).then_some(chosen))
}

/// Up to ten of which one is chosen.
pub fn radio_buttons(
    action_id: &str,
    choices: &[Choice],
    selected: Option<&str>,
) -> SlackBlockRadioButtonsElement {
    let selected: Vec<&str> = selected.into_iter().collect();
    let (options, chosen) = loose(choices, &selected);
    SlackBlockRadioButtonsElement::new(options)
        .opt_action_id(action(action_id))
        .opt_initial_option(chosen.into_iter().next())
}

fn initial(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| truncate(text, SLACK_INPUT_CHARS))
}

/// A field to type in. Add `.with_placeholder(placeholder(…))`, `.with_max_length(…)`.
pub fn text_input(action_id: &str, value: &str, multiline: bool) -> SlackBlockPlainTextInputElement {
    SlackBlockPlainTextInputElement::new()
        .opt_action_id(action(action_id))
        .opt_initial_value(initial(value))
        .with_multiline(multiline)
}

/// A field for a number.
pub fn number_input(action_id: &str, decimals: bool, value: Option<&str>) -> SlackBlockNumberInputElement {
    SlackBlockNumberInputElement::new(decimals)
        .opt_action_id(action(action_id))
        .opt_initial_value(value.and_then(initial))
}

/// A field for a web address.
pub fn url_input(action_id: &str, value: &str) -> SlackBlockUrlInputElement {
    SlackBlockUrlInputElement::new().opt_action_id(action(action_id)).opt_initial_value(initial(value))
}

/// A field for a mail address.
pub fn email_input(action_id: &str, value: &str) -> SlackBlockEmailInputElement {
    SlackBlockEmailInputElement::new()
        .opt_action_id(action(action_id))
        .opt_initial_value(initial(value).map(EmailAddress))
}

/// A calendar; the date as `2026-11-21`.
pub fn date_picker(action_id: &str, date: Option<&str>) -> SlackBlockDatePickerElement {
    SlackBlockDatePickerElement::new()
        .opt_action_id(action(action_id))
        .opt_initial_date(date.map(str::to_owned))
}

/// A time of day as `17:30`.
pub fn time_picker(action_id: &str, time: Option<&str>) -> SlackBlockTimePickerElement {
    SlackBlockTimePickerElement::new()
        .opt_action_id(action(action_id))
        .opt_initial_time(time.map(str::to_owned))
}

/// A moment in the reader's time zone, in seconds.
pub fn date_time_picker(action_id: &str, unix_s: Option<i64>) -> SlackBlockDateTimePickerElement {
    let moment = unix_s.and_then(|unix_s| jiff::Timestamp::from_second(unix_s).ok()).map(SlackDateTime);
    SlackBlockDateTimePickerElement::new().opt_action_id(action(action_id)).opt_initial_date_time(moment)
}
