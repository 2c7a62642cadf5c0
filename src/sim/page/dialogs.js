// The page's own dialogs: switch user, jump to a channel, search, create and browse channels,
// channel details, pins, keys.

import { $, $$, avatar, fill, h, icon } from "./dom.js";
import { ask } from "./socket.js";
import { confirmDialog, dialog } from "./overlay.js";
import { go } from "./actions.js";
import { messageRow } from "./message.js";
import { author, channelName, memberCount, nameOf, state } from "./state.js";
import { mrkdwn } from "./mrkdwn.js";
import { tell } from "./toast.js";
import { dayLabel, clock } from "./time.js";

const people = () => [...state.users.values()].filter((user) => !user.is_bot && !user.deleted);

/** A search field over a list; arrow keys and Enter choose. rows(text) → [{node, run, attrs}] or a promise. */
function chooser({ title, placeholder, rows, attrs, note }) {
  const list = h("div", { class: "options chooser", role: "listbox", "aria-label": title });
  const search = h("input", { class: "field", type: "text", placeholder, "aria-label": placeholder, autofocus: true, autocomplete: "off" });
  let active = 0;
  const all = () => $$('[role="option"]', list);
  const mark = (to) => { const found = all(); if (!found.length) return; active = (to + found.length) % found.length; found.forEach((one, i) => { one.classList.toggle("active", i === active); one.setAttribute("aria-selected", String(i === active)); }); found[active].scrollIntoView({ block: "nearest" }); };
  let turn = 0;
  const show = async () => {
    const mine = ++turn;
    const found = await rows(search.value.trim());
    if (mine !== turn) return;
    fill(list, found.length ? found.map((one) => (one.title ? h("div", { class: "options-group" }, one.title) : h("div", { class: "option", role: "option", ...one.attrs, onclick: () => { if (!one.stay) entry.close(); one.run(); } }, one.node))) : h("div", { class: "options-none" }, "Nothing found"));
    mark(0);
  };
  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); } else if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); } else if (event.key === "Enter") { event.preventDefault(); all()[active]?.click(); }
  });
  const entry = dialog({ title, body: [note ? h("p", { class: "muted" }, note) : null, search, list], attrs });
  show();
  return entry;
}

const option = (lead, text, note, end) => [h("span", { class: "option-lead" }, lead), h("span", { class: "option-text" }, text, note ? h("small", {}, note) : null), end ?? null];
const mark = (channel) => (channel.kind === "private" ? icon("lock", 14) : channel.kind === "im" || channel.kind === "mpim" ? avatar(channelName(channel), state.users.get(channel.with)?.avatar_color, "xs") : "#");
const has = (text, wanted) => text.toLowerCase().includes(wanted.toLowerCase());

export function switchUser() {
  chooser({ title: "Act as…", placeholder: "Find a person", attrs: { "data-dialog": "switch-user" }, note: "This window then is that person. Open a second window to be two people at once.",
    rows: (text) => people().filter((user) => has(`${user.real_name} ${user.name} ${user.display_name}`, text)).map((user) => ({ attrs: { "data-switch-user": user.id }, run: () => go.user(user.id),
      node: option(avatar(nameOf(user.id), user.avatar_color, "s"), [nameOf(user.id), user.id === state.me ? h("span", { class: "muted" }, " (now)") : null], [user.title, user.is_guest ? "guest" : null, user.tz].filter(Boolean).join(" · ")) })) });
}

export async function openDm(user) {
  const known = [...state.channels.values()].find((one) => one.kind === "im" && one.with === user);
  if (known) { go.channel(known.id); return; }
  const answer = await tell(ask("open_dm", { users: [user] }));
  if (answer?.channel) go.channel(answer.channel);
}

export function newMessage() {
  chooser({ title: "New message", placeholder: "Find a person or app", attrs: { "data-dialog": "new-message" },
    rows: (text) => [...state.users.values()].filter((user) => !user.deleted && has(`${user.real_name} ${user.name}`, text)).slice(0, 40).map((user) => ({ attrs: { "data-value": user.id }, run: () => openDm(user.id), node: option(avatar(nameOf(user.id), user.avatar_color, "s"), nameOf(user.id), user.title) })) });
}

