// Slack's mrkdwn → nodes. The text comes with & < > escaped as entities; everything
// becomes text nodes, so nothing a user types can be markup.
// docs: messaging/formatting-message-text

import { h, safeUrl } from "./dom.js";
import { emojiChar } from "./emoji.js";
import { formatTokens, full } from "./time.js";
import { state, nameOf, channelName } from "./state.js";

export const unescape = (text) => String(text).replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
export const escape = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Plain text with emoji; line breaks kept by CSS (white-space: pre-wrap). */
export function plain(text, emoji = true) {
  return emoji ? emojify(String(text ?? "")) : [String(text ?? "")];
}

/** A Block Kit text object, or a string taken as mrkdwn. */
export function textObject(object) {
  if (object === null || object === undefined) return [];
  if (typeof object === "string") return mrkdwn(object);
  return object.type === "mrkdwn" ? mrkdwn(object.text, { verbatim: object.verbatim }) : plain(object.text, object.emoji !== false);
}

/** The text of a text object without any markup, for labels and titles. */
export const bare = (object) => (typeof object === "string" ? object : object?.text ?? "").replace(/:([a-z0-9_+'-]+):/g, (whole, name) => emojiChar(name) ?? whole);

export function emojiNode(name) {
  const char = emojiChar(name);
  return h("span", { class: char ? "emoji" : "emoji emoji-unknown", title: `:${name}:`, role: "img", "aria-label": name.split("::")[0].replace(/[_-]/g, " ") }, char ?? `:${name}:`);
}

function emojify(text) {
  const out = [];
  let rest = 0;
  for (const found of text.matchAll(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/g)) {
    if (!emojiChar(found[1])) continue;
    if (found.index > rest) out.push(text.slice(rest, found.index));
    out.push(emojiNode(found[1]));
    rest = found.index + found[0].length;
  }
  if (rest < text.length) out.push(text.slice(rest));
  return out;
}

export function userMention(id, label) {
  const user = state.users.get(id);
  const mine = id === state.me;
  return h("span", { class: `mention${mine ? " mention-me" : ""}`, "data-user": id, title: user?.real_name || undefined }, `@${user ? nameOf(id) : label || id}`);
}

export function channelMention(id, label) {
  const known = state.channels.get(id);
  return h("a", { class: "mention", href: `#/${id}`, "data-goto": id }, known ? channelName(known, true) : `#${label || (id.startsWith("C") ? "private-channel" : id)}`);
}

export function groupMention(id, label) {
  const group = state.usergroups.get(id);
  const mine = group?.users?.includes(state.me);
  return h("span", { class: `mention${mine ? " mention-me" : ""}`, title: group?.name }, `@${group?.handle ?? (label || id).replace(/^@/, "")}`);
}

export const broadcast = (range) => h("span", { class: "mention mention-me" }, `@${range}`);

export function link(url, label) {
  const href = safeUrl(url);
  const text = label === undefined || label === "" ? url.replace(/^(mailto|tel):/, "") : label;
  if (!href) return Array.isArray(text) ? h("span", {}, text) : String(text);
  const inside = archiveTarget(href);
  const attrs = inside ? { href: `#/${inside.join("/")}`, "data-goto": inside[0], "data-goto-ts": inside[1], "data-goto-thread": inside[2] }
    : { href, target: "_blank", rel: "noopener noreferrer" };
  return h("a", attrs, text);
}

/** A permalink to a message of this workspace: [channel, ts, thread_ts]. */
export function archiveTarget(href) {
  const found = /\/archives\/([CDG][A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?/.exec(href);
  if (!found || !state.channels.has(found[1])) return null;
  const thread = /[?&]thread_ts=(\d+\.\d+)/.exec(href);
  return [found[1], found[2] ? `${found[2]}.${found[3]}` : undefined, thread?.[1]];
}

export function dateNode(unix, format, url, fallback) {
  const text = formatTokens(unix, format) ?? fallback ?? String(unix);
  const node = h("time", { title: Number.isFinite(Number(unix)) ? full(unix) : undefined }, text);
  return url && safeUrl(url) ? link(url, node) : node;
}

function angle(inner) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? undefined : unescape(inner.slice(bar + 1));
  if (/^@[UWB]/.test(target)) return userMention(target.slice(1), label);
  if (/^#[CGD]/.test(target)) return channelMention(target.slice(1), label);
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9), label);
  if (target.startsWith("!date^")) {
    const [, unix, format, url] = target.split("^");
    return dateNode(unix, unescape(format ?? ""), url && unescape(url), label);
  }
  if (/^!(here|channel|everyone)$/.test(target)) return broadcast(target.slice(1));
  if (target.startsWith("!")) return label ?? `<${inner}>`;
  if (!/^([a-z][a-z0-9+.-]*:|\/)/i.test(target)) return `<${unescape(inner)}>`;
  return link(unescape(target), label === undefined ? undefined : emojify(label));
}

const BREAK = /[\s!-/:-@[-^`{-~\u00a0-\u00bf\u2010-\u2027\u3000-\u303f]/;
const STYLES = { "*": "strong", _: "em", "~": "del" };
const URL_START = /https?:\/\/[^\s<>|]+/y;

function closing(text, at, mark) {
  if (at > 0 && !BREAK.test(text[at - 1])) return -1;
  if (!text[at + 1] || /\s/.test(text[at + 1]) || text[at + 1] === mark) return -1;
  for (let end = at + 1; end < text.length; end++) {
    const char = text[end];
    if (char === "\n") return -1;
    if (char === "<") { const close = text.indexOf(">", end); if (close > 0) { end = close; continue; } }
    if (char === "`") { const close = text.indexOf("`", end + 1); if (close > 0) { end = close; continue; } }
    if (char === mark && !/\s/.test(text[end - 1]) && (end + 1 === text.length || BREAK.test(text[end + 1]))) return end;
  }
  return -1;
}

function inline(text, options) {
  const out = [];
  let words = "";
  const flush = () => { if (words) { out.push(...emojify(unescape(words))); words = ""; } };
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "<") {
      const end = text.indexOf(">", at);
      if (end > at + 1 && !/\n/.test(text.slice(at, end))) { flush(); out.push(angle(text.slice(at + 1, end))); at = end; continue; }
    } else if (char === "`") {
      const end = text.indexOf("`", at + 1);
      if (end > at + 1 && !text.slice(at, end).includes("\n")) { flush(); out.push(h("code", {}, codeText(text.slice(at + 1, end)))); at = end; continue; }
    } else if (STYLES[char]) {
      const end = closing(text, at, char);
      if (end > at + 1) { flush(); out.push(h(STYLES[char], {}, inline(text.slice(at + 1, end), options))); at = end; continue; }
    } else if (char === "h" && !options.verbatim && (at === 0 || BREAK.test(text[at - 1]))) {
      URL_START.lastIndex = at;
      const found = URL_START.exec(text)?.[0].replace(/(&gt;|&lt;).*$/, "").replace(/[.,;:!?)\]'"*_~`]+$/, "");
      if (found && found.length > 10) { flush(); out.push(link(unescape(found))); at += found.length - 1; continue; }
    }
    words += char;
  }
  flush();
  return out;
}

/** Inside code only links keep their shape; mentions are shown as their words. */
const codeText = (text) => text.split(/<([^<>\n]+)>/).map((part, i) => (i % 2 ? angle(part) : unescape(part)));

function lines(text, options) {
  const out = [];
  let quote = null;
  const all = text.split("\n");
  all.forEach((line, i) => {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    const last = i === all.length - 1;
    if (quoted && !/^&gt;&gt;&gt;/.test(line)) {
      if (!quote) { quote = h("blockquote"); out.push(quote); } else quote.append("\n");
      quote.append(...inline(quoted[1], options));
      return;
    }
    quote = null;
    const bullet = /^(\s*)([•◦▪‣]) +(.*)$/.exec(line);
    if (bullet) {
      out.push(h("div", { class: "bullet", style: { "--depth": Math.min(6, Math.floor(bullet[1].length / 2)) } }, h("span", {}, `${bullet[2]} `), h("span", {}, inline(bullet[3], options))));
      return;
    }
    out.push(...inline(line, options));
    if (!last) out.push("\n");
  });
  return out;
}

/** mrkdwn text → array of nodes and strings, for an element with `white-space: pre-wrap`. */
export function mrkdwn(text, options = {}) {
  const out = [];
  String(text ?? "").split(/```\n?([\s\S]*?)```\n?/).forEach((part, i) => {
    if (i % 2) { out.push(h("pre", {}, h("code", {}, codeText(part.replace(/\n$/, ""))))); return; }
    if (!part) return;
    const rest = /(^|\n)(?:&gt;&gt;&gt;|>>>) ?([\s\S]*)$/.exec(part);
    if (!rest) { out.push(...lines(part, options)); return; }
    out.push(...lines(part.slice(0, rest.index), options), h("blockquote", {}, lines(rest[2], options)));
  });
  return out;
}
