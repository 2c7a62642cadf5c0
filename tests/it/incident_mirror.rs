//! What is said in an incident's channel is kept as it truly was said, or there is a gap where nobody can know.

use std::sync::atomic::{AtomicU64, Ordering};

use firebell::app::rules::rules;
use firebell::domain::actor::{Actor, Via};
use firebell::domain::incident::{Incident, Summary};
use firebell::engine::Work;
use firebell::engine::deeds::By;
use firebell::engine::incident::{self, Declared, Wish};
use firebell::random::{Random, SeededRandom};
use firebell::sim::{Fault, FaultRule, User};
use firebell::store::{StoreError, groups, incidents, messages, mirror, people};

use crate::harness::{Span, World, scenario};
use crate::incident_judge::{compare, every_change_shows, gaps_lie_in, in_markdown};

/// Somebody does something to incidents, as a command would.
pub(crate) async fn deed<T: Send + 'static>(
    world: &World,
    user: &str,
    run: impl Fn(&mut Work<'_>, &By) -> Result<T, StoreError> + Send + Sync + 'static,
) -> T {
    let rules = rules(&world.running()[0].config.current());
    let id = world.as_user(user).id();
    let by = By { actor: Actor::Person(id.clone()), via: Via::Command };
    let name = world.sim.read(|state| state.users[&id].display_name.clone());
    // Keys of rows are drawn from it: no two deeds may draw the same.
    static SEED: AtomicU64 = AtomicU64::new(7_000_000);
    let (now, seed) = (world.now(), SEED.fetch_add(1, Ordering::Relaxed));
    let done = world
        .write(move |tx| {
            let random = SeededRandom::new(seed);
            people::put_member(tx, &id, &name, now)?;
            run(&mut Work::new(tx, &rules, now, &random), &by)
        })
        .await;
    world.settle().await;
    done
}

/// An incident with its channel, in which everybody is.
pub(crate) async fn declared(world: &World, people: &[&str]) -> (Incident, String) {
    declared_for(world, people, Vec::new()).await
}

async fn declared_for(world: &World, people: &[&str], groups: Vec<i64>) -> (Incident, String) {
    let wish = Wish { title: "The shop is down".to_owned(), groups, ..Wish::default() };
    let made = deed(world, "ann", move |work, by| incident::declare(work, wish.clone(), by)).await;
    let Declared::New(made) = made else { panic!("{made:?}") };
    world.advance(1.minutes()).await;
    let id = made.id;
    let made = world.read(move |tx| incidents::by_id(tx, id)).await.unwrap();
    let channel = made.channel_id.clone().unwrap();
    for person in people.iter().filter(|person| **person != "ann") {
        world.sim.actor(person).unwrap().join(&channel).unwrap();
    }
    world.settle().await;
    world.channel(&channel).claim_all();
    (made, channel)
}

scenario! {
    async fn everything_said_is_kept(world) {
        let (made, channel) = declared(world, &["ann", "bob"]).await;
        let (ann, bob) = (world.sim.actor("ann").unwrap(), world.sim.actor("bob").unwrap());
        let root = ann.post(&channel, "look at @bob and #ops: *now*").unwrap();
        let reply = bob.reply(&channel, &root, "on it").unwrap();
        bob.edit(&channel, &reply, "on it, 5 min").unwrap();
        let gone = ann.post(&channel, "oops").unwrap();
        ann.delete(&channel, &gone).unwrap();
        let file = bob.upload(&channel, Some(&root), "graph.png", None, vec![1, 2, 3], "the graph").unwrap();
        bob.say(&channel, "for all", Some(&root), true).unwrap();
        ann.react(&channel, &file, "eyes").unwrap();
        ann.set_topic(&channel, "by hand").unwrap();
        world.advance(2.minutes()).await;
        let (kept, unknowable) = compare(world, made.number, &channel).await;
        assert_eq!((unknowable, kept.gaps.len()), (0, 0));
        assert_eq!(kept.messages[&root].text("plain"), "look at @Bob and #ops: now");
        assert_eq!(kept.messages[&root].text("author"), "Ann");
        // Marked, confirmed, and unmarked.
        bob.react(&channel, &reply, "pushpin").unwrap();
        ann.pin(&channel, &root).unwrap();
        world.advance(1.minutes()).await;
        compare(world, made.number, &channel).await;
        bob.react(&channel, &reply, "pushpin").unwrap();
        world.advance(1.minutes()).await;
        let (kept, _) = compare(world, made.number, &channel).await;
        let marks = |kind: &str| kept.events.iter().filter(|(one, _)| one == kind).count();
        assert_eq!((marks("key_moment"), marks("key_moment_off")), (2, 1));
        every_change_shows(&kept);
    }
}

