//! As much of the Chrome DevTools Protocol as a person at the page needs: look, click, type, wait.
//! docs: chromedevtools.github.io/devtools-protocol
//!
//! Waiting happens inside of the page, by a MutationObserver: nothing here sleeps or polls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;

/// How long the page may take for anything: generous, because the cores are shared.
const PATIENCE_MS: u64 = 20_000;
/// The protocol itself answers a little later than the page gives up.
const CALL_GUARD: Duration = Duration::from_millis(PATIENCE_MS + 10_000);

/// What every script of ours may use.
const TOOLS: &str = include_str!("tools.js");

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// An open page of the browser.
pub(crate) struct Page {
    calls: mpsc::UnboundedSender<Message>,
    waiting: Waiting,
    next: AtomicU64,
    session: String,
    /// A phone has fingers, not a mouse.
    fingers: AtomicBool,
    /// Errors of the console, uncaught exceptions, requests that left this machine.
    complaints: Arc<Mutex<Vec<String>>>,
}

impl Page {
    /// A blank page of the browser at `endpoint`.
    pub(crate) async fn open(endpoint: &str) -> anyhow::Result<Self> {
        let (socket, _) = tokio_tungstenite::connect_async(endpoint).await.context("Chromium's DevTools")?;
        let (mut write, mut read) = socket.split();
        let (calls, mut outgoing) = mpsc::unbounded_channel::<Message>();
        tokio::spawn(async move {
            while let Some(message) = outgoing.recv().await {
                if write.send(message).await.is_err() {
                    return;
                }
            }
        });
        let (waiting, complaints) = (Waiting::default(), Arc::new(Mutex::new(Vec::new())));
        tokio::spawn({
            let (waiting, complaints) = (Arc::clone(&waiting), Arc::clone(&complaints));
            async move {
                while let Some(Ok(message)) = read.next().await {
                    let Message::Text(text) = message else { continue };
                    let Ok(frame) = serde_json::from_str::<Value>(&text) else { continue };
                    if let Some(id) = frame["id"].as_u64() {
                        if let Some(wait) = waiting.lock().unwrap().remove(&id) {
                            _ = wait.send(frame);
                        }
                    } else if let Some(complaint) = complaint(&frame) {
                        complaints.lock().unwrap().push(complaint);
                    }
                }
                // Whoever waits now hears that nothing will come.
                waiting.lock().unwrap().clear();
            }
        });
        let mut page = Self {
            calls,
            waiting,
            next: AtomicU64::new(1),
            session: String::new(),
            fingers: AtomicBool::new(false),
            complaints,
        };
        let target = page.call("Target.createTarget", json!({ "url": "about:blank" })).await?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = page.call("Target.attachToTarget", attach).await?;
        page.session = attached["sessionId"].as_str().context("a session of the page")?.to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            page.call(domain, json!({})).await?;
        }
        page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": TOOLS })).await?;
        Ok(page)
    }

    async fn call(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut frame = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            frame["sessionId"] = json!(self.session);
        }
        let (answer, answered) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, answer);
        self.calls.send(Message::text(frame.to_string())).context("the browser is gone")?;
        let answer = tokio::time::timeout(CALL_GUARD, answered)
            .await
            .with_context(|| format!("{method} was not answered"))?
            .context("the browser is gone")?;
        ensure!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        Ok(answer["result"].clone())
    }

    /// The window's size in CSS pixels, and whether fingers tap from now on.
    pub(crate) async fn size(&self, width: u32, height: u32, phone: bool, scale: f64) -> anyhow::Result<()> {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await?;
        let touch = json!({ "enabled": phone, "maxTouchPoints": if phone { 5 } else { 1 } });
        self.call("Emulation.setTouchEmulationEnabled", touch).await?;
        self.fingers.store(phone, Ordering::Relaxed);
        Ok(())
    }

    /// Before the page is opened: what it finds remembered, and light colours.
    pub(crate) async fn before_load(&self, script: &str) -> anyhow::Result<()> {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await?;
        let light = json!({ "features": [{ "name": "prefers-color-scheme", "value": "light" }] });
        self.call("Emulation.setEmulatedMedia", light).await?;
        Ok(())
    }

    pub(crate) async fn goto(&self, url: &str) -> anyhow::Result<()> {
        let answer = self.call("Page.navigate", json!({ "url": url })).await?;
        ensure!(answer["errorText"].is_null(), "{url}: {}", answer["errorText"]);
        Ok(())
    }

    /// The value of an expression; a promise is waited for.
    pub(crate) async fn eval(&self, expression: &str) -> anyhow::Result<Value> {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let answer = self.call("Runtime.evaluate", params).await?;
        if !answer["exceptionDetails"].is_null() {
            let details = &answer["exceptionDetails"];
            let words =
                details["exception"]["description"].as_str().or(details["exception"]["value"].as_str());
            bail!("{}", words.unwrap_or("the script failed"));
        }
        Ok(answer["result"]["value"].clone())
    }

    async fn tool(&self, name: &str, args: &[&str]) -> anyhow::Result<Value> {
        let mut args: Vec<Value> = args.iter().map(|arg| json!(arg)).collect();
        args.insert(0, json!(PATIENCE_MS));
        let args: Vec<String> = args.iter().map(Value::to_string).collect();
        self.eval(&format!("firebellTest.{name}({})", args.join(","))).await
    }

    /// Waits until `selector` is to be seen and gives its text.
    pub(crate) async fn see(&self, selector: &str) -> anyhow::Result<String> {
        let text = self.tool("see", &[selector, ""]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until something that `selector` names says `words`, and gives its whole text.
    pub(crate) async fn says(&self, selector: &str, words: &str) -> anyhow::Result<String> {
        let text = self.tool("see", &[selector, words]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until nothing that `selector` names is to be seen.
    pub(crate) async fn gone(&self, selector: &str) -> anyhow::Result<()> {
        self.tool("gone", &[selector]).await.map(drop)
    }

    /// A click (or a tap), once the element is there, still, and not covered.
    pub(crate) async fn click(&self, selector: &str) -> anyhow::Result<()> {
        self.click_in(selector, "").await
    }

    /// As [`Page::click`], on the one that says `words`.
    pub(crate) async fn click_in(&self, selector: &str, words: &str) -> anyhow::Result<()> {
        let point = self.tool("point", &[selector, words]).await?;
        let (x, y) = (&point["x"], &point["y"]);
        // Both at once: what is drawn anew between them would lose the click.
        let (down, up) = if self.fingers.load(Ordering::Relaxed) {
            let finger =
                |kind: &str, points: Value| json!({ "type": kind, "touchPoints": points, "modifiers": 0 });
            tokio::join!(
                self.call("Input.dispatchTouchEvent", finger("touchStart", json!([{ "x": x, "y": y }]))),
                self.call("Input.dispatchTouchEvent", finger("touchEnd", json!([]))),
            )
        } else {
            let mouse = |kind: &str, buttons: u8| json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1 });
            let there = json!({ "type": "mouseMoved", "x": x, "y": y });
            self.call("Input.dispatchMouseEvent", there).await?;
            tokio::join!(
                self.call("Input.dispatchMouseEvent", mouse("mousePressed", 1)),
                self.call("Input.dispatchMouseEvent", mouse("mouseReleased", 0)),
            )
        };
        down?;
        up?;
        Ok(())
    }

    /// The mouse goes out of the way.
    pub(crate) async fn point_at_nothing(&self) -> anyhow::Result<()> {
        let corner = json!({ "type": "mouseMoved", "x": 1, "y": 1 });
        self.call("Input.dispatchMouseEvent", corner).await.map(drop)
    }

    /// Clicks into the field and types.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) -> anyhow::Result<()> {
        self.click(selector).await?;
        self.type_over(text).await
    }

    /// Types where the caret is, over what is selected.
    pub(crate) async fn type_over(&self, text: &str) -> anyhow::Result<()> {
        self.call("Input.insertText", json!({ "text": text })).await.map(drop)
    }

    /// A key without a character: "Escape", "Enter".
    pub(crate) async fn key(&self, key: &str) -> anyhow::Result<()> {
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            other => bail!("the key {other} is not known here"),
        };
        let mut event = json!({ "key": key, "code": key, "windowsVirtualKeyCode": code });
        event["type"] = json!(if key == "Enter" { "keyDown" } else { "rawKeyDown" });
        if key == "Enter" {
            event["text"] = json!("\r");
        }
        self.call("Input.dispatchKeyEvent", event.clone()).await?;
        event["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", event).await?;
        Ok(())
    }

    /// A picture (PNG) of what is to be seen.
    pub(crate) async fn screenshot(&self) -> anyhow::Result<Vec<u8>> {
        let shot = self.call("Page.captureScreenshot", json!({ "format": "png" })).await?;
        let data = shot["data"].as_str().context("a picture")?;
        Ok(base64::engine::general_purpose::STANDARD.decode(data)?)
    }

    /// What the page complained about so far.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap().clone()
    }
}

/// What must not happen in a page that works, in words.
fn complaint(frame: &Value) -> Option<String> {
    let params = &frame["params"];
    match frame["method"].as_str()? {
        "Runtime.exceptionThrown" => {
            let details = &params["exceptionDetails"];
            let words = details["exception"]["description"].as_str().or(details["text"].as_str());
            Some(format!("uncaught: {} ({}:{})", words?, details["url"], details["lineNumber"]))
        }
        "Runtime.consoleAPICalled" if matches!(params["type"].as_str(), Some("error" | "assert")) => {
            Some(format!("console: {}", params["args"]))
        }
        "Log.entryAdded" if params["entry"]["level"] == "error" => {
            Some(format!("log: {} {}", params["entry"]["text"], params["entry"]["url"]))
        }
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str()?;
            let inside = ["http://127.0.0.1:", "data:", "blob:", "about:"];
            (!inside.iter().any(|start| url.starts_with(start)))
                .then(|| format!("a request to the outside: {url}"))
        }
        _ => None,
    }
}
