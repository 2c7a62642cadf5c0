//! A report as people read it in a terminal: message, place, the line itself, a mark under the part that is meant, a hint.

use std::fmt::Write as _;

use super::finding::{Finding, Place, Report, Severity};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Colour,
}

struct Paint {
    error: &'static str,
    warning: &'static str,
    dim: &'static str,
    bold: &'static str,
    off: &'static str,
}

const PLAIN: Paint = Paint { error: "", warning: "", dim: "", bold: "", off: "" };
const COLOUR: Paint =
    Paint { error: "\x1b[1;31m", warning: "\x1b[1;33m", dim: "\x1b[34m", bold: "\x1b[1m", off: "\x1b[0m" };

pub(super) fn report(report: &Report, style: Style) -> String {
    let paint = match style {
        Style::Plain => &PLAIN,
        Style::Colour => &COLOUR,
    };
    report.findings.iter().map(|f| finding(f, paint)).collect::<Vec<_>>().join("\n")
}

fn finding(finding: &Finding, paint: &Paint) -> String {
    let Paint { error, warning, dim, bold, off } = paint;
    let mut out = match finding.severity {
        Severity::Error => format!("{error}error{off}"),
        Severity::Warning => format!("{warning}warning{off}"),
    };
    _ = writeln!(out, "[{}]{bold}: {}{off}", finding.code, finding.message);
    let number = |p: &Place| p.line.to_string().len();
    let other = finding.other.as_ref();
    let gutter = finding.place.iter().chain(other.map(|(_, p)| p)).map(number).max().unwrap_or(0);
    let colour = if finding.severity == Severity::Error { error } else { warning };
    if let Some(at) = &finding.place {
        place(&mut out, at, gutter, "", colour, paint);
    }
    if let Some((label, at)) = other {
        place(&mut out, at, gutter, label, dim, paint);
    }
    if let Some(hint) = &finding.hint {
        let mut lines = hint.lines();
        _ = writeln!(out, "{:gutter$} {dim}={off} {bold}hint:{off} {}", "", lines.next().unwrap_or_default());
        for line in lines {
            _ = writeln!(out, "{:gutter$}         {line}", "");
        }
    }
    out
}

fn place(out: &mut String, place: &Place, gutter: usize, label: &str, colour: &str, paint: &Paint) {
    let Paint { dim, off, .. } = paint;
    let Place { file, line, column, text, mark_start, mark_len } = place;
    _ = writeln!(out, "{:gutter$}{dim}-->{off} {file}:{line}:{column}", "");
    _ = writeln!(out, "{:gutter$} {dim}|{off}", "");
    _ = writeln!(out, "{dim}{line:>gutter$} |{off} {text}");
    // Tabs in the line stay tabs under it, so that the mark stands below what it means.
    let indent: String = text.chars().take(*mark_start).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let marks = "^".repeat((*mark_len).max(1));
    let space = if label.is_empty() { "" } else { " " };
    _ = writeln!(out, "{:gutter$} {dim}|{off} {indent}{colour}{marks}{space}{label}{off}", "");
}
