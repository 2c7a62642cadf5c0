//! The page's WebSocket: frames `{"id":n,"do":NAME,…}` answered by `{"id":n,"ok":…}`, and pushes `{"push":NAME,…}`.

mod ask;
mod look;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::core::Sim;
use super::push::{Audience, Push, Said};
use crate::limits;

/// One page, from hello to close. Acting as another person is a new hello on the same socket.
pub(super) async fn serve_page(sim: Sim, socket: WebSocket) {
    let (mut to, mut from) = socket.split();
    let mut pushes = sim.0.pushes.subscribe();
    let (answer, mut answers) = mpsc::channel::<Value>(limits::SIM_PAGE_ANSWERS);
    let mut me: Option<String> = None;
    loop {
        let frame = tokio::select! {
            () = sim.stopped() => break,
            got = from.next() => match got {
                Some(Ok(Message::Text(text))) => match serde_json::from_str::<Value>(&text) {
                    Ok(request) => receive(&sim, &mut me, request, &answer),
                    Err(_) => None,
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => None,
            },
            answered = answers.recv() => answered,
            push = pushes.recv() => match push {
                Ok(push) => me.as_deref().and_then(|me| render(&sim, me, push)),
                // Too much at once: the page loads everything anew.
                Err(RecvError::Lagged(_)) => Some(json!({"push": "reload"})),
                Err(RecvError::Closed) => break,
            },
        };
        if let Some(frame) = frame
            && to.send(Message::Text(frame.to_string().into())).await.is_err()
        {
            break;
        }
    }
    // The page may be gone already.
    let _ = to.close().await;
}

/// Hello is answered at once (the pushes that follow belong to the new person); the rest as it is done.
fn receive(
    sim: &Sim,
    me: &mut Option<String>,
    request: Value,
    answer: &mpsc::Sender<Value>,
) -> Option<Value> {
    let id = request["id"].clone();
    if request["do"] == "hello" {
        return Some(match look::hello(sim, request["user"].as_str()) {
            Ok((user, body)) => {
                *me = Some(user);
                answered(&id, Ok(body))
            }
            Err(error) => answered(&id, Err(error)),
        });
    }
    let Some(user) = me.clone() else {
        return Some(answered(&id, Err("Say hello first.".to_owned())));
    };
    let (sim, answer) = (sim.clone(), answer.clone());
    tokio::spawn(async move {
        let result = ask::ask(&sim, &user, &request).await;
        // The page may have gone meanwhile.
        let _ = answer.send(answered(&id, result)).await;
    });
    None
}

fn answered(id: &Value, result: Result<Value, String>) -> Value {
    match result {
        Ok(Value::Object(mut body)) => {
            body.insert("id".to_owned(), id.clone());
            body.insert("ok".to_owned(), json!(true));
            Value::Object(body)
        }
        Ok(_) => json!({"id": id, "ok": true}),
        Err(error) => json!({"id": id, "ok": false, "error": error}),
    }
}

/// The frame of a push for one person, if it concerns them.
fn render(sim: &Sim, me: &str, push: Push) -> Option<Value> {
    let seen = |channel: &str| sim.read(|s| s.channels.get(channel).is_some_and(|c| look::sees(s, me, c)));
    let concerns = match &push.to {
        Audience::All => true,
        Audience::User(user) => user == me,
        Audience::Channel(channel) => seen(channel),
    };
    if !concerns {
        return None;
    }
    let body = match push.said {
        Said::Frame(frame) => frame,
        Said::Channel(id) => sim.read(|s| s.channels.get(&id).map(|c| look::channel(s, me, c)))?,
        Said::Views => sim.read(|s| json!({"stack": look::stack(s, me)})),
    };
    let mut frame = json!({"push": push.name});
    if let (Some(frame), Value::Object(body)) = (frame.as_object_mut(), body) {
        frame.extend(body);
    }
    Some(frame)
}
