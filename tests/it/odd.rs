//! Odd input as real webhooks: nothing fails, nothing is hidden, nothing acts that should only be shown.

use std::path::Path;

use firebell::store::{StoreError, Tx};
use serde_json::{Value, json};

use crate::harness::{Span, alert, alertmanager, scenario};

fn payloads(start: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/payloads");
    let mut found: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    found
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "json") && name(path).starts_with(start))
        .map(|path| (name(path), serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()))
        .collect()
}

fn firing(body: &Value) -> usize {
    body["alerts"].as_array().into_iter().flatten().filter(|alert| alert["status"] == "firing").count()
}

scenario! {
    /// Every stored body by itself, in a workspace that knows nothing of the others.
    async fn every_stored_webhook_is_taken_and_every_firing_alert_counted(world) {
        world.channel("#ops").claim_all();
        for (start, integration) in [("am-", "am"), ("grafana-", "grafana")] {
            for (name, fixture) in payloads(start) {
                let Some(raw) = fixture["raw"].as_str() else { continue };
                if fixture["body"]["alerts"].is_null() {
                    continue;
                }
                let status = world.post(integration, raw).await;
                assert_eq!(status, 200, "{name}");
                world.advance(30.seconds()).await;
                let known = world.read(move |tx: &mut dyn Tx| {
                    tx.query_i64("SELECT COUNT(*) FROM alert WHERE status = 'firing'", firebell::args![])
                });
                let known = usize::try_from(known.await).unwrap();
                assert!(known >= firing(&fixture["body"]), "{name}: {known} fire, sent were {}", firing(&fixture["body"]));
            }
        }
        let (groups, told) = world
            .read(|tx: &mut dyn Tx| {
                let all = tx.query_i64("SELECT COUNT(*) FROM alert_group WHERE notified_ms IS NOT NULL", firebell::args![])?;
                Ok::<_, StoreError>((all, tx.query_i64("SELECT COUNT(*) FROM message_ref", firebell::args![])?))
            })
            .await;
        assert_eq!(groups, told, "every group that was to be told has its message");
        assert_eq!(usize::try_from(told).unwrap(), world.channel("#ops").roots().len());
    }
}

scenario! {
    async fn words_that_would_act_in_slack_are_only_shown(world) {
        let labels = [("alertname", "<!channel> *Disk* & <@U0S0000001>"), ("instance", "<!here>")];
        let annotations = [("summary", "<!everyone> look: <https://evil.example|good> `x`\nline two"), ("description", "<!subteam^S1>")];
        let one = alert(&labels, &annotations, "2026-03-02T09:00:00Z", None);
        world.send("am", &alertmanager("{}:{odd}", &labels[..1], &[one])).await;
        let message = world.channel("#ops").expect_now("Disk").await;
        let whole = message.read(|m| format!("{}{:?}{:?}", m.text, m.blocks, m.attachments));
        for act in ["<!channel>", "<!here>", "<!everyone>", "<!subteam", "<@U0S0000001>", "<https://evil.example|good>"] {
            assert!(!whole.contains(act), "{act} in {whole}");
        }
        message.click("Acknowledge").await;
        message.thread().expect("Acknowledged by").await;
    }
}

scenario! {
    async fn long_and_foreign_texts_break_nothing(world) {
        let long = "日本語の長い説明 🔥 ".repeat(3_000);
        let wide: String = "a".repeat(40_000);
        let texts = [
            ("Long", long.as_str()),
            ("Wide", wide.as_str()),
            ("Rtl", "\u{202e}‏القرص ممتلئ‎ 💾"),
            ("Control", "bell \u{7} tab \t null \u{0} end"),
            ("Empty", ""),
            ("Lines", "\n\n\n\n\nfive\n\n\n"),
            ("Quote", "\"'`*_~|>"),
        ];
        for (name, text) in texts {
            let labels = [("alertname", name), ("instance", text)];
            let annotations = [("summary", text), ("description", text), ("runbook_url", "javascript:alert(1)")];
            let one = alert(&labels, &annotations, "2026-03-02T09:00:00Z", None);
            world.send("am", &alertmanager(&format!("{{}}:{{{name}}}"), &[("alertname", name)], &[one])).await;
            let message = world.channel("#ops").expect(name).await;
            message.click("Acknowledge").await;
            message.thread().expect("Acknowledged by").await;
            message.expect_update("has it").await;
        }
    }
}

