//! Small answers: whether somebody who was called comes, and whether the channel follows its title.

use serde_json::{Value, json};

use super::{By, Done, event, load, look, step, tell};
use crate::domain::incident::Refusal;
use crate::domain::incident::news::{Note, Step};
use crate::domain::say::Urgency;
use crate::engine::Work;
use crate::limits::INVITED_LOOKED_AT;
use crate::store::{StoreError, events, incidents};

/// Somebody who was called says whether they come. `None`: they were not called.
pub fn answer_call(
    work: &mut Work<'_>,
    id: i64,
    by: &By,
    coming: bool,
    caller: Option<&str>,
) -> Result<Option<Done>, StoreError> {
    // No right is needed: a guest who was called may say so, too.
    let Some(incident) = incidents::by_id(work.tx, id)? else { return Ok(Some(Done::Unknown)) };
    let subject = format!("incident:{id}");
    let invited = events::newest_of_kinds(work.tx, &subject, ["invited", "invited"], INVITED_LOOKED_AT)?;
    let user = by.actor.slack_id().unwrap_or_default();
    let called = invited.iter().any(|one| {
        let data: Value = serde_json::from_str(&one.data).unwrap_or_default();
        data["users"].as_array().is_some_and(|users| users.iter().any(|one| one == user))
    });
    if !called {
        return Ok(None);
    }
    let data = json!({ "coming": coming });
    event(work, id, "answered_call", by, "whoever was called answered", &data)?;
    let note = Note::CallAnswered { by: by.actor.clone(), coming, caller: caller.map(str::to_owned) };
    tell(work, &incident, note, if coming { Urgency::Deed } else { Urgency::Page })?;
    Ok(Some(Done::Yes(incident)))
}

/// The channel gets the name that its title of now gives it.
pub fn rename(work: &mut Work<'_>, id: i64, by: &By) -> Result<Done, StoreError> {
    let incident = match load(work, id, by, None)? {
        Ok(incident) => incident,
        Err(done) => return Ok(done),
    };
    let Some(name) = look::rename_to(&work.rules.incidents, &incident) else {
        let name = incident.channel_name.clone().unwrap_or_default();
        return Ok(Done::No(incident, Refusal::Same(name)));
    };
    step(work, &incident, Step::Rename { name }, Urgency::Deed)?;
    Ok(Done::Yes(incident))
}
