//! Several alerts at once, and numbers that Slack made channels of.

use super::*;
use crate::actions::handle;
use crate::slack::types::Inbound;

impl World {
    /// What ann is answered to the slash command, as it is sent.
    async fn message(&self, text: &'static str) -> Value {
        match self.answer(Said { user: ANN, channel: "C1", text, ..Said::default() }).await {
            Answer::PrivateMessage(message) => message,
            other => panic!("{text}: {other:?}"),
        }
    }

    /// Somebody presses a button of an answer; what they are answered.
    async fn presses(&self, user: &'static str, button: &Value) -> String {
        let raw = serde_json::json!({
            "type": "block_actions", "user": {"id": user}, "trigger_id": "1.2.click", "channel": {"id": "C1"},
            "container": {"type": "message", "message_ts": "18.1", "channel_id": "C1", "is_ephemeral": true},
            "actions": [button],
        });
        let answer = self.work(move |work| handle(work, &Inbound::from_interaction(raw.clone()))).await;
        words(&answer.unwrap())
    }

    async fn states(&self) -> Vec<State> {
        self.work(|work| (1..=3).map(|n| Ok(groups::by_number(work.tx, n)?.unwrap().state)).collect()).await
    }

    async fn notes_of(&self, number: i64) -> Vec<String> {
        let id = self.group(number).await.id;
        self.work(move |work| {
            let rows = work.tx.query(
                "SELECT data FROM event WHERE subject = ?1 AND kind = 'note' ORDER BY id",
                crate::args![&format!("group:{id}")],
            )?;
            rows.iter()
                .map(|row| {
                    let data: Value = serde_json::from_str(&row.get::<String>(0)?).unwrap();
                    Ok(data["text"].as_str().unwrap().to_owned())
                })
                .collect()
        })
        .await
    }
}

/// The buttons of a message, in their order.
fn buttons(message: &Value) -> Vec<Value> {
    let blocks = message["blocks"].as_array().unwrap().iter();
    blocks
        .filter(|block| block["type"] == "actions")
        .flat_map(|b| b["elements"].as_array().unwrap().clone())
        .collect()
}

#[tokio::test]
async fn several_are_shown_before_a_button_changes_them() {
    use State::{Acknowledged, Firing, Resolved, Silenced};
    for (typed, shown, button, states) in [
        ("ack all", "*Acknowledge 3 alerts*", "Acknowledge 3", [Acknowledged, Acknowledged, Acknowledged]),
        (
            "ack severity=warning",
            "*Acknowledge 2 alerts* for `severity=warning`",
            "Acknowledge 2",
            [Firing, Acknowledged, Acknowledged],
        ),
        (
            "ack diskfull",
            "*Acknowledge 2 alerts* for `diskfull`",
            "Acknowledge 2",
            [Acknowledged, Acknowledged, Firing],
        ),
        ("ack 1 3", "*Acknowledge 2 alerts*", "Acknowledge 2", [Acknowledged, Firing, Acknowledged]),
        ("ack alerts 1, 3 and 9", "No such alert: 9", "Acknowledge 2", [Acknowledged, Firing, Acknowledged]),
        (
            "resolve severity=warning rebooted the switch",
            "Fixed by: rebooted the switch",
            "Resolve 2",
            [Firing, Resolved, Resolved],
        ),
        (
            "resolve all",
            ":warning: *3 of them fire still at the source.*",
            "Resolve 3",
            [Resolved, Resolved, Resolved],
        ),
        ("resolve 1, 2: restarted", "Fixed by: restarted", "Resolve 2", [Resolved, Resolved, Firing]),
        ("silence all 2h", "*Silence 3 alerts* for 2 h, until", "Silence 3", [Silenced, Silenced, Silenced]),
        (
            "silence 1 3 forever moving house",
            "With the note: moving house",
            "Silence 2",
            [Silenced, Firing, Silenced],
        ),
        ("silence 1 3 2 hours", "*Silence 2 alerts* for 2 h", "Silence 2", [Silenced, Firing, Silenced]),
    ] {
        let world = World::with_three().await;
        let message = world.message(typed).await;
        let text = message["text"].as_str().unwrap();
        assert!(text.contains(shown), "{typed:?} shows {text:?}, wanted {shown:?}");
        assert_eq!(world.states().await, [Firing, Firing, Firing], "a preview changes nothing");
        let confirm = &buttons(&message)[0];
        assert_eq!(confirm["text"]["text"], button, "{typed}");
        let done = world.presses(ANN, confirm).await;
        assert_eq!(world.states().await, states, "{typed}: {done}");
        assert!(done.starts_with(":white_check_mark:"), "{typed}: {done}");
    }
}