scenario! {
    async fn a_group_of_hundreds_shows_the_first_and_counts_the_rest(world) {
        let names: Vec<String> = (0..300).map(|n| format!("node-{n:03}.example.org")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        world.fire("DiskFull", &names).await;
        let message = world.channel("#ops").expect_now("300 firing").await;
        message.expect_now("and 290 more").await;
    }
}

scenario! {
    async fn any_json_is_an_alert(world) {
        for body in [
            json!({"title": "Backup failed", "message": "exit code 3", "status": "firing"}),
            json!({"text": "just words"}),
            json!({"deeply": {"nested": [1, 2, {"x": null}]}}),
            json!([{"title": "first of two"}, {"title": "second of two"}]),
        ] {
            let status = world.post("hook", body.to_string()).await;
            assert_eq!(status, 200, "{body}");
            world.advance(10.seconds()).await;
        }
        world.channel("#ops").expect("Backup failed").await;
        world.channel("#ops").expect("just words").await;
        world.channel("#ops").claim_all();
    }
}

scenario! {
    async fn what_slack_sends_and_nobody_knows_is_kept_and_harmless(world) {
        world.as_user("ann").shortcut_anyway("brand_new_shortcut").await;
        world.as_user("ann").say("#ops", "just talking").await;
        let kept = world.read(|tx: &mut dyn Tx| {
            tx.query_i64("SELECT COUNT(*) FROM inbox WHERE kind = 'slack'", firebell::args![])
        });
        assert!(kept.await >= 1);
    }
}

scenario! {
    async fn a_new_config_takes_effect_without_a_restart(world) {
        world.fire("DiskFull", &["db1"]).await;
        let old = world.channel("#ops").expect("DiskFull").await;
        world.reconfigure(|setup| setup.route("{receiver: oncall}")).await;
        world.fire("HighLoad", &["web1"]).await;
        world.channel("#oncall").expect_now("HighLoad").await;
        // The old group lives on where it is; its end is matched whatever route it would take today.
        world.end("DiskFull", &["db1"]).await;
        old.expect_update("resolved").await;
        old.thread().expect("Resolved by the source").await;
        world.channel("#oncall").expect_nothing().await;
    }
}

scenario! {
    async fn a_new_inhibition_rule_sees_what_fires_already(world) {
        world.fire_with("ClusterDown", &["eu"], &[("severity", "critical")]).await;
        world.channel("#ops").expect("ClusterDown").await;
        world.reconfigure(|setup| setup.more(r#"
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"']}
"#)).await;
        world.fire_with("NodeDown", &["n1"], &[("severity", "warning")]).await;
        world.advance(1.hours()).await;
        world.channel("#ops").expect_nothing().await;
    }
}

scenario! {
    in Setup::default()
        .receiver("titled", r##"{channel: "#ops", title: "{{ labels.alertname }} on {{ labels.instance }} ({{ labels.cluster }})"}"##)
        .route("{receiver: titled}");
    async fn a_title_does_not_end_where_a_label_is_missing(world) {
        let one = alert(&[("alertname", "SlowQuery")], &[], "2026-03-02T09:00:00Z", None);
        world.send("am", &alertmanager("{}:{a}", &[], &[one])).await;
        world.channel("#ops").expect("*SlowQuery* —").await;
        world.fire("DiskFull", &["db1"]).await;
        world.channel("#ops").expect("*DiskFull on db1* —").await;
    }
}
