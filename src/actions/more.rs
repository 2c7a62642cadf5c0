//! The menu of what is needed less often.

use super::{Act, Answer, attach, incident, open, state, unreadable};
use crate::domain::say::View;
use crate::engine::Work;
use crate::store::StoreError;

pub(super) fn chosen(work: &mut Work<'_>, act: &Act<'_>) -> Result<Answer, StoreError> {
    let parts = act.value.split_once(':').and_then(|(what, id)| Some((what, id, id.parse().ok()?)));
    let Some((what, id, group)) = parts else { return Ok(unreadable()) };
    let alone = Act { value: id, ..*act };
    let view = match what {
        "unack" => return state::unacknowledge(work, &alone),
        "unresolve" => return state::unresolve(work, &alone),
        "details" => View::Details { group },
        "responders" => View::Responders { group },
        "note" => View::Note { group },
        "timeline" => View::Timeline { group },
        "why" => View::Why { group },
        "fix" | "resolve_note" => View::Resolve { group },
        "attach" => return attach::open(work, act, group),
        "declare" => return incident::from_group(work, act, group),
        _ => return Ok(unreadable()),
    };
    open(work, act, group, view)
}
