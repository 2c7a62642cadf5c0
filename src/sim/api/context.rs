//! What every method is given: the state, the arguments, who calls; and how it refuses.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::blockkit;
use super::super::core::Sim;
use super::super::state::{Author, Channel, Code, Kind, SimState};
use super::{Args, Method, TokenKind};

/// An error answer: the code, and what comes with it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sim) struct Refusal {
    code: String,
    extra: Map<String, Value>,
}

impl Refusal {
    pub(in crate::sim) fn new(code: &str) -> Self {
        Self { code: code.to_owned(), extra: Map::new() }
    }

    pub(in crate::sim) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(key.to_owned(), value.into());
        self
    }

    /// With `response_metadata.messages`, as Slack explains `invalid_arguments` and `invalid_blocks`.
    pub(in crate::sim) fn explained(code: &str, messages: &[String]) -> Self {
        Self::new(code).with("response_metadata", json!({"messages": messages}))
    }

    pub(in crate::sim) fn code(&self) -> &str {
        &self.code
    }

    pub(in crate::sim) fn into_body(self) -> Value {
        let mut body =
            Map::from_iter([("ok".to_owned(), json!(false)), ("error".to_owned(), json!(self.code))]);
        body.extend(self.extra);
        Value::Object(body)
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sim) struct Caller {
    /// The bot user, or the person of a user token; empty for an app-level token.
    pub user: String,
    pub is_bot: bool,
    pub scopes: BTreeSet<String>,
}

/// Checks the token and the scopes that every use of the method needs.
pub(super) fn caller(sim: &Sim, method: &Method, token: Option<&str>) -> Result<Caller, Refusal> {
    let Some(token) = token.filter(|t| !t.is_empty()) else {
        if method.token == TokenKind::None {
            return Ok(Caller { user: String::new(), is_bot: false, scopes: BTreeSet::new() });
        }
        return Err(Refusal::new("not_authed"));
    };
    sim.read(|state| {
        let app = &state.app;
        let scopes: BTreeSet<String> = app.manifest.scopes().map(str::to_owned).collect();
        let (caller, kind) = if token == app.bot_token {
            (Caller { user: app.bot_user.clone(), is_bot: true, scopes }, TokenKind::Bot)
        } else if token == app.app_token {
            (
                Caller {
                    user: String::new(),
                    is_bot: false,
                    scopes: BTreeSet::from(["connections:write".to_owned()]),
                },
                TokenKind::App,
            )
        } else if let Some(user) = app.user_tokens.get(token) {
            (Caller { user: user.clone(), is_bot: false, scopes }, TokenKind::Bot)
        } else {
            return Err(Refusal::new("invalid_auth"));
        };
        if app.revoked {
            return Err(Refusal::new("token_revoked"));
        }
        if method.token != TokenKind::None && method.token != kind {
            return Err(Refusal::new("not_allowed_token_type"));
        }
        let any = method.scopes.all();
        if kind == TokenKind::Bot
            && caller.is_bot
            && !any.is_empty()
            && !any.iter().any(|s| caller.scopes.contains(*s))
        {
            return Err(missing_scope(&any, &caller));
        }
        Ok(caller)
    })
}

fn missing_scope(needed: &[&str], caller: &Caller) -> Refusal {
    let provided: Vec<&str> = caller.scopes.iter().map(String::as_str).collect();
    Refusal::new("missing_scope").with("needed", needed.join(",")).with("provided", provided.join(","))
}

/// A method at work.
pub(in crate::sim) struct Cx<'a> {
    pub state: &'a mut SimState,
    pub args: &'a Args,
    pub method: &'static Method,
    pub caller: Caller,
}

