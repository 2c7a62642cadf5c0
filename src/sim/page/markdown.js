// The `markdown` block: standard Markdown (the part Slack shows), straight to nodes.

import { h, safeUrl } from "./dom.js";
import { link, plain } from "./mrkdwn.js";

const INLINE = /(`+)([\s\S]+?)\1|!\[([^\]]*)\]\(([^)\s]+)\)|\[([^\]]+)\]\(([^)\s]+)(?:\s+"[^"]*")?\)|\*\*\*(?=\S)([\s\S]+?)\*\*\*|(\*\*|__)(?=\S)([\s\S]+?\S?)\8|(?<!\w)(\*|_)(?=\S)([\s\S]+?\S?)\10(?!\w)|~~([\s\S]+?)~~|(https?:\/\/[^\s<>)]+)|\\([\\`*_{}[\]()#+.!~|>-])/;

function inline(text) {
  const out = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    const [whole, , code, alt, src, label, href, both, , bold, , italic, strike, url, escaped] = found;
    let node;
    if (code !== undefined) node = h("code", {}, code);
    else if (src !== undefined) node = link(src, alt || src);
    else if (href !== undefined) node = safeUrl(href) ? link(href, inline(label)) : label;
    else if (both !== undefined) node = h("strong", {}, h("em", {}, inline(both)));
    else if (bold !== undefined) node = h("strong", {}, inline(bold));
    else if (italic !== undefined) node = h("em", {}, inline(italic));
    else if (strike !== undefined) node = h("del", {}, inline(strike));
    else node = url !== undefined ? link(url) : escaped;
    out.push(...plain(rest.slice(0, found.index)), node);
    rest = rest.slice(found.index + whole.length);
  }
  return [...out, ...plain(rest)];
}

const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;

function list(lines) {
  const depth = /^\s*/.exec(lines[0])[0].length;
  const ordered = /\d/.test(ITEM.exec(lines[0])[2]);
  const items = [];
  for (const line of lines) {
    const found = ITEM.exec(line);
    if (found && found[1].length <= depth) items.push({ text: found[3], inner: [] });
    else items.at(-1).inner.push(line);
  }
  return h(ordered ? "ol" : "ul", { start: ordered ? parseInt(ITEM.exec(lines[0])[2], 10) : undefined }, items.map((item) => {
    const task = /^\[([ xX])\]\s+(.*)$/.exec(item.text);
    const nested = item.inner.filter((line) => line.trim());
    return h("li", { class: task ? "task" : undefined }, task ? [h("input", { type: "checkbox", disabled: true, checked: task[1] !== " " }), inline(task[2])] : inline(item.text),
      nested.length ? (ITEM.test(nested[0]) ? list(nested) : [" ", inline(nested.map((line) => line.trim()).join(" "))]) : null);
  }));
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

/** Markdown text → nodes. */
export function markdown(text) {
  const lines = String(text).split("\n");
  const out = [];
  let at = 0;
  const take = (test) => { const from = at; while (at < lines.length && test(lines[at])) at++; return lines.slice(from, at); };
  while (at < lines.length) {
    const line = lines[at];
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const fence = /^\s*(```+|~~~+)/.exec(line);
    if (!line.trim()) at++;
    else if (fence) {
      at++;
      const body = take((one) => !one.trim().startsWith(fence[1]));
      at++;
      out.push(h("pre", {}, h("code", {}, body.join("\n"))));
    } else if (heading) { at++; out.push(h(`h${Math.min(6, heading[1].length + 2)}`, {}, inline(heading[2]))); }
    else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) { at++; out.push(h("hr")); }
    else if (/^\s*>/.test(line)) out.push(h("blockquote", {}, markdown(take((one) => /^\s*>/.test(one)).map((one) => one.replace(/^\s*> ?/, "")).join("\n"))));
    else if (ITEM.test(line)) out.push(list(take((one) => ITEM.test(one) || /^\s{2,}\S/.test(one))));
    else if (line.includes("|") && /^\s*\|?[\s:|-]+-[\s:|-]*$/.test(lines[at + 1] ?? "")) {
      const rows = take((one) => one.includes("|"));
      out.push(h("div", { class: "table-scroll" }, h("table", {}, [rows[0], ...rows.slice(2)].map((row, i) => h("tr", {}, cells(row).map((cell) => h(i ? "td" : "th", {}, inline(cell))))))));
    } else out.push(h("p", {}, inline(take((one) => one.trim() && !/^\s*(>|#{1,6}\s|```)/.test(one) && !ITEM.test(one)).join("\n"))));
    if (out.length > 5000) break;
  }
  return h("div", { class: "markdown" }, out);
}
