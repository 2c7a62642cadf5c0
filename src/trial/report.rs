//! How the results are written: for people, and as JSON.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::judge::Failure;
use super::show;
use super::world::Record;
use crate::yaml::{Report, Style};

/// What came of one test file.
#[derive(Debug, Serialize)]
pub struct FileResult {
    pub file: String,
    /// What is wrong with the test file or its config; then no test was run.
    #[serde(skip_serializing_if = "is_fine")]
    pub mistakes: Report,
    #[serde(skip_serializing_if = "is_fine")]
    pub config_mistakes: Report,
    pub tests: Vec<TestResult>,
}

fn is_fine(report: &Report) -> bool {
    report.is_fine()
}

/// What came of one test.
#[derive(Debug, Serialize)]
pub struct TestResult {
    pub name: String,
    pub line: usize,
    pub passed: bool,
    pub failures: Vec<Failure>,
    #[serde(skip)]
    pub record: Record,
}

impl FileResult {
    pub fn is_fine(&self) -> bool {
        self.mistakes.is_fine() && self.config_mistakes.is_fine() && self.tests.iter().all(|test| test.passed)
    }
}

/// `(tests, failed, files with mistakes)`
fn counts(files: &[FileResult]) -> (usize, usize, usize) {
    let tests = files.iter().map(|file| file.tests.len()).sum();
    let failed = files.iter().flat_map(|file| &file.tests).filter(|test| !test.passed).count();
    let broken = files.iter().filter(|f| !f.mistakes.is_fine() || !f.config_mistakes.is_fine()).count();
    (tests, failed, broken)
}

/// "3 tests, 1 failed"
pub fn summary(files: &[FileResult]) -> String {
    let (tests, failed, broken) = counts(files);
    let mut text = format!("{tests} test{}, {failed} failed", if tests == 1 { "" } else { "s" });
    if broken > 0 {
        _ = write!(text, ", {broken} file{} with mistakes", if broken == 1 { "" } else { "s" });
    }
    text
}

pub fn as_json(files: &[FileResult]) -> Json {
    let (tests, failed, broken) = counts(files);
    json!({"tests": tests, "failed": failed, "broken_files": broken, "files": files})
}

struct Paint {
    good: &'static str,
    bad: &'static str,
    dim: &'static str,
    bold: &'static str,
    off: &'static str,
}

const PLAIN: Paint = Paint { good: "", bad: "", dim: "", bold: "", off: "" };
const COLOUR: Paint =
    Paint { good: "\x1b[32m", bad: "\x1b[1;31m", dim: "\x1b[2m", bold: "\x1b[1m", off: "\x1b[0m" };

/// The width of the words in front of details.
const LABEL_WIDTH: usize = 10;

/// One file, for people. `verbose`: what happened in each test, moment by moment.
pub fn as_text(file: &FileResult, style: Style, verbose: bool) -> String {
    let Paint { good, bad, dim, bold, off } = match style {
        Style::Plain => PLAIN,
        Style::Colour => COLOUR,
    };
    let mut out = String::new();
    for report in [&file.mistakes, &file.config_mistakes] {
        if !report.findings.is_empty() && !report.is_fine() {
            _ = writeln!(out, "{}", report.render(style));
        }
    }
    _ = writeln!(out, "{bold}{}{off}", file.file);
    if !file.mistakes.is_fine() || !file.config_mistakes.is_fine() {
        let whose = if file.mistakes.is_fine() { "its config has" } else { "it has" };
        let summary = if file.mistakes.is_fine() { &file.config_mistakes } else { &file.mistakes }.summary();
        _ = writeln!(out, "  {bad}✗{off} not run: {whose} {summary}");
    }
    for test in &file.tests {
        let mark = if test.passed { format!("{good}✓{off}") } else { format!("{bad}✗{off}") };
        _ = writeln!(out, "  {mark} {}", test.name);
        if verbose {
            story(&test.record, &mut out, dim, off);
        }
        for failure in &test.failures {
            let at = failure.at.as_ref().map(|at| format!("at {at}: ")).unwrap_or_default();
            _ = writeln!(out, "    {bad}{at}{}{off} {dim}{}:{}{off}", failure.what, file.file, failure.line);
            for detail in &failure.details {
                let indent = if detail.label.is_empty() { "  " } else { "" };
                _ = writeln!(out, "      {dim}{:<LABEL_WIDTH$}{off} {indent}{}", detail.label, detail.text);
            }
        }
    }
    out
}

/// What happened and what was said, in the order of time.
fn story(record: &Record, out: &mut String, dim: &str, off: &str) {
    let happened =
        record.happened.iter().map(|(at, line)| (*at, 0, format!("{:>8}  {line}", show::time(*at))));
    let said = record.said.iter().map(|one| {
        let number = one.group.map(|number| format!(" #{number}")).unwrap_or_default();
        let first = one.text.lines().next().unwrap_or("(no text)");
        let line =
            format!("{:>8}  → {} {}{number}: {first}", show::time(one.at), show::place(one), one.kind.word());
        (one.at, 1, line)
    });
    let mut all: Vec<_> = happened.chain(said).collect();
    all.sort_by_key(|(at, rank, _)| (*at, *rank));
    for (_, _, line) in all {
        _ = writeln!(out, "    {dim}{line}{off}");
    }
}
