// The composer: a growing text field with completion of commands, people, channels and
// emoji, files, shortcuts. Also the inline editor of one's own message.

import { $, $$, fill, h, icon, iconButton, isPhone } from "./dom.js";
import { ask } from "./socket.js";
import { emojiPicker, lastOwn, go, runShortcut, shortcutItems } from "./actions.js";
import { menu } from "./overlay.js";
import { findEmoji } from "./emoji.js";
import { base64 } from "./elements.js";
import { escape, unescape } from "./mrkdwn.js";
import { nameOf, state } from "./state.js";
import { tell, toast } from "./toast.js";

const MAX_FILE_BYTES = 20 * 1024 * 1024;

/** What was typed → Slack's text: escaped, with mentions as ids; code is left as typed. */
export function toSlack(text) {
  const users = new Map([...state.users.values()].map((user) => [user.name.toLowerCase(), user.id]));
  const groups = new Map([...state.usergroups.values()].map((group) => [group.handle.toLowerCase(), group.id]));
  const channels = new Map([...state.channels.values()].filter((one) => one.kind === "public" || one.kind === "private").map((one) => [one.name, one.id]));
  return text.split(/(```[\s\S]*?```|`[^`\n]*`)/).map((part, i) => {
    if (i % 2) return escape(part);
    return escape(part).replace(/(^|[\s(])@([a-z0-9][a-z0-9._-]*)/gi, (whole, lead, name) => {
      for (let end = name.length; end > 0; end--) {
        const key = name.slice(0, end).toLowerCase();
        if (end < name.length && /[a-z0-9]/i.test(name[end])) continue;
        const rest = name.slice(end);
        if (/^(here|channel|everyone)$/.test(key)) return `${lead}<!${key}>${rest}`;
        if (users.has(key)) return `${lead}<@${users.get(key)}>${rest}`;
        if (groups.has(key)) return `${lead}<!subteam^${groups.get(key)}>${rest}`;
      }
      return whole;
    }).replace(/(^|[\s(])#([a-z0-9_-]+)/g, (whole, lead, name) => (channels.has(name) ? `${lead}<#${channels.get(name)}|${name}>` : whole))
      .replace(/(^|[\s(])(https?:\/\/[^\s<>|]+?)(?=[.,;:!?)\]]*(?:\s|$))/g, "$1<$2>");
  }).join("");
}

