use proptest::prelude::*;
use serde_json::{Value, json};
use slack_morphism::blocks::{SlackBlockButtonStyle, SlackInputBlock};

use super::*;

#[test]
fn a_text_of_others_is_shown_word_for_word() {
    for (theirs, want) in [
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("<!channel> <@U1> <http://evil|good>", "&lt;!channel&gt; &lt;@U1&gt; &lt;http://evil|good&gt;"),
        ("&amp;", "&amp;amp;"),
        ("> quote\n> more", "\u{200b}&gt; quote\n\u{200b}&gt; more"),
        ("*bold* _it_ ~no~", "*\u{200b}bold* _\u{200b}it_ ~\u{200b}no~"),
        ("pg_up{job=\"a_b\"} 2*3*4", "pg_up{job=\"a_b\"} 2*3*4"),
        ("`rm`", "\u{200b}`\u{200b}rm\u{200b}`\u{200b}"),
        ("@here @Channel a@b.c", "@\u{200b}here @\u{200b}Channel a@b.c"),
        ("a\r\nb\rc\u{2028}d\te\u{0}\u{7}", "a\nb\nc\nd  e"),
        ("\u{202e}gnp.exe\u{202c} ok", "gnp.exe ok"),
        ("障害 🔥 خطأ", "障害 🔥 خطأ"),
    ] {
        assert_eq!(escape(theirs), want, "{theirs:?}");
    }
}

#[test]
fn markup_is_made_around_texts_of_others() {
    let text = |mrkdwn: Mrkdwn| mrkdwn.into_string();
    let new = Mrkdwn::new;
    assert_eq!(text(new().bold("a\nb *c*")), "*a b \u{200b}*\u{200b}\u{200b}c\u{200b}*\u{200b}*");
    assert_eq!(text(new().bold(" \n ")), "");
    assert_eq!(text(new().code("rm `x` <a>")), "`rm 'x' &lt;a&gt;`");
    assert_eq!(text(new().code_block("a\n```b")), "```\na\n'''b\n```");
    assert_eq!(text(Mrkdwn::from("x").quote("a\nb")), "x\n&gt; a\n&gt; b");
    assert_eq!(
        text(new().link("https://e.com/?a=1|2>3", "a|b > c\nd")),
        "<https://e.com/?a=1%7C2%3E3|a¦b &gt; c d>"
    );
    assert_eq!(text(new().link("javascript:alert(1)", "x")), "x");
    assert_eq!(text(new().link("https://e.com", "")), "<https://e.com/|https://e.com>");
    assert_eq!(text(new().user("U1").raw(" ").user("U1>x")), "<@U1> U1&gt;x");
    assert_eq!(text(new().channel("C1").user_group("S1")), "<#C1><!subteam^S1>");
    assert_eq!(
        text(new().date(7, "{date_short_pretty} at {time}", "1 Jan | 00:00 UTC")),
        "<!date^7^{date_short_pretty} at {time}|1 Jan   00:00 UTC>"
    );
    assert_eq!(text(new().date(7, "{ago}", "")), "<!date^7^{ago}|a date>");
}

#[test]
fn a_cut_never_breaks_a_link_an_escape_or_a_block_of_code() {
    let link = Mrkdwn::new().text("see ").link("https://e.com/", "the page");
    for max in 0..40 {
        let cut = link.truncated(max).into_string();
        assert!(width(&cut) <= max, "{cut}");
        assert_eq!(cut.matches('<').count(), cut.matches('>').count(), "{cut}");
    }
    assert_eq!(Mrkdwn::from("a&&&&").truncated(9).as_str(), "a&amp;…");
    let code = Mrkdwn::new().code_block(&"x".repeat(100)).truncated(50);
    assert!(code.as_str().ends_with("…\n```") && width(code.as_str()) <= 50, "{code}");
    assert_eq!(truncate("👩\u{200d}🚒👩\u{200d}🚒", 4), "👩…");
    assert_eq!(truncate("日本語のテキスト", 4), "日本語…");
}

