//! `firebell test`

use std::path::PathBuf;

use super::{ConfigArgs, Context, Exit, UsageError};
use crate::trial::{self, FileResult};

/// Run unit tests of the config: alerts on a time line, and what is expected of them
#[derive(clap::Args)]
#[command(after_help = "\
A test file names its config and says what comes in and what is to be seen:

  config: firebell.yaml
  tests:
    - name: critical alerts go to on-call
      alerts: [{labels: {alertname: DiskFull, severity: critical}}]
      expect:
        - at: 1m
          groups: [{receiver: oncall, state: firing}]
          incidents: [{severity: SEV1, groups: 1}]     # those a route's `declare` began; [] is none

Examples:
  firebell test firebell_test.yaml
  firebell test --run 'on-call' --verbose firebell_test.yaml
                                                only these tests, and what happened in them
  firebell test --config alertmanager.yml rules_test.yaml
  firebell test --schema > firebell_test.schema.json
                                                then, at the top of a test file, editors complete with
                                                # yaml-language-server: $schema=firebell_test.schema.json

The engine itself runs, on a simulated clock: a week takes less than a second. examples/firebell_test.yaml shows all of it.

Exit codes: 0 all tests pass, 1 one fails or a file has mistakes, 2 there is no such file or test.")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,

    /// The test files
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    files: Vec<PathBuf>,

    /// Run only the tests whose name holds this
    #[arg(long, value_name = "NAME")]
    run: Option<String>,

    /// Tell what happened in each test, moment by moment
    #[arg(long, short)]
    verbose: bool,

    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Print the JSON Schema of test files, so that editors complete them
    #[arg(long, conflicts_with_all = ["config", "files", "format", "run", "verbose"])]
    schema: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        if self.schema {
            writeln!(cx.out, "{:#}", trial::json_schema())?;
            return Ok(Exit::Fine);
        }
        let now_ms = cx.clock.now_ms();
        let mut results: Vec<FileResult> = Vec::new();
        for path in &self.files {
            let work = async {
                let loaded = trial::load(path, &self.config.config, now_ms).await;
                let loaded = loaded.map_err(|error| UsageError(error.to_string()))?;
                trial::run(loaded, self.run.as_deref()).await
            };
            let result = cx.block_on(work)??;
            let none_wanted = result.tests.is_empty() && self.run.is_some() && result.is_fine();
            if self.format == Format::Text && !none_wanted {
                write!(cx.out, "{}", trial::as_text(&result, cx.out_style, self.verbose))?;
            }
            results.push(result);
        }
        if let Some(only) = &self.run
            && results.iter().all(|file| file.tests.is_empty() && file.is_fine())
        {
            return Err(UsageError(format!("no test has {only:?} in its name")).into());
        }
        match self.format {
            Format::Text => writeln!(cx.out, "{}", trial::summary(&results))?,
            Format::Json => writeln!(cx.out, "{:#}", trial::as_json(&results))?,
        }
        Ok(if results.iter().all(FileResult::is_fine) { Exit::Fine } else { Exit::Wrong })
    }
}
