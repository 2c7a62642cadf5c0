// Block Kit's layout blocks → nodes. docs: reference/block-kit/blocks
//
// A surface (ctx) is where blocks stand: {key, channel?, values, errors?, act(block_id, action), suggest(block_id, action_id, text)}.

import { h, safeUrl, icon } from "./dom.js";
import { bare, link, mrkdwn, textObject } from "./mrkdwn.js";
import { element } from "./elements.js";
import { richText } from "./richtext.js";
import { markdown } from "./markdown.js";
import { fileCard } from "./files.js";

/** Text of one section longer than this is folded behind "See more" (unless `expand`). */
const FOLD_CHARS = 900;
const FOLD_LINES = 14;

/** Something we cannot show is shown as what it is, never silently left out. */
export function unknown(thing, what) {
  return h("details", { class: "unknown", "data-unknown": thing?.type ?? "?" }, h("summary", {}, `${what} “${thing?.type ?? "without a type"}” is not shown here`), h("pre", {}, JSON.stringify(thing, null, 2)));
}

export function fold(node, isLong, more = "See more", less = "See less") {
  if (!isLong) return node;
  node.classList.add("folded");
  const toggle = h("button", { type: "button", class: "fold-btn", "aria-expanded": "false", onclick: () => {
    const shut = node.classList.toggle("folded");
    toggle.textContent = shut ? more : less;
    toggle.setAttribute("aria-expanded", String(!shut));
  } }, more);
  return [node, toggle];
}

const long = (text, chars, lines) => text.length > chars || text.split("\n").length > lines;

/** An image; one of another host is loaded only when asked, the page itself asks nothing outside. */
export function image(url, alt, cls = "") {
  const href = safeUrl(url);
  if (!href || !/^https?:/.test(href)) return h("span", { class: `img-none ${cls}` }, alt || "image");
  const make = () => h("img", { src: href, alt: alt ?? "", class: cls, loading: "lazy" });
  if (new URL(href).origin === location.origin) return make();
  return h("button", { type: "button", class: `img-outside ${cls}`, title: href, onclick: (event) => event.currentTarget.replaceWith(make()) }, icon("eye", 16), h("span", {}, alt || "Image", h("small", {}, `load from ${new URL(href).host}`)));
}

const imageOf = (one, cls) => (one.slack_file?.id ? h("img", { src: `/ui/file/${encodeURIComponent(one.slack_file.id)}`, alt: one.alt_text ?? "", class: cls, loading: "lazy" }) : image(one.image_url ?? one.slack_file?.url ?? "", one.alt_text, cls));

const accessory = (ctx, block, one) => (one.type === "image" ? imageOf(one, "accessory-image") : element(ctx, block, one) ?? unknown(one, "The element"));

const BLOCKS = {
  section(ctx, block) {
    const text = block.text ? h("div", { class: "text" }, textObject(block.text)) : null;
    return [h("div", { class: "section-main" },
      text ? fold(text, !block.expand && long(block.text.text ?? "", FOLD_CHARS, FOLD_LINES)) : null,
      block.fields ? h("div", { class: "fields" }, block.fields.map((one) => h("div", { class: "text" }, textObject(one)))) : null),
    block.accessory ? h("div", { class: "accessory" }, accessory(ctx, block, block.accessory)) : null];
  },
  header: (ctx, block) => h("h3", { class: "block-header-text" }, textObject(block.text)),
  divider: () => h("hr"),
  context: (ctx, block) => (block.elements ?? []).map((one) => (one.type === "image" ? imageOf(one, "context-image") : h("span", { class: "text" }, textObject(one)))),
  image: (ctx, block) => h("figure", {}, block.title ? h("figcaption", {}, textObject(block.title)) : null, imageOf(block, "pic")),
  actions: (ctx, block) => (block.elements ?? []).map((one) => element(ctx, block, one) ?? unknown(one, "The element")),
  context_actions: (ctx, block) => (block.elements ?? []).map((one) => element(ctx, block, one) ?? unknown(one, "The element")),
  rich_text: (ctx, block) => richText(block),
  markdown: (ctx, block) => markdown(block.text ?? ""),
  table: (ctx, block) => table(block),
  file: (ctx, block) => fileCard({ id: block.external_id, name: bare(block.title) || block.external_id || "Remote file", mimetype: "", remote: true }),
  video(ctx, block) {
    return h("div", { class: "video" }, h("div", {}, h("strong", {}, link(block.title_url ?? block.video_url ?? "", bare(block.title) || "Video"))), block.description ? h("div", { class: "text" }, textObject(block.description)) : null,
      h("div", {}, h("small", {}, [block.author_name, block.provider_name].filter(Boolean).join(" · "))), block.thumbnail_url ? image(block.thumbnail_url, block.alt_text, "pic") : null);
  },
  input(ctx, block) {
    const one = element(ctx, block, block.element) ?? unknown(block.element, "The input");
    const error = ctx.errors?.[block.block_id];
    const id = `${ctx.key}-${block.block_id}`.replace(/[^\w-]/g, "_");
    if (block.optional) one.removeAttribute?.("aria-required");
    one.setAttribute?.("aria-describedby", `${id}-note`);
    if (error) one.setAttribute?.("aria-invalid", "true");
    return h("div", { class: `input-block${error ? " has-error" : ""}` }, h("label", { class: "input-label" }, textObject(block.label), block.optional ? h("small", {}, " (optional)") : null),
      one, h("div", { id: `${id}-note` }, error ? h("div", { class: "input-error", role: "alert", "data-error-for": block.block_id }, icon("bolt", 14), error) : null, block.hint ? h("div", { class: "input-hint" }, textObject(block.hint)) : null));
  },
};

