//! Bodies: JSON, form, multipart or nothing at all, and the query (DOC apis/web-api).

use serde_json::{Map, Value};

use super::super::state::Code;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Body {
    pub content_type: String,
    pub query: String,
    pub bytes: Vec<u8>,
}

/// The arguments of one call.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Args {
    pub map: Map<String, Value>,
    pub missing_charset: bool,
    form_token: Option<String>,
}

fn add_form(map: &mut Map<String, Value>, form: &[u8]) {
    for (key, value) in url::form_urlencoded::parse(form) {
        map.insert(key.into_owned(), Value::String(value.into_owned()));
    }
}

impl Body {
    /// Reads the arguments. A method that is not documented for JSON does not look into a JSON body.
    pub(super) fn into_args(self, takes_json: bool) -> Result<Args, Code> {
        let mut args = Args::default();
        add_form(&mut args.map, self.query.as_bytes());
        args.map.remove("token");
        let kind = self.content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
        match kind.as_str() {
            _ if self.bytes.is_empty() => {}
            "application/json" => {
                args.missing_charset = !self.content_type.to_lowercase().contains("charset");
                if takes_json {
                    match serde_json::from_slice(&self.bytes) {
                        Ok(Value::Object(map)) => {
                            args.map.extend(map.into_iter().filter(|(k, v)| k != "token" && !v.is_null()))
                        }
                        Ok(_) => return Err("json_not_object"),
                        Err(_) => return Err("invalid_json"),
                    }
                }
            }
            "application/x-www-form-urlencoded" => add_form(&mut args.map, &self.bytes),
            "multipart/form-data" => {
                let parts = multipart(&self.content_type, &self.bytes).ok_or("invalid_form_data")?;
                for part in parts {
                    args.map
                        .insert(part.name, Value::String(String::from_utf8_lossy(&part.bytes).into_owned()));
                }
            }
            "" => return Err("missing_post_type"),
            _ => return Err("invalid_post_type"),
        }
        args.form_token = args.map.remove("token").and_then(|t| t.as_str().map(str::to_owned));
        Ok(args)
    }
}

impl Args {
    pub(super) fn take_form_token(&mut self) -> Option<String> {
        self.form_token.take()
    }

    /// An argument as text; numbers and booleans of JSON bodies too.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.map.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            Value::Number(n) => Some(n.to_string()),
            Value::Bool(b) => Some(b.to_string()),
            other => Some(other.to_string()),
        }
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        match self.map.get(name) {
            Some(Value::Bool(b)) => *b,
            Some(Value::Number(n)) => n.as_i64() == Some(1),
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "1" | "True" | "t"),
            _ => false,
        }
    }

    /// A nested value: JSON in JSON bodies, a JSON string in forms. An empty string is absent.
    pub(super) fn json(&self, name: &str) -> Result<Option<Value>, ()> {
        match self.map.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(Value::Null) => Ok(None),
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(()),
            },
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// A list: an array, a JSON string of one, or comma separated.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let strings = |items: &[Value]| items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        match self.map.get(name) {
            Some(Value::Array(items)) => strings(items),
            Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
                Ok(Value::Array(items)) => strings(&items),
                _ => text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect(),
            },
            _ => Vec::new(),
        }
    }
}

/// One part of a multipart body.
pub(in crate::sim) struct Part {
    pub name: String,
    pub bytes: Vec<u8>,
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Reads `multipart/form-data` (RFC 7578): clients upload files so.
pub(in crate::sim) fn multipart(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary =
        content_type.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?.trim_matches('"');
    let marker = format!("--{boundary}").into_bytes();
    let mut rest = &body[find(body, &marker)? + marker.len()..];
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        let content = &rest[head_end + 4..];
        let end = find(content, &[b"\r\n", marker.as_slice()].concat())?;
        let name = head.split(';').find_map(|p| p.trim().strip_prefix("name=\""))?.split('"').next()?;
        parts.push(Part { name: name.to_owned(), bytes: content[..end].to_vec() });
        rest = &content[end + 2 + marker.len()..];
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(content_type: &str, bytes: &str) -> Body {
        Body { content_type: content_type.to_owned(), query: String::new(), bytes: bytes.as_bytes().to_vec() }
    }

    #[test]
    fn a_json_body_is_not_read_by_a_form_method() {
        let json = body("application/json; charset=utf-8", r#"{"channel":"C1"}"#);
        assert_eq!(json.clone().into_args(false).unwrap().text("channel"), None);
        assert_eq!(json.into_args(true).unwrap().text("channel").as_deref(), Some("C1"));
    }

    #[test]
    fn an_empty_json_body_is_no_error_and_broken_ones_are() {
        assert!(body("application/json", "").into_args(true).is_ok());
        assert_eq!(body("application/json", "{").into_args(true).err(), Some("invalid_json"));
        assert_eq!(body("application/json", "[]").into_args(true).err(), Some("json_not_object"));
        assert_eq!(body("text/plain", "x").into_args(true).err(), Some("invalid_post_type"));
    }

    #[test]
    fn the_token_is_taken_from_forms_only() {
        let mut form = body("application/x-www-form-urlencoded", "token=xoxb-1&a=b").into_args(true).unwrap();
        assert_eq!(form.take_form_token().as_deref(), Some("xoxb-1"));
        let mut json = body("application/json", r#"{"token":"xoxb-1"}"#).into_args(true).unwrap();
        assert_eq!(json.take_form_token(), None);
    }

    #[test]
    fn reads_multipart() {
        let raw = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--XX--\r\n";
        let parts = multipart("multipart/form-data; boundary=XX", raw.as_bytes()).unwrap();
        assert_eq!((parts[0].name.as_str(), parts[0].bytes.as_slice()), ("file", b"hello".as_slice()));
    }
}
