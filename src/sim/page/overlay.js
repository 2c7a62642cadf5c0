// What lies over the page: popovers (menus, pickers) and dialogs, with focus kept in
// and given back, Esc and a click outside closing the topmost.

import { $, $$, h, icon, iconButton } from "./dom.js";

const FOCUSABLE = 'a[href], button:not([disabled]), input:not([disabled]), textarea:not([disabled]), select:not([disabled]), [tabindex]:not([tabindex="-1"])';
const stack = [];

export const openOverlays = () => stack.length;

document.addEventListener("keydown", (event) => {
  const top = stack.at(-1);
  if (!top) return;
  if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); top.escape(); return; }
  if (event.key === "Tab" && top.trap) keepInside(top.el, event);
}, true);

document.addEventListener("pointerdown", (event) => {
  const top = stack.at(-1);
  if (top?.outside && !top.el.contains(event.target) && !top.anchor?.contains(event.target)) top.close();
}, true);

function keepInside(el, event) {
  const all = $$(FOCUSABLE, el).filter((one) => one.offsetParent !== null || one === document.activeElement);
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  if (event.shiftKey && at <= 0) { event.preventDefault(); all.at(-1).focus(); }
  else if (!event.shiftKey && (at < 0 || at === all.length - 1)) { event.preventDefault(); all[0].focus(); }
}

function push(entry) {
  const before = document.activeElement;
  stack.push(entry);
  let open = true;
  entry.close = () => {
    if (!open) return;
    open = false;
    stack.splice(stack.indexOf(entry), 1);
    const inside = entry.el.contains(document.activeElement);
    entry.box.remove();
    if (inside && before?.isConnected) before.focus({ preventScroll: true });
    entry.onclose?.();
  };
  entry.escape ??= entry.close;
  return entry;
}

/** A box beside `anchor`. Returns {el, close, place}. */
export function popover(anchor, content, { label, role = "dialog", onclose, align = "start", width, focus = true } = {}) {
  const el = h("div", { class: "popover", role, "aria-label": label, style: width ? { width: `${width}px` } : {} }, content);
  const entry = push({ el, box: el, anchor, outside: true, trap: true, onclose });
  document.body.append(el);
  const rect = anchor.getBoundingClientRect();
  entry.place = () => {
    const now = anchor.isConnected ? anchor.getBoundingClientRect() : rect;
    const box = el.getBoundingClientRect();
    let left = align === "end" ? now.right - box.width : now.left;
    left = Math.max(8, Math.min(left, innerWidth - box.width - 8));
    const below = innerHeight - now.bottom - 8;
    let top = now.bottom + 4;
    if (box.height > below && now.top > below) top = Math.max(8, now.top - box.height - 4);
    el.style.left = `${left}px`;
    el.style.top = `${Math.max(8, Math.min(top, innerHeight - box.height - 8))}px`;
  };
  entry.place();
  if (focus) ($("[autofocus]", el) ?? $(FOCUSABLE, el))?.focus({ preventScroll: true });
  return entry;
}

/** A menu of [{label, icon, run, danger, note, id} | "-" | {title}]; arrow keys, Enter, Esc. */
export function menu(anchor, items, { label = "Menu", align = "end" } = {}) {
  const rows = items.filter(Boolean).map((item) => {
    if (item === "-") return h("hr", { role: "separator" });
    if (item.title) return h("div", { class: "menu-title", role: "presentation" }, item.title);
    return h("button", { type: "button", class: `menu-item${item.danger ? " danger" : ""}`, role: "menuitem", tabindex: "-1", "data-menu": item.id, onclick: () => { pop.close(); item.run(); } },
      item.icon ? icon(item.icon, 16) : null, h("span", {}, item.label, item.note ? h("small", {}, item.note) : null), item.key ? h("kbd", {}, item.key) : null);
  });
  const list = h("div", { class: "menu", onkeydown: (event) => arrows(event, $$(".menu-item", list)) }, rows);
  const pop = popover(anchor, list, { label, role: "menu", align, focus: false });
  $(".menu-item", list)?.focus({ preventScroll: true });
  return pop;
}

/** Arrow keys, Home and End in a column of elements that take the focus. */
export function arrows(event, all) {
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || !all.length) return;
  event.preventDefault();
  all[(to + all.length) % all.length].focus();
}

/**
 * A modal dialog of the page. `build(entry)` gives {title, body, foot?, back?}.
 * Options: attrs (data-…), onescape, outside.
 */
export function dialog({ title, body, foot, lead, attrs = {}, wide = false, escape, onclose, form }) {
  const id = `dlg-${Math.random().toString(36).slice(2)}`;
  const head = h("header", { class: "dialog-head" }, lead, h("h2", { id }, title), iconButton("close", "Close", () => entry.crossed(), { class: "icon-btn dialog-x" }));
  const el = h(form ? "form" : "div", { class: `dialog${wide ? " dialog-wide" : ""}`, role: "dialog", "aria-modal": "true", "aria-labelledby": id, novalidate: form ? true : undefined, ...attrs },
    head, h("div", { class: "dialog-body" }, body), foot ? h("footer", { class: "dialog-foot" }, foot) : null);
  const box = h("div", { class: "backdrop" }, el);
  if (form) el.addEventListener("submit", (event) => { event.preventDefault(); form(event); });
  const entry = push({ el, box, trap: true, outside: false, onclose, escape });
  entry.crossed = () => entry.close();
  box.addEventListener("pointerdown", (event) => { if (event.target === box && !escape) entry.close(); });
  document.body.append(box);
  focusFirst(el);
  return entry;
}

export function focusFirst(el) {
  const wanted = $("[autofocus]", el) ?? $(`.dialog-body :is(input:not([type=hidden]), textarea, .select-btn)`, el) ?? $(".dialog-foot .btn-primary", el) ?? $(FOCUSABLE, el);
  wanted?.focus({ preventScroll: true });
}

/** Slack's confirm object, or {title, text, confirm, deny, style} of our own; true when confirmed. */
export function confirmDialog({ title, text, confirm, deny = "Cancel", style }) {
  return new Promise((resolve) => {
    let answer = false;
    const yes = h("button", { type: "button", class: `btn ${style === "danger" ? "btn-danger" : "btn-primary"}`, "data-confirm": "yes", autofocus: true, onclick: () => { answer = true; entry.close(); } }, confirm);
    const no = h("button", { type: "button", class: "btn", "data-confirm": "no", onclick: () => entry.close() }, deny);
    const entry = dialog({ title, body: h("div", { class: "text" }, text), foot: [no, yes], attrs: { "data-dialog": "confirm" }, onclose: () => resolve(answer) });
  });
}
