//! Through a proxy: the calls and the websockets alike.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use firebell::clock::SystemClock;
use firebell::random::SeededRandom;
use firebell::slack::api::{Proxies, SlackApi, Tokens};
use firebell::slack::socket::{Ack, Handler, SocketMode, SocketOptions};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::fake::{APP, BOT, Fake, ok, soon};

/// A proxy that leads everything to one place, and writes down what it was asked.
async fn proxy(to: String, status: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let heads = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (to, heads) = (to.clone(), Arc::clone(&heads));
            tokio::spawn(async move {
                let mut client = BufReader::new(stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if client.read_line(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                heads.lock().unwrap().push(head.clone());
                if !status.starts_with('2') {
                    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                    let _ = client.write_all(answer.as_bytes()).await;
                    return;
                }
                let mut server = TcpStream::connect(to).await.unwrap();
                if head.starts_with("CONNECT ") {
                    client
                        .write_all(format!("HTTP/1.1 {status}\r\nVia: test\r\n\r\n").as_bytes())
                        .await
                        .unwrap();
                } else {
                    server.write_all(head.as_bytes()).await.unwrap();
                }
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (format!("http://ann:geheim@{address}"), asked)
}

fn through(proxy: &str, api_url: &str) -> SlackApi {
    let tokens = Tokens::fixed(Some(BOT.into()), Some(APP.into()));
    let proxies = Proxies::Only(proxy.to_owned());
    SlackApi::with_proxies(api_url, tokens, Duration::from_secs(10), proxies).unwrap()
}

fn options() -> SocketOptions {
    SocketOptions { connections: 1, ..SocketOptions::default() }
}

/// Nobody resolves names under .invalid (RFC 6761, section 6.4): only the proxy knows the way.
#[tokio::test]
async fn calls_and_websockets_go_through_the_proxy() {
    let mut fake = Fake::start(|call, _| match call.method.as_str() {
        "apps.connections.open" => ok(json!({"url": "ws://slack.invalid:8080/link?ticket=t"})),
        _ => ok(json!({})),
    })
    .await;
    let (proxy, asked) = proxy(fake.base.clone(), "200 OK").await;
    let api = through(&proxy, "http://slack.invalid:8080/api");
    api.call("auth.test", Value::Null).await.unwrap();
    let (random, clock) = (Arc::new(SeededRandom::new(1)), Arc::new(SystemClock));
    let handler: Handler = Arc::new(|_| Box::pin(async { Ack::Empty }));
    let socket = SocketMode::start(api, options(), clock, random, handler);
    let _peer = fake.ready_socket().await;
    soon(socket.connected()).await;
    socket.shutdown().await;
    let heads = asked.lock().unwrap().clone();
    let tunnel = heads.iter().find(|head| head.starts_with("CONNECT ")).unwrap();
    assert!(tunnel.starts_with("CONNECT slack.invalid:8080 HTTP/1.1\r\n"), "{tunnel}");
    assert!(tunnel.contains("Proxy-Authorization: Basic YW5uOmdlaGVpbQ==\r\n"), "{tunnel}");
    assert!(!tunnel.contains("secret") && !tunnel.contains("ticket"), "nothing of Slack's goes to the proxy");
    assert!(heads.iter().any(|head| head.starts_with("POST http://slack.invalid:8080/api/auth.test ")));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let mut fake = Fake::start(|_, _| ok(json!({"url": "ws://slack.invalid:8080/link"}))).await;
    let (proxy, _) = proxy(String::new(), "407 Proxy Authentication Required").await;
    // The call goes to this machine, which no proxy has a part in; the websocket would not.
    let api = through(&proxy, &fake.url("/api"));
    let (random, clock) = (Arc::new(SeededRandom::new(1)), Arc::new(SystemClock));
    let handler: Handler = Arc::new(|_| Box::pin(async { Ack::Empty }));
    let socket = SocketMode::start(api, options(), clock, random, handler);
    let mut status = socket.status();
    let seen = soon(status.wait_for(|status| status.last_problem.is_some())).await.unwrap().clone();
    let text = seen.last_problem.unwrap().text;
    assert!(text.contains("wants a user and a password") && !text.contains("geheim"), "{text}");
    assert!(fake.has_no_new_socket());
    socket.shutdown().await;
}

/// A proxy for everything has no part in what stays on this machine: it would see the token.
#[tokio::test]
async fn no_proxy_is_asked_for_this_machine() {
    let fake = Fake::with_sockets().await;
    let (proxy, asked) = proxy(String::new(), "502 Bad Gateway").await;
    through(&proxy, &fake.url("/api")).call("auth.test", Value::Null).await.unwrap();
    assert!(asked.lock().unwrap().is_empty());
}
