//! Whether the people of the config are in Slack.

use super::Checks;
use crate::config::{Config, Who};
use crate::limits::DOCTOR_PEOPLE_SINGLY;
use crate::slack::api::{ApiError, SlackApi, User};

/// Somebody the config names, and by what Slack can find them.
struct Person {
    what: String,
    email: Option<String>,
    id: Option<String>,
}

pub(super) async fn examine(config: &Config, api: &SlackApi, checks: &mut Checks) {
    let people = people(config);
    let mut all = None;
    if people.len() > DOCTOR_PEOPLE_SINGLY {
        match api.users_list().await {
            Ok(users) => all = Some(users),
            Err(error) => return checks.unanswered("users", &error),
        }
    }
    for person in people {
        let found = match &all {
            Some(all) => Ok(among(all, &person)),
            None => one(api, &person).await,
        };
        let by = person.id.as_deref().or(person.email.as_deref()).unwrap_or_default();
        match found {
            Ok(Some(user)) if user.deleted => {
                let found = format!("{by} is deactivated in Slack");
                checks.wrong(
                    person.what,
                    found,
                    &["take the person out of the config, or name the new account"],
                );
            }
            Ok(Some(user)) => checks.good(person.what, format!("@{} ({})", user.name, user.id)),
            Ok(None) => {
                let mend = ["give the address or the id they have in Slack (profile → ⋮ → Copy member ID)"];
                checks.wrong(person.what, format!("Slack knows nobody, or nobody active, by {by}"), &mend);
            }
            Err(error) => checks.unanswered(person.what, &error),
        }
    }
}

/// Those of `users`, and those whom only the rights or the invitations to incidents name.
fn people(config: &Config) -> Vec<Person> {
    let mut people: Vec<Person> = config
        .users
        .iter()
        .map(|user| Person {
            what: format!("user {}", user.name),
            email: user.email.clone(),
            id: user.slack_id.clone(),
        })
        .collect();
    let rights = &config.rights;
    let lists = [&rights.declare, &rights.resolve, &rights.private, &rights.admin];
    for who in lists.into_iter().flatten().flatten().chain(config.incidents.invited()) {
        let (email, id) = match who {
            Who::SlackUser(id) => (None, Some(id.clone())),
            Who::Email(email) => (Some(email.clone()), None),
            Who::SlackGroup(_) | Who::Named(_) => continue,
        };
        let is_known =
            |person: &Person| (email.is_some() && person.email == email) || (id.is_some() && person.id == id);
        if !people.iter().any(is_known) {
            let name = id.as_deref().or(email.as_deref()).unwrap_or_default();
            people.push(Person { what: format!("user {name}"), email, id });
        }
    }
    people
}

fn among(all: &[User], person: &Person) -> Option<User> {
    let same_email = |user: &User| match (&user.email, &person.email) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    };
    let fits = |user: &&User| match &person.id {
        Some(id) => user.id == *id,
        None => same_email(user),
    };
    all.iter().find(fits).cloned()
}

async fn one(api: &SlackApi, person: &Person) -> Result<Option<User>, ApiError> {
    let answer = match (&person.id, &person.email) {
        (Some(id), _) => api.users_info(id).await,
        (None, Some(email)) => api.users_lookup_by_email(email).await,
        (None, None) => return Ok(None),
    };
    match answer {
        Ok(user) => Ok(Some(user)),
        Err(error) if error.is_slack(&["users_not_found", "user_not_found", "user_not_visible"]) => Ok(None),
        Err(error) => Err(error),
    }
}
