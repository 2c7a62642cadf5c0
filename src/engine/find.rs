//! Finds alert groups: for lists, and what a silence by matchers would cover. Reads only, so it runs beside the writer; the
//! database filters, counts and pages, and what it cannot decide is looked at batch by batch. Nothing is left out silently.

use std::collections::{HashMap, HashSet};

use super::sight::Viewer;
use crate::domain::group::{Group, State};
use crate::domain::label::Labels;
use crate::domain::matcher::{Matchers, Op};
use crate::domain::priority::Priority;
use crate::limits::{
    FIND_ALERTS_AT_ONCE, FIND_GROUPS_AT_ONCE, PREVIEW_GROUPS_SHOWN, RESOLVED_GROUPS_LOOKED_AT, SILENCES_SHOWN,
};
use crate::store::lists::{self, Wanted};
use crate::store::{StoreError, Tx};

/// What is asked for; all of it must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// None: whatever is open.
    pub states: Vec<State>,
    pub priorities: Vec<Priority>,
    /// Acknowledged, silenced or resolved by this user.
    pub user: Option<String>,
    /// One of its firing alerts has these labels; of a resolved group, one of all.
    pub matchers: Option<Matchers>,
    /// In lower case: in the title, or a channel's name.
    pub words: Vec<String>,
    /// Only what they may know of. None: a full member, who sees every alert.
    pub seen_by: Option<Viewer>,
}

/// A page of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub groups: Vec<Group>,
    /// On all pages.
    pub total: usize,
    /// From 1; the last one if a later one was asked for.
    pub page: usize,
    pub pages: usize,
    /// Only so many of the resolved groups were looked at, the last resolved ones, and there are more.
    pub looked_at: Option<usize>,
}

/// Groups of one kind that were found.
struct Part {
    total: usize,
    from: From,
}

enum From {
    /// The database decides.
    Rows(Wanted),
    /// They were looked at one by one.
    Ids(Vec<i64>),
}

/// Open groups, the most urgent and newest first, then the resolved ones, the last resolved first, as far as they are
/// asked for.
pub fn page(tx: &mut dyn Tx, filter: &Filter, page: usize, length: usize) -> Result<Found, StoreError> {
    let (mut parts, mut looked_at) = (Vec::new(), None);
    for wanted in kinds(filter) {
        parts.push(part(tx, filter, wanted, &mut looked_at)?);
    }
    let total = parts.iter().map(|part| part.total).sum::<usize>();
    let pages = total.div_ceil(length.max(1)).max(1);
    let page = page.clamp(1, pages);
    let (mut skip, mut groups) = ((page - 1) * length, Vec::new());
    for part in &parts {
        if skip < part.total && groups.len() < length {
            groups.extend(part.slice(tx, skip, length - groups.len())?);
        }
        skip = skip.saturating_sub(part.total);
    }
    Ok(Found { groups, total, page, pages, looked_at })
}

/// How far [`each`] went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Only so many of the resolved groups were looked at, the last resolved ones, and there are more.
    pub looked_at: Option<usize>,
}

/// Gives every group that is found to `take`, in the order of [`page`]; they are read batch by batch, and never held all at
/// once. Of the resolved ones only the last `resolved_most` are looked at, and the answer says so.
pub fn each(
    tx: &mut dyn Tx,
    filter: &Filter,
    resolved_most: usize,
    take: &mut dyn FnMut(Group),
) -> Result<Walk, StoreError> {
    let mut walk = Walk::default();
    for wanted in kinds(filter) {
        let is_resolved = wanted.resolved;
        let (mut place, mut seen) = (None, 0);
        loop {
            let left = resolved_most.saturating_sub(seen);
            let most = match is_resolved {
                true => FIND_GROUPS_AT_ONCE.min(i64::try_from(left).unwrap_or(i64::MAX)),
                false => FIND_GROUPS_AT_ONCE,
            };
            let (groups, end) = lists::after(tx, &wanted, place, most)?;
            seen += groups.len();
            matching(tx, filter, groups)?.into_iter().for_each(&mut *take);
            place = end;
            if place.is_none() {
                break;
            }
            if is_resolved && seen >= resolved_most {
                walk.looked_at = Some(seen);
                break;
            }
        }
    }
    Ok(walk)
}

