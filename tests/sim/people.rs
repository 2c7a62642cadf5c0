//! The page's socket: what one person sees, and nobody else.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::world::{World, soon};

struct Page {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pushes: Vec<Value>,
    next: u64,
}

impl Page {
    async fn open(world: &World, user: &str) -> (Self, Value) {
        let url = world.handle.base_url.replacen("http", "ws", 1) + "/ui/ws";
        let (stream, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut page = Self { stream, pushes: Vec::new(), next: 0 };
        let hello = page.ask(json!({"do": "hello", "user": user})).await;
        (page, hello)
    }

    async fn read(&mut self) -> Value {
        soon(async {
            loop {
                if let Some(Ok(Message::Text(text))) = self.stream.next().await {
                    return serde_json::from_str(&text).unwrap();
                }
            }
        })
        .await
    }

    async fn ask(&mut self, mut request: Value) -> Value {
        self.next += 1;
        request["id"] = json!(self.next);
        self.stream.send(Message::Text(request.to_string().into())).await.unwrap();
        loop {
            let frame = self.read().await;
            if frame["id"] == self.next {
                return frame;
            }
            self.pushes.push(frame);
        }
    }

    async fn push(&mut self, name: &str) -> Value {
        loop {
            if let Some(at) = self.pushes.iter().position(|p| p["push"] == name) {
                return self.pushes.remove(at);
            }
            let frame = self.read().await;
            self.pushes.push(frame);
        }
    }
}

#[tokio::test]
async fn only_what_a_person_may_see_is_pushed() {
    let world = World::new().await;
    let (mut ann, hello) = Page::open(&world, "ann").await;
    let (mut ben, _) = Page::open(&world, "ben").await;
    let names = |hello: &Value| -> Vec<String> {
        hello["channels"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&hello), ["ops", "lobby", "secret", ""]);
    let (_, guest) = Page::open(&world, "gus").await;
    assert_eq!(names(&guest), [""], "a guest sees what he is in");
    let secret = world.channel("secret");
    assert_eq!(ann.ask(json!({"do": "post", "channel": secret, "text": "hush"})).await["ok"], true);
    world.post("#ops", "for all").await;
    assert_eq!(ann.push("message").await["message"]["text"], "hush");
    let pushed = ben.push("message").await;
    assert_eq!(
        (&pushed["message"]["text"], &pushed["message"]["app"]),
        (&json!("for all"), &json!("Sim App"))
    );
    let mut channel = ben.push("channel").await;
    while channel["kind"] == "im" {
        channel = ben.push("channel").await;
    }
    assert_eq!((&channel["name"], &channel["unread"]), (&json!("ops"), &json!(1)));
    assert_eq!(ben.ask(json!({"do": "history", "channel": secret})).await["ok"], false);
    let ops = world.channel("ops");
    let user = world.id("ann");
    world.json("chat.postEphemeral", json!({"channel": ops, "user": user, "text": "psst"})).await;
    assert_eq!(ann.push("ephemeral").await["message"]["ephemeral"], true);
    let history = ben.ask(json!({"do": "history", "channel": ops, "limit": 10})).await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 1);
    assert_eq!(
        ann.ask(json!({"do": "history", "channel": ops})).await["messages"].as_array().unwrap().len(),
        2
    );
    let found = ann.ask(json!({"do": "search", "text": "HUSH"})).await;
    assert_eq!(found["results"][0]["channel"], *secret);
}

#[tokio::test]
async fn a_page_of_another_site_is_kept_out() {
    let world = World::new().await;
    let url = world.handle.base_url.replacen("http", "ws", 1) + "/ui/ws";
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    assert!(tokio_tungstenite::connect_async(request).await.is_err());
}

#[tokio::test]
async fn the_page_is_there() {
    let world = World::new().await;
    let get =
        async |path: &str| world.http.get(format!("{}{path}", world.handle.base_url)).send().await.unwrap();
    let page = get("/").await;
    assert!(page.headers().contains_key("content-security-policy"));
    assert!(page.text().await.unwrap().contains("/ui/app.js"));
    assert_eq!(get("/ui/app.js").await.status().as_u16(), 200);
    assert_eq!(get("/ui/nothing.js").await.status().as_u16(), 404);
}
