//! Our client, our socket and our HTTP side against the local Slack: another reading of the same documents.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use firebell::clock::{Clock as _, SystemClock};
use firebell::random::SeededRandom;
use firebell::sim::{At, Choice, Fault, FaultRule, Form, HttpTargets, RateLimits, Sim, SimHandle};
use firebell::slack::api::{ApiError, ErrorClass, FileShare, SlackApi, Tokens};
use firebell::slack::blocks;
use firebell::slack::http::{Endpoint, receive};
use firebell::slack::socket::{Ack, Handler, SocketHandle, SocketMode, SocketOptions};
use firebell::slack::types::{Field, Inbound};
use firebell::slack::verify::Verifier;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::fake::soon;

async fn local_slack() -> (SimHandle, SlackApi) {
    let sim = Sim::builder()
        .tokens("xoxb-test", "xapp-test", "s3cret")
        .rate_limits(RateLimits::OFF)
        .seed_demo()
        .build();
    let served = sim.serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
    let tokens = Tokens::fixed(Some("xoxb-test".into()), Some("xapp-test".into()));
    let api = SlackApi::with_timeout(&served.api_url(), tokens, Duration::from_secs(10)).unwrap();
    (served, api)
}

async fn connect(api: &SlackApi, served: &SimHandle, connections: usize, handler: Handler) -> SocketHandle {
    let options = SocketOptions { connections, ..SocketOptions::default() };
    let random = Arc::new(SeededRandom::new(1));
    let socket = SocketMode::start(api.clone(), options, Arc::new(SystemClock), random, handler);
    soon(served.sim().wait_for_sockets(connections)).await;
    soon(socket.status().wait_for(|status| status.ready == connections)).await.unwrap();
    socket
}

/// Hands everything to the test and answers as `answer` says.
fn tell(answer: fn(&Inbound) -> Ack) -> (Handler, mpsc::UnboundedReceiver<Inbound>) {
    let (sender, seen) = mpsc::unbounded_channel();
    let handler: Handler = Arc::new(move |inbound| {
        let ack = answer(&inbound);
        let _ = sender.send(inbound);
        Box::pin(async move { ack })
    });
    (handler, seen)
}

async fn next(seen: &mut mpsc::UnboundedReceiver<Inbound>, kind: &str) -> Inbound {
    loop {
        let inbound = soon(seen.recv()).await.unwrap();
        if inbound.kind() == kind {
            return inbound;
        }
    }
}

fn alert() -> Value {
    blocks::Message::new("Disk full on db-1 & <!channel>")
        .blocks([blocks::header("🔥 #24 Disk full"), blocks::section("`/var` is 98 % full <@U1>")])
        .blocks(blocks::fields([blocks::Mrkdwn::new().bold("Since").line().date(
            1_700_000_000,
            "{time}",
            "22:13 UTC",
        )]))
        .blocks(blocks::context([blocks::Mrkdwn::new().link("https://e.com/?a=1|2", "Runbook")]))
        .blocks(blocks::actions(
            "row",
            [
                blocks::button("ack", "Acknowledge", "24").into(),
                blocks::user_select("who", "Add a responder", None).into(),
                blocks::overflow("more", &[blocks::Choice::new("Why here?", "why")]).into(),
            ],
        ))
        .metadata("firebell", json!({"key": "k1", "n": 1}))
        .to_value()
}

fn form() -> blocks::Modal {
    let input =
        |id: &str, label: &str| blocks::input(id, label, blocks::text_input(&format!("{id}_a"), "", false));
    let who =
        blocks::input("who", "Who", blocks::multi_user_select("who_a", "People", &[])).with_optional(true);
    blocks::Modal::new("declare", "Declare", vec![input("title", "Title").into(), who.into()])
        .submit("Declare")
        .private_metadata("{\"group\":24}")
}

