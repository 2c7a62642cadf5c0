//! Inhibition: while a source alert fires, its targets are not spoken of. As in Alertmanager 0.33.
//!
//! A target is muted by an active source with the same values of the `equal` labels, a missing label being
//! the empty text. An alert that is itself a source of the rule is not muted by sources that are targets of it, so
//! nothing mutes itself and two alerts of one kind do not mute each other.
//!
//! What counts where several sources have the same values is a matter of [`Choice`].
//!
//! For a database: of every alert that is heard of firing, [`InhibitRules::source_rows`] say under which two keys it stands;
//! one row a pair of keys is enough for [`Choice::LastHeard`]. Ask [`InhibitRules::questions`] of an alert that is to be
//! spoken of; the row with the same two keys answers.

use std::collections::BTreeMap;

use super::fingerprint::{Fingerprint, Fnv1a};
use super::label::{Labels, is_classic_name, is_utf8_name};
use super::matcher::forms::Forms;
use super::matcher::{Matchers, Mode};
use super::rule_error::RuleError;

/// A rule as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InhibitRuleSpec {
    /// Where it was written; given back in errors.
    pub origin: usize,
    /// `name:`
    pub name: Option<String>,
    /// `source_matchers:`
    pub source_matchers: Vec<String>,
    /// `source_match:`
    pub source_match: BTreeMap<String, String>,
    /// `source_match_re:`
    pub source_match_re: BTreeMap<String, String>,
    /// `target_matchers:`
    pub target_matchers: Vec<String>,
    /// `target_match:`
    pub target_match: BTreeMap<String, String>,
    /// `target_match_re:`
    pub target_match_re: BTreeMap<String, String>,
    /// `equal:`
    pub equal: Vec<String>,
}

/// A checked rule.
#[derive(Clone, Debug)]
pub struct InhibitRule {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Which alerts mute.
    pub source: Matchers,
    /// Which alerts are muted.
    pub target: Matchers,
    /// The labels that must be the same in both, sorted.
    pub equal: Vec<String>,
    /// Made of its content, so it stays over a reload and a move within the file.
    pub key: String,
}

impl InhibitRule {
    /// The values of the `equal` labels, in short.
    fn equal_key(&self, labels: &Labels) -> String {
        Fingerprint::of_sorted(self.equal.iter().map(|name| (name.as_str(), labels.get(name)))).to_string()
    }

    /// What an alert's row for this rule is, if it is a source of it.
    pub fn source_row(&self, labels: &Labels) -> Option<SourceRow> {
        self.source.matches(labels).then(|| SourceRow {
            rule_key: self.key.clone(),
            equal_key: self.equal_key(labels),
            is_target: self.target.matches(labels),
        })
    }

    /// What to ask to know whether this rule mutes an alert; `None` if it surely does not.
    pub fn question(&self, labels: &Labels) -> Option<Question<'_>> {
        self.target.matches(labels).then(|| Question {
            rule: self,
            equal_key: self.equal_key(labels),
            not_by_targets: self.source.matches(labels),
        })
    }
}

/// That an active alert is a source of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// [`InhibitRule::key`].
    pub rule_key: String,
    /// The values of the `equal` labels, in short.
    pub equal_key: String,
    /// Whether it is a target of the same rule, too.
    pub is_target: bool,
}

/// Which of several sources with the same values of the `equal` labels counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Only the one last heard of firing, as in Alertmanager since 0.29, whose index keeps just one (more exactly: the one
    /// that would fire longest if nothing more were heard; of equals the last). It shows in two cases: if that one has
    /// ended, the others do not mute until they are sent again; and if it is a target too, an alert that is source and
    /// target goes unmuted although another source would mute it.
    ///
    /// This is a defect of Alertmanager's rather than a rule: its manual says [`Choice::AnyActive`]. With Prometheus, which
    /// sends everything again within a minute or so, it hardly shows; with a sender that repeats every few hours, what a
    /// second source still mutes is told for so long. Firebell does the same nonetheless, so that a tree pasted from
    /// Alertmanager behaves as it did; it tells too much, never too little.
    #[default]
    LastHeard,
    /// Every one that is active: what Alertmanager's manual says.
    AnyActive,
}