function table(block) {
  const cell = (one) => (one?.type === "rich_text" ? richText(one) : h("span", { class: "text" }, String(one?.text ?? one?.value ?? "")));
  const setting = (column) => block.column_settings?.[column] ?? {};
  return h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" }, h("table", {}, (block.rows ?? []).map((row, at) => h("tr", {}, row.map((one, column) =>
    h(at === 0 ? "th" : "td", { class: setting(column).is_wrapped === false ? "nowrap" : undefined, style: { "text-align": ["left", "center", "right"].includes(setting(column).align) ? setting(column).align : "left" } }, cell(one)))))));
}

/** All blocks of a surface, each in a div with its data-block-id. */
export function blocks(ctx, list) {
  return (Array.isArray(list) ? list : []).map((block) => {
    const build = Object.hasOwn(BLOCKS, block?.type) ? BLOCKS[block.type] : null;
    return h("div", { class: `block block-${build ? block.type : "unknown"}`, "data-block-id": block?.block_id, "data-block-type": block?.type }, build ? build(ctx, block) : unknown(block, "The block"));
  });
}

const BAR = { good: "#2e9e6b", warning: "#d9a038", danger: "#d13a3a" };
/** Slack folds the text of an attachment at 700 characters or 5 line breaks. */
const ATTACHMENT_CHARS = 700;
const ATTACHMENT_BREAKS = 5;

/** One attachment: a coloured bar with blocks, or the old fields. */
export function attachment(ctx, one, at, { legacyAction, time }) {
  const color = BAR[one.color] ?? (/^#?[0-9a-f]{3,8}$/i.test(one.color ?? "") ? `#${one.color.replace("#", "")}` : "var(--line-strong)");
  const inside = [];
  if (one.blocks?.length) inside.push(blocks(ctx, one.blocks));
  if (one.author_name) inside.push(h("div", { class: "att-author" }, one.author_link ? link(one.author_link, one.author_name) : one.author_name));
  if (one.title) inside.push(h("div", { class: "att-title" }, one.title_link ? link(one.title_link, mrkdwn(one.title)) : mrkdwn(one.title)));
  if (one.text && !one.blocks?.length) inside.push(fold(h("div", { class: "text" }, mrkdwn(one.text)), long(one.text, ATTACHMENT_CHARS, ATTACHMENT_BREAKS), "Show more", "Show less"));
  if (one.fields?.length) inside.push(h("div", { class: "fields" }, one.fields.map((field) => h("div", { class: `text${field.short ? "" : " field-long"}` }, h("strong", {}, mrkdwn(field.title ?? "")), "\n", mrkdwn(field.value ?? "")))));
  if (one.image_url) inside.push(image(one.image_url, one.fallback || "Image", "pic"));
  if (one.actions?.length) inside.push(h("div", { class: "block block-actions" }, one.actions.map((action) => legacyButton(one, at, action, legacyAction))));
  if (one.footer || one.ts) inside.push(h("div", { class: "att-footer" }, mrkdwn(one.footer ?? ""), one.footer && one.ts ? " · " : "", one.ts ? time(one.ts) : ""));
  const empty = !inside.length && one.fallback ? h("div", { class: "text" }, mrkdwn(one.fallback)) : null;
  return [one.pretext ? h("div", { class: "text att-pretext" }, mrkdwn(one.pretext)) : null,
    h("div", { class: "attachment", "data-attachment": at, style: { "--bar": color } }, h("div", { class: "att-main" }, inside, empty), one.thumb_url ? image(one.thumb_url, "", "att-thumb") : null)];
}

function legacyButton(attachmentObject, at, action, run) {
  const href = action.url && safeUrl(action.url);
  const attrs = { class: `btn btn-block${action.style === "primary" ? " btn-primary" : action.style === "danger" ? " btn-danger" : ""}`, "data-action-name": action.name };
  if (href) return h("a", { ...attrs, href, target: "_blank", rel: "noopener noreferrer", role: "button" }, mrkdwn(action.text ?? ""));
  return h("button", { ...attrs, type: "button", onclick: () => run(attachmentObject, at, action) }, mrkdwn(action.text ?? action.name ?? ""));
}
