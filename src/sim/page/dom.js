// Building the page without innerHTML: text only ever becomes text nodes.

const PROPS = new Set(["value", "checked", "disabled", "selected", "readOnly", "multiple", "indeterminate"]);

/** h("button", {class: "x", onclick: f, "aria-label": "…"}, "text", node, [nodes], null) */
export function h(tag, attrs, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (PROPS.has(name)) el[name] = value;
    else if (name === "style") for (const [k, v] of Object.entries(value)) el.style.setProperty(k, v);
    else el.setAttribute(name, value === true ? "" : String(value));
  }
  add(el, children);
  return el;
}

export function add(el, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    el.append(child instanceof Node ? child : String(child));
  }
  return el;
}

export function fill(el, ...children) {
  el.replaceChildren();
  return add(el, children);
}

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Only links that cannot run script; anything else is undefined. */
export function safeUrl(url) {
  try {
    const parsed = String(url).startsWith("/") ? new URL(url, location.origin) : new URL(url);
    return ["http:", "https:", "mailto:", "tel:", "slack:"].includes(parsed.protocol) ? parsed.href : undefined;
  } catch {
    return undefined;
  }
}

const ICONS = {
  close: "M5 5l10 10M15 5L5 15",
  back: "M12 4l-6 6 6 6",
  down: "M5 8l5 5 5-5",
  right: "M8 5l5 5-5 5",
  plus: "M10 4v12M4 10h12",
  dots: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  smile: "M10 17.5a7.5 7.5 0 100-15 7.5 7.5 0 000 15M7 12c1.5 2 4.5 2 6 0M7.5 8h.01M12.5 8h.01",
  reply: "M3 5.5A1.5 1.5 0 014.5 4h11A1.5 1.5 0 0117 5.5v7a1.5 1.5 0 01-1.5 1.5H9l-4 3v-3h-.5A1.5 1.5 0 013 12.5zM6.5 7.5h7M6.5 10.5h4.5",
  pin: "M8 3h5M9 3l-.5 5L6 10.5V12h9v-1.5L12.5 8 12 3M10.5 12v5",
  lock: "M5.5 9h9v7.5h-9zM7.5 9V6.5a2.5 2.5 0 015 0V9",
  search: "M9 14.5a5.5 5.5 0 100-11 5.5 5.5 0 000 11M13 13l4 4",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  send: "M3.5 16.5l13.5-6.5L3.5 3.5 5 10zM5 10h6",
  members: "M7.5 10a3 3 0 100-6 3 3 0 000 6M2.5 16c0-3 2-4.5 5-4.5s5 1.5 5 4.5M13 4.3a3 3 0 010 5.4M14.5 11.8c2 .5 3 2 3 4.2",
  at: "M13 10a3 3 0 11-6 0 3 3 0 016 0zM13 7v4a2 2 0 004 0v-1a7 7 0 10-2.5 5.4",
  clip: "M15.5 9.5l-5.5 5.5a3.5 3.5 0 01-5-5l6-6a2.4 2.4 0 013.4 3.4l-6 6a1.2 1.2 0 01-1.7-1.7l5-5",
  clock: "M10 17a7 7 0 100-14 7 7 0 000 14M10 6v4l2.5 2",
  bolt: "M11 2.5L4.5 11.5H9l-1 6 6.5-9H10z",
  edit: "M4 16l.8-3.5L13 4.3l2.7 2.7-8.2 8.2zM11.5 5.8l2.7 2.7",
  trash: "M4 5.5h12M8 5.5V4h4v1.5M5.5 5.5l.8 11h7.4l.8-11M8.5 8.5v5M11.5 8.5v5",
  link: "M8.5 11.5l3-3M9 6.5l1.7-1.7a3.2 3.2 0 014.5 4.5L13.5 11M11 13.5l-1.7 1.7a3.2 3.2 0 01-4.5-4.5L6.5 9",
  eye: "M2.5 10s2.5-5 7.5-5 7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM10 12a2 2 0 100-4 2 2 0 000 4",
  file: "M5 2.5h6.5L15.5 6.5v11H5zM11.5 2.5v4h4",
  flask: "M8 3h4M9 3v4.5L4.8 15a1.3 1.3 0 001.2 2h8a1.3 1.3 0 001.2-2L11 7.5V3M6.8 12.5h6.4",
  key: "M3 6.5h14v8H3zM5.5 9h.01M8.5 9h.01M11.5 9h.01M14.5 9h.01M6.5 12h7",
  check: "M4 10.5l4 4 8-9",
  archive: "M3 4h14v3.5H3zM4.5 7.5v9h11v-9M8 10.5h4",
};

/** A line icon of our own drawing. */
export function icon(name, size = 18) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const attrs = { viewBox: "0 0 20 20", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": name === "dots" ? 2.6 : 1.5, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [k, v] of Object.entries(attrs)) svg.setAttribute(k, v);
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", ICONS[name] ?? "");
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onclick, attrs = {}) {
  return h("button", { type: "button", class: "icon-btn", "aria-label": label, title: label, onclick, ...attrs }, icon(name));
}

const COLORS = ["#b4436c", "#3f7d58", "#2f6f9f", "#8a5a2b", "#6a4c93", "#a3502f", "#277da1", "#55702c", "#9b3d3d", "#39607a"];

export function colorOf(text) {
  let sum = 7;
  for (const char of String(text)) sum = (sum * 31 + char.codePointAt(0)) >>> 0;
  return COLORS[sum % COLORS.length];
}

export function avatar(name, color, size = "m", emoji = null) {
  const words = String(name || "?").trim().split(/[\s._-]+/).filter(Boolean);
  const initials = emoji ?? ((words[0]?.[0] ?? "?") + (words[1]?.[0] ?? "")).toUpperCase();
  return h("span", { class: `avatar avatar-${size}${emoji ? " avatar-emoji" : ""}`, "aria-hidden": "true", style: { "--av": color || colorOf(name) } }, initials);
}

export const debounce = (wait, run) => {
  let timer;
  return (...args) => { clearTimeout(timer); timer = setTimeout(() => run(...args), wait); };
};

export const isPhone = () => matchMedia("(max-width: 760px)").matches;
