//! `firebell completions SHELL`

use clap_complete::Shell;

use super::{Context, Exit};

/// Print completions for your shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  firebell completions bash > /etc/bash_completion.d/firebell
  firebell completions zsh  > ~/.zfunc/_firebell
  firebell completions fish > ~/.config/fish/completions/firebell.fish")]
pub(super) struct Args {
    shell: Shell,
}

impl Args {
    pub(super) fn run(self, cx: &mut Context<'_>) -> anyhow::Result<Exit> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "firebell", &mut text);
        cx.out.write_all(&text)?;
        Ok(Exit::Fine)
    }
}
