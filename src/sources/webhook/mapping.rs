//! Which parts of a body are its alerts.

use serde_json::Value as Json;

use crate::domain::alert::{Intake, Problem};
use crate::domain::template::{Context, Template};
use crate::sources::Rejection;
use crate::sources::settings::{Mapping, Split};

/// The alerts of a body: what `split` says, else the elements of a list, else the whole.
pub(super) fn items(
    mut payload: Json,
    context: &Context,
    mapping: &Mapping,
    intake: &mut Intake,
) -> Result<Vec<Json>, Rejection> {
    match &mapping.split {
        None => Ok(match payload {
            Json::Array(items) if items.is_empty() || items.iter().any(Json::is_object) => items,
            whole => vec![whole],
        }),
        Some(Split::Path(path)) => match take_path(&mut payload, path) {
            Some(Json::Array(items)) => Ok(items),
            // A sender that leaves the list out when there is nothing to tell; its message still is one.
            None | Some(Json::Null) => {
                intake.add_problem(problem(&format!("there is no `{}` in the body", path.join("."))));
                Ok(vec![payload])
            }
            Some(one) => Ok(vec![one]),
        },
        Some(Split::Template(template)) => {
            let text = template.render(context).map_err(|error| {
                let what = format!("`split` could not be rendered: {error}");
                Rejection::bad_body(what, "$", "mend the template in the config")
            })?;
            match serde_json::from_str(&text) {
                Ok(Json::Array(items)) => Ok(items),
                Ok(one @ Json::Object(_)) => Ok(vec![one]),
                _ => {
                    intake.add_problem(problem("`split` did not give a JSON list; end it with `| tojson`"));
                    Ok(vec![payload])
                }
            }
        }
    }
}

/// Takes what is at a path of names and places out.
fn take_path(json: &mut Json, path: &[String]) -> Option<Json> {
    let found = path.iter().try_fold(json, |json, name| match json {
        Json::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        other => other.get_mut(name),
    });
    found.map(Json::take)
}

/// A template's text, stripped; nothing when it is empty or fails, and then there is a problem to tell.
pub(super) fn rendered(
    name: &str,
    template: &Template,
    context: &Context,
    index: usize,
    intake: &mut Intake,
) -> Option<String> {
    match template.render(context) {
        Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Err(error) => {
            let what = format!("the template of `{name}` could not be rendered: {error}");
            intake.add_problem(Problem { index: u32::try_from(index).ok(), ..problem(&what) });
            None
        }
    }
}

fn problem(what: &str) -> Problem {
    Problem {
        index: None,
        what: what.chars().take(300).collect(),
        fix: "mend the mapping of this integration; the default mapping was used".into(),
        lost: false,
    }
}
