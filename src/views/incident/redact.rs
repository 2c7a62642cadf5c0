//! What would be redacted, before it is: once it is gone, nobody brings it back.

use serde_json::Value;
use slack_morphism::blocks::SlackActionBlockElement;

use crate::domain::incident::Incident;
use crate::domain::picture::incident::TextPlace;
use crate::limits::PREVIEW_GROUPS_SHOWN;
use crate::slack::blocks::{Message, Mrkdwn, SlackButtonStyle, actions, button, section};
use crate::views::words::at;

/// Where the words stand, and the button that takes them out; `targets` come back with it.
pub fn preview(one: &Incident, places: &[TextPlace], targets: &str) -> Value {
    let what = texts(places.len());
    let mut text = Mrkdwn::markup(format!(":no_entry_sign: *Redact {what} of* "))
        // Its title may hold the very words.
        .bold(&format!("INC-{}", one.number))
        .raw("?");
    for place in places.iter().take(PREVIEW_GROUPS_SHOWN) {
        text = text.line().raw("• ").raw(place.what);
        if !place.by.is_empty() {
            text = text.raw(" of ").bold(&place.by);
        }
        text = match place.at {
            Some(moment) => at(text.raw(", "), moment),
            None => text,
        };
    }
    if places.len() > PREVIEW_GROUPS_SHOWN {
        text = text.line().raw(&format!("• and {} more", places.len() - PREVIEW_GROUPS_SHOWN));
    }
    let text = text.line().raw(
        "The whole text goes, with its earlier versions: from the timeline, the search, the record and later exports. \
         *It cannot be undone.* Slack still shows what people wrote: delete it there, too.",
    );
    let yes = button("incident_redact", &format!("Redact {what}"), &format!("{}:{targets}", one.id));
    let row: [SlackActionBlockElement; 1] = [yes.with_style(SlackButtonStyle::Danger).into()];
    Message::new(text.clone()).blocks([section(text)]).blocks(actions("redact", row)).to_value()
}

/// "one text", "3 texts"
pub fn texts(count: usize) -> String {
    match count {
        1 => "one text".to_owned(),
        more => format!("{more} texts"),
    }
}
