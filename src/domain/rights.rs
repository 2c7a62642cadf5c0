//! Who may do what. By default every full member may do all; guests may look and acknowledge.

use std::collections::BTreeMap;

/// What can be restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    Declare,
    Resolve,
    /// Making private incidents.
    Private,
    /// Words for administration: adopt, cancel, merge.
    Admin,
}

impl Right {
    /// The config's key, and the word in a refusal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declare => "declare",
            Self::Resolve => "resolve",
            Self::Private => "private",
            Self::Admin => "admin",
        }
    }

    /// What it allows, as the end of "… may ".
    pub const fn allows(self) -> &'static str {
        match self {
            Self::Declare => "declare incidents",
            Self::Resolve => "resolve, cancel or reopen incidents",
            Self::Private => "make private incidents",
            Self::Admin => "use the words for administration",
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

/// What somebody is to the workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Member,
    Guest,
    Bot,
    /// Deactivated.
    Gone,
}

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Guest => "guest",
            Self::Bot => "bot",
            Self::Gone => "gone",
        }
    }

    pub fn parse(text: &str) -> Self {
        [Self::Guest, Self::Bot, Self::Gone]
            .into_iter()
            .find(|standing| standing.as_str() == text)
            .unwrap_or_default()
    }
}

/// The one who asks, as far as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    pub user_id: String,
    pub email: Option<String>,
    pub standing: Standing,
    /// The ids and handles of the user groups they are in.
    pub groups: Vec<String>,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    Guest,
    /// Only these may.
    Only(Right, Vec<Who>),
}

impl Rights {
    pub fn may(&self, asker: &Asker, right: Right) -> Result<(), Denied> {
        let named = self.0.get(&right);
        let listed = named.is_some_and(|who| who.iter().any(|one| asker.is(one)));
        if listed {
            return Ok(());
        }
        if asker.standing == Standing::Guest {
            return Err(Denied::Guest);
        }
        match named {
            Some(who) => Err(Denied::Only(right, who.clone())),
            None => Ok(()),
        }
    }

    /// What needs no right of its own: everything but looking and acknowledging, for which nobody is asked.
    pub fn may_work(asker: &Asker) -> Result<(), Denied> {
        if asker.standing == Standing::Guest { Err(Denied::Guest) } else { Ok(()) }
    }

    /// Whether anything depends on who is in which user group.
    pub fn need_groups(&self) -> bool {
        self.0.values().flatten().any(|who| matches!(who, Who::Group(_) | Who::Handle(_)))
    }
}

impl Asker {
    fn is(&self, who: &Who) -> bool {
        match who {
            Who::User(id) => self.user_id == *id,
            Who::Group(id) | Who::Handle(id) => self.groups.iter().any(|group| group == id),
            Who::Email(email) => self.email.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(email)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_what() {
        let only = |who: Vec<Who>| Rights(BTreeMap::from([(Right::Declare, who)]));
        let member = Asker { user_id: "U1".to_owned(), groups: vec!["S1".to_owned()], ..Asker::default() };
        let guest = Asker { standing: Standing::Guest, ..member.clone() };
        assert_eq!(Rights::default().may(&member, Right::Declare), Ok(()));
        assert_eq!(Rights::default().may(&guest, Right::Declare), Err(Denied::Guest));
        assert_eq!(Rights::may_work(&guest), Err(Denied::Guest));
        for who in [Who::User("U1".to_owned()), Who::Group("S1".to_owned())] {
            assert_eq!(only(vec![who.clone()]).may(&member, Right::Declare), Ok(()), "{who:?}");
            assert_eq!(only(vec![who]).may(&guest, Right::Declare), Ok(()), "a guest who is named may");
        }
        let others = only(vec![Who::User("U2".to_owned()), Who::Email("a@example.com".to_owned())]);
        assert!(matches!(others.may(&member, Right::Declare), Err(Denied::Only(Right::Declare, _))));
        assert_eq!(others.may(&member, Right::Resolve), Ok(()));
        let by_mail = Asker { email: Some("A@example.com".to_owned()), ..member };
        assert_eq!(others.may(&by_mail, Right::Declare), Ok(()));
    }
}