/** Slack's text back to what one types. */
export function fromSlack(text) {
  return unescape(String(text ?? "").replace(/<@(\w+)(?:\|[^>]*)?>/g, (whole, id) => (state.users.has(id) ? `@${state.users.get(id).name}` : whole))
    .replace(/<#(\w+)(?:\|[^>]*)?>/g, (whole, id) => (state.channels.has(id) ? `#${state.channels.get(id).name}` : whole))
    .replace(/<!subteam\^(\w+)(?:\|[^>]*)?>/g, (whole, id) => (state.usergroups.has(id) ? `@${state.usergroups.get(id).handle}` : whole))
    .replace(/<!(here|channel|everyone)(?:\|[^>]*)?>/g, "@$1").replace(/<((?:https?|mailto):[^|>]+)(?:\|[^>]*)?>/g, "$1"));
}

/** First words a command takes, read from a usage hint such as "[ack | resolve | help]". */
function verbs(command) {
  const hint = command.usage_hint ?? "";
  return hint.includes("|") ? [...new Set(hint.split("|").map((part) => /[a-z][a-z-]+/.exec(part.replace(/<[^>]*>/g, ""))?.[0]).filter(Boolean))] : [];
}

/** What could be completed at the caret: {from, items: [{text, label, note, lead}]} */
function completions(text, caret, where) {
  const before = text.slice(0, caret);
  if (where !== "thread" && /^\/[\w-]*$/.test(before)) {
    return { from: 0, items: state.commands.filter((one) => one.command.startsWith(before)).map((one) => ({ text: `${one.command} `, label: `${one.command} ${one.usage_hint ?? ""}`.trim(), note: one.description, lead: icon("bolt", 16) })), title: "Commands" };
  }
  const verb = where === "thread" ? null : /^(\/[\w-]+) ([a-z-]*)$/.exec(before);
  if (verb) {
    const command = state.commands.find((one) => one.command === verb[1]);
    const items = command ? verbs(command).filter((word) => word.startsWith(verb[2]) && word !== verb[2]).map((word) => ({ text: `${word} `, label: `${command.command} ${word}`, lead: icon("bolt", 16) })) : [];
    return items.length ? { from: caret - verb[2].length, items, title: command.description ?? command.command, soft: true } : null;
  }
  const found = /(?:^|[\s(])([@#])([\w.-]*)$/.exec(before) ?? /(?:^|[\s(])(:)([a-z0-9_+-]{2,})$/.exec(before);
  if (!found) return null;
  const [, mark, word] = found;
  const wanted = word.toLowerCase();
  const from = caret - word.length - 1;
  if (mark === ":") return { from, items: findEmoji(wanted, 8).map((one) => ({ text: `:${one.name}: `, label: `:${one.name}:`, lead: one.char })), title: "Emoji" };
  if (mark === "#") {
    return { from, items: [...state.channels.values()].filter((one) => (one.kind === "public" || one.kind === "private") && one.name.includes(wanted)).sort((a, b) => a.name.indexOf(wanted) - b.name.indexOf(wanted)).slice(0, 8)
      .map((one) => ({ text: `#${one.name} `, label: one.name, note: one.topic, lead: one.kind === "private" ? icon("lock", 14) : "#" })), title: "Channels" };
  }
  const people = [...state.users.values()].filter((user) => !user.deleted && `${user.name} ${user.real_name} ${user.display_name}`.toLowerCase().includes(wanted)).sort((a, b) => Number(Boolean(a.is_bot)) - Number(Boolean(b.is_bot)))
    .map((user) => ({ text: `@${user.name} `, label: nameOf(user.id), note: `@${user.name}${user.is_bot ? " · app" : ""}`, lead: icon("at", 14) }));
  const groups = [...state.usergroups.values()].filter((group) => group.handle.toLowerCase().includes(wanted)).map((group) => ({ text: `@${group.handle} `, label: `@${group.handle}`, note: group.name, lead: icon("members", 14) }));
  const all = ["here", "channel"].filter((one) => one.startsWith(wanted)).map((one) => ({ text: `@${one} `, label: `@${one}`, note: one === "here" ? "everyone active in this channel" : "everyone in this channel", lead: icon("bolt", 14) }));
  return { from, items: [...people, ...groups, ...all].slice(0, 8), title: "People" };
}

/** A text field with completion. Returns {field, box}; box holds the list and the field. */
function smartField({ label, placeholder, where, onsend, onescape, onup, value = "", oninput }) {
  const id = `cmp-${where}-${Math.random().toString(36).slice(2, 7)}`;
  const list = h("div", { class: "complete", role: "listbox", id, hidden: true });
  const field = h("textarea", { class: "composer-field", rows: 1, placeholder, "aria-label": label, "data-composer": where, value, autocomplete: "off", spellcheck: "true", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": id, enterkeyhint: "send" });
  let open = null;
  let active = 0;
  const close = () => { open = null; list.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
  const mark = (to) => { active = (to + open.items.length) % open.items.length; $$('[role="option"]', list).forEach((row, i) => { row.classList.toggle("active", i === active && !(open.soft && !open.moved)); row.setAttribute("aria-selected", String(i === active)); if (i === active) row.scrollIntoView({ block: "nearest" }); }); field.setAttribute("aria-activedescendant", `${id}-${active}`); };
  const take = (at) => {
    const item = open.items[at];
    const rest = field.value.slice(field.selectionStart);
    field.value = field.value.slice(0, open.from) + item.text + rest.replace(/^ /, "");
    const caret = open.from + item.text.length;
    field.setSelectionRange(caret, caret);
    close();
    grow();
    oninput?.(field.value);
    look();
    field.focus();
  };
  function look() {
    open = completions(field.value, field.selectionStart, where);
    if (!open?.items.length) { close(); return; }
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    fill(list, h("div", { class: "options-group" }, open.title), open.items.map((item, i) => h("div", { class: "option", role: "option", id: `${id}-${i}`, "data-complete": item.text.trim(), onpointerdown: (event) => { event.preventDefault(); take(i); } },
      h("span", { class: "option-lead" }, item.lead), h("span", { class: "option-text" }, item.label, item.note ? h("small", {}, item.note) : null))));
    mark(0);
  }
  const grow = () => { field.style.height = "auto"; field.style.height = `${Math.min(field.scrollHeight, innerHeight * 0.4)}px`; };
  field.addEventListener("input", () => { grow(); oninput?.(field.value); look(); });
  field.addEventListener("blur", () => setTimeout(close, 100));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (open) {
      const whole = open.from === 0 && open.items[active]?.text.trim() === field.value.trim();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); if (open.soft && !open.moved) { open.moved = true; mark(event.key === "ArrowDown" ? 0 : open.items.length - 1); } else mark(active + (event.key === "ArrowDown" ? 1 : -1)); return; }
      if (event.key === "Tab" || (event.key === "Enter" && !whole && !event.shiftKey && (!open.soft || open.moved))) { event.preventDefault(); take(active); return; }
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); return; }
    }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); close(); onsend(field.value); }
    else if (event.key === "Escape") onescape?.(event);
    else if (event.key === "ArrowUp" && !field.value) { if (onup?.()) event.preventDefault(); }
  });
  return { field, list, grow, close };
}

