// What a person does to messages and where they go: threads, reactions, menus, links.

import { $, $$, h, fill } from "./dom.js";
import { ask } from "./socket.js";
import { arrows, confirmDialog, menu, popover } from "./overlay.js";
import { emojiGroups, findEmoji, usualEmoji, emojiChar } from "./emoji.js";
import { appOf, changed, dropMessage, log, state } from "./state.js";
import { tell, toast } from "./toast.js";

/** Set by app.js, which owns the screens. */
export const go = { channel() {}, thread() {}, edit() {} };

export const openThread = (channel, ts, focus = true) => go.thread(channel, ts, focus);

export function dismiss(channel, ts) {
  dropMessage(channel, ts);
  changed("log", "thread");
  ask("dismiss", { channel, ts }).catch(() => {});
}

export const pickReaction = (anchor, channel, message) => emojiPicker(anchor, (name) => tell(ask("react", { channel, ts: message.ts, name })));

/** A picker of emoji; `chosen(name)`. */
export function emojiPicker(anchor, chosen) {
  const grid = h("div", { class: "emoji-grid" });
  const note = h("div", { class: "emoji-note" }, "Pick an emoji");
  const one = (item) => h("button", { type: "button", class: "emoji-btn", "data-emoji": item.name, "aria-label": item.name.replace(/_/g, " "), title: `:${item.name}:`, onclick: () => { pop.close(); chosen(item.name); },
    onmouseenter: () => { note.textContent = `${item.char} :${item.name}:`; }, onfocus: () => { note.textContent = `${item.char} :${item.name}:`; } }, item.char);
  const row = (title, all) => [h("div", { class: "emoji-title" }, title), h("div", { class: "emoji-rows", role: "group", "aria-label": title }, all.map(one))];
  const show = () => {
    const wanted = search.value.trim().replace(/:/g, "");
    const found = wanted ? findEmoji(wanted, 80) : null;
    fill(grid, found ? (found.length ? row("Found", found) : h("div", { class: "options-none" }, "No emoji of this name")) : [row("Often used", usualEmoji().map((name) => ({ name, char: emojiChar(name) }))), emojiGroups().map((group) => row(group.title, group.emoji))]);
  };
  const search = h("input", { type: "text", class: "options-search", placeholder: "Search emoji", "aria-label": "Search emoji", autofocus: true, oninput: show,
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); $(".emoji-btn", grid)?.click(); } else if (event.key === "ArrowDown") { event.preventDefault(); $(".emoji-btn", grid)?.focus(); } } });
  grid.addEventListener("keydown", (event) => {
    const all = $$(".emoji-btn", grid);
    const at = all.indexOf(document.activeElement);
    const wide = Math.max(1, Math.floor((grid.clientWidth - 16) / 36));
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[event.key];
    if (!step || at < 0) return;
    event.preventDefault();
    if (at + step < 0) search.focus(); else all[Math.min(all.length - 1, at + step)].focus();
  });
  show();
  const pop = popover(anchor, h("div", { class: "emoji-box" }, search, grid, note), { label: "Emoji", align: "end" });
  return pop;
}

export const permalink = (channel, message) => `${location.origin}/#/${channel}/p${message.ts.replace(".", "")}${message.thread_ts && message.thread_ts !== message.ts ? `?thread_ts=${message.thread_ts}` : ""}`;

export async function copy(text, note) {
  try {
    await navigator.clipboard.writeText(text);
    toast(note, "info");
  } catch {
    toast("The browser did not allow copying.", "error");
  }
}

export const runShortcut = (shortcut, where = {}) => tell(ask("shortcut", { callback_id: shortcut.callback_id, ...where }));

export async function removeMessage(channel, message) {
  if (await confirmDialog({ title: "Delete message", text: "Are you sure you want to delete this message? This cannot be undone.", confirm: "Delete", style: "danger" })) tell(ask("delete", { channel, ts: message.ts }));
}

export const togglePin = (channel, message) => tell(ask("pin", { channel, ts: message.ts }));

export function messageMenu(anchor, channel, message) {
  const mine = message.user === state.me && !message.bot_id;
  const pinned = message.pinned_to?.includes(channel);
  const shortcuts = state.shortcuts.filter((one) => one.type === "message");
  menu(anchor, [
    { label: "Reply in thread", icon: "reply", id: "thread", key: "T", run: () => openThread(channel, message.thread_ts ?? message.ts) },
    { label: pinned ? "Unpin from channel" : "Pin to channel", icon: "pin", id: "pin", key: "P", run: () => togglePin(channel, message) },
    { label: "Copy link", icon: "link", id: "link", run: () => copy(permalink(channel, message), "Link copied.") },
    mine ? "-" : null,
    mine ? { label: "Edit message", icon: "edit", id: "edit", key: "E", run: () => go.edit(channel, message) } : null,
    mine ? { label: "Delete message…", icon: "trash", id: "delete", danger: true, run: () => removeMessage(channel, message) } : null,
    ...shortcutItems(shortcuts, (one) => runShortcut(one, { channel, ts: message.ts })),
  ], { label: "Message actions" });
}

export function shortcutItems(shortcuts, run) {
  if (!shortcuts.length) return [];
  const app = state.apps[0]?.name ?? "Apps";
  return ["-", { title: app }, ...shortcuts.map((one) => ({ label: one.name, note: one.description, icon: "bolt", id: `shortcut:${one.callback_id}`, run: () => run(one) }))];
}

/** Keys on a message that has the focus. */
export function messageKey(event, channel, message, row) {
  const key = event.key.toLowerCase();
  const run = { t: () => openThread(channel, message.thread_ts ?? message.ts), arrowright: () => openThread(channel, message.thread_ts ?? message.ts), r: () => pickReaction(row, channel, message), p: () => togglePin(channel, message),
    e: () => message.user === state.me && go.edit(channel, message), delete: () => message.user === state.me && removeMessage(channel, message), m: () => messageMenu($('[data-tool="more"]', row) ?? row, channel, message), enter: () => openThread(channel, message.thread_ts ?? message.ts) }[key];
  if (!run || message.ephemeral) return;
  event.preventDefault();
  run();
}

/** The newest message of one's own here, for "up edits the last message". */
export function lastOwn(channel, messages = log(channel).messages) {
  return [...messages.values()].filter((one) => one.user === state.me && !one.bot_id && !one.subtype && !one.ephemeral).sort((a, b) => (a.ts < b.ts ? 1 : -1))[0];
}

export const isAppDm = (channel) => channel?.kind === "im" && Boolean(appOf(channel.with));
