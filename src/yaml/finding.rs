//! A mistake that was found, ready to be shown: it holds no secret and needs no source any more.

use std::fmt;

use serde::Serialize;

use super::render;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Error,
}

/// Where a finding is: the line as it may be shown, and which part of it is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The source line with its secrets masked.
    pub text: String,
    /// Where the marks under [`Place::text`] start, in characters from 0.
    #[serde(skip)]
    pub mark_start: usize,
    #[serde(skip)]
    pub mark_len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// A short stable name of the kind of mistake, for filters and tests.
    pub code: &'static str,
    pub message: String,
    #[serde(flatten)]
    pub place: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Another place that belongs to it ("first set here").
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<(String, Place)>,
}

/// In one line, for logs: `firebell.yaml:3:5: message (hint)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}:{}: ", place.file, place.line, place.column)?;
        }
        f.write_str(&self.message)?;
        if let Some((label, place)) = &self.other {
            write!(f, "; {label} {}:{}:{}", place.file, place.line, place.column)?;
        }
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Everything that was found in one load, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn of(findings: Vec<Finding>) -> Self {
        let mut report = Self { findings };
        report.findings.sort_by(|a, b| a.place.cmp(&b.place).then(b.severity.cmp(&a.severity)));
        report.findings.dedup();
        report
    }

    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|f| f.severity == Severity::Error).count()
    }

    pub fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }

    pub fn is_fine(&self) -> bool {
        self.errors() == 0
    }

    /// As people read it in a terminal.
    pub fn render(&self, style: render::Style) -> String {
        render::report(self, style)
    }

    /// "2 errors, 1 warning"
    pub fn summary(&self) -> String {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        match (self.errors(), self.warnings()) {
            (0, 0) => "no mistakes".to_owned(),
            (0, warnings) => count(warnings, "warning"),
            (errors, 0) => count(errors, "error"),
            (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(render::Style::Plain))
    }
}

impl std::error::Error for Report {}
