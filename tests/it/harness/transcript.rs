//! What happened, as one would read it in Slack.

use firebell::domain::time::Timestamp;
use firebell::sim::{Message, SimState};
use std::fmt::Write as _;

use super::slack::{name_of, words};
use super::world::World;

impl World {
    /// Every channel with something in it: who said what and when. `?` marks what nobody claimed.
    pub(crate) fn transcript(&self) -> String {
        self.sim.read(|state| {
            let mut out = format!("──── {} ────\n", self.now());
            for channel in state.channels.values() {
                let said: Vec<&Message> =
                    channel.messages.values().filter(|m| !m.is_reply() && m.subtype.is_none()).collect();
                if said.is_empty() && channel.ephemerals.is_empty() {
                    continue;
                }
                let _ = writeln!(out, "#{} ({})", channel.name, channel.id);
                for message in said {
                    self.line(state, &channel.id, message, "  ", &mut out);
                    for reply in channel.thread(&message.ts).into_iter().skip(1) {
                        self.line(state, &channel.id, reply, "    ↳ ", &mut out);
                    }
                }
                for seen in &channel.ephemerals {
                    let mark = self.mark(
                        self.claims.borrow().ephemerals.contains(&name_of(&channel.id, &seen.message.ts)),
                    );
                    let _ = writeln!(
                        out,
                        "  {mark} only {}: {}",
                        name(state, &seen.to),
                        one_line(&words(&seen.message))
                    );
                }
            }
            for (user, stack) in &state.stacks {
                for id in stack {
                    let title = state.views.get(id).map(|view| view.title().to_owned()).unwrap_or_default();
                    let _ = writeln!(out, "{} has a modal open: {title}", name(state, user));
                }
            }
            for toast in &state.toasts {
                let _ = writeln!(out, "{} is told: {}", name(state, &toast.user), toast.text);
            }
            out
        })
    }

    fn mark(&self, claimed: bool) -> &'static str {
        if claimed { "·" } else { "?" }
    }

    fn line(&self, state: &SimState, channel: &str, message: &Message, indent: &str, out: &mut String) {
        let claimed =
            !message.by_app || self.claims.borrow().messages.contains(&name_of(channel, &message.ts));
        let who = if message.by_app {
            "Firebell".to_owned()
        } else {
            name(state, message.user.as_deref().unwrap_or("?"))
        };
        let at = message.ts.split('.').next().and_then(|s| s.parse::<i64>().ok()).unwrap_or(0);
        let at = Timestamp::from_ms(at * 1_000).to_string();
        let edited = if message.edited.is_some() { " (edited)" } else { "" };
        let _ =
            writeln!(out, "{indent}{} {at} {who}{edited}: {}", self.mark(claimed), one_line(&words(message)));
    }
}

fn name(state: &SimState, user: &str) -> String {
    state.user(user).map_or_else(|| user.to_owned(), |user| user.name.clone())
}

fn one_line(text: &str) -> String {
    let line = text.trim().replace('\n', " ⏎ ");
    if line.chars().count() > 400 { line.chars().take(400).chain(['…']).collect() } else { line }
}
