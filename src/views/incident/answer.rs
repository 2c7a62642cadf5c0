//! What a person hears of their own wish about an incident that was not granted: why, and what is possible instead.

use crate::domain::incident::{Incident, Refusal, State};
use crate::domain::rights::{Denied, Standing, Who};
use crate::domain::time::Timestamp;
use crate::slack::blocks::Mrkdwn;
use crate::views::answer::next;

/// It is not in the database.
pub const GONE: &str = "There is no such incident.";

/// "*INC-12* The shop is down"
pub fn name(incident: &Incident) -> Mrkdwn {
    Mrkdwn::markup(format!("*INC-{}* ", incident.number)).text(&incident.title)
}

pub fn refused(incident: &Incident, refusal: &Refusal, command: &str) -> Mrkdwn {
    let number = incident.number;
    let text = name(incident);
    match refusal {
        Refusal::Ended(state) => {
            let word = match state {
                State::Cancelled => "was cancelled",
                State::Merged => "was merged into another one",
                State::Open | State::Resolved => "is resolved",
            };
            let text = text.raw(&format!(" {word}, so nothing was changed. To go on with it: "));
            next(text, command, &format!("reopen INC-{number}"))
        }
        Refusal::StillOpen => text.raw(" is open already."),
        Refusal::Same(what) => text.raw(": that is so already (").text(what).raw(")."),
        Refusal::Unknown { what, said, known } => {
            let text = text.raw(&format!(": there is no {what} ")).code(said).raw(". ");
            if known.is_empty() {
                return text.raw(&format!("There is no {what} at all yet."));
            }
            let text = text.raw("There are: ");
            known.iter().enumerate().fold(text, |text, (nth, one)| {
                if nth == 0 { text.code(one) } else { text.raw(", ").code(one) }
            })
        }
        Refusal::CannotMerge(why) | Refusal::Text { problem: why, .. } => text.raw(": ").text(why),
    }
}

/// It was not even begun.
pub fn not_declared(refusal: &Refusal) -> Mrkdwn {
    let text = Mrkdwn::markup("Not declared. ");
    match refusal {
        Refusal::Text { problem, .. } | Refusal::CannotMerge(problem) => text.text(problem),
        Refusal::Unknown { what, said, known } => {
            let text = text.raw(&format!("There is no {what} ")).code(said).raw("; there are ");
            text.text(&known.join(", ")).raw(".")
        }
        Refusal::Ended(_) | Refusal::StillOpen | Refusal::Same(_) => text.raw("It cannot be declared so."),
    }
}

/// A moment in the reader's own time zone.
pub fn moment(text: Mrkdwn, moment: Timestamp) -> Mrkdwn {
    crate::views::words::at(text, moment)
}

/// Why they may not, and who may.
pub fn denied(denied: &Denied) -> Mrkdwn {
    match denied {
        Denied::NoMember(standing) => {
            let who = match standing {
                Standing::Bot => "Apps and bots",
                Standing::Stranger => "People of other workspaces",
                Standing::Gone | Standing::Unknown => "Accounts that this workspace does not have",
                Standing::Guest | Standing::Member => "Guests of this workspace",
            };
            Mrkdwn::markup(who).raw(" may look and acknowledge; for the rest, please ask a full member.")
        }
        Denied::Only(right, who) => {
            let text = Mrkdwn::markup("Nothing was done: only ");
            let text = who.iter().enumerate().fold(text, |text, (nth, one)| {
                let text = if nth == 0 { text } else { text.raw(", ") };
                match one {
                    Who::User(id) => text.user(id),
                    Who::Group(id) => text.user_group(id),
                    Who::Email(email) => text.text(email),
                    Who::Handle(handle) => text.text(&format!("@{handle}")),
                }
            });
            text.raw(&format!(" may {}. The config says so, under ", right.allows()))
                .code(&format!("rights.{}", right.as_str()))
                .raw(".")
        }
    }
}
