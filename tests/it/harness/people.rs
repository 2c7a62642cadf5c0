//! What people do, and what only they see.

use firebell::sim::{Actor, At, Choice, Form};
use serde_json::{Map, Value};

use super::slack::{Channel, Msg, name_of, words};
use super::world::World;

pub(crate) struct Person<'w> {
    world: &'w World,
    actor: Actor,
    name: String,
}

/// The modal a person has in front of them.
pub(crate) struct Modal<'w, 'p> {
    person: &'p Person<'w>,
    form: Form,
}

impl<'w> Person<'w> {
    pub(super) fn new(world: &'w World, name: &str) -> Self {
        let actor = world.sim.actor(name).unwrap();
        Self { world, actor, name: name.to_owned() }
    }

    pub(crate) fn id(&self) -> String {
        self.actor.id().to_owned()
    }

    /// Uses an element of a message or modal, and waits for what follows.
    pub(crate) async fn act(&self, at: &At, choice: Choice) {
        let what = format!("{choice:?}");
        let done = self.actor.act(at, choice).await;
        done.unwrap_or_else(|error| panic!("{} could not do {what}: {error}", self.name));
        self.world.settle().await;
    }

    pub(crate) async fn click(&self, message: &Msg<'_>, button: &str) {
        self.act(&message.at(), Choice::button(button)).await;
    }

    /// Begins a click and does not wait for what follows.
    pub(crate) async fn click_only(&self, message: &Msg<'_>, button: &str) -> Result<(), String> {
        self.actor.act(&message.at(), Choice::button(button)).await.map_err(|error| error.to_string())
    }

    /// Types a command in #ops.
    pub(crate) async fn command(&self, typed: &str) {
        self.command_in("#ops", typed).await;
    }

    pub(crate) async fn command_in(&self, channel: &str, typed: &str) {
        let done = self.actor.command(channel, typed).await;
        done.unwrap_or_else(|error| panic!("{} could not type {typed:?}: {error}", self.name));
        self.world.settle().await;
    }

    /// Says something in a channel; the ts.
    pub(crate) async fn say(&self, channel: &str, text: &str) -> String {
        let ts = self.actor.post(channel, text).unwrap();
        self.world.settle().await;
        ts
    }

    /// Mentions the app: in a channel.
    pub(crate) async fn mention(&self, channel: &str, text: &str) -> String {
        let bot = self.world.sim.read(|state| state.app.bot_user.clone());
        self.say(channel, &format!("<@{bot}> {text}")).await
    }

    /// Mentions the app in a message's thread.
    pub(crate) async fn mention_in_thread(&self, message: &Msg<'_>, text: &str) {
        let bot = self.world.sim.read(|state| state.app.bot_user.clone());
        self.actor.reply(&message.channel, &message.ts, &format!("<@{bot}> {text}")).unwrap();
        self.world.settle().await;
    }

    /// Uses a global shortcut that nobody may know.
    pub(crate) async fn shortcut_anyway(&self, callback_id: &str) {
        self.actor.shortcut(callback_id).await.unwrap();
        self.world.settle().await;
    }

    /// Replies in a message's thread; the ts.
    pub(crate) fn reply(&self, message: &Msg<'_>, text: &str) -> String {
        self.actor.reply(&message.channel, &message.ts, text).unwrap()
    }

    /// Uses a message shortcut.
    pub(crate) async fn shortcut_on(&self, callback_id: &str, channel: &str, ts: &str) {
        self.actor.message_action(callback_id, channel, ts).await.unwrap();
        self.world.settle().await;
    }

    pub(crate) async fn open_home(&self) {
        self.actor.open_home().unwrap();
        self.world.settle().await;
    }

    /// What the person's App Home says.
    pub(crate) fn home(&self) -> String {
        self.world
            .sim
            .read(|state| state.home(&self.id()).map(|view| blocks_text(view.blocks())).unwrap_or_default())
    }

    /// Uses a button of the person's App Home.
    pub(crate) async fn click_home(&self, button: &str) {
        self.act(&At::Home, Choice::button(button)).await;
    }

    fn find_ephemeral(&self, text: &str) -> Option<(String, String, String)> {
        self.world.sim.read(|state| {
            let claims = self.world.claims.borrow();
            let seen = state.ephemerals(&self.id());
            let new =
                seen.iter().filter(|(c, e)| !claims.ephemerals.contains(&name_of(&c.id, &e.message.ts)));
            let mut found = new.filter(|(_, e)| words(&e.message).contains(text));
            found.next().map(|(c, e)| (c.id.clone(), e.message.ts.clone(), words(&e.message)))
        })
    }

    /// Claims an ephemeral message that this person sees; its text.
    pub(crate) async fn sees(&self, text: &str) -> String {
        self.sees_message(text).await.1
    }