/// What the database is asked for: the open ones, the resolved ones, or both in this order.
fn kinds(filter: &Filter) -> Vec<Wanted> {
    let open: Vec<State> = filter.states.iter().copied().filter(|state| *state != State::Resolved).collect();
    let wants_resolved = filter.states.contains(&State::Resolved);
    let wanted = |resolved: bool, states: Vec<State>| Wanted {
        resolved,
        states,
        priorities: filter.priorities.clone(),
        words: filter.words.clone(),
        user: filter.user.clone(),
        labels: filter.matchers.as_ref().map(equalities).unwrap_or_default(),
        ..Wanted::default()
    };
    let mut kinds = Vec::new();
    if !open.is_empty() || !wants_resolved {
        kinds.push(wanted(false, open));
    }
    if wants_resolved {
        kinds.push(wanted(true, Vec::new()));
    }
    kinds
}

/// Those of a batch for which what the database cannot decide holds, too.
fn matching(tx: &mut dyn Tx, filter: &Filter, groups: Vec<Group>) -> Result<Vec<Group>, StoreError> {
    let mut groups: Vec<Group> = groups.into_iter().filter(|group| words_hold(filter, group)).collect();
    if let Some(viewer) = &filter.seen_by {
        groups = viewer.seen_of(tx, groups)?;
    }
    let Some(matchers) = &filter.matchers else { return Ok(groups) };
    let labelled = some_alert_matches(tx, &groups, matchers)?;
    Ok(groups.into_iter().filter(|group| labelled.contains(&group.id)).collect())
}

fn part(
    tx: &mut dyn Tx,
    filter: &Filter,
    wanted: Wanted,
    looked_at: &mut Option<usize>,
) -> Result<Part, StoreError> {
    if filter.matchers.is_none() && filter.seen_by.is_none() && wanted.is_exact() {
        let total = usize::try_from(lists::count(tx, &wanted)?).unwrap_or(0);
        return Ok(Part { total, from: From::Rows(wanted) });
    }
    let (mut ids, mut place, mut seen) = (Vec::new(), None, 0);
    loop {
        let (groups, end) = lists::after(tx, &wanted, place, FIND_GROUPS_AT_ONCE)?;
        seen += groups.len();
        ids.extend(matching(tx, filter, groups)?.iter().map(|group| group.id));
        place = end;
        if place.is_none() {
            break;
        }
        if wanted.resolved && seen >= RESOLVED_GROUPS_LOOKED_AT {
            *looked_at = Some(seen);
            break;
        }
    }
    Ok(Part { total: ids.len(), from: From::Ids(ids) })
}

impl Part {
    fn slice(&self, tx: &mut dyn Tx, skip: usize, length: usize) -> Result<Vec<Group>, StoreError> {
        match &self.from {
            From::Rows(wanted) => {
                let of = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
                lists::page(tx, wanted, of(skip), of(length))
            }
            From::Ids(ids) => {
                let wanted = ids.get(skip..).unwrap_or_default();
                in_order(tx, wanted.get(..length).unwrap_or(wanted))
            }
        }
    }
}

fn in_order(tx: &mut dyn Tx, ids: &[i64]) -> Result<Vec<Group>, StoreError> {
    let mut found: HashMap<i64, Group> =
        lists::by_ids(tx, ids)?.into_iter().map(|group| (group.id, group)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The database does not know the case of letters beyond ASCII.
fn words_hold(filter: &Filter, group: &Group) -> bool {
    let title = group.title.to_lowercase();
    filter.words.iter().all(|word| {
        title.contains(word)
            || group.channels.iter().any(|channel| channel.trim_start_matches('#').to_lowercase() == *word)
    })
}

/// Labels that an alert must have as they are, for the database to narrow it down. A label that is to be empty may be
/// missing.
fn equalities(matchers: &Matchers) -> Vec<(String, String)> {
    let equal = matchers.iter().filter(|one| one.op() == Op::Equal && !one.value().is_empty());
    equal.map(|one| (one.name().to_owned(), one.value().to_owned())).collect()
}

/// How much of a group's firing alerts a silence covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cover {
    #[default]
    None,
    Partly,
    Whole,
}

impl Cover {
    fn and(self, matches: bool, is_first: bool) -> Self {
        match (self, matches) {
            _ if is_first => {
                if matches {
                    Self::Whole
                } else {
                    Self::None
                }
            }
            (Self::Whole, true) => Self::Whole,
            (Self::None, false) => Self::None,
            _ => Self::Partly,
        }
    }
}

/// Goes through the labels of alerts until `enough` says that its group is decided: it is given the group and whether the
/// alert matches. Groups with many alerts are read batch by batch.
fn each_alert(
    tx: &mut dyn Tx,
    groups: &[Group],
    matchers: &Matchers,
    enough: &mut dyn FnMut(i64, bool) -> bool,
) -> Result<(), StoreError> {
    let matches =
        |labels: &str| matchers.matches(&serde_json::from_str::<Labels>(labels).unwrap_or_default());
    let is_small =
        |group: &&Group| i64::from(group.firing) + i64::from(group.resolved) <= FIND_ALERTS_AT_ONCE;
    for (only_firing, state) in [(true, false), (false, true)] {
        let of_state = |group: &&Group| (group.state == State::Resolved) == state;
        let small: Vec<i64> = groups.iter().filter(of_state).filter(is_small).map(|group| group.id).collect();
        for some in small.chunks(64) {
            for (group, labels) in lists::labels_of_all(tx, some, only_firing)? {
                enough(group, matches(&labels));
            }
        }
        for group in groups.iter().filter(of_state).filter(|group| !is_small(group)) {
            let mut after = String::new();
            'group: loop {
                let batch = lists::labels_of(tx, group.id, only_firing, &after, FIND_ALERTS_AT_ONCE)?;
                let Some((last, _)) = batch.last() else { break };
                after.clone_from(last);
                for (_, labels) in &batch {
                    if enough(group.id, matches(labels)) {
                        break 'group;
                    }
                }
            }
        }
    }
    Ok(())
}