/// What an alert that is to be spoken of asks: which sources have these keys?
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The rule; its key is half of the question.
    pub rule: &'a InhibitRule,
    /// The values of the `equal` labels, in short.
    pub equal_key: String,
    /// A source that is a target itself does not mute this alert.
    pub not_by_targets: bool,
}

/// A source with the keys that were asked for.
#[derive(Clone, Copy, Debug)]
pub struct Known<S> {
    /// Whatever names it.
    pub source: S,
    /// As in its [`SourceRow`].
    pub is_target: bool,
    /// Whether it still fires.
    pub is_active: bool,
}

impl Question<'_> {
    /// The source that mutes, of those with the keys, the one last heard of firing being the first.
    /// [`Choice::LastHeard`] wants to see the ended ones, too, as long as they are remembered.
    pub fn answer<S>(&self, newest_first: impl IntoIterator<Item = Known<S>>, choice: Choice) -> Option<S> {
        let mutes = |known: &Known<S>| known.is_active && !(self.not_by_targets && known.is_target);
        let mut known = newest_first.into_iter();
        match choice {
            Choice::LastHeard => known.next().filter(mutes),
            Choice::AnyActive => known.find(mutes),
        }
        .map(|known| known.source)
    }
}

/// All rules of a config.
#[derive(Clone, Debug, Default)]
pub struct InhibitRules(Vec<InhibitRule>);

impl InhibitRules {
    /// Checks everything; on failure says all that is wrong.
    pub fn build(specs: &[InhibitRuleSpec], mode: Mode) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        let rules = specs
            .iter()
            .enumerate()
            .map(|(nth, spec)| rule(spec, &format!("inhibit_rules[{nth}]"), mode, &mut errors))
            .collect();
        if errors.is_empty() { Ok(Self(rules)) } else { Err(errors) }
    }

    /// In the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, InhibitRule> {
        self.0.iter()
    }

    /// The rows to keep while such an alert fires.
    pub fn source_rows(&self, labels: &Labels) -> Vec<SourceRow> {
        self.0.iter().filter_map(|rule| rule.source_row(labels)).collect()
    }

    /// What to ask of such an alert; the first answer that mutes it will do.
    pub fn questions(&self, labels: &Labels) -> Vec<Question<'_>> {
        self.0.iter().filter_map(|rule| rule.question(labels)).collect()
    }

    /// The first rule that mutes such an alert and the source that does; `newest_first` are all alerts that are remembered,
    /// with whether they fire, the one last heard of firing being the first.
    pub fn muted_by<'a>(
        &self,
        labels: &Labels,
        newest_first: impl IntoIterator<Item = (&'a Labels, bool)> + Clone,
        choice: Choice,
    ) -> Option<(&InhibitRule, &'a Labels)> {
        self.0.iter().find_map(|rule| {
            let question = rule.question(labels)?;
            let known = newest_first.clone().into_iter().filter_map(|(source, is_active)| {
                let row = rule.source_row(source).filter(|row| row.equal_key == question.equal_key)?;
                Some(Known { source, is_target: row.is_target, is_active })
            });
            Some((rule, question.answer(known, choice)?))
        })
    }
}

