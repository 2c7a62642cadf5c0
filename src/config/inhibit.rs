//! `inhibit_rules`, as in Alertmanager.

use super::kinds;
use super::routing::{LabelValues, tell};
use crate::domain::inhibit::{InhibitRuleSpec, InhibitRules};
use crate::domain::matcher::Mode;
use crate::yaml::{Fields, ListOf, Section, Text};

/// A rule as written; what is wrong with its matchers the domain says.
pub(super) struct InhibitSection(InhibitRuleSpec);

impl Section for InhibitSection {
    const NAME: &'static str = "inhibit_rule";
    const ABOUT: &'static str =
        "While a source fires, its targets with the same `equal` labels are not spoken of.";

    fn read(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.optional("name", "Its name, for people.", &Text);
        let source_matchers = f.list("source_matchers", "Which alerts hush.", &kinds::matcher_text());
        let source_match = f.optional("source_match", "Old form of source_matchers.", &LabelValues::Texts);
        let source_match_re =
            f.optional("source_match_re", "Old form of source_matchers.", &LabelValues::Patterns);
        let target_matchers = f.list("target_matchers", "Which alerts are hushed.", &kinds::matcher_text());
        let target_match = f.optional("target_match", "Old form of target_matchers.", &LabelValues::Texts);
        let target_match_re =
            f.optional("target_match_re", "Old form of target_matchers.", &LabelValues::Patterns);
        let equal = f.optional("equal", "Labels that must have the same value in both.", &ListOf(Text));
        Some(Self(InhibitRuleSpec {
            origin: 0,
            name: name.flatten(),
            source_matchers: source_matchers.unwrap_or_default(),
            source_match: source_match.flatten().unwrap_or_default(),
            source_match_re: source_match_re.flatten().unwrap_or_default(),
            target_matchers: target_matchers.unwrap_or_default(),
            target_match: target_match.flatten().unwrap_or_default(),
            target_match_re: target_match_re.flatten().unwrap_or_default(),
            equal: equal.flatten().unwrap_or_default(),
        }))
    }
}

/// Checks all rules and tells what is wrong at its place.
pub(super) fn build_rules(f: &mut Fields<'_, '_>, rules: Vec<InhibitSection>) -> Option<InhibitRules> {
    let specs: Vec<InhibitRuleSpec> = rules.into_iter().map(|rule| rule.0).collect();
    match InhibitRules::build(&specs, Mode::default()) {
        Ok(rules) => Some(rules),
        Err(errors) => {
            errors.iter().for_each(|error| tell(f, error, true));
            None
        }
    }
}
