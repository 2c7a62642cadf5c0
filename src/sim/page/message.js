// One message as a row: author, text or blocks, attachments, files, reactions, thread bar,
// and the buttons that appear over it.

import { avatar, h, icon, iconButton } from "./dom.js";
import { attachment, blocks } from "./blocks.js";
import { emojiNode, mrkdwn, userMention } from "./mrkdwn.js";
import { emojiChar } from "./emoji.js";
import { fileCard } from "./files.js";
import { messageSurface } from "./surface.js";
import { ago, clock, dateOf, full } from "./time.js";
import { author, isReply, nameOf, state } from "./state.js";
import { ask } from "./socket.js";
import { tell } from "./toast.js";
import * as actions from "./actions.js";

const JOINED = { channel_join: "joined the channel.", group_join: "joined the channel.", channel_leave: "left the channel.", group_leave: "left the channel.",
  channel_archive: "archived the channel.", group_archive: "archived the channel.", channel_unarchive: "unarchived the channel.", group_unarchive: "unarchived the channel.",
  channel_convert_to_private: "made the channel private.", channel_convert_to_public: "made the channel public." };

const named = (prefix, value, none) => (value ? `${prefix} ${value}` : none);

/** The sentence of a system message (join, topic …), or undefined for an ordinary one. */
function systemText(message) {
  const kind = (message.subtype ?? "").replace(/^group_/, "channel_");
  if (JOINED[message.subtype]) return [JOINED[message.subtype], message.inviter ? [" Invited by ", userMention(message.inviter), "."] : ""];
  if (kind === "channel_topic") return message.topic ? ["set the topic: ", mrkdwn(message.topic)] : "cleared the topic.";
  if (kind === "channel_purpose") return message.purpose ? ["set the description: ", mrkdwn(message.purpose)] : "cleared the description.";
  if (kind === "channel_name") return named("renamed the channel to", message.name, "renamed the channel.");
  if (message.subtype === "pinned_item") return "pinned a message to this channel.";
  if (message.subtype === "bot_add") return "added an app to this channel.";
  return undefined;
}

export const isSystem = (message) => systemText(message) !== undefined;
export const isTombstone = (message) => message.subtype === "tombstone" || message.hidden_tombstone === true;

/** Whether `message` can stand under `before` without its own avatar and name. */
export function continues(before, message) {
  if (!before || isSystem(before) || isSystem(message) || isTombstone(before) || isTombstone(message)) return false;
  if (message.ephemeral || before.ephemeral || message.subtype === "thread_broadcast" || message.pinned_to?.length) return false;
  const a = author(before);
  const b = author(message);
  return a.id === b.id && a.name === b.name && dateOf(message.ts) - dateOf(before.ts) < 5 * 60_000;
}

function face(message, who, size = "m") {
  if (who.emoji && emojiChar(who.emoji)) return avatar(who.name, "var(--hover)", size, emojiChar(who.emoji));
  return avatar(who.name, who.color, size);
}

function content(channel, message) {
  const ctx = messageSurface(channel, message);
  const parts = [];
  const byApp = Boolean(message.bot_id);
  const edited = message.edited && !(byApp && (message.blocks?.length || message.attachments?.length)) ? h("span", { class: "edited", title: `Edited ${full(message.edited.ts)}` }, " (edited)") : null;
  // What a person typed has its rich text beside it, made from the text: the text says the same.
  const typed = !byApp && message.text && message.blocks?.length === 1 && message.blocks[0].type === "rich_text";
  if (message.blocks?.length && !typed) parts.push(h("div", { class: "blocks" }, blocks(ctx, message.blocks), edited));
  else if (message.text) {
    const me = message.subtype === "me_message";
    parts.push(h("div", { class: `text msg-text${bigEmoji(message.text) ? " big-emoji" : ""}` }, me ? h("em", {}, mrkdwn(message.text)) : mrkdwn(message.text), edited));
  }
  const legacyAction = (one, at, action) => tell(ask("action", { channel, ts: message.ts, ...(message.ephemeral ? { ephemeral: true } : {}), attachment: { index: at, callback_id: one.callback_id }, action: { type: action.type ?? "button", name: action.name, value: action.value, legacy: true } }));
  for (const [at, one] of (message.attachments ?? []).entries()) parts.push(attachment(ctx, one, at, { legacyAction, time: (ts) => h("time", { title: full(ts) }, `${ago(ts)}`) }));
  if (message.files?.length) parts.push(h("div", { class: "files" }, message.files.map(fileCard)));
  return parts;
}

const bigEmoji = (text) => /^(\s*:[a-z0-9_+'-]+:\s*){1,3}$/.test(text) || /^(\s*\p{Extended_Pictographic}\uFE0F?\s*){1,3}$/u.test(text);

function reactions(channel, message) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions" }, message.reactions.map((one) => {
    const mine = one.users?.includes(state.me);
    const names = (one.users ?? []).map((id) => (id === state.me ? "you" : nameOf(id))).join(", ");
    return h("button", { type: "button", class: `reaction${mine ? " mine" : ""}`, "data-reaction": one.name, "aria-pressed": String(Boolean(mine)), title: `${names} reacted with :${one.name}:`, "aria-label": `${one.name.replace(/_/g, " ")}, ${one.count}`,
      onclick: () => tell(ask("react", { channel, ts: message.ts, name: one.name })) }, emojiNode(one.name), h("span", {}, one.count));
  }), iconButton("smile", "Add reaction", (event) => actions.pickReaction(event.currentTarget, channel, message), { class: "reaction reaction-add" }));
}

