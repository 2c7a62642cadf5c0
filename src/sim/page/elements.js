// The interactive elements of Block Kit. Each takes the surface (ctx), its block and
// itself, and gives a node. docs: reference/block-kit/block-elements

import { h, fill, icon, safeUrl, debounce } from "./dom.js";
import { bare, plain, textObject } from "./mrkdwn.js";
import { confirmDialog, menu } from "./overlay.js";
import { selectMenu } from "./select.js";
import { current, field, put, typedSource, typedValue } from "./values.js";
import { ask } from "./socket.js";
import { toast } from "./toast.js";

const DATE_SETTLE_MS = 500;

/** Asks the element's confirm question first, then sends; `undo` when the answer was no. */
async function send(ctx, block, element, extra, node, undo) {
  if (element.confirm) {
    const c = element.confirm;
    const yes = await confirmDialog({ title: bare(c.title) || "Are you sure?", text: textObject(c.text), confirm: bare(c.confirm) || "Yes", deny: bare(c.deny) || "Cancel", style: c.style });
    if (!yes) { undo?.(); return; }
  }
  node?.setAttribute("aria-busy", "true");
  try {
    await ctx.act(block.block_id, { type: element.type, action_id: element.action_id, ...extra });
  } finally {
    node?.removeAttribute("aria-busy");
  }
}

/** Elements of input blocks speak only with dispatch_action; all others always. */
const speaks = (block) => block.type !== "input" || block.dispatch_action;

function told(ctx, block, element, node) {
  return (value) => { if (speaks(block)) send(ctx, block, element, { [field(element.type)]: value }, node); };
}

export function button(ctx, block, element) {
  const style = element.style === "primary" ? " btn-primary" : element.style === "danger" ? " btn-danger" : "";
  const attrs = { class: `btn btn-block${style}`, "data-action-id": element.action_id, "data-block-id": block.block_id, "data-value": element.value, "aria-label": element.accessibility_label };
  const extra = element.value === undefined ? {} : { value: element.value };
  const href = element.url && safeUrl(element.url);
  if (href) return h("a", { ...attrs, href, target: "_blank", rel: "noopener noreferrer", role: "button", onclick: (event) => send(ctx, block, element, extra, event.currentTarget) }, plain(element.text?.text, element.text?.emoji));
  return h("button", { ...attrs, type: "button", onclick: (event) => { const node = event.currentTarget; if (node.getAttribute("aria-busy") !== "true") send(ctx, block, element, extra, node); } }, h("span", {}, plain(element.text?.text, element.text?.emoji)));
}

function overflow(ctx, block, element) {
  return h("button", { type: "button", class: "btn btn-overflow", "aria-label": "More options", "aria-haspopup": "menu", "data-action-id": element.action_id, "data-block-id": block.block_id,
    onclick: (event) => {
      const node = event.currentTarget;
      menu(node, (element.options ?? []).map((option) => ({ label: textObject(option.text), note: option.description ? bare(option.description) : null, id: option.value,
        run: () => { if (option.url && safeUrl(option.url)) window.open(safeUrl(option.url), "_blank", "noopener"); send(ctx, block, element, { selected_option: option }, node); } })), { label: "More options" });
    } }, icon("dots"));
}

function native(type, toValue, fromValue) {
  return (ctx, block, element) => {
    const now = current(ctx.values, block.block_id, element)[field(element.type)];
    let sent = JSON.stringify(now);
    const input = h("input", { type, class: "field field-date", value: now === null ? "" : fromValue(now), "aria-label": bare(block.label) || bare(element.placeholder) || type, "data-action-id": element.action_id, "data-block-id": block.block_id });
    const tell = () => {
      const value = input.value ? toValue(input.value) : null;
      put(ctx.values, block.block_id, element, value);
      if (JSON.stringify(value) === sent) return;
      sent = JSON.stringify(value);
      told(ctx, block, element, input)(value);
    };
    const later = debounce(DATE_SETTLE_MS, tell);
    input.addEventListener("input", () => put(ctx.values, block.block_id, element, input.value ? toValue(input.value) : null));
    input.addEventListener("change", later);
    input.addEventListener("blur", tell);
    return input;
  };
}

