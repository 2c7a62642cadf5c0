// Local Slack: the page of Firebell's simulator. This file holds the screens together.
//
// Marks for end-to-end tests (stable; everything else may change):
//   body[data-online=true|false][data-me=U…]
//   nav a[data-channel=C…][data-channel-name][data-unread]      the sidebar
//   .log[role=log][data-channel]  > .msg[data-ts][data-channel][data-user][data-ephemeral][data-thread-ts]
//   #thread[data-thread=ts][data-channel]                       the thread pane, its own .log
//   [data-block-id][data-block-type]  [data-action-id][data-block-id][data-value]   blocks, elements
//   [role=option][data-value]                                   an open select's options; [data-confirm=yes|no] a confirm dialog
//   [role=dialog][data-view-id][data-callback-id][data-modal-depth]; [data-modal=submit|close|back]; [data-error-for=block_id]
//   textarea[data-composer=channel|thread|edit], [data-send=channel|thread], [data-plus], [data-upload], [data-complete=text], [data-broadcast]
//   [data-tool=react|thread|more] over a message; [data-menu=edit|delete|pin|link|thread|upload|shortcut:ID]; [data-edit=save|cancel]
//   [data-reaction=name], [data-emoji=name], [data-thread=ts] (the reply bar), [data-dismiss=ts], [data-file=F…]
//   [data-tab=home|messages], #home[data-view-id], [data-switch-user=U…], #me, [data-dialog=NAME], [data-head=name|pins|members]
//   [data-panel-button=name], [data-panel-toggle], [data-toast=error|info], [data-banner=offline|bot]

import { $, $$, add, avatar, fill, h, icon, iconButton } from "./dom.js";
import { ask, connect } from "./socket.js";
import { changed, channelName, dropMessage, findMessage, inChannel, isReply, log, me, nameOf, on, putMessage, sorted, state, threadLog } from "./state.js";
import { MessageList } from "./list.js";
import { composer, editInline } from "./composer.js";
import { go, messageKey } from "./actions.js";
import { drawSidebar, neighbour, sidebarKeys } from "./sidebar.js";
import { drawHeader, wantsHome } from "./header.js";
import { drawPanel, toggle as togglePanel } from "./panel.js";
import { showErrors, showViews } from "./modal.js";
import { blocks } from "./blocks.js";
import { viewSurface } from "./surface.js";
import { keep } from "./values.js";
import { ago } from "./time.js";
import { openOverlays } from "./overlay.js";
import { tell, toast } from "./toast.js";
import * as dialogs from "./dialogs.js";

const PAGE_SIZE = 60;
/** A log that grew past this by pushes forgets its oldest; scrolling up asks for them again. */
const KEPT_MESSAGES = 400;
const USER_KEY = "local-slack-user";
const HINT_KEY = "local-slack-hint-seen";

const remembered = { get(store, key) { try { return store.getItem(key); } catch { return null; } }, set(store, key, value) { try { store.setItem(key, value); } catch { /* private mode */ } } };

// ---- the two logs and their composers

const channelLog = new MessageList({ label: "Messages", onscrolltop: loadOlder, onbottom: markRead, onkey: (event, row) => keyOn(event, row) });
const threadList = new MessageList({ label: "Thread", inThread: true, onkey: (event, row) => keyOn(event, row),
  between: (index, messages, place) => { if (index === 0 && messages.length > 1) { const count = messages.filter((one) => !one.ephemeral).length - 1; if (count > 0) { place("count", [count], () => h("div", { class: "day day-left" }, h("span", {}, `${count} ${count === 1 ? "reply" : "replies"}`))); return true; } } return false; } });
const channelComposer = composer("channel", () => ({ channel: state.channel }));
const threadComposer = composer("thread", () => ({ channel: state.thread?.channel, thread_ts: state.thread?.ts, messages: () => threadLog(state.thread.channel, state.thread.ts).messages }));

function keyOn(event, row) {
  const message = findMessage(row.dataset.channel, row.dataset.ts);
  if (message) messageKey(event, row.dataset.channel, message, row);
}

// ---- going places