function threadBar(channel, message) {
  if (!message.reply_count) return null;
  const people = (message.reply_users ?? []).slice(0, 4);
  return h("button", { type: "button", class: "thread-bar", "data-thread": message.ts, onclick: () => actions.openThread(channel, message.ts) },
    people.map((id) => avatar(nameOf(id), state.users.get(id)?.avatar_color, "xs")), h("strong", {}, `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`),
    message.latest_reply ? h("span", { class: "muted" }, `Last reply ${ago(message.latest_reply.split(".")[0])}`) : null);
}

function tools(channel, message, inThread) {
  if (message.ephemeral) return null;
  const act = (name, label, run, id) => iconButton(name, label, run, { "data-tool": id, tabindex: "-1" });
  return h("div", { class: "msg-tools", role: "toolbar", "aria-label": "Message actions" },
    act("smile", "Add reaction", (event) => actions.pickReaction(event.currentTarget, channel, message), "react"),
    inThread ? null : act("reply", "Reply in thread", () => actions.openThread(channel, message.thread_ts ?? message.ts, true), "thread"),
    act("dots", "More actions", (event) => actions.messageMenu(event.currentTarget, channel, message), "more"));
}

/** A row of the log. opts: {compact, inThread, fresh} */
export function messageRow(channel, message, { compact, inThread, fresh }) {
  const who = author(message);
  const attrs = { class: `msg${compact ? " msg-compact" : ""}${message.ephemeral ? " msg-ephemeral" : ""}${fresh ? " msg-fresh" : ""}`, role: "article", tabindex: "-1", "data-ts": message.ts, "data-channel": channel, "data-user": message.user ?? message.bot_id,
    "data-ephemeral": message.ephemeral ? "true" : undefined, "data-thread-ts": message.thread_ts };
  const time = h("a", { class: "msg-time", href: `#/${channel}/p${message.ts.replace(".", "")}`, title: full(message.ts), "data-goto": channel, "data-goto-ts": message.ts, tabindex: "-1" }, clock(message.ts));
  if (isTombstone(message)) {
    return h("div", { ...attrs, "aria-label": "Deleted message" }, h("div", { class: "msg-side" }, h("span", { class: "avatar avatar-m avatar-none" }, icon("trash", 16))), h("div", { class: "msg-main" }, h("div", { class: "tombstone" }, "This message was deleted."), inThread ? null : threadBar(channel, message)));
  }
  const system = systemText(message);
  if (system !== undefined) {
    return h("div", { ...attrs, class: `${attrs.class} msg-system` }, h("div", { class: "msg-side" }, face(message, who)), h("div", { class: "msg-main" }, h("div", { class: "msg-head" }, h("span", { class: "msg-name" }, who.name), time), h("div", { class: "text muted" }, system)));
  }
  const pinned = message.pinned_to?.includes(channel) || message.pinned_info;
  const notes = [
    message.ephemeral ? h("div", { class: "msg-note" }, icon("eye", 14), "Only visible to you") : null,
    pinned ? h("div", { class: "msg-note note-pin" }, icon("pin", 14), "Pinned") : null,
    !inThread && isReply(message) && message.subtype === "thread_broadcast" ? h("div", { class: "msg-note" }, "replied to a thread: ", h("button", { type: "button", class: "link", onclick: () => actions.openThread(channel, message.thread_ts) }, rootWords(channel, message))) : null,
  ];
  const dismiss = message.ephemeral ? h("div", { class: "dismiss" }, h("button", { type: "button", class: "link", "data-dismiss": message.ts, onclick: () => actions.dismiss(channel, message.ts) }, "Dismiss message")) : null;
  const head = compact ? null : h("div", { class: "msg-head" }, h("span", { class: "msg-name", "data-author": who.id }, who.name), who.bot ? h("span", { class: "app-badge" }, "APP") : null, who.user?.status?.emoji ? emojiNode(String(who.user.status.emoji).replace(/:/g, "")) : null, time);
  return h("div", { ...attrs, class: `${attrs.class}${pinned ? " msg-pinned" : ""}`, "aria-label": `${who.name}, ${clock(message.ts)}` }, h("div", { class: "msg-side" }, compact ? time : face(message, who)),
    h("div", { class: "msg-main" }, notes, head, content(channel, message), dismiss, reactions(channel, message), inThread ? null : threadBar(channel, message)), tools(channel, message, inThread));
}

function rootWords(channel, message) {
  const text = message.root?.text ?? state.logs.get(channel)?.messages.get(message.thread_ts)?.text ?? "the thread";
  return text.length > 60 ? `${text.slice(0, 60)}…` : mrkdwn(text);
}