/** Ctrl/Cmd+K: jump to a channel or person, or search messages. */
export function jump() {
  const search = messageSearch();
  chooser({ title: "Jump to or search", placeholder: "Channel, person, or words of a message", attrs: { "data-dialog": "jump" },
    rows: async (text) => {
      const places = [...state.channels.values()].filter((one) => has(`${channelName(one)} ${one.name}`, text)).sort((a, b) => (b.unread ?? 0) - (a.unread ?? 0) || channelName(a).localeCompare(channelName(b))).slice(0, text ? 8 : 20)
        .map((one) => ({ attrs: { "data-value": one.id }, run: () => go.channel(one.id), node: option(mark(one), channelName(one), one.archived ? "archived" : one.topic, one.unread ? h("span", { class: "badge" }, one.unread) : null) }));
      const users = text ? people().filter((user) => has(`${user.real_name} ${user.name}`, text) && ![...state.channels.values()].some((one) => one.with === user.id)).slice(0, 4).map((user) => ({ attrs: { "data-value": user.id }, run: () => openDm(user.id), node: option(avatar(nameOf(user.id), user.avatar_color, "xs"), nameOf(user.id), user.title) })) : [];
      const found = text.length > 1 ? await search(text) : [];
      return [...places, ...users, ...(found.length ? [{ title: "Messages" }, ...found] : [])];
    } });
}

function messageSearch() {
  return async (text) => {
    try {
      const { results } = await ask("search", { text });
      return (results ?? []).slice(0, 12).map(({ channel, message }) => ({ attrs: { "data-found": message.ts }, run: () => go.channel(channel, message.ts, message.thread_ts),
        node: [h("span", { class: "option-lead" }, avatar(author(message).name, author(message).color, "s")), h("span", { class: "option-text" }, h("strong", {}, author(message).name), h("small", {}, `${channelName(state.channels.get(channel), true)} · ${dayLabel(message.ts)} ${clock(message.ts)}`), h("span", { class: "found-text" }, mrkdwn(message.text?.slice(0, 160) ?? "")))] }));
    } catch { return []; }
  };
}

export function createChannel() {
  const name = h("input", { class: "field", name: "name", placeholder: "for example plan-budget", maxlength: 80, autofocus: true, autocomplete: "off", "aria-label": "Channel name" });
  const secret = h("input", { type: "checkbox", name: "private" });
  name.addEventListener("input", () => { name.value = name.value.toLowerCase().replace(/[\s.]+/g, "-").replace(/[^\p{L}\p{N}_-]/gu, ""); });
  const entry = dialog({ title: "Create a channel", attrs: { "data-dialog": "create-channel" }, body: [h("label", { class: "input-label" }, "Name"), name, h("label", { class: "choice" }, secret, h("span", {}, "Private", h("small", {}, "Only invited people can see it.")))],
    foot: h("button", { type: "submit", class: "btn btn-primary" }, "Create"), form: async () => {
      if (!name.value) return;
      const answer = await tell(ask("create_channel", { name: name.value, private: secret.checked }));
      if (!answer) return;
      entry.close();
      if (answer.channel) go.channel(answer.channel);
    } });
}

export function browseChannels() {
  chooser({ title: "Browse channels", placeholder: "Find a channel", attrs: { "data-dialog": "browse" }, rows: (text) => [...state.channels.values()].filter((one) => (one.kind === "public" || one.kind === "private") && has(one.name, text)).sort((a, b) => Number(Boolean(a.archived)) - Number(Boolean(b.archived)) || a.name.localeCompare(b.name))
    .map((one) => ({ attrs: { "data-value": one.id }, run: () => go.channel(one.id), node: option(mark(one), one.name, [one.archived ? "archived" : one.member === false ? "not joined" : "joined", memberCount(one) ? `${memberCount(one)} members` : null, one.topic].filter(Boolean).join(" · ")) })) });
}

export function invite(channel) {
  const inside = new Set(channel.members ?? []);
  chooser({ title: `Add people to ${channelName(channel, true)}`, placeholder: "Find a person or app", attrs: { "data-dialog": "invite" }, rows: (text) => [...state.users.values()].filter((user) => !user.deleted && !inside.has(user.id) && has(`${user.real_name} ${user.name}`, text))
    .map((user) => ({ attrs: { "data-value": user.id }, run: () => tell(ask("invite", { channel: channel.id, users: [user.id] })), node: option(avatar(nameOf(user.id), user.avatar_color, "s"), nameOf(user.id), user.is_bot ? "app" : user.title) })) });
}

