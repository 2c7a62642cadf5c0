// The head of a channel: name, topic, members, pins, bookmarks, and the tabs of an app.

import { avatar, fill, h, icon, iconButton, safeUrl } from "./dom.js";
import { appOf, changed, channelName, memberCount, nameOf, state } from "./state.js";
import { archiveTarget, emojiNode, mrkdwn } from "./mrkdwn.js";
import { presenceDot } from "./sidebar.js";
import { go, isAppDm } from "./actions.js";
import * as dialogs from "./dialogs.js";

function bookmark(one) {
  const inside = archiveTarget(one.link ?? "");
  const attrs = inside ? { href: `#/${inside[0]}`, "data-goto": inside[0], "data-goto-ts": inside[1] } : { href: safeUrl(one.link) ?? "#", target: "_blank", rel: "noopener noreferrer" };
  return h("a", { class: "bookmark", "data-bookmark": one.id, ...attrs }, one.emoji ? emojiNode(one.emoji.replace(/:/g, "")) : icon("link", 14), one.title);
}

export function drawHeader(box) {
  const channel = state.channels.get(state.channel);
  if (!channel) { box.signature = null; fill(box, h("div", { class: "head-row" }, iconButton("menu", "Channels", () => go.drawer(true), { class: "icon-btn only-phone", "data-drawer": "open" }))); return; }
  const { unread, mentions, last_ts, last_read, readSent, ...shown } = channel;
  const signature = JSON.stringify([shown, state.tab, state.me, state.users.get(channel.with), state.users.size]);
  if (box.signature === signature) return;
  box.signature = signature;
  const direct = channel.kind === "im";
  const user = direct ? state.users.get(channel.with) : null;
  const app = direct ? appOf(channel.with) : null;
  const name = h("button", { type: "button", class: "head-name", "data-head": "name", onclick: () => (direct ? dialogs.profile(channel.with) : dialogs.channelDetails(channel)) },
    direct ? h("span", { class: "with-dot" }, avatar(channelName(channel), user?.avatar_color, "s"), user?.is_bot ? null : presenceDot(user)) : channel.kind === "private" ? icon("lock", 17) : channel.kind === "public" ? h("span", { class: "hash" }, "#") : null,
    h("h1", {}, channelName(channel)), user?.is_bot ? h("span", { class: "app-badge" }, "APP") : null, channel.archived ? h("span", { class: "app-badge" }, "ARCHIVED") : null);
  const count = memberCount(channel);
  const pins = channel.pins?.length ?? 0;
  const tools = direct ? null : h("div", { class: "head-tools" },
    pins ? h("button", { type: "button", class: "head-btn", "data-head": "pins", "aria-label": `${pins} pinned`, onclick: () => dialogs.pins(channel) }, icon("pin", 16), pins) : null,
    h("button", { type: "button", class: "head-btn", "data-head": "members", "aria-label": `${count ?? ""} members`, onclick: () => dialogs.channelDetails(channel, "members") }, h("span", { class: "faces" }, (channel.members ?? []).slice(0, 3).map((id) => avatar(nameOf(id), state.users.get(id)?.avatar_color, "xs"))), count ?? icon("members", 16)));
  const tab = (id, label) => h("button", { type: "button", role: "tab", class: `tab${state.tab === id ? " here" : ""}`, "aria-selected": String(state.tab === id), "data-tab": id, onclick: () => { state.tab = id; changed("channel"); } }, label);
  fill(box, h("div", { class: "head-row" }, iconButton("menu", "Channels", () => go.drawer(true), { class: "icon-btn only-phone", "data-drawer": "open" }), name,
    channel.topic && !direct ? h("div", { class: "head-topic", title: channel.topic }, mrkdwn(channel.topic)) : user?.title ? h("div", { class: "head-topic" }, user.title) : h("div", { class: "spacer" }), tools),
  app?.home_enabled ? h("div", { class: "tabs", role: "tablist" }, tab("home", "Home"), tab("messages", "Messages")) : null,
  channel.bookmarks?.length ? h("div", { class: "bookmarks", role: "list", "aria-label": "Bookmarks" }, channel.bookmarks.map(bookmark)) : null);
}

export const wantsHome = (channel) => isAppDm(channel) && Boolean(appOf(channel.with)?.home_enabled);
