// The demo's panel: the buttons the server gives (fire an alert, an outage …). A card in
// the sidebar; on the phone a sheet from the bottom.

import { $, fill, h, icon, isPhone } from "./dom.js";
import { ask } from "./socket.js";
import { state } from "./state.js";
import { toast } from "./toast.js";

let open = !isPhone();
matchMedia("(max-width: 760px)").addEventListener("change", () => { open = !isPhone(); drawPanel(); });

export function drawPanel() {
  const box = $("#panel");
  const tab = $("#panel-tab");
  const panel = state.panel;
  // The drawer is out of sight on the phone, the sheet must not be.
  const home = isPhone() ? document.body : $("#side");
  if (box.parentElement !== home) home.append(box);
  box.hidden = tab.hidden = !panel;
  if (!panel) return;
  const focused = document.activeElement?.dataset?.panelButton;
  box.classList.toggle("shut", !open);
  tab.setAttribute("aria-expanded", String(open));
  fill(box, h("button", { type: "button", class: "panel-head", "aria-expanded": String(open), "data-panel-toggle": true, onclick: toggle }, icon("flask", 16), h("span", {}, panel.title ?? "Demo"), icon("down", 14)),
    open ? h("div", { class: "panel-body" }, panel.note ? h("p", { "data-panel-note": true }, panel.note) : null, h("div", { class: "panel-buttons" }, (panel.buttons ?? []).map(button))) : null);
  if (focused) $(`[data-panel-button="${CSS.escape(focused)}"]`, box)?.focus();
}

export function toggle() {
  open = !open;
  drawPanel();
}

function button(one) {
  return h("button", { type: "button", class: `panel-btn${one.style ? ` panel-${one.style}` : ""}`, "data-panel-button": one.name, title: one.hint, disabled: one.disabled, onclick: async (event) => {
    const node = event.currentTarget;
    if (node.getAttribute("aria-busy") === "true") return;
    node.setAttribute("aria-busy", "true");
    if (isPhone()) { open = false; drawPanel(); }
    try {
      const answer = await ask("panel", { name: one.name });
      if (answer.note) toast(answer.note, "info");
    } catch (error) { toast(error.message, "error"); } finally { node.removeAttribute("aria-busy"); }
  } }, one.label);
}