/// Chatter of five people, as the seed wants it: messages, replies, edits, deletes, files, reactions, pins.
struct Chatter {
    random: SeededRandom,
    people: Vec<&'static str>,
    channel: String,
    /// What was said, by whom, and in which thread.
    said: Vec<(String, &'static str, Option<String>)>,
    count: u32,
}

const FIVE: [&str; 5] = ["ann", "bob", "chie", "dan", "eve"];

impl Chatter {
    fn new(channel: &str, seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        Self { random, people: FIVE.to_vec(), channel: channel.to_owned(), said: Vec::new(), count: 0 }
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.random.below(bound as u64)).unwrap()
    }

    fn one_of_said(&self) -> Option<(String, &'static str, Option<String>)> {
        (!self.said.is_empty()).then(|| self.said[self.below(self.said.len())].clone())
    }

    /// One thing happens.
    fn step(&mut self, world: &World) {
        let who = self.people[self.below(self.people.len())];
        let actor = world.sim.actor(who).unwrap();
        let channel = self.channel.clone();
        self.count += 1;
        let words = format!("{who} says {} about @bob & <x> in #ops", self.count);
        let thread = self.one_of_said().map(|(ts, _, root)| root.unwrap_or(ts));
        match self.below(100) {
            0..35 => {
                let ts = actor.post(&channel, &words).unwrap();
                self.said.push((ts, who, None));
            }
            35..57 => {
                let Some(root) = thread else { return };
                let broadcast = self.below(6) == 0;
                // The parent may be gone.
                if let Ok(ts) = actor.say(&channel, &words, Some(&root), broadcast) {
                    self.said.push((ts, who, Some(root)));
                }
            }
            57..62 => {
                let name = format!("graph-{}.png", self.count);
                let root = thread.filter(|_| self.below(2) == 0);
                if let Ok(ts) = actor.upload(&channel, root.as_deref(), &name, None, vec![1; 10], &words) {
                    self.said.push((ts, who, root));
                }
            }
            62..77 => {
                let Some((ts, author, _)) = self.one_of_said() else { return };
                let edited = format!("{words}, edited");
                let _gone = world.sim.actor(author).unwrap().edit(&channel, &ts, &edited);
            }
            77..84 => {
                let Some((ts, author, _)) = self.one_of_said() else { return };
                let _gone = world.sim.actor(author).unwrap().delete(&channel, &ts);
            }
            84..95 => {
                let Some((ts, ..)) = self.one_of_said() else { return };
                let emoji = ["eyes", "pushpin", "robot_face", "+1"][self.below(4)];
                let _gone = actor.react(&channel, &ts, emoji);
            }
            95..98 => {
                let Some((ts, ..)) = self.one_of_said() else { return };
                let _gone = actor.pin(&channel, &ts);
            }
            98 => actor.set_topic(&channel, &words).unwrap(),
            _ => {
                actor.leave(&channel).unwrap();
                actor.join(&channel).unwrap();
            }
        }
    }

    /// So many things happen, a few seconds apart.
    async fn go(&mut self, world: &World, steps: usize) {
        for _ in 0..steps {
            self.step(world);
            let pause = 1 + self.below(4) as u64;
            world.advance(pause.seconds()).await;
        }
    }

    /// The same while nobody listens: Slack tries again as often as it does, and no more.
    async fn go_unheard(&mut self, world: &World, steps: usize, each: u64) {
        for _ in 0..steps {
            self.step(world);
            world.advance(each.seconds()).await;
        }
    }
}

/// What nobody can know who was not told: a message said and deleted, and three versions that others replaced.
fn come_and_go(world: &World, channel: &str, known: &str) {
    let ann = world.sim.actor("ann").unwrap();
    let gone = ann.post(channel, "said and deleted").unwrap();
    let twice = ann.post(channel, "first").unwrap();
    world.clock.advance_ms(2_000);
    ann.delete(channel, &gone).unwrap();
    ann.edit(channel, &twice, "second").unwrap();
    ann.edit(channel, known, &format!("between {twice}")).unwrap();
    world.clock.advance_ms(2_000);
    ann.edit(channel, &twice, "third").unwrap();
    ann.edit(channel, known, &format!("in the end {twice}")).unwrap();
}

/// So many things of [`come_and_go`] only a gap accounts for.
const COME_AND_GO: usize = 4;

fn five(world: &World) {
    world.sim.set_up(|state| {
        state.add_user(User::person("dan"));
        state.add_user(User::person("eve"));
    });
}

