// Files in messages: images are shown, the rest is a card that opens it.

import { h, icon, safeUrl } from "./dom.js";

const size = (bytes) => (bytes > 1_048_576 ? `${(bytes / 1_048_576).toFixed(1)} MB` : bytes > 1024 ? `${Math.round(bytes / 1024)} kB` : `${bytes} bytes`);

export function fileCard(file) {
  if (file.mode === "tombstone") return h("div", { class: "file-card" }, icon("file"), h("span", {}, "This file was deleted."));
  const href = file.remote ? safeUrl(file.external_url ?? "#") : `/ui/file/${encodeURIComponent(file.id)}`;
  const name = file.title || file.name || file.id;
  if (!file.remote && /^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/.test(file.mimetype ?? "")) {
    return h("figure", { class: "file-image", "data-file": file.id }, h("figcaption", {}, name), h("a", { href, target: "_blank", rel: "noopener" }, h("img", { src: href, alt: file.alt_txt || name, loading: "lazy", class: "pic" })));
  }
  return h("a", { class: "file-card", href, target: "_blank", rel: "noopener", "data-file": file.id }, icon("file", 26), h("span", {}, h("strong", {}, name), h("small", {}, [file.pretty_type || file.filetype?.toUpperCase() || file.mimetype, file.size ? size(file.size) : null].filter(Boolean).join(" · "))));
}
