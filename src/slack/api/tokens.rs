//! Where the tokens come from. They are asked for at every call, so that a rotated file is used at once.

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

/// The two kinds of token an app has (docs.slack.dev/authentication/tokens).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `xoxb-…`, for everything but opening Socket Mode.
    Bot,
    /// `xapp-…` with `connections:write`, for Socket Mode only.
    App,
}

impl TokenKind {
    /// As it is called in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bot => "bot_token",
            Self::App => "app_token",
        }
    }

    /// The token a method wants.
    pub(super) fn of(method: &str) -> Self {
        if method == "apps.connections.open" { Self::App } else { Self::Bot }
    }
}

type Provide = dyn Fn(TokenKind) -> Option<SecretString> + Send + Sync;

/// A source of tokens.
#[derive(Clone)]
pub struct Tokens(Arc<Provide>);

impl Tokens {
    /// Tokens that may change: `provide` is called for every request, so it must be quick.
    pub fn from_fn(provide: impl Fn(TokenKind) -> Option<SecretString> + Send + Sync + 'static) -> Self {
        Self(Arc::new(provide))
    }

    /// Tokens that stay.
    pub fn fixed(bot: Option<SecretString>, app: Option<SecretString>) -> Self {
        Self::from_fn(move |kind| match kind {
            TokenKind::Bot => bot.clone(),
            TokenKind::App => app.clone(),
        })
    }

    pub(super) fn get(&self, kind: TokenKind) -> Option<SecretString> {
        (self.0)(kind)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens([redacted])")
    }
}