scenario! {
    /// The judge: alert, declaration, 200 things said and done by five people, the bot killed twice and Slack's
    /// events lost; what is kept is what was said, or there is a gap where nobody can know.
    async fn a_whole_incident_with_crashes_and_lost_events(world) {
        five(world);
        world.channel("#ops").claim_all();
        world.fire("ShopDown", &["web1"]).await;
        world.advance(5.seconds()).await;
        let group = world.read(|tx| groups::by_number(tx, 1)).await.unwrap().id;
        let (made, channel) = declared_for(world, &FIVE, vec![group]).await;
        let (id, number) = (made.id, made.number);
        let mut chatter = Chatter::new(&channel, 7);
        let known = world.sim.actor("ann").unwrap().post(&channel, "known to all").unwrap();
        chatter.go(world, 110).await;
        let (kept, unknowable) = compare(world, number, &channel).await;
        assert_eq!((kept.gaps.len(), unknowable), (0, 0), "nothing was lost: {:#?}", kept.gaps);

        // Killed for a moment: Slack tells all of it again.
        world.kill(0).await;
        chatter.go_unheard(world, 20, 2).await;
        world.start(0).await;
        world.advance(10.minutes()).await;
        let (kept, unknowable) = compare(world, number, &channel).await;
        assert_eq!((kept.gaps.len(), unknowable), (0, 0), "all was told again: {:#?}", kept.gaps);

        // Events are lost, one in three.
        // Since the last look at all threads, that is: an edit in one shows nowhere else.
        let (mut lost, read) = (Vec::new(), world.now().as_ms());
        let of = channel.clone();
        let now = world.now();
        world.write(move |tx| mirror::want(tx, &of, true, "the test wants it", now)).await;
        world.advance(1.minutes()).await;
        world.fault(FaultRule::new(Fault::LoseEvent).probability(0.34));
        world.fault(FaultRule::new(Fault::DuplicateEvent).probability(0.2));
        world.fault(FaultRule::new(Fault::ReorderEvent).probability(0.3));
        chatter.go(world, 110).await;
        world.fault(FaultRule::new(Fault::LoseEvent));
        come_and_go(world, &channel, &known);
        world.settle().await;
        world.sim.clear_faults();
        chatter.go(world, 5).await;
        world.advance(15.minutes()).await;
        lost.push((read, world.now().as_ms()));
        let (kept, first) = compare(world, number, &channel).await;
        assert!(first >= COME_AND_GO, "{first}");
        gaps_lie_in(&kept, &lost);

        // Killed for most of an hour, with all that was said lost.
        let killed = world.now().as_ms() - 60_000;
        world.kill(0).await;
        chatter.go_unheard(world, 30, 50).await;
        come_and_go(world, &channel, &known);
        chatter.go_unheard(world, 30, 50).await;
        world.start(0).await;
        lost.push((killed, world.now().as_ms()));
        world.advance(15.minutes()).await;
        let (kept, second) = compare(world, number, &channel).await;
        assert!(second >= first + COME_AND_GO, "{first} {second}");
        gaps_lie_in(&kept, &lost);
        assert!(kept.gaps.iter().any(|gap| gap.reason == "Firebell was not running"), "{:#?}", kept.gaps);

        chatter.go(world, 10).await;
        let before = kept.gaps.len();
        let summary = Summary { fix: "restarted it".to_owned(), ..Summary::default() };
        deed(world, "ann", move |work, by| incident::resolve(work, id, by, summary.clone())).await;
        world.advance(3.minutes()).await;
        let (kept, _) = compare(world, number, &channel).await;
        assert_eq!(kept.gaps.len(), before);
        let spoken = kept.messages.values().filter(|message| !message.is_ours()).count();
        assert!(spoken >= 200, "{spoken}");
        every_change_shows(&kept);
        for kind in ["declared", "channel", "resolved", "recorded"] {
            assert_eq!(kept.events.iter().filter(|(one, _)| one == kind).count(), 1, "{kind}");
        }
        // The file in the channel tells the same.
        let posted = world.sim.read(|state| {
            let files = state.files.values().filter(|file| file.name.starts_with("INC-1-"));
            let shown: Vec<_> = files.filter(|file| !file.shares.is_empty()).map(|file| file.bytes.clone()).collect();
            assert_eq!(shown.len(), 1);
            String::from_utf8(shown[0].to_vec()).unwrap()
        });
        let mut wrong = Vec::new();
        in_markdown(&kept, &posted, &mut wrong);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

scenario! {
    async fn an_old_channel_is_adopted_and_read(world) {
        let old = world.sim.set_up(|state| state.add_channel("war-room", false, &["ann", "bob"]).unwrap());
        let (ann, bob) = (world.sim.actor("ann").unwrap(), world.sim.actor("bob").unwrap());
        // More than a page, and threads.
        let mut last = String::new();
        for n in 0..260 {
            last = ann.post(&old, &format!("before {n}")).unwrap();
            world.clock.advance_ms(1_000);
            if n % 50 == 0 {
                bob.reply(&old, &last, "indeed").unwrap();
            }
        }
        bob.react(&old, &last, "pushpin").unwrap();
        let (wish, of) = (Wish { title: "Old trouble".to_owned(), ..Wish::default() }, old.clone());
        let adopted = deed(world, "ann", move |work, by| incident::adopt(work, wish.clone(), &of, by)).await;
        let Declared::New(made) = adopted else { panic!("{adopted:?}") };
        world.advance(3.minutes()).await;
        world.channel(&old).claim_all();
        let (kept, _) = compare(world, made.number, &old).await;
        assert!(kept.messages.len() > 266);
        let reasons: Vec<&str> = kept.gaps.iter().map(|gap| gap.reason.as_str()).collect();
        assert_eq!(reasons, ["Firebell came into the channel only then"]);
        let told = world.sim.read(|state| {
            state.messages(&old).iter().any(|m| m.by_app && m.visible_text().contains("266 earlier messages"))
        });
        assert!(told, "{:?}", world.channel(&old).roots());
    }
}

scenario! {
    async fn a_lost_deletion_is_noticed_soon(world) {
        let (made, channel) = declared(world, &["ann"]).await;
        let ann = world.sim.actor("ann").unwrap();
        let shown = |ts: &str| {
            let (channel, ts) = (channel.clone(), ts.to_owned());
            world.read(move |tx| messages::at(tx, &channel, &ts))
        };
        let secret = ann.post(&channel, "the password is swordfish").unwrap();
        world.advance(30.seconds()).await;
        assert!(shown(&secret).await.unwrap().deleted_at.is_none());
        world.fault(FaultRule::new(Fault::LoseEvent));
        ann.delete(&channel, &secret).unwrap();
        world.settle().await;
        world.sim.clear_faults();
        world.advance(75.seconds()).await;
        assert!(shown(&secret).await.unwrap().deleted_at.is_some(), "a minute after it was said, all is read");
        assert!(world.counted("mirror_readings") > 0);

        // Said and taken back within seconds, while Slack's answers may lag: it is looked at twice.
        world.advance(2.minutes()).await;
        let slip = ann.post(&channel, "oops").unwrap();
        world.settle().await;
        let (of, now) = (channel.clone(), world.now());
        world.fault(FaultRule::new(Fault::LoseEvent));
        ann.delete(&channel, &slip).unwrap();
        world.settle().await;
        world.sim.clear_faults();
        world.write(move |tx| mirror::want(tx, &of, false, "the test wants it", now)).await;
        world.advance(5.seconds()).await;
        assert!(shown(&slip).await.unwrap().deleted_at.is_none(), "not yet for certain");
        world.advance(20.seconds()).await;
        assert!(shown(&slip).await.unwrap().deleted_at.is_some());
        compare(world, made.number, &channel).await;
    }
}

scenario! {
    async fn thrown_out_and_let_in_again(world) {
        world.allow_refusals();
        let (made, channel) = declared(world, &["ann", "bob"]).await;
        let (ann, bob) = (world.sim.actor("ann").unwrap(), world.sim.actor("bob").unwrap());
        let bot = world.sim.read(|state| state.app.bot_user.clone());
        bob.post(&channel, "one").unwrap();
        world.advance(10.minutes()).await;
        let left = world.now().as_ms();
        ann.kick(&channel, &bot).unwrap();
        world.advance(1.minutes()).await;
        bob.post(&channel, "two").unwrap();
        let gone = bob.post(&channel, "three").unwrap();
        world.advance(1.minutes()).await;
        bob.delete(&channel, &gone).unwrap();
        world.advance(30.minutes()).await;
        ann.invite(&channel, &bot).unwrap();
        let back = world.now().as_ms();
        world.advance(5.minutes()).await;
        let (kept, unknowable) = compare(world, made.number, &channel).await;
        assert_eq!(unknowable, 1, "what was said and deleted meanwhile");
        gaps_lie_in(&kept, &[(left, back)]);
        assert_eq!(kept.gaps[0].reason, "Firebell was not in the channel");
    }
}
