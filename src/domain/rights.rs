//! Who may do what. By default every full member may do all; everybody else may at most look and acknowledge.

use std::collections::BTreeMap;

/// What can be restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    Declare,
    Resolve,
    Private,
    Admin,
}

impl Right {
    pub const ALL: [Self; 4] = [Self::Declare, Self::Resolve, Self::Private, Self::Admin];

    /// The config's key, and the word in a refusal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Resolve => "resolve",
            Self::Private => "private",
            Self::Admin => "admin",
        }
    }

    /// What the config's schema says of its key.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Declare => "Who may declare incidents.",
            Self::Resolve => "Who may resolve, cancel or reopen incidents and write their summaries.",
            Self::Private => {
                "Who may make private incidents, by declaring them so or by adopting a private channel. \
                 Who has a part in one or is in its channel sees it, nobody else."
            }
            Self::Admin => "Who may adopt channels as incidents (with declare) and merge incidents.",
        }
    }

    /// What it allows, as the end of "… may ". The refusal, the config's schema and the README say it in these words,
    /// and a test walks all commands, buttons and forms to see that they ask for it.
    pub const fn allows(self) -> &'static str {
        match self {
            Self::Declare => "declare incidents",
            Self::Resolve => "resolve, cancel or reopen incidents and write their summaries",
            Self::Private => "make private incidents, by declaring them so or by adopting a private channel",
            Self::Admin => "adopt channels as incidents (with declare) and merge incidents",
        }
    }
}

/// Somebody a right is given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    User(String),
    Group(String),
    Email(String),
    /// A user group's handle, without the @.
    Handle(String),
}

/// What the config says; a right that is not in it every full member has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(pub BTreeMap<Right, Vec<Who>>);

/// What somebody is to the workspace. All but full members may at most what guests may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    Member,
    Guest,
    Bot,
    /// Deactivated, or of an id that Slack does not know.
    Gone,
    /// Of another workspace that shares a channel (Slack Connect).
    Stranger,
    /// Slack has not told yet.
    #[default]
    Unknown,
}

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Guest => "guest",
            Self::Bot => "bot",
            Self::Gone => "gone",
            Self::Stranger => "stranger",
            Self::Unknown => "unknown",
        }
    }

    /// What is written otherwise is not known.
    pub fn parse(text: &str) -> Self {
        [Self::Member, Self::Guest, Self::Bot, Self::Gone, Self::Stranger]
            .into_iter()
            .find(|standing| standing.as_str() == text)
            .unwrap_or_default()
    }
}

/// What only Slack can tell, and a decision depends on it: until then nothing is decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unknown {
    /// Who this is.
    Person(String),
    /// Who is in which user group.
    Usergroups,
    /// Which channels this person is in.
    Channels(String),
    /// Whether this channel is private.
    Channel(String),
}

/// The one who asks, as far as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    pub user_id: String,
    pub email: Option<String>,
    pub standing: Standing,
    /// The ids and handles of the user groups they are in; `None` while that is not known.
    pub groups: Option<Vec<String>>,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// They are no full member.
    NoMember(Standing),
    /// Only these may.
    Only(Right, Vec<Who>),
}

/// Whether they may, or what must be known first.
pub type Verdict = Result<Result<(), Denied>, Unknown>;

impl Rights {
    pub fn may(&self, asker: &Asker, right: Right) -> Verdict {
        let named = self.0.get(&right).map(Vec::as_slice);
        let list = named.unwrap_or_default();
        if asker.standing == Standing::Gone {
            return Ok(Err(Denied::NoMember(Standing::Gone)));
        }
        // An id means one account, whatever it is: nothing else need be known of it.
        if list.iter().any(|who| matches!(who, Who::User(id) if *id == asker.user_id)) {
            return Ok(Ok(()));
        }
        if asker.standing == Standing::Unknown {
            return Err(Unknown::Person(asker.user_id.clone()));
        }
        if list.iter().any(|who| asker.has_email(who)) || asker.is_in_group(list)? {
            return Ok(Ok(()));
        }
        Ok(match (asker.standing, named) {
            (Standing::Member, None) => Ok(()),
            (Standing::Member, Some(who)) => Err(Denied::Only(right, who.to_vec())),
            (standing, _) => Err(Denied::NoMember(standing)),
        })
    }

    /// What needs no right of its own: everything but looking and acknowledging, for which nobody is asked.
    pub fn may_work(asker: &Asker) -> Verdict {
        match asker.standing {
            Standing::Member => Ok(Ok(())),
            Standing::Unknown => Err(Unknown::Person(asker.user_id.clone())),
            standing => Ok(Err(Denied::NoMember(standing))),
        }
    }

    /// Whether anything depends on who is in which user group.
    pub fn need_groups(&self) -> bool {
        self.0.values().flatten().any(Who::is_group)
    }
}