#[tokio::test]
async fn what_a_button_showed_is_what_it_does() {
    let world = World::with_three().await;
    let message = world.message("ack all").await;
    world.says("resolve 2").await;
    // It fires after the list was shown: nobody has looked at it.
    world.fire("CertExpires", "web", "warning").await;
    let done = world.presses(BOB, &buttons(&message)[0]).await;
    assert!(done.contains("2 alerts acknowledged."), "{done}");
    assert_eq!(world.group(1).await.facts.acknowledged.unwrap().by.slack_id(), Some(BOB));
    assert_eq!((world.group(2).await.state, world.group(4).await.state), (State::Resolved, State::Firing));

    let message = world.message("ack 3 4").await;
    assert!(message["text"].as_str().unwrap().contains("*#3* stays: already acknowledged"), "{message}");
    world.says("ack 4").await;
    let done = world.presses(BOB, &buttons(&message)[0]).await;
    assert!(
        done.contains("0 alerts acknowledged.") && done.contains("*#4* stays: already acknowledged"),
        "{done}"
    );
    // A second tap changes nothing, and what somebody has is theirs.
    assert_eq!(world.group(4).await.facts.acknowledged.unwrap().by.slack_id(), Some(ANN));
    assert!(world.says("ack all").await.starts_with("Nothing to ack."), "all are taken");
    assert!(world.says("unack mine").await.contains("*Unacknowledge 1 alert* for `mine`"));
}