#[test]
fn a_message_that_is_too_long_keeps_its_buttons_and_says_so() {
    let buttons = actions("row", [button("ack", "Acknowledge", "1").into()]);
    let many = (0..80).map(|number| section(number.to_string()));
    let value = Message::new("x").blocks(many).blocks(buttons).to_value();
    let blocks = value["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 50);
    assert_eq!(blocks[49]["type"], "actions");
    assert_eq!(blocks[48]["elements"][0]["text"], "… and 32 more parts that do not fit here");
    assert_eq!(blocks[47]["text"]["text"], "47");
}

#[test]
fn attachments_share_the_room_and_may_hide_the_text() {
    let value = Message::unseen("Disk full")
        .attachment("#d33", [header("Disk full")])
        .attachment("red", (0..60).map(|_| divider()))
        .metadata("firebell", json!({"key": "k"}))
        .to_value();
    assert_eq!((&value["text"], &value["attachments"][0]["fallback"]), (&json!(""), &json!("Disk full")));
    assert_eq!(value["attachments"][0]["color"], "#d33");
    assert_eq!(value["attachments"][1].get("color"), None);
    assert_eq!(value["attachments"][1]["blocks"].as_array().unwrap().len(), 49);
    assert_eq!(value["metadata"]["event_payload"]["key"], "k");
    assert_eq!(Message::new("x").attachment("#d33", [divider()]).to_value()["text"], "x");
}

#[test]
fn a_menu_is_never_empty_and_preselects_only_what_it_has() {
    let none = json!(static_select("a", "Pick", &[], Some("x")));
    assert_eq!(none["options"][0]["value"], NO_CHOICE);
    assert!(none.get("initial_option").is_none());
    let choices = [Choice::new("One", "1"), Choice::new("Two", "2").described("the second")];
    let menu = json!(static_select("a", "Pick", &choices, Some("2")));
    assert_eq!(menu["initial_option"], menu["options"][1]);
    assert_eq!(json!(checkboxes("a", &choices, &["1", "9"]))["initial_options"].as_array().unwrap().len(), 1);
    let many: Vec<Choice> = (0..200).map(|n| Choice::new(n.to_string(), n.to_string())).collect();
    assert_eq!(json!(overflow("a", &many))["options"].as_array().unwrap().len(), 5);
    assert_eq!(json!(radio_buttons("a", &many, None))["options"].as_array().unwrap().len(), 10);
    assert_eq!(options_answer(&many)["options"].as_array().unwrap().len(), 100);
    assert_eq!(options_answer(&[])["options"], json!([]));
}

#[test]
fn what_is_no_web_address_is_no_link_and_no_picture() {
    for url in [
        "",
        "javascript:alert(1)",
        "mailto:a@b.c",
        "/relative",
        &format!("https://e.com/{}", "x".repeat(3_000)),
    ] {
        assert!(link_button("a", "b", url).is_none() && image(url, "x").is_none(), "{url}");
    }
}

#[test]
fn a_form_with_inputs_has_a_submit_button() {
    let form = Modal::new("id", "A title that is far longer than Slack allows", vec![sample_input().into()]);
    let view = form.clone().private_metadata(&"x".repeat(3_001)).to_value();
    assert_eq!(view["type"], "modal");
    assert_eq!(view["submit"]["text"], "Submit");
    assert_eq!(view["title"]["text"], "A title that is far lon…");
    assert!(view.get("private_metadata").is_none_or(|text| text == ""));
    assert_eq!(form.clone().submit("Declare").as_push()["view"]["submit"]["text"], "Declare");
    assert_eq!(form.as_update()["response_action"], "update");
    assert_eq!(form_errors([("b", "")])["errors"]["b"], "—");
}

fn sample_input() -> SlackInputBlock {
    input("b", "Title", text_input("a", "", false).with_placeholder(placeholder("What is wrong?")))
}

/// Everything we can build, filled with the same text of others everywhere.
fn everything(theirs: &str) -> Vec<Value> {
    let many: Vec<Choice> =
        (0..120).map(|number| Choice::new(theirs, number.to_string()).described(theirs)).collect();
    let ids = vec!["U1".to_owned()];
    let markup = Mrkdwn::new()
        .bold(theirs)
        .italic(theirs)
        .strike(theirs)
        .code(theirs)
        .link("https://e.com/", theirs)
        .link(theirs, theirs)
        .user(theirs)
        .date(7, "{ago}", theirs)
        .quote(theirs)
        .code_block(theirs);
    let ask = confirm(theirs, theirs, theirs, theirs);
    let mut blocks = vec![header(theirs), section(theirs), section(&markup), divider()];
    blocks.push(section_with("s", theirs, overflow("o", &many).with_confirm(ask.clone())));
    blocks.extend(fields((0..12).map(|_| Mrkdwn::from(theirs))));
    blocks.extend(context((0..12).map(|_| markup.clone())));
    blocks.extend(image("https://e.com/a.png", theirs));
    let link = link_button("link", theirs, &format!("https://e.com/?q={theirs}"));
    let row = [
        button("danger", theirs, "v").with_style(SlackBlockButtonStyle::Danger).with_confirm(ask).into(),
        static_select("select", theirs, &many, Some("3")).into(),
        static_select_groups("groups", theirs, &[(theirs, many.clone()), ("none", vec![])], Some("1")).into(),
        user_select("user", theirs, Some("U1")).into(),
        conversation_select("conversation", theirs, None).into(),
        channel_select("channel", theirs, None).into(),
        external_select("external", theirs, 0, many.first()).into(),
        date_picker("date", Some("2026-11-21")).into(),
        time_picker("time", Some("17:30")).into(),
        date_time_picker("moment", Some(1_700_000_000)).into(),
        radio_buttons("radio", &many, Some("1")).into(),
        checkboxes("boxes", &many, &["1"]).into(),
    ];
    blocks.extend(actions("row", row.into_iter().chain(link.map(Into::into))));
    let message = Message::new(theirs).blocks(blocks.clone()).to_value();
    let colored = Message::new(&markup).attachment("#dd3333", blocks.clone()).to_value();
    let inputs = [
        input("i1", theirs, text_input("a1", theirs, true).with_placeholder(placeholder(theirs))),
        input("i2", theirs, number_input("a2", true, Some("1.5"))).with_optional(true),
        input("i3", theirs, url_input("a3", "https://e.com")),
        input("i4", theirs, email_input("a4", "a@e.com")),
        input("i5", theirs, multi_static_select("a5", theirs, &many, &["1", "2"])),
        input("i6", theirs, multi_user_select("a6", theirs, &ids)),
        input("i7", theirs, multi_channel_select("a7", theirs)),
        input("i8", theirs, multi_external_select("a8", theirs, 2, &many)),
        input("i9", theirs, checkboxes("a9", &many, &[])).with_hint(plain(theirs, 2_000)),
    ];
    let mut form = blocks.clone();
    form.extend(inputs.into_iter().map(SlackBlock::from));
    let form =
        Modal::new("id", theirs, form).submit(theirs).close(theirs).private_metadata("{}").notify_on_close();
    vec![message, colored, form.to_value(), Home::new(blocks).to_value()]
}

/// Slack's limits once more, read from its pages and not from our constants.
fn check(value: &Value, path: &str) -> Result<(), String> {
    let long = |text: &str, max: usize| {
        let length = text.chars().count();
        if length == 0 || length > max { Err(format!("{path}: {length} characters")) } else { Ok(()) }
    };
    let count = |items: &Value, min: usize, max: usize| {
        let length = items.as_array().map_or(0, Vec::len);
        if length < min || length > max { Err(format!("{path}: {length} items")) } else { Ok(()) }
    };
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                let path = format!("{path}.{key}");
                match (key.as_str(), inner) {
                    ("placeholder", it) => long(it["text"].as_str().unwrap_or(""), 150)?,
                    ("description", it) => long(it["text"].as_str().unwrap_or(""), 75)?,
                    ("options" | "option_groups", it) => count(it, 1, 100)?,
                    ("fields" | "elements", it) => count(it, 1, 25)?,
                    ("alt_text", Value::String(text)) => long(text, 2_000)?,
                    ("initial_value", Value::String(text)) => long(text, 3_000)?,
                    ("url" | "image_url", Value::String(text)) => long(text, 3_000)?,
                    _ => {}
                }
                check(inner, &path)?;
            }
            let text = fields.get("text").and_then(|text| text.get("text")).and_then(Value::as_str);
            match (fields.get("type").and_then(Value::as_str), text) {
                (Some("header"), Some(text)) => long(text, 150)?,
                (Some("section"), Some(text)) => long(text, 3_000)?,
                (Some("button"), Some(text)) => long(text, 75)?,
                (Some("mrkdwn" | "plain_text"), _) => long(fields["text"].as_str().unwrap_or(""), 3_000)?,
                (None, Some(text)) if fields.contains_key("value") => long(text, 75)?,
                _ => {}
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                check(item, &format!("{path}[{number}]"))?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What Slack would act upon in mrkdwn.
fn live(text: &str) -> Vec<&str> {
    text.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or("")).collect()
}

fn all_mrkdwn<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            if fields.get("type").is_some_and(|kind| kind == "mrkdwn") || fields.contains_key("unfurl_links")
            {
                into.extend(fields["text"].as_str());
            }
            fields.values().for_each(|inner| all_mrkdwn(inner, into));
        }
        Value::Array(items) => items.iter().for_each(|inner| all_mrkdwn(inner, into)),
        _ => {}
    }
}

