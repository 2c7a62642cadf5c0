//! What we send to Slack, built so that Slack takes it: every text is escaped and cut to its limit, nothing is empty,
//! nothing that a stranger wrote can mention anybody (docs.slack.dev/reference/block-kit).
//!
//! The shapes are slack_morphism's types; the functions here make them. Texts of others go in as `&str` (and are
//! escaped), our own markup as [`Mrkdwn`].

mod elements;
mod layout;
mod surface;
mod text;

pub use slack_morphism::blocks::{
    SlackActionBlockElement, SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle as SlackButtonStyle,
    SlackInputBlock, SlackInputBlockElement, SlackSectionBlockElement,
};

pub use self::elements::{
    Choice, NO_CHOICE, button, channel_select, checkboxes, confirm, conversation_select, date_picker,
    date_time_picker, email_input, external_select, link_button, multi_channel_select, multi_external_select,
    multi_static_select, multi_user_select, number_input, overflow, placeholder, radio_buttons,
    static_select, static_select_groups, text_input, time_picker, url_input, user_select,
};
pub use self::layout::{
    actions, context, divider, fields, header, image, input, section, section_with, whole,
};
pub use self::surface::{Home, Message, Modal, form_errors, options_answer};
pub use self::text::{Mrkdwn, clean, escape, fit, fit_message, plain, truncate, width};

#[cfg(test)]
mod tests;
