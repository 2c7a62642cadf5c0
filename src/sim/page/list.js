// A log of messages that is redrawn by key: only rows that changed are built anew, the
// focus and the place of the scroll stay.

import { $, $$, h, icon } from "./dom.js";
import { continues, messageRow } from "./message.js";
import { dayKey, dayLabel } from "./time.js";
import { state } from "./state.js";

const BOTTOM_PX = 80;

export class MessageList {
  /** opts: {inThread, label, onscrolltop, between(index, messages, place)} `between` puts rows after a message and tells whether it did */
  constructor(opts) {
    this.opts = opts;
    this.rows = new Map();
    this.list = h("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": opts.label ?? "Messages", tabindex: "0", onkeydown: (event) => this.keys(event) });
    this.head = h("div", { class: "log-head" });
    this.below = h("button", { type: "button", class: "jump-btn", hidden: true, onclick: () => this.toBottom() }, "New messages ", icon("down", 14));
    this.scroller = h("div", { class: "scroller" }, this.head, this.list);
    this.el = h("div", { class: "log-box" }, this.scroller, this.below);
    this.atBottom = true;
    this.byKeyboard = false;
    this.list.addEventListener("pointerdown", () => { this.byKeyboard = false; });
    this.scroller.addEventListener("scroll", () => this.scrolled());
    new ResizeObserver(() => { if (this.atBottom) this.toBottom(); }).observe(this.list);
    new ResizeObserver(() => { if (this.atBottom) this.toBottom(); }).observe(this.scroller);
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.atBottom = scrollHeight - scrollTop - clientHeight < BOTTOM_PX;
    if (this.atBottom) { this.below.hidden = true; this.opts.onbottom?.(); }
    if (scrollTop < 200 && scrollHeight > clientHeight) this.opts.onscrolltop?.();
  }

  toBottom() { this.scroller.scrollTop = this.scroller.scrollHeight; this.below.hidden = true; }

  clear() { this.rows.clear(); this.list.replaceChildren(); this.atBottom = true; this.channel = null; }

  /** Draws these messages of `channel`; `newAfter` is the ts after which the "New" line stands. */
  show(channel, messages, { newAfter } = {}) {
    if (this.channel !== channel) { this.clear(); this.channel = channel; this.epoch = {}; }
    const stay = this.atBottom;
    const bottomGap = this.scroller.scrollHeight - this.scroller.scrollTop;
    const firstKey = this.list.firstElementChild?.dataset.key;
    const old = this.rows;
    const hadFocus = this.remember();
    this.rows = new Map();
    const order = [];
    let before = null;
    let day = null;
    let lined = false;
    let added = 0;
    const place = (key, depends, build) => {
      const known = old.get(key);
      const same = known && known.depends.length === depends.length && known.depends.every((one, i) => one === depends[i]);
      const editing = known?.el.classList.contains("msg-editing");
      const row = same || editing ? known : { depends, el: build(known) };
      row.el.dataset.key = key;
      if (!known) added++;
      this.rows.set(key, row);
      order.push(row.el);
    };
    for (const [index, message] of messages.entries()) {
      const key = dayKey(message.ts);
      if (key !== day) { day = key; before = null; place(`day-${key}`, [dayLabel(message.ts)], () => h("div", { class: "day", role: "separator" }, h("span", {}, dayLabel(message.ts)))); }
      if (!lined && newAfter && message.ts > newAfter && message.user !== state.me) { lined = true; before = null; place("new-line", [], () => h("div", { class: "new-line", role: "separator" }, h("span", {}, "New"))); }
      const compact = continues(before, message);
      place(`${message.ephemeral ? "e" : "m"}${message.ts}`, [message, compact, state.epoch], (known) => messageRow(channel, message, { compact, inThread: this.opts.inThread, fresh: !known && old.size > 0 }));
      before = this.opts.between?.(index, messages, place) ? null : message;
    }
    this.list.setAttribute("data-channel", channel);
    let at = this.list.firstElementChild;
    const wanted = new Set(order);
    for (const el of [...this.list.children]) if (!wanted.has(el)) { if (el === at) at = el.nextElementSibling; el.remove(); }
    for (const el of order) { if (el === at) at = at.nextElementSibling; else this.list.insertBefore(el, at); }
    this.restore(hadFocus);
    if (stay) this.toBottom();
    else if (firstKey && this.list.firstElementChild?.dataset.key !== firstKey) this.scroller.scrollTop = this.scroller.scrollHeight - bottomGap;
    else if (added && old.size) this.below.hidden = false;
  }

  remember() {
    const el = document.activeElement;
    if (!el || el === this.list || !this.list.contains(el)) return null;
    const row = el.closest("[data-key]");
    const same = (one) => one.tagName === el.tagName && ["actionId", "blockId", "reaction", "tool", "value", "thread"].every((name) => one.dataset[name] === el.dataset[name]);
    return { el, key: row?.dataset.key, same: el === row ? null : same, start: el.selectionStart, end: el.selectionEnd };
  }

  restore(had) {
    if (!had || had.el.isConnected) return;
    const row = this.rows.get(had.key)?.el;
    if (!row) return;
    const to = had.same ? $$("button, a, input, textarea", row).find(had.same) ?? row : row;
    to.focus({ preventScroll: true });
    if (had.start !== undefined && had.start !== null && to.setSelectionRange) try { to.setSelectionRange(had.start, had.end); } catch { /* not a text field */ }
  }

  keys(event) {
    if (event.target !== this.list && !event.target.classList.contains("msg")) return;
    const all = $$(".msg", this.list);
    const at = all.indexOf(event.target);
    const go = (to) => { event.preventDefault(); this.byKeyboard = true; all[Math.max(0, Math.min(all.length - 1, to))]?.focus(); };
    if (event.key === "ArrowUp") go(at < 0 ? all.length - 1 : at - 1);
    else if (event.key === "ArrowDown") go(at < 0 ? all.length - 1 : at + 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(all.length - 1);
    // Letters are keys only where the keyboard brought the focus: after a click they are the start of a message.
    else if (at >= 0 && this.byKeyboard && !event.ctrlKey && !event.metaKey && !event.altKey) this.opts.onkey?.(event, all[at]);
  }

  /** Scrolls to a message and lights it up for a moment. */
  reveal(ts) {
    const row = $(`.msg[data-ts="${CSS.escape(ts)}"]`, this.list);
    if (!row) return false;
    this.atBottom = false;
    row.scrollIntoView({ block: "center" });
    row.classList.add("msg-lit");
    setTimeout(() => row.classList.remove("msg-lit"), 2500);
    row.focus({ preventScroll: true });
    return true;
  }
}
