//! What a newcomer does in the demo, in order.

use anyhow::ensure;

use crate::cdp::Page;

/// The message of the alert that the panel fires first.
const ALERT: &str = "PaymentsErrorRate";
const CARD: &str = "#main-log .msg:has([data-action-id^='group_'])";
/// Only the message of that alert has buttons, until the storm.
const ACKNOWLEDGE: &str = "#main-log [data-action-id=group_ack]";
/// The incident's card in its channel.
const STATUS: &str = "#main-log .msg:has([data-action-id=incident_form_menu])";
const BAR: &str = "#main-log .msg .attachment";

pub(crate) async fn walk(page: &Page, url: &str) -> anyhow::Result<()> {
    page.size(1280, 860, false, 1.0).await?;
    page.goto(&format!("{url}/#/oncall")).await?;
    page.see("body[data-online=true]").await?;
    arrive(page).await?;
    acknowledge(page).await?;
    talk(page).await?;
    command(page).await?;
    note(page).await?;
    incident(page).await?;
    another_person(page).await?;
    resolve(page).await?;
    home(page).await?;
    panel(page).await?;
    phone(page).await
}

/// The first sight, and an alert.
async fn arrive(page: &Page) -> anyhow::Result<()> {
    page.says("#head", "oncall").await?;
    page.says("#hint", "You are").await?;
    page.click("#hint button").await?;
    page.gone("#hint").await?;
    // A channel's name in the address is as good as its id, at any time.
    page.eval("location.hash = '#/alerts'").await?;
    page.says("#head h1", "alerts").await?;
    page.eval("location.hash = '#/oncall'").await?;
    page.says("#head h1", "oncall").await?;
    page.click("[data-panel-button=fire]").await?;
    page.says(CARD, ALERT).await?;
    page.says(CARD, "Nobody has it yet").await?;
    page.see("#main-log .btn-primary[data-action-id=group_ack]").await?;
    Ok(())
}

async fn color(page: &Page) -> anyhow::Result<String> {
    let look = format!("document.querySelector(\"{BAR}\").style.getPropertyValue('--bar')");
    Ok(page.eval(&look).await?.as_str().unwrap_or_default().to_owned())
}

/// The buttons, the colour and the words follow the click.
async fn acknowledge(page: &Page) -> anyhow::Result<()> {
    let before = color(page).await?;
    let me = page.see("#me .me-name").await?;
    page.click(ACKNOWLEDGE).await?;
    page.says(CARD, "has it since").await?;
    page.says(CARD, &me).await?;
    page.see("#main-log [data-action-id=group_responders]").await?;
    page.gone(ACKNOWLEDGE).await?;
    ensure!(color(page).await? != before, "the colour stays {before} when somebody has the alert");
    Ok(())
}

/// The thread tells what happened, and takes an answer.
async fn talk(page: &Page) -> anyhow::Result<()> {
    page.click("#main-log .thread-bar").await?;
    page.says("#thread .msg", "Acknowledged by").await?;
    page.type_into("#thread [data-composer=thread]", "Looking: the provider's *status page* is red").await?;
    page.key("Enter").await?;
    page.says("#thread .msg b, #thread .msg strong", "status page").await?;
    page.says("#main-log .thread-bar", "2 replies").await?;
    Ok(())
}

/// A private answer.
async fn command(page: &Page) -> anyhow::Result<()> {
    page.type_into("[data-composer=channel]", "/firebell alerts").await?;
    page.key("Enter").await?;
    page.says("#main-log .msg[data-ephemeral=true]", ALERT).await?;
    page.click("#main-log [data-dismiss]").await?;
    page.gone("#main-log .msg[data-ephemeral=true]").await
}

/// A dialogue: what is wrong stands at the field, what is right in the thread.
async fn note(page: &Page) -> anyhow::Result<()> {
    page.click("#main-log [data-action-id=group_more]").await?;
    page.click_in("[role=menuitem]", "Add note").await?;
    page.see("[role=dialog][data-view-id]").await?;
    page.click("[data-modal=submit]").await?;
    page.see("[role=dialog] [data-error-for]").await?;
    page.type_into("[role=dialog][data-view-id] textarea", "The provider's certificate has ended").await?;
    page.click("[data-modal=submit]").await?;
    page.gone("[role=dialog]").await?;
    page.says("#thread .msg", "The provider's certificate has ended").await?;
    Ok(())
}

