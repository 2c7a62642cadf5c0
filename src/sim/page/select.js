// Select menus of Block Kit: a button and a searchable list, one or many, static,
// from the server (external) or of people and channels.

import { $$, h, icon, fill, debounce } from "./dom.js";
import { popover } from "./overlay.js";
import { bare, textObject } from "./mrkdwn.js";
import { state, nameOf, channelName } from "./state.js";
import { candidates, current, field, isMulti, put } from "./values.js";

const SUGGEST_WAIT_MS = 200;

const keyOf = (choice) => (typeof choice === "string" ? choice : choice?.value);

function labelOf(element, choice) {
  if (typeof choice !== "string") return textObject(choice?.text);
  if (state.users.has(choice)) return `@${nameOf(choice)}`;
  const channel = state.channels.get(choice);
  return channel ? channelName(channel, true) : choice;
}

/** ctx: the surface (see blocks.js). `changed(value)` tells that a choice was made. */
export function selectMenu(ctx, block, element, changed) {
  const multi = isMulti(element.type);
  const name = field(element.type);
  const value = () => current(ctx.values, block.block_id, element, ctx.channel)[name];
  const chosen = () => (multi ? value() : value() ? [value()] : []);
  const label = h("span", { class: "select-label" });
  const button = h("button", { type: "button", class: `select-btn${multi ? " select-multi" : ""}`, "aria-haspopup": "listbox", "aria-expanded": "false", "data-action-id": element.action_id, "data-block-id": block.block_id,
    onclick: () => open(), onkeydown: (event) => { if (event.key === "ArrowDown") { event.preventDefault(); open(); } } }, label, icon("down", 14));
  const show = () => {
    const now = chosen();
    const holder = bare(element.placeholder) || (multi ? "Choose options" : "Choose an option");
    button.classList.toggle("select-empty", !now.length);
    button.setAttribute("aria-label", `${bare(block.label) || holder}${now.length ? `: ${now.map((one) => [labelOf(element, one)].flat().map((part) => part.textContent ?? part).join("")).join(", ")}` : ""}`);
    if (!now.length) fill(label, holder);
    else if (multi) fill(label, now.map((one) => h("span", { class: "token", "data-value": keyOf(one) }, labelOf(element, one))));
    else fill(label, labelOf(element, now[0]));
  };
  show();

  let shown = null;
  function open() {
    if (shown) { shown.close(); return; }
    const before = JSON.stringify(value());
    const list = h("div", { class: "options", role: "listbox", "aria-multiselectable": multi ? "true" : undefined });
    const search = h("input", { type: "text", class: "options-search", role: "combobox", "aria-expanded": "true", "aria-label": "Search", placeholder: element.type.endsWith("external_select") ? "Type to search" : "Search", autocomplete: "off", autofocus: true });
    let active = 0;
    const rows = () => $$('[role="option"]', list);
    const mark = (to) => {
      const all = rows();
      if (!all.length) return;
      active = (to + all.length) % all.length;
      all.forEach((row, i) => row.classList.toggle("active", i === active));
      all[active].scrollIntoView({ block: "nearest" });
    };
    const pick = (choice) => {
      if (!multi) { put(ctx.values, block.block_id, element, choice); show(); shown.close(); return; }
      const now = chosen();
      const has = now.some((one) => keyOf(one) === keyOf(choice));
      const most = element.max_selected_items ?? Infinity;
      if (!has && now.length >= most) return;
      put(ctx.values, block.block_id, element, has ? now.filter((one) => keyOf(one) !== keyOf(choice)) : [...now, choice]);
      show();
      for (const row of rows()) row.setAttribute("aria-selected", chosen().some((one) => keyOf(one) === row.dataset.value));
    };
    const row = (choice, content, note) => h("div", { class: "option", role: "option", "data-value": keyOf(choice), "aria-selected": String(chosen().some((one) => keyOf(one) === keyOf(choice))), onclick: () => pick(choice) },
      h("span", { class: "option-check" }, icon("check", 14)), h("span", { class: "option-text" }, content, note ? h("small", {}, note) : null));
    const option = (one) => row(one, textObject(one.text), one.description ? textObject(one.description) : null);
    const groups = (all) => all.map((group) => h("div", { role: "group", "aria-label": bare(group.label) }, h("div", { class: "options-group" }, textObject(group.label)), group.options.map(option)));
    const matches = (text, wanted) => text.toLowerCase().includes(wanted);
    const put_ = (nodes, none = "No matches") => { const flat = nodes.flat(); fill(list, flat.length ? flat : h("div", { class: "options-none" }, none)); mark(0); shown?.place(); };
    let asked = 0;
    const askServer = async (text) => {
      const mine = ++asked;
      try {
        const answer = await ctx.suggest(block.block_id, element.action_id, text);
        if (mine !== asked) return;
        put_(answer.option_groups ? groups(answer.option_groups) : (answer.options ?? []).map(option));
      } catch (error) { if (mine === asked) put_([], error.message); }
    };
    const later = debounce(SUGGEST_WAIT_MS, askServer);
    const refresh = () => {
      const wanted = search.value.trim().toLowerCase();
      if (element.type.endsWith("external_select")) {
        const least = element.min_query_length ?? 3;
        if (search.value.length < least) put_([], `Type ${least} or more characters`);
        else { put_([], "Loading…"); later(search.value); }
      } else if (element.option_groups) {
        put_(groups(element.option_groups.map((group) => ({ ...group, options: (group.options ?? []).filter((one) => matches(bare(one.text), wanted)) })).filter((group) => group.options.length)));
      } else if (element.options) put_(element.options.filter((one) => matches(bare(one.text), wanted)).map(option));
      else put_(candidates(element).filter((one) => matches(`${one.text} ${one.note ?? ""}`, wanted)).slice(0, 60).map((one) => row(one.value, [one.kind === "user" ? "@" : one.kind === "private" ? icon("lock", 12) : "#", one.text], one.note !== one.text ? one.note : null)));
    };
    search.addEventListener("input", refresh);
    search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark(active - 1); }
      else if (event.key === "Enter") { event.preventDefault(); rows()[active]?.click(); }
      else if (event.key === "Backspace" && multi && !search.value && chosen().length) pick(chosen().at(-1));
    });
    const done = multi ? h("button", { type: "button", class: "btn btn-small options-done", onclick: () => shown.close() }, "Done") : null;
    const width = Math.max(240, button.offsetWidth);
    shown = popover(button, h("div", { class: "options-box" }, search, list, done), { label: bare(block.label) || bare(element.placeholder) || "Options", width,
      onclose: () => { shown = null; button.setAttribute("aria-expanded", "false"); if (JSON.stringify(value()) !== before) changed(value()); } });
    button.setAttribute("aria-expanded", "true");
    refresh();
    const at = rows().findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (at > 0) mark(at);
  }
  return button;
}