const two = (n) => String(n).padStart(2, "0");
const localMinute = (unix) => { const d = new Date(unix * 1000); return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`; };

function choices(kind) {
  return (ctx, block, element) => {
    const many = kind === "checkbox";
    const name = `${ctx.key}-${block.block_id}-${element.action_id}`;
    const now = () => current(ctx.values, block.block_id, element)[field(element.type)];
    const on = (option) => (many ? now().some((one) => one.value === option.value) : now()?.value === option.value);
    const group = h("div", { class: "choices", role: many ? "group" : "radiogroup", "aria-label": bare(block.label) || undefined, "data-action-id": element.action_id, "data-block-id": block.block_id });
    fill(group, (element.options ?? []).map((option) => h("label", { class: "choice" },
      h("input", { type: kind, name, value: option.value, checked: on(option), "data-value": option.value, onchange: (event) => {
        const before = now();
        const value = many ? (event.target.checked ? [...before, option] : before.filter((one) => one.value !== option.value)) : option;
        put(ctx.values, block.block_id, element, value);
        const undo = () => { put(ctx.values, block.block_id, element, before); for (const input of group.querySelectorAll("input")) input.checked = on({ value: input.dataset.value }); };
        if (speaks(block)) send(ctx, block, element, { [field(element.type)]: value }, null, undo);
      } }), h("span", {}, textObject(option.text), option.description ? h("small", {}, textObject(option.description)) : null))));
    return group;
  };
}

function textInput(ctx, block, element) {
  const many = element.multiline || element.type === "rich_text_input";
  const source = typedSource(element, current(ctx.values, block.block_id, element)[field(element.type)]);
  const type = { email_text_input: "email", url_text_input: "url" }[element.type] ?? "text";
  const attrs = { class: "field", placeholder: bare(element.placeholder), "data-action-id": element.action_id, "data-block-id": block.block_id, "aria-label": bare(block.label) || undefined,
    "aria-required": block.optional ? undefined : "true", autofocus: element.focus_on_load, value: source, autocomplete: "off", inputmode: element.type === "number_input" ? "decimal" : undefined };
  const input = many ? h("textarea", { ...attrs, rows: element.type === "rich_text_input" ? 4 : 3 }) : h("input", { ...attrs, type });
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const value = () => typedValue(element, input.value);
  const tell = () => { if (block.dispatch_action) send(ctx, block, element, { [field(element.type)]: value() }); };
  const later = debounce(400, tell);
  const count = element.max_length ? h("small", { class: "counter", "aria-hidden": "true" }) : null;
  const show = () => { if (count) { const left = element.max_length - [...input.value].length; count.textContent = left < 50 ? String(left) : ""; count.classList.toggle("over", left < 0); } };
  input.addEventListener("input", () => { put(ctx.values, block.block_id, element, value()); show(); if (triggers.includes("on_character_entered")) later(); });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (many && (event.ctrlKey || event.metaKey)) { event.preventDefault(); input.form?.requestSubmit(); }
    else if (!many && block.dispatch_action && triggers.includes("on_enter_pressed")) { event.preventDefault(); tell(); }
  });
  show();
  return count ? h("div", { class: "counted" }, input, count) : input;
}

function fileInput(ctx, block, element) {
  const now = () => current(ctx.values, block.block_id, element).files;
  const list = h("div", { class: "file-list" });
  const show = () => fill(list, now().map((file) => h("span", { class: "token" }, file.name ?? file.id ?? file, " ",
    h("button", { type: "button", class: "token-x", "aria-label": `Remove ${file.name ?? "file"}`, onclick: () => { put(ctx.values, block.block_id, element, now().filter((one) => one !== file)); show(); } }, "×"))));
  const input = h("input", { type: "file", class: "field", "aria-label": bare(block.label) || "Files", multiple: (element.max_files ?? 10) > 1, accept: element.filetypes?.map((ext) => `.${ext}`).join(","), "data-action-id": element.action_id, "data-block-id": block.block_id,
    onchange: async () => {
      for (const file of [...input.files].slice(0, (element.max_files ?? 10) - now().length)) {
        try {
          const answer = await ask("upload", { name: file.name, mimetype: file.type || "application/octet-stream", content_base64: await base64(file) });
          put(ctx.values, block.block_id, element, [...now(), answer.file]);
        } catch (error) { toast(error.message, "error"); }
      }
      input.value = "";
      show();
    } });
  show();
  return h("div", {}, input, list);
}

export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error(`Cannot read ${file.name}.`));
    reader.readAsDataURL(file);
  });
}

function feedback(ctx, block, element) {
  return h("span", { class: "feedback" }, [["positive_button", "👍"], ["negative_button", "👎"]].map(([key, char]) => element[key] && h("button", { type: "button", class: "icon-btn", title: bare(element[key].text), "aria-label": element[key].accessibility_label ?? bare(element[key].text),
    "data-action-id": element.action_id, "data-block-id": block.block_id, "data-value": element[key].value, onclick: (event) => send(ctx, block, element, { value: element[key].value }, event.currentTarget) }, char)));
}

function iconElement(ctx, block, element) {
  return h("button", { type: "button", class: "icon-btn", title: bare(element.text), "aria-label": element.accessibility_label ?? bare(element.text), "data-action-id": element.action_id, "data-block-id": block.block_id,
    onclick: (event) => send(ctx, block, element, { value: element.value }, event.currentTarget) }, icon(element.icon === "trash" ? "trash" : "dots"));
}

const KINDS = {
  button, workflow_button: button, overflow,
  datepicker: native("date", (text) => text, (value) => value),
  timepicker: native("time", (text) => text.slice(0, 5), (value) => value),
  datetimepicker: native("datetime-local", (text) => Math.floor(new Date(text).getTime() / 1000), localMinute),
  checkboxes: choices("checkbox"), radio_buttons: choices("radio"),
  plain_text_input: textInput, email_text_input: textInput, url_text_input: textInput, number_input: textInput, rich_text_input: textInput,
  file_input: fileInput, feedback_buttons: feedback, icon_button: iconElement,
};

/** The node of an interactive element, or undefined for a type the page does not know. */
export function element(ctx, block, one) {
  if (KINDS[one?.type]) return KINDS[one.type](ctx, block, one);
  if (!/^(multi_)?(static|external|users|channels|conversations)_select$/.test(one?.type ?? "")) return undefined;
  let node;
  node = selectMenu(ctx, block, one, (value) => told(ctx, block, one, node)(value));
  return node;
}
