// The modals an app opens: the top of the stack is shown, a pushed one has a way back,
// errors stand at their fields, what was typed survives an update.

import { $, $$, add, avatar, fill, h, icon, iconButton } from "./dom.js";
import { ask } from "./socket.js";
import { blocks } from "./blocks.js";
import { bare, plain } from "./mrkdwn.js";
import { dialog, focusFirst } from "./overlay.js";
import { collect, isStateful, keep, problem } from "./values.js";
import { state, valuesOf } from "./state.js";
import { viewSurface } from "./surface.js";

let shown = null; // {id, entry, view, errors}

const selector = (el) => (el?.dataset?.actionId ? `[data-block-id="${CSS.escape(el.dataset.blockId ?? "")}"][data-action-id="${CSS.escape(el.dataset.actionId)}"]` : null);

/** Draws the stack as it is now. */
export function showViews() {
  const view = state.views.at(-1);
  for (const id of state.values.keys()) if (/^V/.test(id) && !state.views.some((one) => one.id === id) && !Object.values(state.home).some((one) => one?.id === id)) state.values.delete(id);
  if (!view) { const old = shown; shown = null; old?.entry.close(); return; }
  keep(view.blocks, valuesOf(view.id));
  if (shown?.id === view.id && shown.depth === state.views.length) {
    const same = JSON.stringify(shown.view) === JSON.stringify(view);
    shown.view = view;
    if (same) return;
    shown.errors = view.errors ?? {};
    redraw();
    return;
  }
  const old = shown;
  shown = { id: view.id, view, errors: view.errors ?? {}, depth: state.views.length };
  shown.entry = open(view);
  old?.entry.close();
  focusFirst(shown.entry.el);
}

function open(view) {
  const many = state.views.length > 1;
  const app = state.apps.find((one) => one.bot_id === view.bot_id) ?? state.apps[0];
  const lead = many ? iconButton("back", "Back", () => close(false), { class: "icon-btn dialog-back", "data-modal": "back" }) : app ? avatar(app.name, state.users.get(app.user)?.avatar_color, "s") : null;
  const entry = dialog({
    title: plain(view.title?.text, view.title?.emoji), lead, body: h("div", { class: "view-blocks" }), foot: h("span"), form: submit, wide: true,
    attrs: { "data-view-id": view.id, "data-callback-id": view.callback_id, "data-modal-depth": state.views.length, class: "dialog dialog-view" }, escape: () => close(false),
  });
  entry.crossed = () => close(true);
  for (const name of ["input", "change"]) entry.el.addEventListener(name, clearError);
  drawInto(entry, view);
  return entry;
}

function drawInto(entry, view) {
  const ctx = viewSurface(view, shown?.errors);
  fill($("h2", entry.el), plain(view.title?.text, view.title?.emoji));
  fill($(".view-blocks", entry.el), blocks(ctx, view.blocks));
  const sends = view.submit || (view.blocks ?? []).some((block) => block.type === "input");
  fill($(".dialog-foot", entry.el), h("div", { class: "foot-error", role: "alert" }), h("button", { type: "button", class: "btn", "data-modal": "close", onclick: () => close(false) }, bare(view.close) || "Cancel"),
    sends ? h("button", { type: "submit", class: "btn btn-primary", "data-modal": "submit", disabled: view.submit_disabled }, h("span", {}, bare(view.submit) || "Submit")) : null);
}

function redraw() {
  const { entry, view } = shown;
  const active = document.activeElement;
  const wanted = entry.el.contains(active) ? selector(active) : null;
  const range = [active?.selectionStart, active?.selectionEnd];
  const scroll = $(".dialog-body", entry.el).scrollTop;
  drawInto(entry, view);
  $(".dialog-body", entry.el).scrollTop = scroll;
  if (!wanted) return;
  const to = $(wanted, entry.el);
  to?.focus({ preventScroll: true });
  if (range[0] !== undefined && range[0] !== null && to?.setSelectionRange) try { to.setSelectionRange(...range); } catch { /* not a text field */ }
}

/** What is being corrected is no longer wrong: its error goes as soon as its field changes. */
function clearError(event) {
  const block = event.target.closest(".block");
  const note = block && $(".input-error", block);
  if (!note) return;
  if (shown?.errors) delete shown.errors[block.dataset.blockId];
  note.remove();
  for (const el of $$(".has-error", block)) el.classList.remove("has-error");
}

/** Errors the bot answered with, by block_id. */
export function showErrors(viewId, errors) {
  if (shown?.id !== viewId) return;
  shown.errors = errors ?? {};
  redraw();
  const first = $(".input-error", shown.entry.el)?.closest(".block");
  first?.scrollIntoView({ block: "nearest" });
  $("input, textarea, .select-btn", first ?? document.createElement("p"))?.focus({ preventScroll: true });
}

async function close(all) {
  if (!shown) return;
  const { id, entry } = shown;
  try {
    await ask("view_close", { view_id: id, all });
  } catch {
    if (shown?.id === id) { state.views.length = all ? 0 : state.views.length - 1; showViews(); }
    return;
  }
  // The server pushes the stack that is left; should the push be late, the modal goes at once.
  if (shown?.id === id && entry.el.isConnected) { state.views = all ? [] : state.views.filter((view) => view.id !== id); showViews(); }
}

async function submit() {
  const { id, view, entry } = shown;
  const values = valuesOf(id);
  const errors = {};
  for (const block of view.blocks ?? []) {
    if (block.type !== "input" || !isStateful(block.element)) continue;
    const wrong = problem(block, values);
    if (wrong) errors[block.block_id] = wrong;
  }
  if (Object.keys(errors).length) { showErrors(id, errors); return; }
  const button = $('[data-modal="submit"]', entry.el);
  if (button?.getAttribute("aria-busy") === "true") return;
  button?.setAttribute("aria-busy", "true");
  shown.errors = {};
  for (const el of $$(".input-error", entry.el)) el.remove();
  for (const el of $$(".has-error", entry.el)) el.classList.remove("has-error");
  try {
    const answer = await ask("view_submit", { view_id: id, values: collect(view.blocks, values) });
    if (answer.errors && Object.keys(answer.errors).length) showErrors(id, answer.errors);
  } catch (error) {
    const note = $(".foot-error", entry.el);
    if (note) add(fill(note), icon("bolt", 14), error.message || "We had some trouble connecting. Try again?");
  } finally {
    $('[data-modal="submit"]', entry.el)?.removeAttribute("aria-busy");
  }
}
