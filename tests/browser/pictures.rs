//! The README's pictures.

use std::path::Path;

use crate::cdp::Page;

pub(crate) async fn take(page: &Page, url: &str, into: &Path) -> anyhow::Result<()> {
    page.before_load("localStorage.setItem('local-slack-hint-seen', 'yes')").await?;
    page.size(1280, 860, false, 1.0).await?;
    page.goto(&format!("{url}/#/oncall")).await?;
    page.see("body[data-online=true]").await?;
    page.click("[data-panel-button=fire]").await?;
    page.click("#main-log [data-action-id=group_ack]").await?;
    page.see("#main-log [data-action-id=group_unack]").await?;
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
    Ok(())
}

/// No notes at the edge, no caret, every animation at its end.
async fn settle(page: &Page) -> anyhow::Result<()> {
    page.point_at_nothing().await?;
    page.eval("document.querySelector('#toasts').replaceChildren(); document.activeElement?.blur()").await?;
    page.eval("Promise.allSettled(document.getAnimations().map((one) => one.finished))").await?;
    page.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))").await?;
    Ok(())
}