fn must_be_fit_for_slack(theirs: &str) -> Result<(), String> {
    for value in everything(theirs) {
        check(&value, "")?;
        let mut texts = Vec::new();
        all_mrkdwn(&value, &mut texts);
        for text in texts {
            for tag in live(text) {
                let ours =
                    tag.starts_with("https://") || tag.starts_with("http://") || tag.starts_with("mailto:");
                let is_date = tag.starts_with("!date^7^{ago}|");
                let is_user = theirs.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
                if !ours && !is_date && !is_user {
                    return Err(format!("<{tag}> is live in {text:?}"));
                }
            }
            let lower = text.to_lowercase();
            for word in ["@channel", "@here", "@everyone"] {
                let plain_calls =
                    lower.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest));
                let outside_code = !text.contains('`');
                if outside_code && plain_calls.into_iter().any(|part| part.contains(word)) {
                    return Err(format!("{word} is live in {text:?}"));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn known_nasty_texts_are_fit_for_slack() {
    let long = "Lorem <!channel> & `ipsum` *dolor*\n".repeat(1_200);
    assert!(long.len() > 40_000);
    for theirs in [
        "",
        " \n\t ",
        "\u{200b}",
        "<!channel>",
        "<!here|here> <!everyone> <@U123> <#C1|x> <!subteam^S1>",
        "&lt;!channel&gt;",
        "```",
        "a|b>c",
        "https://e.com/|<!channel>",
        "@channel @here",
        "مرحبا بالعالم \u{202e}abc",
        "👨‍👩‍👧‍👦🇩🇪",
        "障害が発生しました",
        "\u{0}\u{1b}[31m",
        &long,
        &"👩\u{200d}🚒".repeat(10_000),
        &"&".repeat(40_000),
    ] {
        if let Err(fault) = must_be_fit_for_slack(theirs) {
            panic!("{}: {fault}", truncate(theirs, 60));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_fit_for_slack(
        parts in proptest::collection::vec(
            prop_oneof![
                "\\PC{0,20}",
                any::<String>(),
                proptest::sample::select(vec![
                    "<!channel>", "<@U1>", "@here", "<", ">", "&", "|", "```", "`", "*", "_", "\n", "\u{202e}", "🔥",
                    "https://e.com/", "^", "\r\n", "مرحبا", "漢字", "&amp;", "<!date^1^x|y>",
                ]).prop_map(str::to_owned),
            ],
            0..40,
        ),
        repeat in prop_oneof![Just(1_usize), Just(1), Just(20)],
    ) {
        let theirs = parts.concat().repeat(repeat);
        prop_assert_eq!(must_be_fit_for_slack(&theirs), Ok(()));
    }

    #[test]
    fn a_cut_is_never_too_long(text in any::<String>(), max in 0_usize..50) {
        prop_assert!(width(&truncate(&text, max)) <= max);
        prop_assert!(width(Mrkdwn::from(text.as_str()).truncated(max).as_str()) <= max);
    }
}