#[tokio::test]
async fn a_message_is_posted_clicked_changed_and_found_again() {
    let (served, api) = local_slack().await;
    let (handler, mut seen) = tell(|_| Ack::Empty);
    let _socket = connect(&api, &served, 2, handler).await;
    let mut message = alert();
    message["channel"] = json!("#alerts");
    let posted = api.post_message(message.clone()).await.unwrap();

    let ann = served.sim().actor("ann").unwrap();
    let at = At::message(&posted.channel, &posted.ts);
    ann.click(&at, "Acknowledge").await.unwrap();
    let Inbound::BlockActions(click) = next(&mut seen, "block_actions").await else { panic!("no click") };
    assert_eq!((click.user_id(), click.message_ts()), (Some(ann.id()), Some(posted.ts.as_str())));
    assert_eq!(click.channel_id(), Some(posted.channel.as_str()));
    let action = click.action().unwrap();
    assert_eq!((action.action_id(), action.value()), ("ack", Some("24")));

    ann.act(&at, Choice::set("who", ann.id())).await.unwrap();
    let Inbound::BlockActions(pick) = next(&mut seen, "block_actions").await else { panic!("no pick") };
    assert_eq!(pick.action().unwrap().value(), Some(ann.id()));

    let answer = blocks::Message::new("You have it").to_response(true);
    api.post_url(click.response_url().unwrap(), &answer).await.unwrap();
    let shown = served.sim().read(|state| state.ephemerals(ann.id()).len());
    assert_eq!(shown, 1);

    let mut changed =
        blocks::Message::unseen("Acknowledged").attachment("#daa038", [blocks::header("Acked")]).to_value();
    changed["channel"] = json!(posted.channel);
    changed["ts"] = json!(posted.ts);
    changed["metadata"] = message["metadata"].clone();
    assert_eq!(api.update_message(changed).await.unwrap(), posted);

    let (messages, _) = api.conversations_history(&posted.channel, None, None, None).await.unwrap();
    let found = messages.iter().find(|message| message.ts == posted.ts).unwrap();
    assert_eq!(found.metadata.as_ref().unwrap()["event_payload"]["key"], "k1");
}

#[tokio::test]
async fn a_command_opens_a_form_that_is_refused_and_then_taken() {
    let (served, api) = local_slack().await;
    let (handler, mut seen) = tell(|inbound| match inbound {
        Inbound::Command(command) if command.text() == "help" => {
            Ack::Payload(blocks::Message::new("This is the help").to_response(true))
        }
        Inbound::ViewSubmission(it) if it.state("title", "title_a").and_then(Field::text) == Some("bad") => {
            Ack::Payload(blocks::form_errors([("title", "Not like that")]))
        }
        _ => Ack::Empty,
    });
    let _socket = connect(&api, &served, 1, handler).await;
    let ben = served.sim().actor("ben").unwrap();
    ben.command("#alerts", "/incident help").await.unwrap();
    let shown = served.sim().read(|state| state.ephemerals("ben").last().unwrap().1.message.text.clone());
    assert_eq!(shown, "This is the help");

    ben.command("#alerts", "/incident").await.unwrap();
    next(&mut seen, "command").await;
    let Inbound::Command(command) = next(&mut seen, "command").await else { panic!("no command") };
    assert_eq!((command.command(), command.text(), command.user_id()), ("/incident", "", Some(ben.id())));
    let view = json!({"trigger_id": command.trigger_id(), "view": form().to_value()});
    api.call("views.open", view.clone()).await.unwrap();
    let again = api.call("views.open", view).await.unwrap_err();
    assert_eq!(again.class(), ErrorClass::Permanent, "a trigger works once: {again}");

    let wrong = ben.submit(&Form::new().set("title", "bad")).await.unwrap();
    assert_eq!(wrong["title"], "Not like that");
    let first = next(&mut seen, "view_submission").await;
    let fine = Form::new().set("title", "DB down").set("who", json!([ben.id()]));
    assert!(ben.submit(&fine).await.unwrap().is_empty());
    let second = next(&mut seen, "view_submission").await;
    assert_ne!(first.dedup_key(), second.dedup_key(), "a second try is not a repetition");
    let it = second.interaction().unwrap();
    assert_eq!(it.state_of("who_a").map(Field::list), Some(vec![ben.id()]));
    assert_eq!((it.private_metadata(), it.callback_id()), ("{\"group\":24}", Some("declare")));
}

