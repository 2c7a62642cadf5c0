//! Every word, button, form and shortcut, tried by those who may not: what the config's `rights` say is what is asked
//! for, and of what somebody may not see they learn nothing. Each try is undone.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::actions::{ACTIONS, Kind};
use crate::commands::COMMANDS;
use crate::domain::actor::{Actor, Via};
use crate::domain::rights::{Right, Rights, Standing, Who};
use crate::engine::deeds::By;
use crate::engine::incident::{self as incident_deeds, Declared, Wish};
use crate::store::incidents;
use crate::store::people::Person;

const ANN: &str = "U1";
const BOB: &str = "U2";
const GUEST: &str = "U0GUEST";
/// Of INC-1, which is public; of INC-2, which is private.
const PUBLIC: &str = "C0INC1";
const PRIVATE: &str = "C0INC2";
const DIRECT: &str = "D0DIRECT";

/// Makes an input of a user in a channel.
type MakesInbound = Box<dyn Fn(&str, &str) -> Value>;

/// One thing that can be tried, and the rights it asks for.
struct Try {
    what: String,
    inbound: MakesInbound,
    is_command: bool,
    rights: &'static [Right],
}

/// What was undone.
enum Undone {
    After(Box<(Option<Answer>, Vec<Say>, Vec<String>)>),
    Failed(StoreError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

fn say(text: &str, rights: &'static [Right]) -> Try {
    let words = text.to_owned();
    let inbound = move |user: &str, channel: &str| {
        json!({
            "command": "/firebell", "text": words, "user_id": user, "channel_id": channel,
            "channel_name": "ops", "trigger_id": "1.2.say",
        })
    };
    Try { what: text.to_owned(), inbound: Box::new(inbound), is_command: true, rights }
}

/// Words with their numbers; `INC` stands for the incident.
fn words(number: i64) -> Vec<Try> {
    use Right::{Admin, Declare, Private, Resolve};
    let of = |text: &str, rights| say(&text.replace("INC", &format!("INC-{number}")), rights);
    vec![
        of("alerts", &[]),
        of("alerts resolved", &[]),
        of("show #1", &[]),
        of("show INC", &[]),
        of("ack #1", &[]),
        of("unack #1", &[]),
        of("resolve #1 x", &[]),
        of("resolve INC x", &[Resolve]),
        of("resolve INC", &[Resolve]),
        of("unresolve #1", &[]),
        of("silence #1 2h", &[]),
        of("silence severity=page 2h", &[]),
        of("silences", &[]),
        of("unsilence #1", &[]),
        of("call #1 <@U3>", &[]),
        of("note #1 x", &[]),
        of("note INC x", &[]),
        of("timeline #1", &[]),
        of("timeline INC", &[]),
        of("why #1", &[]),
        of("declare SEV1 x", &[Declare]),
        of("declare SEV1 --private x", &[Declare, Private]),
        of("declare SEV1 #1", &[Declare]),
        of("declare", &[Declare]),
        of("incidents", &[]),
        of("incidents all", &[]),
        of("incidents secret", &[]),
        of("status INC", &[]),
        of("status INC monitoring", &[]),
        of("status INC resolved", &[Resolve]),
        of("severity INC SEV1", &[]),
        of("severity INC", &[]),
        of("role INC commander", &[]),
        of("role INC list", &[]),
        of("task INC add x", &[]),
        of("task INC", &[]),
        of("update INC x", &[]),
        of("invite INC <@U3>", &[]),
        of("attach #1 INC", &[]),
        of("attach #1 to #2", &[]),
        of("detach #1 INC", &[]),
        of("link INC https://e.com", &[]),
        of("title INC x", &[]),
        of("reopen INC", &[Resolve]),
        of("cancel INC x", &[Resolve]),
        of("cancel INC", &[Resolve]),
        of("merge INC inc-3", &[Admin]),
        of("merge inc-3 into INC", &[Admin]),
        of("adopt x", &[Declare, Admin]),
        of("redact INC shop", &[Admin]),
        of("help", &[]),
        of("", &[]),
    ]
}

fn act(kind: Kind, id: &'static str, value: String, rights: &'static [Right]) -> Try {
    let what = format!("{kind:?} {id} {value}");
    let inbound = move |user: &str, channel: &str| {
        let options = json!([{"value": "private"}]);
        let flags = if rights.contains(&Right::Private) { options } else { json!([]) };
        let state = json!({"values": {"b": {
            "inc_title": {"type": "plain_text_input", "value": "x"},
            "inc_text": {"type": "plain_text_input", "value": "x"},
            "inc_task": {"type": "plain_text_input", "value": "x"},
            "inc_severity": {"type": "static_select", "selected_option": {"value": "SEV1"}},
            "inc_status": {"type": "static_select", "selected_option": {"value": "monitoring"}},
            "inc_role": {"type": "static_select", "selected_option": {"value": "Scribe"}},
            "inc_person": {"type": "users_select", "selected_user": "U3"},
            "inc_people": {"type": "multi_users_select", "selected_users": ["U3"]},
            "people": {"type": "multi_users_select", "selected_users": ["U3"]},
            "note": {"type": "plain_text_input", "value": "x"},
            "length": {"type": "plain_text_input", "value": "2h"},
            "root": {"type": "static_select", "selected_option": {"value": "2"}},
            "inc_flags": {"type": "checkboxes", "selected_options": flags},
        }}});
        let mut raw = json!({ "user": {"id": user}, "trigger_id": "1.2.act" });
        match kind {
            Kind::Click => {
                raw["type"] = json!("block_actions");
                raw["channel"] = json!({"id": channel});
                raw["view"] = json!({"id": "V1", "type": "modal"});
                raw["actions"] =
                    json!([{"type": "button", "action_id": id, "value": value, "action_ts": "1.0"}]);
            }
            Kind::Form => {
                raw["type"] = json!("view_submission");
                raw["view"] = json!({"id": "V1", "type": "modal", "callback_id": id,
                                     "private_metadata": value, "state": state});
            }
            Kind::Message => {
                raw["type"] = json!("message_action");
                raw["callback_id"] = json!(id);
                raw["channel"] = json!({"id": channel});
                raw["message"] = json!({"ts": "18.1", "thread_ts": "17.1", "text": "x", "user": "U3"});
            }
        }
        raw
    };
    Try { what, inbound: Box::new(inbound), is_command: false, rights }
}

/// Everything that can be used, about group 1 and this incident.
fn actions(incident: i64) -> Vec<Try> {
    use Kind::{Click, Form, Message};
    use Right::{Declare, Private, Resolve};
    let mut all = Vec::new();
    for action in ACTIONS {
        let is_incidents = action.id.starts_with("incident");
        let rights: &[Right] = match action.id {
            "incident_form_resolve"
            | "incident_resolve_anyway"
            | "incident_form_cancel"
            | "incident_resolve"
            | "incident_cancel"
            | "incident_reopen" => &[Resolve],
            "incident_declare" | "declare_incident" => &[Declare],
            "incident_form_merge" => &[Right::Admin],
            _ => &[],
        };
        let value = match action.id {
            "group_silence" if action.kind == Click => "1:3600".to_owned(),
            "group_fix" if action.kind == Form => "1:resolve".to_owned(),
            "group_more" => "timeline:1".to_owned(),
            "responder_remove" => "1:U3".to_owned(),
            "timeline_earlier" | "timeline_later" => "1:1".to_owned(),
            "silence_confirm" => json!({"m": "severity=\"page\"", "s": 3600}).to_string(),
            "incident_declare" if action.kind == Form => json!({"group": 1}).to_string(),
            "incident_take" => format!("{incident}:Scribe"),
            "incident_leave" => format!("{incident}:U3:Scribe"),
            "incident_task_done" => format!("{incident}:1:1"),
            "incident_earlier" | "incident_later" => format!("{incident}:1"),
            id if is_incidents && action.kind == Click => {
                format!("{incident}:{}", id.trim_start_matches("incident_form_"))
            }
            _ if is_incidents => incident.to_string(),
            _ => "1".to_owned(),
        };
        all.push(act(action.kind, action.id, value, rights));
    }
    for what in ["responders", "note", "why", "fix", "resolve_note", "attach"] {
        all.push(act(Click, "group_more", format!("{what}:1"), &[]));
    }
    all.push(act(Click, "group_more", "declare:1".to_owned(), &[Declare]));
    all.push(act(Form, "incident_declare", "{}".to_owned(), &[Declare, Private]));
    all.push(act(Message, "add_note", String::new(), &[]));
    all
}

impl World {
    /// Groups 1 and 2 in #ops; INC-1 (public), INC-2 (private, Ann's) and INC-3 (public), each with a task.
    async fn guarded() -> Self {
        let world = Self::new().await;
        world.fire("SecretDisk", "db1").await;
        world.fire("SecretDisk", "db2").await;
        world
            .work(|work| {
                let by = By { actor: Actor::Person(ANN.to_owned()), via: Via::Command };
                for (title, channel, private) in
                    [("Open shop", PUBLIC, false), ("Secret leak", PRIVATE, true), ("Third", "C0INC3", false)]
                {
                    let wish = Wish { title: title.to_owned(), private, ..Wish::default() };
                    let Declared::New(mut one) = incident_deeds::declare(work, wish, &by)? else { panic!() };
                    one.channel_id = Some(channel.to_owned());
                    incidents::save(work.tx, &one)?;
                    incident_deeds::add_task(work, one.id, &by, "Secret task", None, false)?;
                }
                let guest = Person {
                    user_id: GUEST.to_owned(),
                    name: "gus".to_owned(),
                    handle: "gus".to_owned(),
                    email: None,
                    standing: Standing::Guest,
                    zone: None,
                    fetched_at: work.now,
                };
                people::put(work.tx, &guest)?;
                for user in [BOB, GUEST] {
                    people::put_channels(work.tx, user, &BTreeSet::new(), work.now)?;
                }
                people::put_channel_kind(work.tx, DIRECT, "x", false, work.now)?;
                for channel in [PUBLIC, "C0FREE"] {
                    people::put_channel_kind(work.tx, channel, "x", false, work.now)?;
                }
                people::put_channel_kind(work.tx, "C0HIDDEN", "x", true, work.now)
            })
            .await;
        world.forget().await;
        world
    }

    /// What came of it: the answer, what was to be said, and the events it wrote. It is undone.
    async fn tried(&self, one: &Try, user: &str, channel: &str) -> (Option<Answer>, Vec<Say>, Vec<String>) {
        let raw = (one.inbound)(user, channel);
        let inbound =
            if one.is_command { Inbound::from_command(raw) } else { Inbound::from_interaction(raw) };
        let (rules, random, now) = (Arc::clone(&self.rules), Arc::clone(&self.random), self.now);
        let undone = self
            .store
            .write(move |tx: &mut dyn Tx| {
                let last = tx.query_i64("SELECT COALESCE(MAX(id), 0) FROM event", &[])?;
                let answer = handle(&mut Work::new(tx, &rules, now, random.as_ref()), &inbound)?;
                let said = tx
                    .query("SELECT say FROM outbox ORDER BY id", &[])?
                    .iter()
                    .map(|row| Ok(serde_json::from_str(&row.get::<String>(0)?).unwrap()))
                    .collect::<Result<_, StoreError>>()?;
                let events = tx
                    .query("SELECT kind FROM event WHERE id > ?1 ORDER BY id", crate::args![last])?
                    .iter()
                    .map(|row| row.get::<String>(0))
                    .collect::<Result<_, StoreError>>()?;
                Err::<(), Undone>(Undone::After(Box::new((answer, said, events))))
            })
            .await;
        match undone {
            Err(Undone::After(after)) => *after,
            Err(Undone::Failed(error)) => panic!("{}: {error}", one.what),
            Ok(()) => panic!("it was to be undone"),
        }
    }
}

#[test]
fn every_word_is_tried() {
    let tried = words(1);
    for command in COMMANDS {
        let word = command.entry.word;
        assert!(tried.iter().any(|one| one.what.split(' ').next() == Some(word)), "{word}");
    }
}

/// The config's words about a right are those that ask for it.
#[tokio::test]
async fn each_right_is_asked_for_where_it_says_so() {
    let mut world = World::guarded().await;
    for right in Right::ALL {
        let nobody = vec![Who::User("U0NOBODY".to_owned())];
        world.rules = Arc::new(Rules { rights: Rights(BTreeMap::from([(right, nobody)])), ..rules() });
        let named = format!("rights.{}", right.as_str());
        for one in words(1).iter().chain(&actions(1)) {
            // `adopt` is for a channel that is no incident's yet.
            let channel = if one.what == "adopt x" { "C0FREE" } else { PUBLIC };
            let (answer, said, events) = world.tried(one, ANN, channel).await;
            let is_refused = format!("{answer:?}").contains(&named);
            assert_eq!(is_refused, one.rights.contains(&right), "{} without {named}: {answer:?}", one.what);
            assert!(
                !is_refused || (said.is_empty() && events.is_empty()),
                "{}: {said:?} {events:?}",
                one.what
            );
        }
        let hidden = world.tried(&say("adopt x", &[]), ANN, "C0HIDDEN").await;
        let asked = matches!(right, Right::Declare | Right::Admin | Right::Private);
        assert_eq!(
            format!("{:?}", hidden.0).contains(&named),
            asked,
            "adopt in a private channel: {hidden:?}"
        );
    }
}

/// What a full member who has no part in a private incident, and is not in its channel, gets of it: nothing. From old
/// direct messages, with old forms, or with payloads made by hand.
#[tokio::test]
async fn a_private_incident_is_not_there_for_those_outside() {
    let world = World::guarded().await;
    for one in words(2).iter().chain(&actions(2)) {
        let (answer, said, events) = world.tried(one, BOB, DIRECT).await;
        let (answer, told) = (format!("{answer:?}"), format!("{said:?}"));
        for text in ["Secret leak", "Secret task", "incident: 2", PRIVATE] {
            assert!(!answer.contains(text), "{} is answered {answer}", one.what);
            assert!(!told.contains(text), "{} leads to {told}", one.what);
        }
        let about_it = !one.is_command && one.what.contains(" incident_") || one.what.contains("INC-2");
        let begins_one = one.what.contains("incident_declare");
        if about_it && !begins_one {
            assert!(events.is_empty() && said.is_empty(), "{}: {events:?} {told}", one.what);
        }
    }
    // In its channel, or with a part in it, they are answered.
    let status = say("status INC-2", &[]);
    assert!(format!("{:?}", world.tried(&status, BOB, PRIVATE).await).contains("Secret leak"));
    world.work(|work| people::put_channels(work.tx, BOB, &[PRIVATE.to_owned()].into(), work.now)).await;
    assert!(format!("{:?}", world.tried(&status, BOB, DIRECT).await).contains("Secret leak"));
    let form = actions(2).into_iter().find(|one| one.what.starts_with("Form incident_update")).unwrap();
    assert_eq!(world.tried(&form, BOB, "").await.2, ["update"], "a form says no channel");
}

/// What a guest who is in none of the channels gets of alerts and incidents: nothing.
#[tokio::test]
async fn guests_see_nothing_but_what_their_channels_show() {
    let world = World::guarded().await;
    for one in words(1).iter().chain(&words(2)).chain(&actions(1)).chain(&actions(2)) {
        let (answer, said, events) = world.tried(one, GUEST, DIRECT).await;
        let answer = format!("{answer:?}");
        for text in ["Secret", "Open shop", "Third", "db1"] {
            assert!(!answer.contains(text), "{} is answered {answer}", one.what);
        }
        assert!(said.is_empty() && events.is_empty(), "{}: {said:?} {events:?}", one.what);
    }
    let (ack, list) = (say("ack #1", &[]), say("alerts", &[]));
    assert_eq!(world.tried(&ack, GUEST, CHANNEL).await.2.first().map(String::as_str), Some("acknowledged"));
    assert!(format!("{:?}", world.tried(&list, GUEST, CHANNEL).await.0).contains("*2 open alerts*"));
}

/// Of whom Slack has not told anything nothing is decided, and nothing is taken on trust.
#[tokio::test]
async fn whoever_is_not_known_gets_nothing_done() {
    let world = World::guarded().await;
    for one in words(1).iter().chain(&words(2)).chain(&actions(1)).chain(&actions(2)) {
        let raw = (one.inbound)("U0NEW", DIRECT);
        let inbound =
            if one.is_command { Inbound::from_command(raw) } else { Inbound::from_interaction(raw) };
        let (rules, random, now) = (Arc::clone(&world.rules), Arc::clone(&world.random), world.now);
        let tried = world.store.write(move |tx: &mut dyn Tx| {
            let answer = handle(&mut Work::new(tx, &rules, now, random.as_ref()), &inbound)?;
            let said = tx.query_i64("SELECT COUNT(*) FROM outbox", &[])?;
            Ok::<_, StoreError>((answer, said))
        });
        match tried.await {
            Err(StoreError::Unknown(_)) => {}
            Ok((answer, said)) => {
                let answer = format!("{answer:?}");
                assert!(
                    said == 0 && !answer.contains("Secret") && !answer.contains("Open shop"),
                    "{}: {answer}",
                    one.what
                );
            }
            Err(error) => panic!("{}: {error}", one.what),
        }
    }
    // Where the alert's message is, it can be acknowledged by whoever sees it.
    let ack = act(Kind::Click, "group_ack", "1".to_owned(), &[]);
    assert_eq!(world.tried(&ack, "U0NEW", CHANNEL).await.0, Some(Answer::Nothing));
}