#[tokio::test]
async fn nothing_that_was_typed_is_dropped() {
    let world = World::with_three().await;
    for (typed, answered) in [
        ("ack 1 looking at it", ":memo: Noted: looking at it"),
        ("ack 1 me, too", "Not kept: me, too"),
        ("silence 2 2h deploy", ":memo: Noted: deploy"),
        ("unsilence 2 deploy is over", ":memo: Noted: deploy is over"),
        ("call 3 <@U0BOB|bob> please look", ":memo: Noted: please look"),
        ("show 1 2", "I do not know what `2` means here, so nothing was done."),
        ("why 1 it fires", "I do not know what `it fires` means here"),
        ("timeline 1 2", "I do not know what `2` means here"),
        ("silences 1", "I do not know what `1` means here"),
        ("unsilence S1 x", "I do not know what `x` means here"),
        (
            "unsilence S1 S2",
            "There is no silence S1. All of them: `/firebell silences`\nThere is no silence S2.",
        ),
        ("ack diskfull page 2", "what is done, is done to all it finds"),
        ("ack 1-3", "Nothing to ack for `1-3`."),
        ("resolve 1 2 disks replaced", "Fixed by: disks replaced"),
        ("resolve 1: 2 disks replaced", "*#1* DiskFull (db1) is resolved."),
    ] {
        let answer = world.says(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
    }
    assert_eq!(world.notes_of(1).await, ["looking at it"]);
    assert_eq!(world.notes_of(2).await, ["deploy", "deploy is over"]);
    assert_eq!(world.group(1).await.facts.resolved.unwrap().note.as_deref(), Some("2 disks replaced"));
    // Only blanks keep the numbers apart: the other way to read it is a button.
    let message = world.message("resolve 2 3 disks replaced").await;
    let other = &buttons(&message)[1];
    assert_eq!(other["text"]["text"], "Only #2: 3 disks replaced");
    world.presses(ANN, other).await;
    assert_eq!(world.group(2).await.facts.resolved.unwrap().note.as_deref(), Some("3 disks replaced"));
}

#[tokio::test]
async fn in_a_thread_words_are_about_its_alert() {
    let world = World::with_three().await;
    for (typed, answered) in [
        ("ack all good, on it", ":memo: Noted: all good, on it"),
        ("ack all", "*Acknowledge 2 alerts*"),
        ("resolve 3 4 disks replaced", "*#2* DiskFull (db2) is resolved."),
        ("unresolve", "is open again"),
        ("resolve severity=warning was too low", "*#2* DiskFull (db2) is resolved."),
    ] {
        let answer = world.in_thread(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
    }
}

#[tokio::test]
async fn a_number_that_became_a_channel_is_asked_about() {
    let world = World::with_three().await;
    for (typed, asked, button) in [
        ("ack <#C77|1-bugs>", "Did you mean alert *#1* DiskFull (db1)?", "Yes: ack 1"),
        ("<#C77|1-bugs> ack", "Did you mean alert *#1* DiskFull (db1)?", "Yes: ack 1"),
        ("<#C77|1>", "Did you mean alert *#1*", "Yes: show 1"),
        ("declare <#C77|1-bugs> all down", "Did you mean alert *#1*", "Yes: declare alert 1 all down"),
        ("silence <#C77|1-bugs> 2h deploy", "`/firebell silence 1 2h deploy`", "Yes: silence 1 2h deploy"),
        ("note alert <#C77|1> seen", "Did you mean alert *#1*", "Yes: note alert 1 seen"),
        ("ack <#C77|1-bugs>, <#C78|3d>", "`/firebell ack 1 3`", "Yes: ack 1 3"),
    ] {
        let message = world.message(typed).await;
        let text = message["text"].as_str().unwrap();
        assert!(text.contains(asked), "{typed:?} is asked {text:?}, wanted {asked:?}");
        assert_eq!(buttons(&message)[0]["text"]["text"], button, "{typed}");
    }
    assert_eq!(world.states().await, [State::Firing; 3], "a question changes nothing");
    let message = world.message("ack <#C77|1-bugs>").await;
    assert!(world.presses(ANN, &buttons(&message)[0]).await.contains("*#1* DiskFull (db1) is yours now"));
    for (typed, answered) in [
        ("ack <#C77|ops>", "<#C77> is a channel. Numbers are typed without the #. Which alert?"),
        ("ack <#C77>", "<#C77> is a channel."),
        ("resolve <#C77|99-x>", "<#C77> is a channel."),
    ] {
        let answer = world.says(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
    }
    // In a thread it may be a word of theirs.
    assert!(world.in_thread("note <#C77|1-bugs> knows more").await.contains("Did you mean alert *#1*"));
    assert!(world.in_thread("note <#C77|ops> knows more").await.contains("*#2* DiskFull (db2): noted"));
}

#[tokio::test]
async fn lists_tell_namesakes_apart_and_lead_to_their_messages() {
    let world = World::with_three().await;
    world
        .work(|work| {
            crate::store::incidents::set_workspace_url(work.tx, "https://acme.slack.com/")?;
            // Titles that repeat, as a template may make them.
            work.tx.exec("UPDATE alert_group SET title = 'Disk'", &[]).map(drop)
        })
        .await;
    let list = world.says("alerts").await;
    for part in [
        "*<https://acme.slack.com/archives/C1/p171|#1 Disk>*\nDiskFull db1\n",
        "*<https://acme.slack.com/archives/C1/p173|#3 Disk>*\nSlowQueries db1\n",
        "<https://acme.slack.com/archives/C1/p172|#ops>",
    ] {
        assert!(list.contains(part), "{part:?} is missing: {list}");
    }
    world.says("silence 1 2h").await;
    let silences = world.says("silences").await;
    assert!(silences.contains("<https://acme.slack.com/archives/C1/p171|#1 Disk> until"), "{silences}");
    assert!(silences.contains(", by <@U0ANN>"), "{silences}");
}

#[tokio::test]
async fn pages_are_turned_with_buttons() {
    const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let world = World::new().await;
    for instance in NAMES {
        world.fire("DiskFull", instance, "warning").await;
    }
    let turn = buttons(&world.message("alerts diskfull").await);
    let [next] = turn.as_slice() else { panic!("{turn:?}") };
    assert_eq!(
        (&next["text"]["text"], &next["value"]),
        (&"Page 2 ›".into(), &"alerts diskfull page 2".into())
    );
    assert!(world.presses(ANN, next).await.contains("page 2 of 2"));
    let back = buttons(&world.message("alerts diskfull page 2").await);
    assert_eq!(back[0]["value"], "alerts diskfull page 1");
}

#[tokio::test]
async fn a_misspelt_word_is_one_tap_away_from_what_was_meant() {
    let world = World::with_three().await;
    let message = world.message("akc 1 looking").await;
    assert!(world.presses(ANN, &buttons(&message)[0]).await.contains("Noted: looking"));
    assert_eq!(world.group(1).await.state, State::Acknowledged);
}

#[tokio::test]
async fn the_help_is_about_the_place_where_one_is() {
    let world = World::with_three().await;
    let short = world.says("help").await;
    assert!(short.lines().count() <= 10, "{short}");
    let in_thread = world.in_thread("help").await;
    assert!(
        in_thread.starts_with("*#2* DiskFull (db2)") && in_thread.contains("`silence 2h`"),
        "{in_thread}"
    );
    let message = world.message("help").await;
    let topics: Vec<String> =
        buttons(&message).iter().map(|button| button["value"].as_str().unwrap().to_owned()).collect();
    assert_eq!(topics, ["help alerts", "help silences", "help incidents", "help more"]);
    let silences = world.presses(ANN, &buttons(&message)[1]).await;
    assert!(silences.starts_with("*Silences*") && silences.contains("`unsilence 5`"), "{silences}");
    // The command alone: the alert of a thread, elsewhere what burns.
    assert!(world.in_thread("").await.contains("DiskFull (db2)"));
    world.says("ack 1").await;
    let now = world.says("").await;
    assert!(now.starts_with(":bell: *3 open alerts*, 2 nobody has, 1 yours. No incident is open."), "{now}");
}