#[tokio::test]
async fn no_event_is_lost_while_connections_are_replaced_or_dropped() {
    let (served, api) = local_slack().await;
    let (handler, mut seen) = tell(|_| Ack::Empty);
    let socket = connect(&api, &served, 2, handler).await;
    let ann = served.sim().actor("ann").unwrap();
    let mut said = Vec::new();
    for number in 0..30 {
        match number {
            8 => served.sim().refresh_sockets(true),
            16 => served.sim().drop_sockets(),
            _ => {}
        }
        said.push(ann.post("#alerts", &format!("message {number}")).unwrap());
    }
    let mut keys = std::collections::HashSet::new();
    while !said.is_empty() {
        let Inbound::Event(event) = next(&mut seen, "event").await else { panic!("no event") };
        keys.insert(event.event_id().unwrap().to_owned());
        said.retain(|ts| event.message_ts() != Some(ts));
    }
    assert_eq!(keys.len(), 30);
    soon(socket.status().wait_for(|status| status.ready == 2 && socket.counters().opened() >= 4))
        .await
        .unwrap();
    soon(socket.shutdown()).await;
    soon(served.sim().wait_for(|_| (served.sim().sockets_open() == 0).then_some(()))).await;
}

#[tokio::test]
async fn signed_requests_are_read_on_all_four_addresses() {
    struct Web {
        verifier: Verifier,
        seen: mpsc::UnboundedSender<Inbound>,
    }
    async fn take(
        State(web): State<Arc<Web>>,
        Path(part): Path<String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        let endpoint = match part.as_str() {
            "events" => Endpoint::Events,
            "commands" => Endpoint::Commands,
            "interactions" => Endpoint::Interactions,
            _ => Endpoint::Options,
        };
        match receive(endpoint, &web.verifier, &headers, &body, SystemClock.now_ms()) {
            Err(rejected) => rejected.status().into_response(),
            Ok(accepted) => {
                let answer = match &accepted.inbound {
                    Inbound::UrlVerification { challenge } => challenge.clone().into_response(),
                    Inbound::BlockSuggestion(it) => {
                        axum::Json(blocks::options_answer(&[blocks::Choice::new(
                            it.suggestion_query().to_uppercase(),
                            "v",
                        )]))
                        .into_response()
                    }
                    _ => StatusCode::OK.into_response(),
                };
                let _ = web.seen.send(accepted.inbound);
                answer
            }
        }
    }
    let (served, api) = local_slack().await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let verifier = Verifier::new(|| vec!["the new one".into(), "s3cret".into()]);
    let web = Arc::new(Web { verifier, seen: sender });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/slack/{part}", post(take)).with_state(web);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    served.sim().set_transport(firebell::sim::Transport::Http(HttpTargets::under(&base)));

    served.sim().verify_events_url(&format!("{base}/slack/events")).await.unwrap();
    let ann = served.sim().actor("ann").unwrap();
    let ts = ann.post("#alerts", "hello & <good> day").unwrap();
    let Inbound::Event(event) = next(&mut seen, "event").await else { panic!("no event") };
    assert_eq!((event.message_ts(), event.event_type()), (Some(ts.as_str()), "message"));
    ann.command("#alerts", "/incident ack #24 & more").await.unwrap();
    let Inbound::Command(command) = next(&mut seen, "command").await else { panic!("no command") };
    assert_eq!(command.text(), "ack #24 & more");

    let mut message = blocks::Message::new("x")
        .blocks(blocks::actions("row", [blocks::external_select("svc", "Service", 0, None).into()]))
        .to_value();
    message["channel"] = json!("#alerts");
    let posted = api.post_message(message).await.unwrap();
    let at = At::message(&posted.channel, &posted.ts);
    let offered = ann.suggest(&at, "svc", "pay").await.unwrap();
    assert!(offered.to_string().contains("PAY"), "{offered}");
    next(&mut seen, "block_suggestion").await;

    let forged = post_forged(&base).await;
    assert!(forged.starts_with("HTTP/1.1 401"), "{forged}");
}

