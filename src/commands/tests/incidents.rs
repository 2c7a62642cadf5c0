//! The words about incidents, and those they share with alerts.

use std::collections::BTreeMap;

use super::*;
use crate::domain::actor::{Actor, Via};
use crate::domain::incident::{Incident, State as IncidentState, Summary};
use crate::domain::rights::{Right, Rights, Standing, Who};
use crate::domain::say::IncidentForm;
use crate::engine::incident::{self, Declared, Wish};
use crate::store::incidents;
use crate::store::people::{self, Person};

const CAROL: &str = "U0CAROL";

impl World {
    /// An incident that bob declared, with its channel.
    async fn incident(&self, title: &'static str, channel: &'static str, private: bool) -> Incident {
        self.work(move |work| {
            let by = By { actor: Actor::Person(BOB.to_owned()), via: Via::Button };
            let wish = Wish {
                title: title.to_owned(),
                severity: Some("SEV2".to_owned()),
                private,
                ..Wish::default()
            };
            let Declared::New(mut one) = incident::declare(work, wish, &by)? else { panic!("not declared") };
            one.channel_id = Some(channel.to_owned());
            incidents::save(work.tx, &one)?;
            Ok(one)
        })
        .await
    }

    /// Alerts #1 to #3; INC-1 in C9, INC-2 in C8.
    async fn with_two_incidents() -> Self {
        let world = Self::with_three().await;
        world.incident("The shop is down", "C9", false).await;
        world.incident("Mail is slow", "C8", false).await;
        world
    }

    /// What ann is answered to the slash command in the channel of INC-1.
    async fn in_channel(&self, text: &'static str) -> String {
        words(
            &self
                .answer(Said { user: ANN, channel: "C9", text, command: "/firebell", ..Said::default() })
                .await,
        )
    }

    async fn kept(&self, number: i64) -> Incident {
        self.work(move |work| Ok(incidents::by_number(work.tx, number)?.unwrap())).await
    }

    async fn person(&self, user: &'static str, standing: Standing, zone: Option<&'static str>) {
        self.work(move |work| {
            let one = Person {
                user_id: user.to_owned(),
                name: user.to_lowercase(),
                handle: user.to_lowercase(),
                email: None,
                standing,
                zone: zone.map(str::to_owned),
                fetched_at: work.now,
            };
            people::put(work.tx, &one)
        })
        .await;
    }
}