/** About a channel: topic, people, leave, archive. */
export function channelDetails(channel, tab = "about") {
  const topic = h("input", { class: "field", value: channel.topic ?? "", maxlength: 250, placeholder: "Add a topic", "aria-label": "Topic", "data-topic": true });
  const members = channel.members ?? [];
  const foot = [channel.archived ? null : h("button", { type: "button", class: "btn", "data-details": "leave", onclick: async () => { entry.close(); await tell(ask("leave", { channel: channel.id })); } }, "Leave channel"),
    channel.archived ? null : h("button", { type: "button", class: "btn btn-danger", "data-details": "archive", onclick: async () => { entry.close(); if (await confirmDialog({ title: "Archive this channel?", text: `Nobody can write in ${channelName(channel, true)} then. Its messages stay readable.`, confirm: "Archive", style: "danger" })) tell(ask("archive", { channel: channel.id })); } }, "Archive"),
    h("span", { class: "spacer" }), h("button", { type: "submit", class: "btn btn-primary", "data-details": "save" }, "Save")];
  const entry = dialog({ title: channelName(channel, true), attrs: { "data-dialog": "channel" }, foot, form: async () => { entry.close(); if (topic.value !== (channel.topic ?? "")) await tell(ask("set_topic", { channel: channel.id, topic: topic.value })); },
    body: [h("label", { class: "input-label" }, "Topic"), topic, channel.purpose ? [h("div", { class: "input-label" }, "Description"), h("p", { class: "text" }, mrkdwn(channel.purpose))] : null,
      h("div", { class: "input-label" }, `Members${members.length ? ` (${members.length})` : ""}`), h("div", { class: "member-list" }, members.map((id) => h("button", { type: "button", class: "option", "data-member": id, onclick: () => { entry.close(); profile(id); } }, option(avatar(nameOf(id), state.users.get(id)?.avatar_color, "s"), [nameOf(id), state.users.get(id)?.is_bot ? h("span", { class: "app-badge" }, "APP") : null], state.users.get(id)?.title)))),
      channel.archived ? null : h("button", { type: "button", class: "btn", "data-details": "invite", onclick: () => { entry.close(); invite(channel); } }, icon("plus", 16), "Add people")] });
  if (tab === "members") $(".member-list .option", entry.el)?.focus({ preventScroll: true });
}

export function profile(id) {
  const user = state.users.get(id);
  if (!user) return;
  const line = (name, value) => (value ? [h("dt", {}, name), h("dd", {}, value)] : null);
  const entry = dialog({ title: nameOf(id), lead: avatar(nameOf(id), user.avatar_color, "m"), attrs: { "data-dialog": "profile" }, body: h("dl", { class: "profile" }, line("Full name", user.real_name), line("Handle", `@${user.name}`), line("Title", user.title), line("Time zone", user.tz), line("Kind", user.is_bot ? "App" : user.is_guest ? "Guest" : user.deleted ? "Deactivated" : null), line("Member id", id)),
    foot: [user.is_bot || user.deleted || id === state.me ? null : h("button", { type: "button", class: "btn", onclick: () => { entry.close(); go.user(id); } }, "Act as this person"), h("button", { type: "button", class: "btn btn-primary", onclick: () => { entry.close(); openDm(id); } }, "Message")] });
}

export async function pins(channel) {
  const answer = await tell(ask("pins", { channel: channel.id }));
  if (!answer) return;
  const all = answer.messages ?? [];
  const entry = dialog({ title: `Pinned in ${channelName(channel, true)}`, wide: true, attrs: { "data-dialog": "pins" }, body: all.length ? all.map((message) => { const row = messageRow(channel.id, message, { compact: false, inThread: true }); row.addEventListener("click", (event) => { if (event.target.closest("button, a")) return; entry.close(); go.channel(channel.id, message.ts, message.thread_ts); }); return row; }) : h("p", { class: "muted" }, "Nothing is pinned here yet.") });
}

export function keys() {
  const line = (keysText, what) => [h("dt", {}, keysText.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, what)];
  const mod = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
  dialog({ title: "Keys", attrs: { "data-dialog": "keys" }, body: h("dl", { class: "keys" }, line(`${mod} K`, "jump to a channel, or search"), line("Alt ↑ ↓", "next channel"), line("Enter", "send"), line("Shift Enter", "new line"), line("↑", "in an empty composer: edit your last message"), line("Esc", "close what lies on top, or the thread"),
    line("/ @ # :", "complete a command, person, channel, emoji"), line("↑ ↓", "on a message: move"), line("T R E P M", "on a message: thread, react, edit, pin, menu"), line(`${mod} /`, "these keys")) });
}