/// A forged request.
async fn post_forged(base: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = base.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /slack/events HTTP/1.1\r\nhost: {address}\r\nx-slack-request-timestamp: {}\r\nx-slack-signature: v0={}\r\n\
         content-length: 2\r\nconnection: close\r\n\r\n{{}}",
        SystemClock.now_ms() / 1_000,
        "0".repeat(64)
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn the_directory_is_read() {
    let (_served, api) = local_slack().await;
    let me = api.auth_test().await.unwrap();
    assert!(me.team_id.starts_with('T') && me.user_id.starts_with('U') && me.bot_id.is_some());
    let channels = api.conversations_list("public_channel,private_channel").await.unwrap();
    let alerts = channels.iter().find(|channel| channel.name == "alerts").unwrap();
    assert!(alerts.is_member);
    assert_eq!(api.conversations_info(&alerts.id).await.unwrap().name, "alerts");
    let users = api.users_list().await.unwrap();
    let ann = users.iter().find(|user| user.name == "ann").unwrap();
    assert_eq!((ann.shown_name(), ann.tz.as_deref()), ("Ann", Some("Europe/London")));
    let email = ann.email.clone().unwrap();
    assert_eq!(api.users_lookup_by_email(&email).await.unwrap().id, ann.id);
    assert_eq!(api.users_info(&ann.id).await.unwrap().id, ann.id);
    let nobody = api.users_lookup_by_email("nobody@example.com").await.unwrap_err();
    assert!(nobody.is_slack(&["users_not_found"]));
    let groups = api.usergroups_list().await.unwrap();
    let oncall = groups.iter().find(|group| group.handle == "oncall").unwrap();
    assert!(oncall.users.contains(&ann.id));
    api.usergroups_users_update(&oncall.id, std::slice::from_ref(&ann.id)).await.unwrap();

    let share = FileShare { channel: alerts.id.clone(), thread_ts: None, comment: None };
    api.upload_file("record.md", "Record", b"# what happened".to_vec(), &share).await.unwrap();
    let (messages, _) = api.conversations_history(&alerts.id, None, None, None).await.unwrap();
    assert!(messages.iter().any(|message| message.raw["files"][0]["name"] == "record.md"));
}

#[tokio::test]
async fn what_may_have_been_done_is_uncertain_and_what_was_not_is_not() {
    let (served, api) = local_slack().await;
    for (fault, class, done) in [
        (Fault::RateLimited { retry_after_s: 5 }, ErrorClass::Retry, false),
        (Fault::Status { status: 503 }, ErrorClass::Uncertain, false),
        (Fault::InternalError, ErrorClass::Uncertain, false),
        (Fault::InternalErrorAfter, ErrorClass::Uncertain, true),
        (Fault::ResetBefore, ErrorClass::Uncertain, false),
        (Fault::ResetAfter, ErrorClass::Uncertain, true),
        (Fault::TimeoutAfter { after_ms: 50 }, ErrorClass::Uncertain, true),
    ] {
        served.sim().fault(FaultRule::new(fault).method("chat.postMessage").times(1));
        let text = format!("{fault:?}");
        let failure = api.post_message(json!({"channel": "#alerts", "text": text})).await.unwrap_err();
        assert_eq!(failure.class(), class, "{fault:?}: {failure}");
        if let ApiError::RateLimited { retry_after_s, .. } = &failure {
            assert_eq!(*retry_after_s, 5);
        }
        let arrived = served.sim().read(|state| {
            let channel = state.channel("#alerts").map(|channel| channel.id.clone()).unwrap_or_default();
            state.messages(&channel).iter().any(|message| message.text == text)
        });
        assert_eq!(arrived, done, "{fault:?}");
    }
}