/** The composer of a channel or a thread. `target()` → {channel, thread_ts?} */
export function composer(where, target) {
  const key = () => { const to = target(); return `${to.channel}:${to.thread_ts ?? ""}`; };
  const also = where === "thread" ? h("input", { type: "checkbox", "data-broadcast": true }) : null;
  const alsoName = h("span");
  const send = h("button", { type: "button", class: "send-btn", "aria-label": "Send", title: "Send (Enter)", "data-send": where, onclick: () => submit(smart.field.value) }, icon("send"));
  const smart = smartField({ where, label: "Message", placeholder: "Message", onsend: (text) => submit(text), oninput: (text) => { state.drafts.set(key(), text); send.classList.toggle("ready", Boolean(text.trim())); },
    onescape: (event) => { if (where === "thread") { event.preventDefault(); go.thread(null); } },
    onup: () => { const to = target(); const last = lastOwn(to.channel, to.messages?.()); if (last) go.edit(to.channel, last, where); return Boolean(last); } });
  const set = (text) => { smart.field.value = text; state.drafts.set(key(), text); send.classList.toggle("ready", Boolean(text.trim())); smart.grow(); };

  async function submit(typed) {
    const text = typed.trim();
    if (!text) return;
    const to = target();
    if (text.startsWith("/") && !text.startsWith("//")) {
      if (where === "thread") { toast(`${text.split(/\s/)[0]} is not supported in threads. Sorry!`, "error"); return; }
      set("");
      try { await ask("command", { channel: to.channel, text }); } catch (error) { toast(error.message, "error"); if (!smart.field.value) set(typed); }
      return;
    }
    set("");
    const broadcast = Boolean(also?.checked);
    try {
      await ask("post", { channel: to.channel, text: toSlack(text), ...(to.thread_ts ? { thread_ts: to.thread_ts } : {}), ...(broadcast ? { broadcast: true } : {}) });
      if (also) also.checked = false;
    } catch (error) { toast(error.message, "error"); if (!smart.field.value) set(typed); }
  }

  async function upload(files) {
    const to = target();
    for (const file of files) {
      if (file.size > MAX_FILE_BYTES) { toast(`${file.name} is larger than 20 MB.`, "error"); continue; }
      try { await ask("upload", { channel: to.channel, ...(to.thread_ts ? { thread_ts: to.thread_ts } : {}), name: file.name, mimetype: file.type || "application/octet-stream", content_base64: await base64(file) }); } catch (error) { toast(error.message, "error"); }
    }
  }
  const picker = h("input", { type: "file", multiple: true, hidden: true, "data-upload": where, "aria-label": "Upload a file", onchange: async () => { await upload([...picker.files]); picker.value = ""; } });
  const put = (text) => { const at = smart.field.selectionStart; smart.field.setRangeText(text, at, smart.field.selectionEnd, "end"); smart.field.focus(); smart.field.dispatchEvent(new Event("input")); };
  const plus = iconButton("plus", "Attach, shortcuts", (event) => menu(event.currentTarget, [{ label: "Upload a file", icon: "clip", id: "upload", run: () => picker.click() },
    ...(where === "channel" && state.commands.length ? [{ label: "Use a command", note: state.commands.map((one) => one.command).join("  "), icon: "bolt", id: "commands", run: () => { set(""); put("/"); } }] : []),
    ...shortcutItems(state.shortcuts.filter((one) => one.type === "global"), (one) => runShortcut(one, { channel: target().channel }))], { label: "Attach, shortcuts", align: "start" }), { class: "icon-btn plus-btn", "data-plus": where });
  const bar = h("div", { class: "composer-bar" }, plus, iconButton("smile", "Emoji", (event) => emojiPicker(event.currentTarget, (name) => put(`:${name}: `))), iconButton("at", "Mention someone", () => put("@")),
    h("span", { class: "composer-tip", "aria-hidden": "true" }, h("kbd", {}, "Shift"), "+", h("kbd", {}, "Enter"), " for a new line"), send);
  const el = h("div", { class: "composer", "data-composer-box": where }, smart.list, h("div", { class: "composer-box" }, smart.field, also ? h("label", { class: "also" }, also, alsoName) : null, bar), picker);
  el.addEventListener("dragover", (event) => event.preventDefault());
  el.addEventListener("drop", (event) => { event.preventDefault(); upload([...event.dataTransfer.files]); });
  smart.field.addEventListener("paste", (event) => { const files = [...(event.clipboardData?.files ?? [])]; if (files.length) { event.preventDefault(); upload(files); } });
  return {
    el, field: smart.field,
    /** The composer now stands for another place: its draft comes back. */
    moved(name) {
      smart.close();
      smart.field.placeholder = where === "thread" ? "Reply…" : `Message ${name}`;
      smart.field.setAttribute("aria-label", where === "thread" ? "Reply in thread" : `Message ${name}`);
      alsoName.textContent = ` Also send to ${name}`;
      if (also) also.checked = false;
      set(state.drafts.get(key()) ?? "");
    },
    focus() { if (!isPhone()) smart.field.focus({ preventScroll: true }); },
  };
}