    /// The same, and where it is.
    pub(crate) async fn sees_message(&self, text: &str) -> (At, String) {
        let found = self.world.patiently(|| self.find_ephemeral(text)).await;
        let Some((channel, ts, words)) = found else {
            let last = self.world.sim.read(|state| {
                state.ephemerals(&self.id()).last().map(|(_, e)| words(&e.message)).unwrap_or_default()
            });
            panic!("{} sees nothing new that says {text:?}; last was {last:?}", self.name)
        };
        self.world.claims.borrow_mut().ephemerals.insert(name_of(&channel, &ts));
        (At::ephemeral(&channel, &ts), words)
    }

    /// Claims everything that only this person has seen.
    pub(crate) fn sees_all(&self) {
        self.world.sim.read(|state| {
            let mut claims = self.world.claims.borrow_mut();
            let seen = state.ephemerals(&self.id());
            claims.ephemerals.extend(seen.iter().map(|(c, e)| name_of(&c.id, &e.message.ts)));
        });
    }

    /// The direct message between the app and this person.
    pub(crate) fn direct(&self) -> Channel<'w> {
        let id = self.world.sim.change(|state| {
            let members = std::collections::BTreeSet::from([state.app.bot_user.clone(), self.id()]);
            state.open_direct(&members).0
        });
        Channel { world: self.world, id, name: format!("the direct message to {}", self.name) }
    }

    /// The modal in front of the person, which must have this title or text.
    pub(crate) async fn modal(&self, text: &str) -> Modal<'w, '_> {
        let look = || {
            self.world.sim.read(|state| {
                let top = state.open_views(&self.id()).last().map(|view| {
                    (view.id.clone(), format!("{}\n{}", view.title(), blocks_text(view.blocks())))
                });
                top.filter(|(_, words)| words.contains(text))
            })
        };
        let found = self.world.patiently(look).await;
        let Some((id, _)) = found else {
            let open: Vec<String> = self.world.sim.read(|state| {
                state
                    .open_views(&self.id())
                    .iter()
                    .map(|v| format!("{}\n{}", v.title(), blocks_text(v.blocks())))
                    .collect()
            });
            panic!("{} has no modal that says {text:?}; open are {open:#?}", self.name)
        };
        self.world.claims.borrow_mut().views.insert(id);
        Modal { person: self, form: Form::new() }
    }
}

pub(super) fn blocks_text(blocks: &[Value]) -> String {
    fn collect(value: &Value, out: &mut String) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
            Value::Object(map) => {
                for (key, inner) in map {
                    match inner {
                        Value::String(text) if key == "text" => {
                            out.push_str(text);
                            out.push('\n');
                        }
                        _ => collect(inner, out),
                    }
                }
            }
            _ => {}
        }
    }
    let mut out = String::new();
    blocks.iter().for_each(|block| collect(block, &mut out));
    out
}

impl Modal<'_, '_> {
    /// What it says.
    pub(crate) fn text(&self) -> String {
        self.person.world.sim.read(|state| {
            let views = state.open_views(&self.person.id());
            views.last().map(|view| blocks_text(view.blocks())).unwrap_or_default()
        })
    }

    #[must_use]
    pub(crate) fn fill(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.form = self.form.set(field, value);
        self
    }

    /// Submits it; it must be taken.
    pub(crate) async fn submit(self) {
        let errors = self.submit_refused().await;
        assert!(errors.is_empty(), "the modal is refused: {errors:?}");
    }

    /// Submits it; what is wrong, by field.
    pub(crate) async fn submit_refused(self) -> Map<String, Value> {
        let errors = self.person.actor.submit(&self.form).await.unwrap_or_else(|error| panic!("{error}"));
        self.person.world.settle().await;
        errors
    }

    /// Clicks a button in it.
    pub(crate) async fn click(&self, button: &str) {
        let id = self
            .person
            .world
            .sim
            .read(|state| state.open_views(&self.person.id()).last().map(|v| v.id.clone()));
        self.person.act(&At::View(id.expect("there is no modal open")), Choice::button(button)).await;
    }

    /// Chooses in the menu beside this text.
    pub(crate) async fn choose_beside(&self, text: &str, option: &str) {
        let found = self.person.world.sim.read(|state| {
            let views = state.open_views(&self.person.id());
            let view = views.last().expect("there is no modal open");
            let block = view.blocks().iter().find(|block| blocks_text(&[(*block).clone()]).contains(text));
            let block_id = block.and_then(|block| block["block_id"].as_str()).unwrap_or_default().to_owned();
            (view.id.clone(), block_id)
        });
        self.person.act(&At::View(found.0), Choice::set(&found.1, option)).await;
    }

    pub(crate) async fn close(self) {
        self.person.actor.close(true).await.unwrap();
        self.person.world.settle().await;
    }
}