fn rule(spec: &InhibitRuleSpec, path: &str, mode: Mode, errors: &mut Vec<RuleError>) -> InhibitRule {
    let side = |prefix, matchers, match_equal, match_re, errors: &mut Vec<RuleError>| {
        Forms { origin: spec.origin, path, prefix, matchers, match_equal, match_re }.gather(mode, errors)
    };
    let source = side("source_", &spec.source_matchers, &spec.source_match, &spec.source_match_re, errors);
    let target = side("target_", &spec.target_matchers, &spec.target_match, &spec.target_match_re, errors);
    let is_valid = match mode {
        Mode::Classic => is_classic_name,
        Mode::Utf8 | Mode::Fallback => is_utf8_name,
    };
    for (nth, name) in spec.equal.iter().enumerate().filter(|(_, name)| !is_valid(name)) {
        errors.push(RuleError {
            origin: spec.origin,
            path: format!("{path}.equal[{nth}]"),
            what: format!("invalid label name {name:?} in equal list"),
            column: None,
            hint: Some("write the name of a label, as in equal: [cluster, namespace]".to_owned()),
        });
    }
    let mut equal = spec.equal.clone();
    equal.sort();
    equal.dedup();
    let mut hash = Fnv1a::new();
    hash.field(&source.to_string());
    hash.field(&target.to_string());
    for name in &equal {
        hash.field(name);
    }
    let key = format!("{:016x}", hash.finish());
    InhibitRule { name: spec.name.clone(), source, target, equal, key }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(source: &str, target: &str, equal: &[&str]) -> InhibitRules {
        let spec = InhibitRuleSpec {
            source_matchers: vec![source.to_owned()],
            target_matchers: vec![target.to_owned()],
            equal: equal.iter().map(|&name| name.to_owned()).collect(),
            ..InhibitRuleSpec::default()
        };
        InhibitRules::build(&[spec], Mode::default()).unwrap()
    }

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().copied().collect()
    }

    #[test]
    fn missing_equals_empty() {
        let rules = rules("severity=critical", "severity=warning", &["cluster"]);
        let target = labels(&[("severity", "warning")]);
        for (source, mutes) in [
            (labels(&[("severity", "critical")]), true),
            (labels(&[("severity", "critical"), ("cluster", "")]), true),
            (labels(&[("severity", "critical"), ("cluster", "a")]), false),
        ] {
            assert_eq!(
                rules.muted_by(&target, [(&source, true)], Choice::default()).is_some(),
                mutes,
                "{source}"
            );
        }
    }

    #[test]
    fn nothing_mutes_itself_or_its_like() {
        let rules = rules("a=1", "b=1", &[]);
        let both = labels(&[("a", "1"), ("b", "1")]);
        let source = labels(&[("a", "1")]);
        let target = labels(&[("b", "1")]);
        for choice in [Choice::LastHeard, Choice::AnyActive] {
            let is_muted = |labels, all: &[(&Labels, bool)]| {
                rules.muted_by(labels, all.iter().copied(), choice).is_some()
            };
            assert!(!is_muted(&both, &[(&both, true)]));
            assert!(is_muted(&both, &[(&source, true), (&both, true)]));
            assert!(is_muted(&target, &[(&both, true)]));
            assert!(!is_muted(&source, &[(&both, true)]));
            // Here the two ways part.
            let is_any = choice == Choice::AnyActive;
            assert_eq!(is_muted(&both, &[(&both, true), (&source, true)]), is_any);
            assert_eq!(is_muted(&target, &[(&both, false), (&source, true)]), is_any);
        }
    }

    #[test]
    fn a_key_is_made_of_the_content() {
        let key = |rules: &InhibitRules| rules.iter().next().unwrap().key.clone();
        assert_eq!(
            key(&rules("{b=1,a=1}", "c=1", &["x", "y"])),
            key(&rules("{a=1,b=1}", "c=1", &["y", "x"]))
        );
        assert_ne!(key(&rules("a=1", "c=1", &["x"])), key(&rules("a=1", "c=1", &["y"])));
        assert_ne!(key(&rules("a=1", "c=1", &[])), key(&rules("c=1", "a=1", &[])));
    }

    #[test]
    fn errors_name_the_place() {
        let spec = InhibitRuleSpec {
            origin: 7,
            source_matchers: vec!["a".to_owned()],
            target_match: [("b-c".to_owned(), String::new())].into(),
            equal: vec![String::new()],
            ..InhibitRuleSpec::default()
        };
        let errors = InhibitRules::build(&[spec], Mode::default()).unwrap_err();
        let paths: Vec<_> = errors.iter().map(|error| (error.origin, error.path.as_str())).collect();
        assert_eq!(
            paths,
            [
                (7, "inhibit_rules[0].source_matchers[0]"),
                (7, "inhibit_rules[0].target_match.b-c"),
                (7, "inhibit_rules[0].equal[0]")
            ]
        );
    }
}