go.channel = (id, ts, threadTs) => {
  if (!state.channels.has(id)) { awaitChannel(id, ts, threadTs); return undefined; }
  go.drawer(false);
  if (state.channel !== id) {
    leaveChannel();
    state.channel = id;
    state.tab = wantsHome(state.channels.get(id)) && !ts ? "home" : "messages";
    if (state.thread && state.thread.channel !== id) state.thread = null;
    const channel = state.channels.get(id);
    const place = log(id);
    place.newAfter = channel.unread ? channel.last_read ?? null : null;
    place.unreadAtOpen = channel.unread ?? 0;
    changed("all");
    channelComposer.moved(channelName(channel, true));
    if (!openOverlays()) channelComposer.focus();
  } else if (ts) { state.tab = "messages"; changed("channel"); }
  const hash = `#/${id}${ts ? `/p${ts.replace(".", "")}` : ""}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
  return load(id).then(() => (ts ? reveal(id, ts, threadTs) : undefined));
};

// The demo shows where its story goes on: at once to who watches it, with a link to who looks elsewhere.
function lead(id, from) {
  if (!from || state.channel === from) { go.channel(id); return; }
  if (state.channel === id) return;
  const name = channelName(state.channels.get(id), true);
  toast(`It goes on in ${name}.`, "info", h("button", { type: "button", class: "btn btn-small", "data-lead": id, onclick: () => go.channel(id) }, "Open"));
}

// A channel just made may be answered before it is pushed.
let awaited = null;
function awaitChannel(id, ts, threadTs) {
  clearTimeout(awaited?.timer);
  awaited = { id, ts, threadTs, timer: setTimeout(() => { awaited = null; toast("You cannot see that channel as this person.", "error"); }, 1500) };
}

go.thread = (channel, ts, focus = false) => {
  const before = state.thread;
  state.thread = channel ? { channel, ts } : null;
  changed("thread", "log");
  if (!channel) { if (before) channelComposer.focus(); return; }
  threadComposer.moved(channelName(state.channels.get(channel), true));
  if (focus) queueMicrotask(() => threadComposer.focus());
  tell(loadThread(channel, ts));
};

go.edit = (channel, message, where) => {
  const inThread = where === "thread" || (where !== "channel" && state.thread && isReply(message) && !channelLog.rows.has(`m${message.ts}`));
  const list = inThread ? threadList : channelLog;
  const row = list.rows.get(`m${message.ts}`)?.el ?? threadList.rows.get(`m${message.ts}`)?.el;
  if (!row || row.classList.contains("msg-editing")) return;
  editInline(row, channel, message, () => { changed("log", "thread"); (inThread ? threadComposer : channelComposer).focus(); });
  row.scrollIntoView({ block: "nearest" });
};

go.user = (id) => { if (id !== state.me) hello(id); };
go.drawer = (open) => { document.body.classList.toggle("drawer-open", open); if (open) $("nav .side-row.here, nav .side-row")?.focus({ preventScroll: true }); };

async function reveal(id, ts, threadTs) {
  const reply = threadTs && threadTs !== ts;
  if (reply) { state.thread = { channel: id, ts: threadTs }; changed("thread"); threadComposer.moved(channelName(state.channels.get(id), true)); await loadThread(id, threadTs).catch(() => {}); requestAnimationFrame(() => threadList.reveal(ts)); return; }
  for (let more = 0; more < 20 && !log(id).messages.has(ts) && log(id).has_more; more++) await loadOlder();
  requestAnimationFrame(() => { if (!channelLog.reveal(ts)) toast("That message is not here any more.", "info"); });
}

async function load(id) {
  const place = log(id);
  if (place.loaded) { markRead(); return; }
  try {
    const answer = await ask("history", { channel: id, limit: PAGE_SIZE });
    place.loaded = true;
    place.has_more = Boolean(answer.has_more);
    for (const message of answer.messages ?? []) place.messages.set(message.ts, message);
    if (!place.newAfter && place.unreadAtOpen) place.newAfter = sorted(place.messages).filter((one) => one.user !== state.me).at(-1 - place.unreadAtOpen)?.ts ?? (place.has_more ? null : "0");
    changed("log");
    markRead();
  } catch (error) { toast(error.message, "error"); }
}

let older = false;
async function loadOlder() {
  const id = state.channel;
  const place = log(id);
  if (older || !place.loaded || !place.has_more) return;
  older = true;
  try {
    const first = sorted(place.messages).find((one) => !one.ephemeral)?.ts;
    const answer = await ask("history", { channel: id, before: first, limit: PAGE_SIZE });
    place.has_more = Boolean(answer.has_more) && Boolean(answer.messages?.length);
    for (const message of answer.messages ?? []) place.messages.set(message.ts, message);
    changed("log");
  } catch { place.has_more = false; } finally { older = false; }
}

async function loadThread(channel, ts) {
  const thread = threadLog(channel, ts);
  const answer = await ask("replies", { channel, ts });
  const waiting = [...thread.messages.values()].filter((one) => one.ephemeral);
  thread.loaded = true;
  thread.messages = new Map([...(answer.messages ?? []), ...waiting].map((one) => [one.ts, one]));
  changed("thread");
}

function leaveChannel() {
  const before = log(state.channel);
  if (before) before.newAfter = null;
}

function markRead() {
  const channel = state.channels.get(state.channel);
  if (!channel || document.hidden || !state.online || state.tab !== "messages") return;
  const last = sorted(log(channel.id).messages).filter((one) => !one.ephemeral).at(-1)?.ts;
  if (!last || channel.readSent === last) return;
  if (!channel.unread && channel.last_read >= last) return;
  channel.readSent = last;
  channel.unread = 0;
  channel.mentions = 0;
  ask("read", { channel: channel.id, ts: last }).catch(() => {});
  changed("sidebar");
}

// ---- drawing

function drawAll() { drawTop(); drawSidebar($("#channels")); drawChannel(); drawThread(); drawPanel(); drawBanner(); drawHome(); }

function drawTop() {
  document.body.dataset.online = String(state.online);
  document.body.dataset.me = state.me ?? "";
  $("#workspace").textContent = state.workspace.name || "Local Slack";
  const user = me();
  if (user) fill($("#me"), avatar(nameOf(user.id), user.avatar_color, "s"), h("span", { class: "me-name" }, nameOf(user.id)), icon("down", 12));
}

let homeOpened = null; // the bot hears of it once a visit

function drawChannel() {
  drawHeader($("#head"));
  const channel = state.channels.get(state.channel);
  const home = state.tab === "home" && wantsHome(channel);
  $("#home").hidden = !home;
  $("#main-log").hidden = home;
  $("#foot").hidden = home;
  if (home) drawHome(); else drawLog();
  const opened = home ? `${state.me}:${channel.id}` : null;
  if (opened && opened !== homeOpened && state.online) ask("home_opened", { app: channel.with }).catch(() => {});
  homeOpened = opened;
  drawFoot(channel);
}

function drawFoot(channel) {
  const box = $("#foot");
  if (!channel) { fill(box); return; }
  const wanted = channel.archived ? "archived" : channel.member === false ? "join" : "write";
  if (box.dataset.kind === wanted && box.dataset.for === (wanted === "write" ? "" : channel.id)) return;
  box.dataset.kind = wanted;
  box.dataset.for = wanted === "write" ? "" : channel.id;
  if (wanted === "write") { fill(box, channelComposer.el); channelComposer.focus(); return; }
  fill(box, h("div", { class: "foot-note" }, wanted === "archived" ? h("span", {}, icon("archive", 16), " This channel is archived. It can be read, not written to.")
    : [h("strong", {}, channelName(channel, true)), h("button", { type: "button", class: "btn btn-primary", "data-join": channel.id, onclick: () => tell(ask("join", { channel: channel.id })) }, "Join channel")]));
}

function drawLog() {
  const channel = state.channels.get(state.channel);
  if (!channel) { channelLog.clear(); return; }
  const place = log(channel.id);
  const all = sorted(place.messages);
  fill(channelLog.head, !place.loaded ? h("div", { class: "loading", "aria-label": "Loading" }, [1, 2, 3, 4].map(() => h("div", { class: "ghost" }))) : place.has_more ? h("div", { class: "muted older" }, "Loading older messages…") : intro(channel));
  channelLog.list.setAttribute("aria-label", `Messages in ${channelName(channel, true)}`);
  channelLog.show(channel.id, place.loaded ? all : [], { newAfter: place.newAfter });
}

function intro(channel) {
  const direct = channel.kind === "im" || channel.kind === "mpim";
  return h("div", { class: "intro" }, direct ? avatar(channelName(channel), state.users.get(channel.with)?.avatar_color, "l") : null, h("h2", {}, channelName(channel, true)),
    h("p", { class: "muted" }, direct ? `This is the beginning of your messages with ${channelName(channel)}.` : channel.purpose || `This is the beginning of the ${channel.kind === "private" ? "private " : ""}channel ${channelName(channel, true)}.`));
}

function drawThread() {
  const pane = $("#thread");
  const open = state.thread;
  document.body.classList.toggle("thread-open", Boolean(open));
  pane.hidden = !open;
  if (!open) { threadList.clear(); delete pane.dataset.thread; return; }
  pane.dataset.thread = open.ts;
  pane.dataset.channel = open.channel;
  $("#thread-where").textContent = channelName(state.channels.get(open.channel), true);
  const thread = threadLog(open.channel, open.ts);
  const messages = thread.loaded ? sorted(thread.messages) : [findMessage(open.channel, open.ts)].filter(Boolean);
  if (threadList.thread !== open.ts) { threadList.clear(); threadList.thread = open.ts; }
  threadList.show(open.channel, messages);
  const channel = state.channels.get(open.channel);
  $("#thread-foot").hidden = Boolean(channel?.archived) || channel?.member === false;
}

function drawHome() {
  const channel = state.channels.get(state.channel);
  const box = $("#home");
  if (box.hidden || !channel) return;
  const view = state.home[channel.with];
  if (view) keep(view.blocks, state.values.get(view.id) ?? {});
  box.dataset.viewId = view?.id ?? "";
  const top = box.scrollTop;
  fill(box, view ? h("div", { class: "home-blocks" }, blocks(viewSurface(view), view.blocks)) : h("div", { class: "intro" }, h("h2", {}, nameOf(channel.with)), h("p", { class: "muted" }, "This app has not published its Home yet.")));
  box.scrollTop = top;
}

function drawBanner() {
  const box = $("#banner");
  const down = state.bot?.bot === "down";
  document.body.dataset.online = String(state.online);
  const offline = !state.online && state.me;
  box.hidden = !offline && !down;
  fill(box, offline ? h("div", { "data-banner": "offline" }, h("i", { class: "spin" }), "Local Slack is not reachable. Reconnecting…") : down ? h("div", { "data-banner": "bot" }, icon("bolt", 14), `The bot is not connected. Buttons and commands get no answer until it is back.${state.bot.detail ? ` ${state.bot.detail}` : ""}`) : null);
}

function drawTitle() {
  const all = [...state.channels.values()];
  const count = all.reduce((sum, one) => sum + (one.id === state.channel && !document.hidden ? 0 : one.unread ?? 0), 0);
  document.title = `${count ? `(${count}) ` : ""}${state.channel ? `${channelName(state.channels.get(state.channel), true)} · ` : ""}Local Slack`;
}

function drawHint() {
  const box = $("#hint");
  const user = me();
  const seen = remembered.get(localStorage, HINT_KEY);
  box.hidden = Boolean(seen) || !user;
  if (box.hidden) return;
  const command = state.commands[0]?.command;
  const bot = state.hint ?? `Click a button of a message, open its thread${command ? `, type ${command} help` : ""}.`;
  fill(box, h("span", {}, h("strong", {}, `You are ${nameOf(user.id)}. `), bot, " Switch person at the top right."), iconButton("close", "Dismiss", () => { remembered.set(localStorage, HINT_KEY, "yes"); box.hidden = true; }));
}

on("all", () => { drawAll(); drawTitle(); });
on("sidebar", () => { drawSidebar(); drawTitle(); });
on("header", () => drawHeader($("#head")));
on("channel", drawChannel);
on("log", () => { if (!$("#main-log").hidden) drawLog(); });
on("thread", drawThread);
on("panel", drawPanel);
on("banner", drawBanner);
on("home", drawHome);
on("views", showViews);

// ---- what the server tells

const pushes = {
  message({ channel, message }) {
    const known = log(channel).messages.has(message.ts);
    putMessage(channel, message);
    if (channel !== state.channel || channelLog.atBottom) forgetOldest(log(channel));
    const place = state.channels.get(channel);
    if (place && inChannel(message) && !known && message.ts > (place.last_ts ?? "")) place.last_ts = message.ts;
    if (channel === state.channel && document.hidden && inChannel(message) && message.user !== state.me) log(channel).newAfter ??= sorted(log(channel).messages).at(-2)?.ts ?? "0";
    changed("log", "thread");
    if (channel === state.channel && channelLog.atBottom) queueMicrotask(markRead);
  },
  message_changed({ channel, message }) { putMessage(channel, message); changed("log", "thread"); },
  message_deleted({ channel, ts }) { dropMessage(channel, ts); if (state.thread?.channel === channel && state.thread.ts === ts) state.thread = null; changed("log", "thread"); },
  ephemeral({ channel, message }) { showEphemeral(channel, message); },
  ephemeral_changed({ channel, message }) { showEphemeral(channel, message); },
  ephemeral_deleted({ channel, ts }) { dropMessage(channel, ts); changed("log", "thread"); },
  channel(frame) {
    const channel = frame.channel ?? frame;
    const before = state.channels.get(channel.id);
    state.channels.set(channel.id, { ...channel, readSent: before?.readSent });
    if (before && (before.name !== channel.name)) state.epoch = {};
    if (channel.id === state.channel) { changed("header"); drawFoot(state.channels.get(channel.id)); if (!log(channel.id).loaded) load(channel.id); if (channel.unread && channelLog.atBottom) queueMicrotask(markRead); }
    if (!before) state.epoch = {};
    if (awaited?.id === channel.id) { clearTimeout(awaited.timer); const { ts, threadTs } = awaited; awaited = null; go.channel(channel.id, ts, threadTs); }
    changed("sidebar", ...(before?.name === channel.name ? [] : ["log", "thread"]));
  },
  channel_gone({ channel: id }) { state.channels.delete(id); state.logs.delete(id); if (state.channel === id) { state.channel = null; const next = firstChannel(); if (next) go.channel(next); else changed("all"); } changed("sidebar"); },
  user({ user }) { state.users.set(user.id, user); state.epoch = {}; changed("all"); },
  usergroup(group) { state.usergroups.set(group.id, group); state.epoch = {}; changed("log", "thread"); },
  views({ stack }) { state.views = stack ?? []; changed("views"); },
  view_errors({ view_id, errors }) { queueMicrotask(() => showErrors(view_id, errors)); },
  home({ app, view }) { state.home[app] = view; changed("home"); },
  toast({ kind, text }) { toast(text, kind); },
  lead({ channel, from }) { lead(channel, from); },
  panel(frame) { state.panel = frame; changed("panel"); },
  reload() { hello(state.me); },
  connection({ bot, detail }) { const was = state.bot?.bot; state.bot = { bot, detail }; changed("banner"); if (was === "down" && bot === "connected") toast("The bot is back.", "info"); },
};

function forgetOldest(place) {
  if (place.messages.size <= KEPT_MESSAGES * 1.25) return;
  for (const message of sorted(place.messages).slice(0, -KEPT_MESSAGES)) place.messages.delete(message.ts);
  place.has_more = true;
}

function showEphemeral(channel, message) {
  const whole = { ...message, ephemeral: true };
  log(channel).messages.delete(whole.ts);
  if (whole.thread_ts && whole.thread_ts !== whole.ts) { threadLog(channel, whole.thread_ts).messages.set(whole.ts, whole); }
  else log(channel).messages.set(whole.ts, whole);
  changed("log", "thread");
}

function firstChannel() {
  const all = [...state.channels.values()].filter((one) => one.member !== false && !one.archived);
  const rooms = all.filter((one) => one.kind === "public" || one.kind === "private").sort((a, b) => (b.last_ts ?? "").localeCompare(a.last_ts ?? ""));
  return (rooms[0] ?? all[0] ?? [...state.channels.values()][0])?.id;
}

const byId = (list) => new Map((list ?? []).map((one) => [one.id, one]));

/** "#/C123/p1700000000000100?thread_ts=…", or "#/oncall": a channel by its id or its name. */
function placeOf(hash) {
  const found = /^#\/([^/?]+)(?:\/p(\d{10})(\d{6}))?(?:\?thread_ts=([\d.]+))?/.exec(hash);
  if (!found) return null;
  let wanted = found[1];
  try { wanted = decodeURIComponent(wanted); } catch { /* a name with a bare % */ }
  const id = state.channels.has(wanted) ? wanted : [...state.channels.values()].find((one) => one.name === wanted)?.id;
  return { wanted, id, ts: found[2] && `${found[2]}.${found[3]}`, thread: found[4] };
}

async function hello(user) {
  let answer;
  try { answer = await ask("hello", { user: user ?? null }); } catch (error) {
    if (user && state.online) { toast(error.message, "error"); if (!state.me) await hello(null); }
    return;
  }
  const another = state.me !== answer.me;
  Object.assign(state, { me: answer.me, workspace: answer.workspace ?? {}, users: byId(answer.users), usergroups: byId(answer.usergroups), channels: byId(answer.channels), commands: answer.commands ?? [], shortcuts: answer.shortcuts ?? [],
    apps: answer.apps ?? [], home: answer.home ?? {}, views: answer.views ?? [], panel: answer.panel ?? null, hint: answer.hint ?? null, bot: answer.connection ?? { bot: "connected" }, online: true, epoch: {} });
  remembered.set(sessionStorage, USER_KEY, answer.me);
  state.logs.clear();
  state.threads.clear();
  if (another) { state.values.clear(); state.drafts.clear(); }
  const open = state.thread;
  const place = placeOf(location.hash);
  const wanted = state.channels.has(state.channel) ? state.channel : place?.id ?? firstChannel();
  const first = state.channel === null;
  state.channel = null;
  state.thread = open && state.channels.has(open.channel) ? open : null;
  const tab = state.tab;
  if (wanted) {
    await go.channel(wanted, first ? place?.ts : undefined, first ? place?.thread : undefined);
    if (!first && !another && state.tab !== tab) { state.tab = tab; changed("channel"); }
  } else changed("all");
  if (state.thread) tell(loadThread(state.thread.channel, state.thread.ts));
  changed("all", "views");
  drawHint();
  if (another && !first) toast(`You are ${nameOf(state.me)} now.`, "info");
}

// ---- the frame of the page

function build() {
  add($("#thread-log"), threadList.el);
  add($("#main-log"), channelLog.el);
  add($("#thread-foot"), threadComposer.el);
  add($("#thread-close"), icon("close"));
  add($("#jump-icon"), icon("search", 15));
  if (/Mac|iPhone|iPad/.test(navigator.platform)) $("#jump kbd").textContent = "⌘K";
  add($("#panel-tab"), icon("flask", 20));
  $("#thread-close").onclick = () => go.thread(null);
  $("#jump").onclick = dialogs.jump;
  $("#me").onclick = dialogs.switchUser;
  $("#panel-tab").onclick = togglePanel;
  $("#shade").onclick = () => go.drawer(false);
  $("nav").addEventListener("keydown", sidebarKeys);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-goto], nav a[data-channel]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); go.channel(link.dataset.goto ?? link.dataset.channel, link.dataset.gotoTs, link.dataset.gotoThread); return; }
    const person = event.target.closest(".mention[data-user], .msg-name[data-author]");
    if (person) dialogs.profile(person.dataset.user ?? person.dataset.author);
  });
  document.addEventListener("keydown", (event) => {
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.key.toLowerCase() === "k") { event.preventDefault(); if (!openOverlays()) dialogs.jump(); }
    else if (mod && event.key === "/") { event.preventDefault(); if (!openOverlays()) dialogs.keys(); }
    else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp") && !openOverlays()) { event.preventDefault(); neighbour(event.key === "ArrowDown" ? 1 : -1); }
    else if (event.key.length === 1 && event.key !== " " && !mod && !event.altKey && !event.defaultPrevented && !openOverlays() && !event.target.closest("input, textarea, select")) {
      const field = event.target.closest("#thread") ? threadComposer.field : channelComposer.field;
      if (field.isConnected) field.focus({ preventScroll: true });
    } else if (event.key === "Escape" && !event.defaultPrevented && !openOverlays()) {
      if (document.body.classList.contains("drawer-open")) go.drawer(false);
      else if (state.thread) go.thread(null);
      else { markRead(); log(state.channel).newAfter = null; changed("log"); channelComposer.focus(); }
    }
  });
  document.addEventListener("visibilitychange", () => { markRead(); drawTitle(); });
  addEventListener("hashchange", () => { const place = placeOf(location.hash); if (place) go.channel(place.id ?? place.wanted, place.ts, place.thread); });
  setInterval(() => { for (const bar of $$(".thread-bar")) { const message = findMessage(bar.closest(".msg")?.dataset.channel, bar.dataset.thread); if (message?.latest_reply) bar.querySelector(".muted")?.replaceChildren(`Last reply ${ago(message.latest_reply.split(".")[0])}`); } }, 30_000);
}

build();
connect({
  up: () => hello(state.me ?? remembered.get(sessionStorage, USER_KEY)),
  down: () => { state.online = false; changed("banner"); },
  push: (frame) => pushes[frame.push]?.(frame),
});