fn some_alert_matches(
    tx: &mut dyn Tx,
    groups: &[Group],
    matchers: &Matchers,
) -> Result<HashSet<i64>, StoreError> {
    let mut found = HashSet::new();
    each_alert(tx, groups, matchers, &mut |group, matches| {
        if matches {
            found.insert(group);
        }
        matches
    })?;
    Ok(found)
}

/// How much of each of these groups a silence with these matchers covers; groups that it does not touch may be missing.
pub fn cover(
    tx: &mut dyn Tx,
    groups: &[Group],
    matchers: &Matchers,
) -> Result<HashMap<i64, Cover>, StoreError> {
    let mut covers: HashMap<i64, Cover> = HashMap::new();
    each_alert(tx, groups, matchers, &mut |group, matches| {
        let cover = match covers.get(&group) {
            Some(before) => before.and(matches, false),
            None => Cover::None.and(matches, true),
        };
        covers.insert(group, cover);
        cover == Cover::Partly
    })?;
    Ok(covers)
}

/// The first of some groups, and how many they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    pub first: Vec<Group>,
    pub count: usize,
}

impl Counted {
    fn add(&mut self, group: Group) {
        self.count += 1;
        if self.first.len() < PREVIEW_GROUPS_SHOWN {
            self.first.push(group);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// What a silence would do to what is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Covered {
    /// Groups that would fall silent.
    pub whole: Counted,
    /// Those whose alerts all match, but which somebody has or which are silenced already.
    pub stay: Counted,
    /// Those of which only some alerts match.
    pub partly: Counted,
}

/// Looks at every open group before a silence is made.
pub fn covered(tx: &mut dyn Tx, matchers: &Matchers) -> Result<Covered, StoreError> {
    let wanted = Wanted { labels: equalities(matchers), ..Wanted::default() };
    let (mut covered, mut place) = (Covered::default(), None);
    loop {
        let (groups, end) = lists::after(tx, &wanted, place, FIND_GROUPS_AT_ONCE)?;
        let covers = cover(tx, &groups, matchers)?;
        for group in groups {
            let falls = group.state == State::Firing && group.attached_to.is_none();
            match covers.get(&group.id).copied().unwrap_or_default() {
                Cover::Whole if falls => covered.whole.add(group),
                Cover::Whole => covered.stay.add(group),
                Cover::Partly => covered.partly.add(group),
                Cover::None => {}
            }
        }
        place = end;
        if place.is_none() {
            return Ok(covered);
        }
    }
}

/// The groups that are silenced one by one, not by matchers.
pub fn silenced_by_hand(tx: &mut dyn Tx, viewer: &Viewer) -> Result<Counted, StoreError> {
    let wanted = Wanted { silenced_by_hand: true, ..Wanted::default() };
    if !viewer.is_member()? {
        return silenced_and_seen(tx, &wanted, viewer);
    }
    let most = i64::try_from(SILENCES_SHOWN).unwrap_or(i64::MAX);
    let first = lists::page(tx, &wanted, 0, most)?;
    let count = usize::try_from(lists::count(tx, &wanted)?).unwrap_or(0);
    Ok(Counted { first, count })
}

/// The same for somebody who does not see every alert: they are looked at one by one.
fn silenced_and_seen(tx: &mut dyn Tx, wanted: &Wanted, viewer: &Viewer) -> Result<Counted, StoreError> {
    let (mut counted, mut place) = (Counted::default(), None);
    loop {
        let (groups, end) = lists::after(tx, wanted, place, FIND_GROUPS_AT_ONCE)?;
        for group in viewer.seen_of(tx, groups)? {
            counted.add(group);
        }
        place = end;
        if place.is_none() {
            return Ok(counted);
        }
    }
}