impl Cx<'_> {
    /// An argument that must be there.
    pub(super) fn need(&self, name: &str) -> Result<String, Refusal> {
        self.args.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
            let messages = [format!("[ERROR] missing required field: {name}")];
            Refusal::explained("invalid_arguments", &messages)
        })
    }

    pub(super) fn me(&self) -> String {
        self.caller.user.clone()
    }

    /// How the caller's messages are signed.
    pub(super) fn author(&self) -> Author {
        if self.caller.is_bot { Author::APP } else { Author::User(self.caller.user.clone()) }
    }

    pub(super) fn has_scope(&self, scope: &str) -> bool {
        !self.caller.is_bot || self.caller.scopes.contains(scope)
    }

    pub(super) fn need_scope(&self, any: &[&str]) -> Result<(), Refusal> {
        if any.is_empty() || any.iter().any(|s| self.has_scope(s)) {
            return Ok(());
        }
        Err(missing_scope(any, &self.caller))
    }

    /// The scopes this method needs for a conversation of that kind.
    pub(super) fn need_kind(&self, kind: Kind) -> Result<(), Refusal> {
        self.need_scope(&self.method.scopes.of(kind))
    }

    /// A conversation by id that the caller may know of; `channel_not_found` else.
    pub(super) fn channel_named(&self, id: &str) -> Result<&Channel, Refusal> {
        let found = self.state.channels.get(id).ok_or("channel_not_found")?;
        if found.kind != Kind::Public && !found.members.contains(&self.caller.user) {
            return Err("channel_not_found".into());
        }
        self.need_kind(found.kind)?;
        Ok(found)
    }

    /// The conversation of the `channel` argument.
    pub(super) fn channel(&self) -> Result<String, Refusal> {
        let id = self.need("channel")?;
        Ok(self.channel_named(&id)?.id.clone())
    }

    /// The same, and the caller is in it.
    pub(super) fn own_channel(&self) -> Result<String, Refusal> {
        let id = self.channel()?;
        if !self.state.channels[&id].members.contains(&self.caller.user) {
            return Err("not_in_channel".into());
        }
        Ok(id)
    }

    /// `blocks`, checked; `None` when the argument is absent.
    pub(super) fn blocks(&self) -> Result<Option<Vec<Value>>, Refusal> {
        let Some(blocks) = self.args.json("blocks").map_err(|()| Refusal::new("invalid_blocks_format"))?
        else {
            return Ok(None);
        };
        let Value::Array(blocks) = blocks else { return Err(Refusal::new("invalid_blocks_format")) };
        if serde_json::to_string(&blocks).map_or(0, |s| s.len()) > crate::limits::SIM_BLOCKS_BYTES {
            return Err(Refusal::new("msg_blocks_too_long"));
        }
        blockkit::check_message(&blocks, "/blocks")
            .map_err(|messages| Refusal::explained("invalid_blocks", &messages))?;
        Ok(Some(blocks))
    }

    /// `attachments`, checked.
    pub(super) fn attachments(&self) -> Result<Option<Vec<Value>>, Refusal> {
        let Some(attachments) =
            self.args.json("attachments").map_err(|()| Refusal::new("invalid_attachments"))?
        else {
            return Ok(None);
        };
        let Value::Array(attachments) = attachments else { return Err(Refusal::new("invalid_attachments")) };
        if attachments.len() > crate::limits::SIM_ATTACHMENTS {
            return Err(Refusal::new("too_many_attachments"));
        }
        for (n, attachment) in attachments.iter().enumerate() {
            if !attachment.is_object() {
                return Err(Refusal::new("invalid_attachments"));
            }
            if let Some(blocks) = attachment.get("blocks") {
                let Value::Array(blocks) = blocks else { return Err(Refusal::new("invalid_blocks_format")) };
                blockkit::check_message(blocks, &format!("/attachments/{n}/blocks"))
                    .map_err(|messages| Refusal::explained("invalid_blocks", &messages))?;
            }
        }
        Ok(Some(attachments))
    }

    /// `metadata`, checked (DOC messaging/message-metadata).
    pub(super) fn metadata(&self) -> Result<Option<Value>, Refusal> {
        let Some(metadata) =
            self.args.json("metadata").map_err(|()| Refusal::new("invalid_metadata_format"))?
        else {
            return Ok(None);
        };
        blockkit::check_metadata(&metadata)?;
        Ok(Some(metadata))
    }
}