/// More than an alert: its menu declares, a mistake stands at its field, and the channel is there with all that is known.
async fn incident(page: &Page) -> anyhow::Result<()> {
    page.click("#main-log [data-action-id=group_more]").await?;
    page.click_in("[role=menuitem]", "Declare incident").await?;
    page.says("[role=dialog][data-view-id]", "Declare an incident").await?;
    page.type_into("[role=dialog] [data-block-id=inc_labels] input", "shop").await?;
    page.click("[data-modal=submit]").await?;
    page.says("[data-error-for=inc_labels]", "write name=value").await?;
    // What is there is gone over: the label is a right one then.
    page.type_into("[role=dialog] [data-block-id=inc_labels] input", "=eu").await?;
    page.click("[data-modal=submit]").await?;
    page.gone("[role=dialog]").await?;
    page.says(CARD, "INC-4").await?;
    page.click("nav [data-channel-name^=inc-4]").await?;
    page.says(STATUS, "7.4 % of payments fail").await?;
    page.says("#head .bookmarks", "Alert #1").await?;
    page.says("#main-log .msg", "INC-1").await?;
    page.click("#main-log [data-action-id=incident_take]").await?;
    page.says(STATUS, "Commander: @").await?;
    page.gone("#main-log [data-action-id=incident_take]").await?;
    page.type_into("[data-composer=channel]", "The provider says: twenty minutes more").await?;
    page.key("Enter").await?;
    page.says("#main-log .msg", "twenty minutes more").await?;
    page.click("nav [data-channel-name=oncall]").await?;
    page.says("#head h1", "oncall").await.map(drop)
}

/// Its alert is over: the channel offers the end of it, and has the record afterwards.
async fn resolve(page: &Page) -> anyhow::Result<()> {
    page.click("nav [data-channel-name=incidents]").await?;
    page.click("#main-log [data-action-id=incident_join]").await?;
    page.click("nav [data-channel-name^=inc-4]").await?;
    page.says("#main-log .msg", "All its alerts are resolved").await?;
    page.click("#main-log .btn-primary[data-action-id=incident_form_resolve]").await?;
    page.type_into("[role=dialog] [data-block-id=inc_fix] textarea", "A new certificate").await?;
    page.click("[data-modal=submit]").await?;
    page.gone("[role=dialog]").await?;
    page.says(STATUS, "A new certificate").await?;
    page.says("#main-log .file-card", "INC-4").await?;
    page.click("#main-log [data-action-id=incident_form_timeline]").await?;
    page.says("[role=dialog]", "twenty minutes more").await?;
    page.key("Escape").await?;
    page.gone("[role=dialog]").await?;
    page.click("nav [data-channel-name=oncall]").await?;
    page.says("#head h1", "oncall").await.map(drop)
}

/// The second of the team ends it.
async fn another_person(page: &Page) -> anyhow::Result<()> {
    let before = page.see("#me .me-name").await?;
    page.click("#me").await?;
    page.click("[data-switch-user]:not(:has(.muted))").await?;
    page.gone("[role=dialog]").await?;
    page.says("[data-toast=info]", "You are").await?;
    let now = page.see("#me .me-name").await?;
    ensure!(now != before, "still {before}");
    page.click("#main-log [data-action-id=group_resolve]").await?;
    page.says("[data-dialog=confirm]", "still fire").await?;
    page.click("[data-confirm=yes]").await?;
    page.says(CARD, "Resolved by").await?;
    page.says(CARD, &now).await?;
    page.says(CARD, "till firing at the source").await?;
    page.key("Escape").await?;
    page.gone("#thread").await
}

/// The app's own tab.
async fn home(page: &Page) -> anyhow::Result<()> {
    page.click("nav section[aria-label=Apps] a").await?;
    page.see("#home[data-view-id^=V]").await?;
    page.says("#home", "No alert is open").await?;
    page.click("nav [data-channel-name=oncall]").await?;
    page.says("#head h1", "oncall").await.map(drop)
}

/// The bot ends and comes again; then much comes at once.
async fn panel(page: &Page) -> anyhow::Result<()> {
    page.click("[data-panel-button=restart]").await?;
    page.says("[data-toast=info]", "stopped and started again").await?;
    page.gone("[data-banner=bot]").await?;
    page.click("[data-panel-button=fire]").await?;
    page.says(CARD, "QueueGrows").await?;
    page.click("[data-panel-button=storm]").await?;
    page.says("[data-toast=info]", "500 alerts").await?;
    page.see("nav [data-channel-name=alerts].unread").await?;
    page.click("nav [data-channel-name=alerts]").await?;
    page.says(CARD, "NodeUnreachable").await?;
    // A page that people need goes out among the storm's messages.
    page.click("nav [data-channel-name=oncall]").await?;
    page.click("[data-panel-button=fire]").await?;
    page.says(CARD, "CertificateExpires").await?;
    Ok(())
}

/// The same on a phone: the drawer, and the thread as a sheet.
async fn phone(page: &Page) -> anyhow::Result<()> {
    page.size(390, 844, true, 2.0).await?;
    page.click("[data-drawer=open]").await?;
    page.see("body.drawer-open").await?;
    page.click("nav [data-channel-name=general]").await?;
    page.gone("body.drawer-open").await?;
    page.says("#head h1", "general").await?;
    page.click("[data-drawer=open]").await?;
    page.click("nav [data-channel-name=oncall]").await?;
    page.click("#main-log .thread-bar").await?;
    page.says("#thread .msg", "Acknowledged by").await?;
    let wide = page.eval("document.querySelector('#thread').getBoundingClientRect().width").await?;
    ensure!(wide.as_f64() == Some(390.0), "the thread is {wide} wide on a phone of 390");
    let across = page.eval("document.documentElement.scrollWidth").await?;
    ensure!(across.as_f64() <= Some(390.0), "the page scrolls sideways: {across}");
    page.click("#thread-close").await?;
    page.gone("#thread").await
}
