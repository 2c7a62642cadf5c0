// rich_text blocks: sections, lists, quotes, preformatted and every leaf.

import { h } from "./dom.js";
import { emojiFromUnicode, emojiChar } from "./emoji.js";
import { broadcast, channelMention, dateNode, emojiNode, groupMention, link, userMention } from "./mrkdwn.js";

function styled(node, style = {}) {
  let out = node;
  for (const [name, tag] of [["code", "code"], ["strike", "del"], ["italic", "em"], ["bold", "strong"], ["underline", "u"]]) {
    if (style?.[name]) out = h(tag, {}, out);
  }
  return style?.highlight || style?.client_highlight ? h("mark", {}, out) : out;
}

function leaf(one) {
  switch (one.type) {
    case "text": return styled(one.text ?? "", one.style);
    case "link": return styled(link(one.url ?? "", one.text), one.style);
    case "user": return styled(userMention(one.user_id ?? ""), one.style);
    case "usergroup": return styled(groupMention(one.usergroup_id ?? ""), one.style);
    case "channel": return styled(channelMention(one.channel_id ?? ""), one.style);
    case "broadcast": return styled(broadcast(one.range ?? "here"), one.style);
    case "team": return styled(one.team_id ?? "", one.style);
    case "emoji": {
      const char = emojiChar(one.name ?? "") ?? (one.unicode ? emojiFromUnicode(one.unicode) : undefined);
      return styled(char && !emojiChar(one.name ?? "") ? h("span", { class: "emoji", title: `:${one.name}:` }, char) : emojiNode(one.name ?? "?"), one.style);
    }
    case "date": return styled(dateNode(one.timestamp, one.format ?? "{date_long}", one.url, one.fallback), one.style);
    case "color": return h("span", { class: "color-leaf" }, h("i", { style: { background: /^#[0-9a-f]{3,8}$/i.test(one.value ?? "") ? one.value : "transparent" } }), one.value ?? "");
    default: return h("code", { title: "unknown rich text element" }, one.type ?? "?");
  }
}

const leaves = (elements) => (elements ?? []).map(leaf);
const ORDERED = ["decimal", "lower-alpha", "lower-roman"];

function list(one) {
  const depth = Number(one.indent ?? 0);
  const ordered = one.style === "ordered";
  return h(ordered ? "ol" : "ul", {
    class: `rt-list${one.border ? " rt-border" : ""}`, start: ordered && one.offset ? one.offset + 1 : undefined,
    style: { "--depth": depth, "list-style-type": ordered ? ORDERED[depth % 3] : ["disc", "circle", "square"][depth % 3] },
  }, (one.elements ?? []).map((item) => h("li", {}, leaves(item.elements))));
}

function part(one) {
  switch (one.type) {
    case "rich_text_section": return h("div", { class: "rt-section" }, leaves(one.elements));
    case "rich_text_list": return list(one);
    case "rich_text_quote": return h("blockquote", {}, leaves(one.elements));
    case "rich_text_preformatted": return h("pre", {}, h("code", {}, leaves(one.elements)));
    default: return h("code", {}, `unknown rich text part: ${one.type}`);
  }
}

/** The nodes of a rich_text block (or a table cell of that type). */
export const richText = (block) => (block.elements ?? []).map(part);

/** What was typed in a rich_text_input → the rich_text value an app gets. */
export function richTextValue(text) {
  const trimmed = text.replace(/\s+$/, "");
  if (!trimmed) return null;
  const elements = [];
  let section = [];
  const close = () => { if (section.length) elements.push({ type: "rich_text_section", elements: section }); section = []; };
  for (const line of trimmed.split("\n")) {
    const bullet = /^\s*(?:[-*•]|(\d+)\.)\s+(.*)$/.exec(line);
    if (bullet) {
      close();
      const style = bullet[1] ? "ordered" : "bullet";
      const item = { type: "rich_text_section", elements: typed(bullet[2]) };
      const before = elements.at(-1);
      if (before?.type === "rich_text_list" && before.style === style) before.elements.push(item);
      else elements.push({ type: "rich_text_list", style, indent: 0, elements: [item] });
    } else {
      if (section.length) section.push({ type: "text", text: "\n" });
      section.push(...typed(line));
    }
  }
  close();
  return { type: "rich_text", elements };
}

function typed(text) {
  const out = [];
  let rest = 0;
  const push = (end) => { if (end > rest) out.push({ type: "text", text: text.slice(rest, end) }); };
  for (const found of text.matchAll(/\*([^*\n]+)\*|_([^_\n]+)_|~([^~\n]+)~|`([^`\n]+)`|(https?:\/\/\S+)|:([a-z0-9_+-]+):/g)) {
    const [whole, bold, italic, strike, code, url, emoji] = found;
    if (emoji && !emojiChar(emoji)) continue;
    push(found.index);
    rest = found.index + whole.length;
    if (url) out.push({ type: "link", url });
    else if (emoji) out.push({ type: "emoji", name: emoji });
    else out.push({ type: "text", text: bold ?? italic ?? strike ?? code, style: { [bold ? "bold" : italic ? "italic" : strike ? "strike" : "code"]: true } });
  }
  push(text.length);
  return out;
}

/** A rich_text value back to typed text (initial_value of a rich_text_input). */
export function richTextSource(value) {
  const words = (elements) => (elements ?? []).map((one) => one.text ?? one.url ?? (one.name ? `:${one.name}:` : one.user_id ? `<@${one.user_id}>` : "")).join("");
  return (value?.elements ?? []).map((one) => one.type === "rich_text_list"
    ? one.elements.map((item, i) => `${one.style === "ordered" ? `${i + 1}.` : "-"} ${words(item.elements)}`).join("\n") : words(one.elements)).join("\n");
}
