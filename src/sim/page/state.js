// What the page knows, as plain data, and who wants to hear when it changes.

export const state = {
  me: null, workspace: {}, users: new Map(), usergroups: new Map(), channels: new Map(), commands: [], shortcuts: [], apps: [],
  home: {}, views: [], panel: null, hint: null, bot: { bot: "connected" }, online: false,
  channel: null, tab: "messages", thread: null, // thread: {channel, ts}
  logs: new Map(), // channel → {messages: Map(ts → message), loaded, has_more, newAfter}
  threads: new Map(), // "channel:ts" → {messages: Map, loaded}
  values: new Map(), // surface key → {block_id: {action_id: value}} typed or chosen, not yet sent
  drafts: new Map(),
};

const listeners = new Map();
const pending = new Set();
/** Redrawn at most once a frame: a storm of messages must not be a storm of layouts. */
const CALM = new Set(["log", "thread", "sidebar"]);
const calm = new Set();

export function on(name, run) {
  if (!listeners.has(name)) listeners.set(name, []);
  listeners.get(name).push(run);
}

const tell = (due) => { for (const name of due) for (const run of listeners.get(name) ?? []) run(); };
const drain = (set) => { const due = [...set]; set.clear(); tell(due); };

/** Asks for a redraw of `name`; many asks in one turn (or frame) are one redraw. */
export function changed(...names) {
  for (const name of names) {
    const set = CALM.has(name) ? calm : pending;
    if (!set.size) {
      if (set === pending) queueMicrotask(() => drain(pending));
      else if (document.hidden) setTimeout(() => drain(calm), 50);
      else requestAnimationFrame(() => drain(calm));
    }
    set.add(name);
  }
}

export const me = () => state.users.get(state.me);

export function nameOf(id) {
  const user = state.users.get(id);
  return user ? user.display_name || user.real_name || user.name : id;
}

/** "#ops", or the names of the people in a direct message. */
export function channelName(channel, mark = false) {
  if (!channel) return "";
  if (channel.kind === "im") return nameOf(channel.with);
  if (channel.kind === "mpim") return otherMembers(channel).map(nameOf).join(", ") || channel.name;
  return (mark ? "#" : "") + channel.name;
}

const otherMembers = (channel) => (Array.isArray(channel.with) ? channel.with : channel.members ?? []).filter((id) => id !== state.me);

export const appOf = (user) => state.apps.find((app) => app.user === user);

export const memberCount = (channel) => channel?.members?.length ?? channel?.member_count;

/** The name, colour and bot mark a message is shown under. */
export function author(message) {
  const app = state.apps.find((one) => message.bot_id && one.bot_id === message.bot_id);
  const user = state.users.get(message.user) ?? state.users.get(app?.user);
  const bot = Boolean(message.bot_id || user?.is_bot || message.subtype === "bot_message");
  const custom = message.username;
  const name = custom || (user ? nameOf(user.id) : message.app || message.bot_profile?.name || app?.name || message.user || "unknown");
  return { id: user?.id ?? message.user ?? message.bot_id, name, bot, color: custom ? undefined : user?.avatar_color, user,
    emoji: message.icons?.emoji?.replace(/:/g, "") };
}

export function log(channel) {
  if (!state.logs.has(channel)) state.logs.set(channel, { messages: new Map(), loaded: false, has_more: false, newAfter: null });
  return state.logs.get(channel);
}

export const threadKey = (channel, ts) => `${channel}:${ts}`;

export function threadLog(channel, ts) {
  const key = threadKey(channel, ts);
  if (!state.threads.has(key)) state.threads.set(key, { messages: new Map(), loaded: false });
  return state.threads.get(key);
}

export const byTs = (a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0);
export const sorted = (map) => [...map.values()].sort(byTs);
export const isReply = (message) => Boolean(message.thread_ts && message.thread_ts !== message.ts);
export const inChannel = (message) => !isReply(message) || message.subtype === "thread_broadcast" || message.broadcast === true;

/** The values of one surface (a message, a view), kept while it is redrawn. */
export function valuesOf(key) {
  if (!state.values.has(key)) state.values.set(key, {});
  return state.values.get(key);
}

/** A newer message in place of the old one, wherever it is shown. */
export function putMessage(channel, message) {
  const place = log(channel);
  if (place.loaded && inChannel(message)) place.messages.set(message.ts, message);
  if (isReply(message)) {
    const thread = state.threads.get(threadKey(channel, message.thread_ts));
    if (thread?.loaded) thread.messages.set(message.ts, message);
  } else {
    state.threads.get(threadKey(channel, message.ts))?.messages.set(message.ts, message);
  }
}

export function dropMessage(channel, ts) {
  log(channel).messages.delete(ts);
  for (const [key, thread] of state.threads) if (key.startsWith(`${channel}:`)) thread.messages.delete(ts);
}

export function findMessage(channel, ts) {
  const here = log(channel).messages.get(ts);
  if (here) return here;
  for (const [key, thread] of state.threads) if (key.startsWith(`${channel}:`) && thread.messages.has(ts)) return thread.messages.get(ts);
  return undefined;
}
