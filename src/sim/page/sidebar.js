// The list of channels, people and apps on the left (a drawer on the phone).

import { $$, avatar, fill, h, icon, iconButton } from "./dom.js";
import { go } from "./actions.js";
import { arrows, menu } from "./overlay.js";
import { appOf, channelName, state } from "./state.js";
import * as dialogs from "./dialogs.js";

export const presenceDot = (user) => h("i", { class: `presence${user?.presence === "away" || user?.deleted ? "" : " on"}`, title: user?.presence === "away" ? "away" : "active" });

function lead(channel) {
  if (channel.kind === "private") return icon("lock", 15);
  if (channel.kind === "mpim") return h("span", { class: "count-tile" }, String((channel.members?.length ?? 3) - 1));
  if (channel.kind !== "im") return h("span", { class: "hash", "aria-hidden": "true" }, "#");
  const user = state.users.get(channel.with);
  return h("span", { class: "with-dot" }, avatar(channelName(channel), user?.avatar_color, "xs"), user?.is_bot ? null : presenceDot(user));
}

/** Rows already drawn: one that did not change stays, so that a click on it is not lost. */
const rows = new Map();

function row(channel) {
  const here = state.channel === channel.id;
  const unread = !here || document.hidden ? channel.unread ?? 0 : 0;
  const direct = channel.kind === "im" || channel.kind === "mpim";
  const badge = direct ? unread : channel.mentions ?? 0;
  const label = `${channelName(channel)}${channel.kind === "private" ? ", private" : ""}${unread ? `, ${unread} unread` : ""}${channel.archived ? ", archived" : ""}`;
  const signature = JSON.stringify([label, channel.members?.length, here, unread, badge, channel.with && state.users.get(channel.with)]);
  const known = rows.get(channel.id);
  if (known?.signature === signature) return known.el;
  const el = h("a", { class: `side-row${here ? " here" : ""}${unread ? " unread" : ""}${channel.archived ? " archived" : ""}`, href: `#/${channel.id}`, "data-channel": channel.id, "data-channel-name": channel.name, "data-unread": unread, "aria-current": here ? "page" : undefined, "aria-label": label },
    h("span", { class: "side-lead" }, lead(channel)), h("span", { class: "side-name" }, channelName(channel), channel.kind === "im" && channel.with === state.me ? h("small", {}, " you") : null),
    channel.archived ? icon("archive", 14) : null, badge && !here ? h("span", { class: "badge" }, badge > 99 ? "99+" : badge) : null);
  rows.set(channel.id, { signature, el });
  return el;
}

const byName = (a, b) => channelName(a).localeCompare(channelName(b));
const folded = new Set();

function section(title, all, button) {
  const shut = folded.has(title);
  const keep = shut ? all.filter((one) => one.id === state.channel || one.unread) : all;
  return h("section", { "aria-label": title }, h("div", { class: "side-title" }, h("button", { type: "button", class: `side-fold${shut ? " shut" : ""}`, "aria-expanded": String(!shut), onclick: () => { if (shut) folded.delete(title); else folded.add(title); drawSidebar(); } }, icon("down", 12), title), button), keep.map(row));
}

/** Channels shown: those one is a member of, and the one that is open. */
export function sideChannels() {
  const all = [...state.channels.values()];
  const open = (one) => one.member !== false || one.id === state.channel;
  return {
    channels: all.filter((one) => (one.kind === "public" || one.kind === "private") && open(one) && (!one.archived || one.id === state.channel)).sort(byName),
    direct: all.filter((one) => one.kind === "mpim" || (one.kind === "im" && !appOf(one.with) && !state.users.get(one.with)?.is_bot)).sort(byName),
    apps: all.filter((one) => one.kind === "im" && (appOf(one.with) || state.users.get(one.with)?.is_bot)).sort(byName),
  };
}

let box;

export function drawSidebar(into) {
  box = into ?? box;
  const { channels, direct, apps } = sideChannels();
  const top = box.scrollTop;
  const focus = document.activeElement?.dataset?.channel;
  const inside = box.contains(document.activeElement);
  fill(box,
    section("Channels", channels, iconButton("plus", "Add channels", (event) => menu(event.currentTarget, [{ label: "Create a channel", icon: "plus", id: "create-channel", run: dialogs.createChannel }, { label: "Browse channels", icon: "search", id: "browse-channels", run: dialogs.browseChannels }], { align: "start" }), { "data-add": "channel" })),
    section("Direct messages", direct, iconButton("plus", "New direct message", dialogs.newMessage, { "data-add": "dm" })),
    apps.length ? section("Apps", apps) : null);
  box.scrollTop = top;
  if (inside && focus) $$(".side-row", box).find((one) => one.dataset.channel === focus)?.focus({ preventScroll: true });
}

export function sidebarKeys(event) {
  if (event.target.classList.contains("side-row")) arrows(event, $$(".side-row", box));
}

/** Alt+↑/↓: the next channel in the list. */
export function neighbour(step) {
  const { channels, direct, apps } = sideChannels();
  const all = [...channels, ...direct, ...apps].map((one) => one.id);
  const to = all[(all.indexOf(state.channel) + step + all.length) % all.length];
  if (to) go.channel(to);
}
