// Short notes at the edge of the page: errors of commands and clicks, small confirmations.

import { $, h, iconButton } from "./dom.js";

const SHOWN_MS = { error: 9000, info: 3500 };

/** `more` is an element behind the text: a link, a button. */
export function toast(text, kind = "info", more = null) {
  const box = $("#toasts");
  const note = h("div", { class: `toast toast-${kind}`, role: kind === "error" ? "alert" : "status", "data-toast": kind }, h("span", {}, text), more);
  const close = () => note.remove();
  note.append(iconButton("close", "Dismiss", close));
  box.append(note);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(close, SHOWN_MS[kind] ?? 5000);
}

/** Shows what went wrong with a promise, and gives undefined then. */
export async function tell(promise) {
  try {
    return await promise;
  } catch (error) {
    toast(error.message, "error");
    return undefined;
  }
}
