//! The README's pictures.

use std::path::Path;

use anyhow::Context as _;
use firebell::demo::Demo;

use crate::cdp::Page;

pub(crate) async fn take(page: &Page, demo: &Demo, into: &Path) -> anyhow::Result<()> {
    let url = &demo.url;
    page.before_load("localStorage.setItem('local-slack-hint-seen', 'yes')").await?;
    page.size(1280, 860, false, 1.0).await?;
    page.goto(&format!("{url}/#/oncall")).await?;
    page.see("body[data-online=true]").await?;
    page.click("[data-panel-button=fire]").await?;
    page.click("#main-log [data-action-id=group_ack]").await?;
    page.see("#main-log [data-action-id=group_responders]").await?;
    page.click("#main-log .thread-bar").await?;
    page.says("#thread .msg", "Acknowledged by").await?;
    let words =
        "The provider's status page is red: they are on it. I have routed EU cards to the second one.";
    page.type_into("#thread [data-composer=thread]", words).await?;
    page.key("Enter").await?;
    page.says("#thread .msg", "second one").await?;
    page.click("[data-panel-button=fire]").await?;
    page.see("#main-log [data-action-id=group_ack]").await?;
    settle(page).await?;
    std::fs::write(into.join("demo.png"), page.screenshot().await?)?;
    page.click("#thread-close").await?;
    page.gone("#thread").await?;
    page.size(390, 844, true, 2.0).await?;
    settle(page).await?;
    std::fs::write(into.join("demo-phone.png"), page.screenshot().await?)?;
    page.size(1280, 900, false, 1.0).await?;
    incident(page, demo).await?;
    settle(page).await?;
    std::fs::write(into.join("incident.png"), page.screenshot().await?)?;
    page.click("#thread-close").await?;
    page.gone("#thread").await?;
    page.size(390, 844, true, 2.0).await?;
    scroll_to_card(page).await?;
    settle(page).await?;
    std::fs::write(into.join("incident-phone.png"), page.screenshot().await?)?;
    Ok(())
}

const STATUS: &str = "#main-log .msg:has([data-action-id=incident_form_menu])";

/// The alert that Ann has becomes an incident, and the team works on it.
async fn incident(page: &Page, demo: &Demo) -> anyhow::Result<()> {
    page.click("#main-log .msg:has([data-action-id=group_responders]) [data-action-id=group_more]").await?;
    page.click_in("[role=menuitem]", "Declare incident").await?;
    page.see("[role=dialog] [data-block-id=inc_title] input").await?;
    page.eval("document.querySelector('[role=dialog] [data-block-id=inc_title] input').select()").await?;
    page.type_over("Card payments fail in the EU").await?;
    page.click("[role=dialog] button[data-action-id=inc_severity]").await?;
    page.click_in("[role=option]", "SEV1").await?;
    page.click("[data-modal=submit]").await?;
    page.gone("[role=dialog]").await?;
    page.click("nav [data-channel-name^=inc-4]").await?;
    page.click("#main-log [data-action-id=incident_take]").await?;
    page.says(STATUS, "Commander: @").await?;
    let [ann, ben, chie] = ["ann", "ben", "chie"].map(|name| demo.sim.actor(name));
    let (ann, ben, chie) = (ann?, ben?, chie?);
    let channel = demo.sim.read(|state| {
        state.channels.values().find(|one| one.name.starts_with("inc-4")).map(|one| one.id.clone())
    });
    let channel = channel.context("the incident's channel")?;
    ann.command(&channel, "/firebell role investigator @chie").await?;
    page.says(STATUS, "Investigator: @").await?;
    let found = chie.post(
        &channel,
        "Found it: their EU gateway has an old certificate since 03:00. The US one is fine.",
    )?;
    ann.react(&channel, &found, "pushpin")?;
    page.see("#main-log [data-reaction=white_check_mark]").await?;
    ben.reply(&channel, &found, "Then we send EU cards by the US gateway? It is one flag.")?;
    chie.reply(&channel, &found, "Yes. Latency goes up by 90 ms, nobody will notice.")?;
    ann.reply(&channel, &found, "Do it. I tell the others.")?;
    ann.command(&channel, "/firebell status identified").await?;
    ann.command(&channel, "/firebell task add send EU cards by the US gateway @ben").await?;
    let update = "A tenth of card payments in the EU fail. We know why, and go round it in a few minutes.";
    ann.command(&channel, &format!("/firebell update {update}")).await?;
    page.says(STATUS, "1 to do").await?;
    page.says(STATUS, "go round it").await?;
    page.click("#main-log .thread-bar").await?;
    page.says("#thread .msg", "I tell the others").await?;
    scroll_to_card(page).await
}

async fn scroll_to_card(page: &Page) -> anyhow::Result<()> {
    page.see(STATUS).await?;
    page.eval(&format!(
        "document.querySelector('{STATUS}').scrollIntoView({{ block: 'start', behavior: 'instant' }})"
    ))
    .await
    .map(drop)
}

/// No notes at the edge, no caret, every animation at its end.
async fn settle(page: &Page) -> anyhow::Result<()> {
    page.point_at_nothing().await?;
    page.eval("document.querySelector('#toasts').replaceChildren(); document.querySelectorAll('.jump-btn').forEach((one) => { one.hidden = true; }); document.activeElement?.blur()").await?;
    page.eval("Promise.allSettled(document.getAnimations().map((one) => one.finished))").await?;
    page.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))").await?;
    Ok(())
}
