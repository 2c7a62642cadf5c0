//! What is to be seen in Slack: channels, messages, threads.

use firebell::sim::{At, Choice, Message, SimState};
use serde_json::Value;

use super::people::Person;
use super::world::World;

pub(crate) struct Slack<'w>(&'w World);

impl<'w> Slack<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self(world)
    }

    pub(crate) fn channel(&self, name: &str) -> Channel<'w> {
        let id = self.0.sim.read(|state| state.channel(name).map(|channel| channel.id.clone()));
        let id = id.unwrap_or_else(|| panic!("there is no channel {name}"));
        Channel { world: self.0, id, name: name.to_owned() }
    }
}

/// A channel, or a direct message.
#[derive(Clone)]
pub(crate) struct Channel<'w> {
    pub(super) world: &'w World,
    pub(crate) id: String,
    pub(super) name: String,
}

/// A message of the app's that was claimed.
#[derive(Clone)]
pub(crate) struct Msg<'w> {
    pub(super) world: &'w World,
    pub(crate) channel: String,
    pub(crate) ts: String,
}

/// The replies to a message.
#[derive(Clone)]
pub(crate) struct Thread<'w>(Msg<'w>);

pub(super) fn name_of(channel: &str, ts: &str) -> String {
    format!("{channel}/{ts}")
}

/// What a reader sees of it, on one line a block.
pub(super) fn words(message: &Message) -> String {
    message.visible_text()
}

impl World {
    fn unclaimed<'s>(&self, state: &'s SimState, channel: &str) -> Vec<&'s Message> {
        let claims = self.claims.borrow();
        let Some(channel) = state.channel(channel) else { return Vec::new() };
        channel
            .messages
            .values()
            .filter(|m| m.by_app && !m.deleted && !claims.messages.contains(&name_of(&channel.id, &m.ts)))
            .collect()
    }

    pub(super) fn claim(&self, channel: &str, ts: &str) {
        self.claims.borrow_mut().messages.insert(name_of(channel, ts));
    }
}

impl<'w> Channel<'w> {
    fn find(&self, text: &str) -> Option<String> {
        self.world.sim.read(|state| {
            let unclaimed = self.world.unclaimed(state, &self.id);
            unclaimed.iter().find(|m| !m.is_reply() && words(m).contains(text)).map(|m| m.ts.clone())
        })
    }

    fn claimed(&self, ts: String) -> Msg<'w> {
        self.world.claim(&self.id, &ts);
        Msg { world: self.world, channel: self.id.clone(), ts }
    }

    /// Claims the first new message with this text in it.
    pub(crate) async fn expect(&self, text: &str) -> Msg<'w> {
        let found = self.world.patiently(|| self.find(text)).await;
        let ts = found.unwrap_or_else(|| panic!("no new message in {} says {text:?}", self.name));
        self.claimed(ts)
    }

    /// The same, without the clock moving.
    pub(crate) async fn expect_now(&self, text: &str) -> Msg<'w> {
        self.world.settle().await;
        let ts = self
            .find(text)
            .unwrap_or_else(|| panic!("no new message in {} says {text:?} already now", self.name));
        self.claimed(ts)
    }

    /// There is nothing new.
    pub(crate) async fn expect_nothing(&self) {
        self.world.settle().await;
        let new = self
            .world
            .sim
            .read(|state| self.world.unclaimed(state, &self.id).iter().map(|m| words(m)).collect::<Vec<_>>());
        assert!(new.is_empty(), "{} has new messages: {new:#?}", self.name);
    }

    /// The app's messages in the channel itself, oldest first.
    pub(crate) fn roots(&self) -> Vec<String> {
        self.world.sim.read(|state| {
            state.messages(&self.id).iter().filter(|m| m.by_app && !m.is_reply()).map(|m| words(m)).collect()
        })
    }

    /// The app's messages, oldest first, each with the app's replies to it.
    pub(crate) fn threads(&self) -> Vec<(String, Vec<String>)> {
        self.world.sim.read(|state| {
            let roots = state.messages(&self.id);
            let ours = roots.iter().filter(|m| m.by_app && !m.is_reply());
            ours.map(|root| {
                let replies = state.thread(&self.id, &root.ts).into_iter().skip(1);
                (words(root), replies.filter(|m| m.by_app).map(words).collect())
            })
            .collect()
        })
    }

    /// Somebody clicks a button, or chooses an option, of the message with this text; whether it was there and the
    /// app answered.
    pub(crate) async fn try_click(&self, who: &str, text: &str, button: &str) -> bool {
        let found = self.world.sim.read(|state| {
            let roots = state.messages(&self.id);
            roots.iter().find(|m| m.by_app && words(m).contains(text)).map(|m| m.ts.clone())
        });
        let Some(ts) = found else { return false };
        let message = Msg { world: self.world, channel: self.id.clone(), ts };
        let there = message.buttons();
        let choice = match there.iter().any(|label| label == button) {
            true => Choice::button(button),
            false if message.menu().iter().any(|label| label == button) => Choice::set("group_more", button),
            false if there.iter().any(|label| label == "Silence") && button.starts_with("for ") => {
                Choice::set("Silence", button)
            }
            false => return false,
        };
        let done = self.world.sim.actor(who).unwrap().act(&message.at(), choice).await;
        self.world.settle().await;
        if done.is_err() {
            // The person is told so, and that is as it should be.
            self.world.sim.change(SimState::take_toasts);
        }
        done.is_ok()
    }

    /// Everything the app says here is fine: the scenario looks at it as a whole.
    pub(crate) fn claim_all(&self) {
        self.world.claims.borrow_mut().whole_channels.insert(self.id.clone());
    }
}