#[tokio::test]
async fn in_an_incidents_channel_the_incident_is_meant() {
    let world = World::with_two_incidents().await;
    world
        .work(|work| {
            let one = people::Usergroup {
                group_id: "S1".to_owned(),
                handle: "dba".to_owned(),
                name: "Databases".to_owned(),
                members: Vec::new(),
                fetched_at: work.now,
            };
            people::put_usergroup(work.tx, &one)
        })
        .await;
    for (typed, answered) in [
        ("status", "*INC-1* SEV2 *The shop is down* — investigating"),
        ("show", "*INC-1* SEV2 *The shop is down*"),
        ("severity sev1", "*INC-1* The shop is down is SEV1 now."),
        ("severity SEV1", "that is so already (SEV1)"),
        ("severity 3", "is SEV3 now"),
        ("severity SEV9", "there is no severity `SEV9`. There are: `SEV1`, `SEV2`, `SEV3`, `SEV4`"),
        ("severity", "• `/firebell severity SEV2`"),
        ("severity SEV1", "is SEV1 now"),
        ("update We hurry", "The next one is due in 30 min."),
        ("sev INC-2 SEV1", "*INC-2* Mail is slow is SEV1 now."),
        ("status identified", "is identified now. When it is over: `/firebell resolve what fixed it`"),
        ("status moni", "is monitoring now"),
        ("status on fire", "there is no status `on fire`"),
        ("status #1", "DiskFull (db1)"),
        ("role commander", "you are Commander now."),
        ("role", "*Commander*: <@U0ANN>"),
        ("role comm", "there is no role `comm`"),
        ("role communications <@U0BOB|bob>", "Communications is now <@U0BOB>. They were told."),
        ("role leave", "<@U0ANN> is not Commander any more."),
        ("role leave", "<@U0ANN> has no role in it."),
        ("role leave scribe <@U0BOB|bob>", "<@U0BOB> does not have the role `Scribe`"),
        ("role take scribe", "you are Scribe now"),
        ("task", "no tasks yet. The first one: `/firebell task add text @somebody`"),
        ("task add check the disks <@U0BOB|bob>", "task 1 is on the list, for <@U0BOB>; they were told."),
        ("task call the bank", "task 2 is on the list. To give it to somebody: `/firebell task assign 2"),
        ("task followup write a test", "follow-up 3 is on the list"),
        ("task take 2", "task 2 is yours now. When it is done: `/firebell task done 2`"),
        ("task 2 <@U0BOB>", "task 2 is <@U0BOB>'s now; they were told."),
        ("task assign 2 nobody", "task 2 is nobody's now."),
        ("task done 1", "task 1 is done. 2 left: `/firebell task`"),
        ("task done 1", "that is so already (task 1)"),
        ("task done 9", "there is no task `9`. There are: `1 check the disks`"),
        ("task dnoe 2", "Did you mean `/firebell task done 3`?"),
        ("task list", "2 to do, 1 done"),
        ("task reopen 1", "task 1 is open again. 3 left"),
        ("update We know why", "told in its channel. It is announced nowhere else."),
        ("note failover began", "noted. All of it: `/firebell timeline INC-1`"),
        ("note 04:05 failover began", "noted for <!date^1763697900^"),
        ("note 04:05 failover began", "(taken as UTC: your time zone is not known)"),
        ("note", "• `/firebell note INC-12 text`"),
        (
            "note 24",
            "Is 24 an alert? Then: `/firebell note alert 24`. For the incident: `/firebell note INC-1`",
        ),
        ("note #1 it's the disk", "*#1* DiskFull (db1): noted"),
        ("invite <@U0BOB|bob> and <!subteam^S1|@dba>", "called in <@U0BOB>, <!subteam^S1>."),
        ("invite @dba", "called in <!subteam^S1>."),
        ("invite ann", "I do not know who `ann` is."),
        ("call <@U0BOB|bob>", "called in <@U0BOB>."),
        ("invite #1 <@U0BOB|bob>", "called <@U0BOB> in the thread"),
        (
            "title The shop &amp; the bank are down",
            "Its title is now *INC-1* The shop &amp; the bank are down.",
        ),
        ("title #1 x", "#1 is an alert, and `title` is about incidents."),
        ("link", "• `/firebell link https://… [title]`"),
        ("link <https://e.com/?a=1&amp;b=2> the doc", "kept <https://e.com/?a=1&b=2|the doc>"),
        ("link doc", "A link begins with https:// or http://."),
        ("link", "• <https://e.com/?a=1&b=2|the doc>"),
        ("attach #1", "#1 is part of *INC-1*"),
        ("attach 1", "that is so already (#1)"),
        ("attach #2 #3", "#2, #3 is part of"),
        ("attach #99", "There is no alert #99."),
        ("attach", "Which alert belongs to *INC-1*"),
        ("detach #3", "*#3* SlowQueries (db1) is no part of *INC-1*"),
        ("detach #3", "*#3* SlowQueries (db1) does not belong to *INC-1*"),
        ("detach", "which alert? It has #1, #2"),
        (
            "severity #1 SEV2",
            "It belongs to *INC-1* The shop &amp; the bank are down: `/firebell severity INC-1 SEV2`",
        ),
        ("ack #1", "is yours now"),
        ("resolve #1 restarted", "*#1* DiskFull (db1) is resolved."),
        ("list", "*2 open incidents*"),
        ("alerts", "*2 open alerts*"),
        ("timeline", "*INC-1* The shop &amp; the bank are down: what happened"),
        ("declare", "What is wrong? As in `/firebell declare SEV2 nobody can pay`"),
        ("merge", "• `/firebell merge INC-3`"),
        ("merge INC-9", "There is no incident INC-9."),
        ("merge INC-1", "An incident cannot be merged into itself."),
        ("merge INC-2 into INC-1", "*INC-2* Mail is slow goes on in INC-1"),
        ("INC-2 reopen", "*INC-2* Mail is slow is open again, investigating."),
        ("resolve", "• `/firebell resolve INC-12 [what fixed it]`"),
        ("resolve 24", "Is 24 an alert?"),
        ("resolve 3 disks replaced", "For the incident: `/firebell resolve INC-1 3 disks replaced`"),
        // What the form would warn of, words are warned of, too.
        ("resolve INC-1 3 disks replaced", "is *not* resolved yet"),
        ("resolve INC-1 3 disks replaced", "2 tasks are still open."),
    ] {
        let answer = world.in_channel(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
        assert!(answer.chars().count() < 3_000, "{typed}: too long for a phone");
    }
    world
        .work(|work| {
            let by = By { actor: Actor::Person(ANN.to_owned()), via: Via::Command };
            let summary = Summary { fix: "3 disks replaced".to_owned(), ..Summary::default() };
            incident::resolve(work, 1, &by, summary).map(drop)
        })
        .await;
    for (typed, answered) in [
        ("severity SEV1", "is resolved, so nothing was changed. To go on with it: `/firebell reopen INC-1`"),
        ("resolve again", "written anew in its summary (it was: 3 disks replaced)"),
        ("unresolve", "is open again"),
        ("reopen", "is open already."),
        ("cancel a test", "is cancelled; its channel and timeline stay."),
        ("reopen", "is open again"),
        ("adopt", "Under which title?"),
        ("adopt the shop", "This channel is that of INC-1 already."),
        ("statuss", "Did you mean `/firebell status`?"),
        ("sevrity SEV1", "Did you mean `/firebell severity SEV1`?"),
    ] {
        let answer = world.in_channel(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
        assert!(answer.chars().count() < 3_000, "{typed}: too long for a phone");
    }
    let one = world.kept(1).await;
    assert_eq!((one.state, one.facts.summary.fix.as_str()), (IncidentState::Open, "again"));
}

#[tokio::test]
async fn elsewhere_the_incident_is_named() {
    let world = World::with_two_incidents().await;
    for (typed, answered) in [
        ("severity SEV1", "Which incident? Name it, as in `/firebell severity INC-2 SEV1`"),
        ("severity SEV1", "• *INC-1* The shop is down · SEV2 investigating · <#C9>"),
        ("severity INC-1 SEV1", "*INC-1* The shop is down is SEV1 now."),
        ("inc-1 severity SEV2", "*INC-1* The shop is down is SEV2 now."),
        ("INC-1", "*INC-1* SEV2 *The shop is down*"),
        ("show <#C9|inc-1-the-shop>", "*INC-1* SEV2 *The shop is down*"),
        ("severity #1 SEV1", "#1 is an alert, and `severity` is about incidents."),
        ("severity #99 SEV1", "#99 would be an alert. Incidents are written INC-99."),
        ("severity INC-99 SEV1", "There is no incident INC-99. Name it, as in `/firebell show INC-2`"),
        ("status monitoring", "Which incident? Name it, as in `/firebell status INC-2 monitoring`"),
        ("status", "Which incident? Name it, as in `/firebell status INC-2`"),
        ("status", "An alert: `/firebell status 5`"),
        ("status INC-2", "*INC-2* SEV2 *Mail is slow* — investigating"),
        ("resolve", "For the incident *INC-2* Mail is slow: `/firebell resolve INC-2`"),
        ("resolve INC-2 restarted it", "*INC-2* Mail is slow is resolved."),
        ("note INC-1 seen", "*INC-1* The shop is down: noted."),
        ("merge INC-1", "Which incident? Name it, as in `/firebell merge INC-1 into INC-1`"),
        ("attach #1", "*#1* DiskFull (db1): to what? To an incident: `/firebell attach 1 INC-1`"),
        ("attach #1 INC-1", "#1 is part of *INC-1* The shop is down now."),
        ("declare #1", "#1 belongs to an open incident already: *INC-1*"),
        ("attach #2 to #3", "*#2* DiskFull (db2) is attached to #3 and follows it."),
        ("detach #2", "*#2* DiskFull (db2) stands for itself again."),
        ("detach #1", "*#1* DiskFull (db1) is not attached to another alert. It belongs to *INC-1*"),
        ("detach #1 INC-1", "is no part of *INC-1*"),
        ("detach #1", "is not attached to another alert."),
        ("incidents", "*1 open incident*"),
        ("incidents all", "*2 incidents* for `all`"),
        ("incidents mail", "Fixed by: restarted it"),
        ("incidents resolved SEV2", "*1 incident* for `resolved SEV2`"),
        ("incidents 7d", "*2 incidents* for `7d`"),
        ("incidents team=db", "No open incidents for `team=db`."),
        ("incidents mine", "No open incidents for `mine`."),
        ("incidents a=~\"(\"", "I cannot read"),
        ("incident INC-1", "*INC-1* SEV2 *The shop is down*"),
        ("declare nobody can pay", "*INC-3* nobody can pay is declared as SEV3."),
        ("declare SEV1: the bank is down", "*INC-4* the bank is down is declared as SEV1."),
        ("declare sev2 #2", "*INC-5* #2 is declared as SEV2."),
        ("declare #2 sev2", "*INC-6* DiskFull (db2) is declared as SEV2."),
        ("list", "*3 open alerts*"),
        ("", "*5 open incidents.*"),
    ] {
        let answer = world.says(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
    }
}

#[tokio::test]
async fn in_an_alerts_thread_the_alert_is_meant_even_there() {
    let world = World::with_two_incidents().await;
    for (typed, answered) in [
        ("note seen", "*#2* DiskFull (db2): noted"),
        ("status", "DiskFull (db2)"),
        ("severity SEV1", "Which incident?"),
        ("attach INC-1", "#2 is part of *INC-1* The shop is down now."),
        ("severity SEV1", "*INC-1* The shop is down is SEV1 now."),
        ("declare", "#2 belongs to an open incident already"),
        ("attach #3", "*#2* DiskFull (db2) is attached to #3"),
        ("detach", "*#2* DiskFull (db2) stands for itself again."),
        ("detach", "It belongs to *INC-1* The shop is down; to take it out: `/firebell detach 2 INC-1`"),
        ("detach INC-1", "is no part of *INC-1*"),
        ("declare SEV1", "*INC-3* DiskFull (db2) is declared as SEV1."),
        ("reopen", "it is not resolved"),
        ("resolve", "*#2* DiskFull (db2) is resolved."),
        ("reopen", "*#2* DiskFull (db2) is open again"),
        ("list", "*3 open alerts*"),
    ] {
        let answer = world.in_thread(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
    }
}

#[tokio::test]
async fn through_the_incident_command_words_are_about_incidents() {
    let world = World::with_two_incidents().await;
    for (typed, answered) in [
        ("", "*2 open incidents.*"),
        ("list", "*2 open incidents*"),
        ("resolve", "Which incident? Name it, as in `/firebell resolve INC-2`"),
        ("resolve 1", "Which incident?"),
        ("show 1", "Which incident?"),
        ("show #1", "DiskFull (db1)"),
        ("note it burns", "Which incident? Name it, as in `/firebell note INC-2 it burns`"),
        ("resolve INC-2 fixed", "*INC-2* Mail is slow is resolved."),
        ("attach #1", "Which incident? Name it, as in `/firebell attach INC-1 1`"),
        ("attach INC-1 #1", "#1 is part of *INC-1*"),
        ("the shop is down", "To declare an incident: `/firebell declare the shop is down`"),
        ("alerts", "*3 open alerts*"),
    ] {
        let said = Said { user: ANN, channel: "C1", text: typed, command: "/incident", ..Said::default() };
        let answer = words(&world.answer(said).await);
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
    }
    let help =
        words(&world.answer(Said { user: ANN, command: "/incident", text: "help", ..Said::default() }).await);
    assert!(help.find("`incidents`") < help.find("`alerts`"), "{help}");
}

#[tokio::test]
async fn forms_open_where_words_are_missing() {
    let world = World::with_two_incidents().await;
    let view = |form| View::Incident { incident: 1, form };
    let declare = |group, title: &str| View::Declare {
        group,
        title: title.to_owned(),
        description: String::new(),
        severity: None,
        channel: "C9".to_owned(),
        private: false,
        drill: false,
    };
    let severe = View::Declare {
        group: None,
        title: String::new(),
        description: String::new(),
        severity: Some("SEV1".to_owned()),
        channel: "C9".to_owned(),
        private: false,
        drill: false,
    };
    let flagged = View::Declare {
        group: None,
        title: "keys leaked".to_owned(),
        description: String::new(),
        severity: None,
        channel: "C9".to_owned(),
        private: true,
        drill: true,
    };
    for (text, wanted) in [
        ("declare", declare(None, "")),
        ("declare sev1", severe),
        ("declare the bank &amp; the shop", declare(None, "the bank & the shop")),
        ("declare --private keys leaked —drill", flagged),
        ("declare #3 queries hang", declare(Some(3), "queries hang")),
        ("severity", view(IncidentForm::Severity)),
        ("role", view(IncidentForm::Roles)),
        ("update", view(IncidentForm::Update)),
        ("note", view(IncidentForm::Note)),
        ("invite", view(IncidentForm::Invite)),
        ("title", view(IncidentForm::Title)),
        ("resolve", view(IncidentForm::Resolve)),
        ("status resolved", view(IncidentForm::Resolve)),
        ("cancel", view(IncidentForm::Cancel)),
        ("timeline", view(IncidentForm::Timeline { page: 0 })),
        ("note #1", View::Note { group: 1 }),
        ("INC-2 severity", View::Incident { incident: 2, form: IncidentForm::Severity }),
    ] {
        let said = Said { user: ANN, channel: "C9", trigger_id: Some("1.2.x"), text, ..Said::default() };
        assert_eq!(world.answer(said).await, Answer::Nothing, "{text}");
        let opened = Say::OpenView { trigger_id: "1.2.x".to_owned(), view: wanted };
        assert!(world.said().await.contains(&opened), "{text}");
    }
}

#[tokio::test]
async fn a_private_incident_is_not_there_for_others() {
    let world = World::with_two_incidents().await;
    world.incident("A leak", "C7", true).await;
    world.work(|work| people::put_channels(work.tx, ANN, &["C1".to_owned()].into(), work.now)).await;
    let says = |user: &'static str, channel: &'static str, text: &'static str| {
        let world = &world;
        async move { words(&world.answer(Said { user, channel, text, ..Said::default() }).await) }
    };
    for typed in [
        "INC-3",
        "severity INC-3 SEV1",
        "note INC-3 x",
        "timeline INC-3",
        "merge INC-1 INC-3",
        "show <#C7|x>",
    ] {
        let answer = says(ANN, "C1", typed).await;
        assert!(!answer.contains("leak") && !answer.contains("INC-3*"), "{typed}: {answer}");
    }
    for typed in ["incidents", "incidents all", "incidents leak", "severity SEV1", "status monitoring"] {
        let answer = says(ANN, "C1", typed).await;
        assert!(!answer.contains("leak*") && !answer.contains("INC-3"), "{typed}: {answer}");
    }
    assert!(says(ANN, "C7", "status").await.contains("A leak"), "in its channel it is known");
    assert!(says(BOB, "C1", "incidents").await.contains("A leak"), "who declared it knows it");
    assert_eq!(world.kept(3).await.severity, "SEV2");
}

#[tokio::test]
async fn guests_may_look_and_acknowledge() {
    let world = World::with_two_incidents().await;
    world.person(CAROL, Standing::Guest, None).await;
    world
        .work(|work| {
            people::put_channels(work.tx, CAROL, &["C1", "C8", "C9"].map(str::to_owned).into(), work.now)
        })
        .await;
    let says = |text: &'static str, trigger_id: Option<&'static str>| {
        let world = &world;
        async move {
            words(
                &world.answer(Said { user: CAROL, channel: "C9", text, trigger_id, ..Said::default() }).await,
            )
        }
    };
    for (typed, answered) in [
        ("alerts", "*3 open alerts*"),
        ("incidents", "*2 open incidents*"),
        ("status", "investigating"),
        ("ack #1", "is yours now"),
        ("unack #1", "is nobody's now"),
        ("timeline #1", "what happened"),
        ("role list", "*Commander*: nobody."),
    ] {
        let answer = says(typed, None).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}");
    }
    for typed in [
        "resolve #1",
        "silence #1 2h",
        "silence severity=warning 2h",
        "note #1 x",
        "call #1 <@U0BOB>",
        "declare x",
        "declare SEV1 x",
        "severity SEV1",
        "status monitoring",
        "role commander",
        "task add x",
        "update x",
        "note x",
        "invite <@U0BOB>",
        "title x",
        "link https://e.com",
        "attach #1",
        "resolve x",
        "cancel x",
        "merge INC-2",
        "attach #1 to #2",
    ] {
        let answer = says(typed, None).await;
        assert!(
            answer.contains("Guests of this workspace may look and acknowledge"),
            "{typed:?}: {answer:?}"
        );
    }
    for typed in ["note #1", "silence #1", "call #1", "declare", "severity", "resolve", "role", "update"] {
        let answer = says(typed, Some("1.2.x")).await;
        assert!(answer.contains("Guests of this workspace"), "{typed:?}: {answer:?}");
    }
    let adopt = Said { user: CAROL, channel: "C5", text: "adopt x", ..Said::default() };
    assert!(words(&world.answer(adopt).await).contains("Guests of this workspace"));
    // What another has, a guest may not give away.
    world.says("ack #1").await;
    assert!(says("unack #1", None).await.contains("Guests of this workspace"));
    assert_eq!(world.group(1).await.facts.acknowledged.unwrap().by.slack_id(), Some(ANN));
}

#[tokio::test]
async fn a_refusal_says_who_may() {
    let mut world = World::with_two_incidents().await;
    let only = |who: Who| vec![who];
    let rights = Rights(BTreeMap::from([
        (Right::Declare, only(Who::User(BOB.to_owned()))),
        (Right::Resolve, only(Who::Group("S1".to_owned()))),
        (Right::Admin, only(Who::Handle("leads".to_owned()))),
    ]));
    world.rules = Arc::new(Rules { rights, ..rules() });
    world.work(|work| people::set_usergroups_read(work.tx, work.now)).await;
    for (typed, answered) in [
        (
            "declare SEV1 x",
            "only <@U0BOB> may declare incidents. The config says so, under `rights.declare`.",
        ),
        (
            "resolve x",
            "only <!subteam^S1> may resolve, cancel or reopen incidents and write their summaries.",
        ),
        ("cancel x", "only <!subteam^S1> may resolve, cancel or reopen incidents and write their summaries."),
        ("merge INC-2", "only @leads may adopt channels as incidents (with declare) and merge incidents."),
        ("severity SEV1", "is SEV1 now"),
    ] {
        let answer = world.in_channel(typed).await;
        assert!(answer.contains(answered), "{typed:?} is answered {answer:?}, wanted {answered:?}");
    }
}

#[tokio::test]
async fn times_are_those_of_the_clock_on_the_wall() {
    let world = World::with_two_incidents().await;
    world.person(ANN, Standing::Member, Some("Europe/Berlin")).await;
    let answer = world.in_channel("note 05:30 failover began").await;
    assert!(answer.contains("noted for <!date^1763699400^") && !answer.contains("UTC:"), "{answer}");
}

#[tokio::test]
async fn an_adopted_channel_is_told() {
    let world = World::with_three().await;
    let said = |channel: &'static str, channel_name: Option<&'static str>, text: &'static str| {
        let world = &world;
        async move {
            words(&world.answer(Said { user: ANN, channel, channel_name, text, ..Said::default() }).await)
        }
    };
    assert!(said("D1", Some("directmessage"), "adopt x").await.contains("Only a channel can be adopted."));
    let answer = said("C5", Some("war-room"), "adopt").await;
    assert!(answer.contains("*INC-1* war room is <#C5> from now on"), "{answer}");
    let answer = said("C6", Some("privategroup"), "adopt the leak").await;
    assert!(answer.contains("*INC-2* the leak"), "{answer}");
    assert!(world.kept(2).await.private && world.kept(1).await.private, "until Slack said what it is");
}

#[tokio::test]
async fn lists_of_incidents_as_they_are_sent() {
    let world = World::with_two_incidents().await;
    world.in_channel("role commander").await;
    world.says("resolve INC-2 restarted it").await;
    for (name, text) in [("incidents", "incidents all"), ("no_incidents", "incidents nothing-like-it")] {
        let answer = world.answer(Said { user: ANN, channel: "C1", text, ..Said::default() }).await;
        let Answer::PrivateMessage(message) = answer else { panic!("{name}: no message") };
        insta::assert_json_snapshot!(name, message);
    }
    for (name, text) in
        [("help_task", "help task"), ("help_incidents", "help incidents"), ("tasks", "task INC-1")]
    {
        insta::assert_snapshot!(name, world.says(text).await);
    }
}