/** Puts an editor in the place of a message's text. */
export function editInline(row, channel, message, done) {
  const main = $(".msg-main", row);
  const hidden = [...main.children];
  const end = () => { box.remove(); for (const el of hidden) el.hidden = false; row.classList.remove("msg-editing"); done?.(); };
  const save = (text) => {
    if (!text.trim()) { toast("A message cannot be empty. Delete it instead.", "error"); return; }
    end();
    if (toSlack(text.trim()) !== message.text) tell(ask("edit", { channel, ts: message.ts, text: toSlack(text.trim()) }));
  };
  const smart = smartField({ where: "edit", label: "Edit message", value: fromSlack(message.text), onsend: save, onescape: (event) => { event.preventDefault(); event.stopPropagation(); end(); } });
  const box = h("div", { class: "composer composer-edit" }, smart.list, h("div", { class: "composer-box" }, smart.field, h("div", { class: "composer-bar edit-bar" },
    h("button", { type: "button", class: "btn btn-small", "data-edit": "cancel", onclick: end }, "Cancel"), h("button", { type: "button", class: "btn btn-small btn-primary", "data-edit": "save", onclick: () => save(smart.field.value) }, "Save"))));
  for (const el of hidden) el.hidden = true;
  row.classList.add("msg-editing");
  main.append(box);
  smart.grow();
  smart.field.focus();
  smart.field.setSelectionRange(smart.field.value.length, smart.field.value.length);
  smart.close();
}