impl Who {
    const fn is_group(&self) -> bool {
        matches!(self, Self::Group(_) | Self::Handle(_))
    }
}

impl Asker {
    /// Anybody may give themselves any address in a workspace of their own: only ours vouches for them.
    fn has_email(&self, who: &Who) -> bool {
        let ours = matches!(self.standing, Standing::Member | Standing::Guest);
        let own = self.email.as_ref().filter(|_| ours);
        matches!((who, own), (Who::Email(email), Some(own)) if own.eq_ignore_ascii_case(email))
    }

    fn is_in_group(&self, list: &[Who]) -> Result<bool, Unknown> {
        let mut named = list.iter().filter_map(|who| match who {
            Who::Group(name) | Who::Handle(name) => Some(name),
            Who::User(_) | Who::Email(_) => None,
        });
        match &self.groups {
            Some(groups) => Ok(named.any(|name| groups.contains(name))),
            None if named.next().is_some() => Err(Unknown::Usergroups),
            None => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> Asker {
        Asker {
            user_id: "U1".to_owned(),
            email: Some("Ann@example.com".to_owned()),
            standing: Standing::Member,
            groups: Some(vec!["S1".to_owned(), "sre".to_owned()]),
        }
    }

    fn only(who: &Who) -> Rights {
        Rights(BTreeMap::from([(Right::Declare, vec![who.clone()])]))
    }

    /// By whom they are named → for each standing, whether they may.
    #[test]
    fn who_may_do_what() {
        use Standing::{Bot, Gone, Guest, Member, Stranger};
        let user = Who::User("U1".to_owned());
        let email = Who::Email("ann@EXAMPLE.com".to_owned());
        let (group, handle) = (Who::Group("S1".to_owned()), Who::Handle("sre".to_owned()));
        let other = Who::User("U2".to_owned());
        for (named, may) in [
            (None, &[Member][..]),
            (Some(&other), &[]),
            (Some(&user), &[Member, Guest, Bot, Stranger]),
            (Some(&group), &[Member, Guest, Bot, Stranger]),
            (Some(&handle), &[Member, Guest, Bot, Stranger]),
            (Some(&email), &[Member, Guest]),
        ] {
            let rights = named.map(only).unwrap_or_default();
            for standing in [Member, Guest, Bot, Gone, Stranger] {
                let asker = Asker { standing, ..member() };
                let verdict = rights.may(&asker, Right::Declare).unwrap();
                assert_eq!(verdict.is_ok(), may.contains(&standing), "{named:?} {standing:?}: {verdict:?}");
                assert_eq!(Rights::may_work(&asker).unwrap().is_ok(), standing == Member, "{standing:?}");
            }
            assert_eq!(rights.may(&member(), Right::Resolve), Ok(Ok(())));
        }
        let denied = only(&other).may(&member(), Right::Declare);
        assert_eq!(denied, Ok(Err(Denied::Only(Right::Declare, vec![other]))));
    }

    #[test]
    fn what_is_not_known_is_not_decided() {
        let nobody = Asker { user_id: "U1".to_owned(), ..Asker::default() };
        let person = Unknown::Person("U1".to_owned());
        let (group, email) = (Who::Group("S1".to_owned()), Who::Email("ann@example.com".to_owned()));
        assert_eq!(Rights::may_work(&nobody), Err(person.clone()));
        for rights in [Rights::default(), only(&group), only(&email), only(&Who::User("U2".to_owned()))] {
            assert_eq!(rights.may(&nobody, Right::Declare), Err(person.clone()));
        }
        // Who is named by their id need not be known.
        assert_eq!(only(&Who::User("U1".to_owned())).may(&nobody, Right::Declare), Ok(Ok(())));
        let unread = Asker { groups: None, ..member() };
        assert_eq!(only(&group).may(&unread, Right::Declare), Err(Unknown::Usergroups));
        assert_eq!(only(&email).may(&unread, Right::Declare), Ok(Ok(())));
        assert_eq!(Rights::default().may(&unread, Right::Declare), Ok(Ok(())));
    }

    #[test]
    fn a_refusal_and_the_schema_say_the_same() {
        for right in Right::ALL {
            let allows = format!("Who may {}.", right.allows());
            assert!(right.about().starts_with(&allows), "{}: {}", allows, right.about());
        }
    }

    #[test]
    fn a_standing_survives_its_row() {
        use Standing::{Bot, Gone, Guest, Member, Stranger, Unknown};
        for standing in [Member, Guest, Bot, Gone, Stranger, Unknown] {
            assert_eq!(Standing::parse(standing.as_str()), standing);
        }
        assert_eq!(Standing::parse("something newer"), Unknown);
    }
}