impl<'w> Msg<'w> {
    /// What it says now.
    pub(crate) fn text(&self) -> String {
        self.world.sim.read(|state| state.message(&self.channel, &self.ts).map(words).unwrap_or_default())
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Message) -> T) -> T {
        self.world
            .sim
            .read(|state| look(state.message(&self.channel, &self.ts).expect("the message is gone")))
    }

    pub(crate) fn at(&self) -> At {
        At::message(&self.channel, &self.ts)
    }

    /// It comes to say this.
    pub(crate) async fn expect_update(&self, text: &str) -> &Self {
        let found = self.world.patiently(|| self.text().contains(text).then_some(())).await;
        assert!(found.is_some(), "the message never says {text:?}; it says:\n{}", self.text());
        self
    }

    /// It says this now, without the clock moving.
    pub(crate) async fn expect_now(&self, text: &str) -> &Self {
        self.world.settle().await;
        assert!(self.text().contains(text), "the message does not say {text:?}; it says:\n{}", self.text());
        self
    }

    pub(crate) fn expect_not(&self, text: &str) -> &Self {
        assert!(!self.text().contains(text), "the message says {text:?}:\n{}", self.text());
        self
    }

    /// The labels of its buttons and menus.
    pub(crate) fn buttons(&self) -> Vec<String> {
        let label = |element: &Value| {
            let text = element["text"]["text"].as_str().or(element["placeholder"]["text"].as_str());
            text.or(element["action_id"].as_str()).unwrap_or_default().to_owned()
        };
        self.read(|message| {
            let blocks = message.all_blocks().filter(|block| block["type"] == "actions");
            blocks.filter_map(|block| block["elements"].as_array()).flatten().map(label).collect()
        })
    }

    /// What its ⋯ menu offers.
    pub(crate) fn menu(&self) -> Vec<String> {
        self.read(|message| {
            let mut menus = Vec::new();
            for block in message.all_blocks() {
                let elements = block["elements"].as_array().into_iter().flatten();
                menus.extend(elements.chain([&block["accessory"]]).filter(|one| one["type"] == "overflow"));
            }
            let options = menus.into_iter().filter_map(|menu| menu["options"].as_array()).flatten();
            options.filter_map(|option| option["text"]["text"].as_str()).map(str::to_owned).collect()
        })
    }

    /// What the question before a button is done says; nothing where it asks none.
    pub(crate) fn question(&self, button: &str) -> String {
        self.read(|message| {
            let blocks = message.all_blocks().filter_map(|block| block["elements"].as_array());
            let found = blocks.flatten().find(|element| element["text"]["text"] == button);
            found.and_then(|found| found["confirm"]["text"]["text"].as_str()).unwrap_or_default().to_owned()
        })
    }

    /// What a lock screen shows of it.
    pub(crate) fn notice(&self) -> String {
        self.read(|message| message.text.clone())
    }

    /// Whether it shows in the channel though it stands in a thread.
    pub(crate) fn is_broadcast(&self) -> bool {
        self.read(|message| message.subtype.as_deref() == Some("thread_broadcast"))
    }

    pub(crate) fn thread(&self) -> Thread<'w> {
        Thread(self.clone())
    }

    /// Ann clicks a button of it.
    pub(crate) async fn click(&self, button: &str) -> &Self {
        self.click_as("ann", button).await
    }

    pub(crate) async fn click_as(&self, who: &str, button: &str) -> &Self {
        let in_menu = self.menu().iter().any(|label| label == button);
        let choice = if in_menu { Choice::set("group_more", button) } else { Choice::button(button) };
        self.world.as_user(who).act(&self.at(), choice).await;
        self
    }

    /// Ann chooses in a menu of it.
    pub(crate) async fn choose(&self, menu: &str, value: &str) -> &Self {
        self.world.as_user("ann").act(&self.at(), Choice::set(menu, value)).await;
        self
    }

    /// Ann reacts.
    pub(crate) async fn react(&self, emoji: &str) -> &Self {
        self.world.sim.actor("ann").unwrap().react(&self.channel, &self.ts, emoji).unwrap();
        self.world.settle().await;
        self
    }

    pub(crate) fn person(&self, who: &str) -> Person<'w> {
        self.world.as_user(who)
    }
}

impl<'w> Thread<'w> {
    fn replies(&self) -> Vec<(String, String)> {
        self.0.world.sim.read(|state| {
            let unclaimed = self.0.world.unclaimed(state, &self.0.channel);
            let ours =
                unclaimed.iter().filter(|m| m.is_reply() && m.thread_ts.as_deref() == Some(&self.0.ts));
            ours.map(|m| (m.ts.clone(), words(m))).collect()
        })
    }

    fn find(&self, text: &str) -> Option<String> {
        self.replies().into_iter().find(|(_, words)| words.contains(text)).map(|(ts, _)| ts)
    }

    /// Claims the first new reply with this text in it.
    pub(crate) async fn expect(&self, text: &str) -> Msg<'w> {
        let world = self.0.world;
        let found = world.patiently(|| self.find(text)).await;
        let ts = found.unwrap_or_else(|| panic!("no new reply says {text:?}; new are {:#?}", self.replies()));
        world.claim(&self.0.channel, &ts);
        Msg { world, channel: self.0.channel.clone(), ts }
    }

    /// Claims the next new reply, if there is one.
    pub(crate) async fn next(&self) -> Option<Msg<'w>> {
        self.0.world.settle().await;
        let (ts, _) = self.replies().into_iter().next()?;
        self.0.world.claim(&self.0.channel, &ts);
        Some(Msg { world: self.0.world, channel: self.0.channel.clone(), ts })
    }

    pub(crate) async fn expect_nothing(&self) {
        self.0.world.settle().await;
        let new = self.replies();
        assert!(new.is_empty(), "the thread has new replies: {new:#?}");
    }
}
