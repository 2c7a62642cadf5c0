// The state of input elements as Slack sends it: what is chosen, what is empty, what is wrong.
// Pure functions; docs: reference/block-kit/block-elements

import { richTextValue, richTextSource } from "./richtext.js";
import { state } from "./state.js";

/** element type → [value key, key of its initial value, is a list] */
const FIELDS = {
  plain_text_input: ["value", "initial_value"], email_text_input: ["value", "initial_value"], url_text_input: ["value", "initial_value"],
  number_input: ["value", "initial_value"], rich_text_input: ["rich_text_value", "initial_value"],
  static_select: ["selected_option", "initial_option"], external_select: ["selected_option", "initial_option"], radio_buttons: ["selected_option", "initial_option"],
  users_select: ["selected_user", "initial_user"], channels_select: ["selected_channel", "initial_channel"], conversations_select: ["selected_conversation", "initial_conversation"],
  multi_static_select: ["selected_options", "initial_options", true], multi_external_select: ["selected_options", "initial_options", true], checkboxes: ["selected_options", "initial_options", true],
  multi_users_select: ["selected_users", "initial_users", true], multi_channels_select: ["selected_channels", "initial_channels", true],
  multi_conversations_select: ["selected_conversations", "initial_conversations", true],
  datepicker: ["selected_date", "initial_date"], timepicker: ["selected_time", "initial_time"], datetimepicker: ["selected_date_time", "initial_date_time"],
  file_input: ["files", "initial_files", true],
};

export const isStateful = (element) => element?.type in FIELDS;
export const field = (type) => FIELDS[type]?.[0];
export const isMulti = (type) => Boolean(FIELDS[type]?.[2]);

/** The value an element starts with. */
export function initial(element, channel) {
  const [, key, multi] = FIELDS[element.type];
  let value = element[key];
  if (element.default_to_current_conversation && channel && value === undefined) value = multi ? [channel] : channel;
  return value ?? (multi ? [] : null);
}

/** What stands in the element now: {type, <field>: value}. */
export function current(values, blockId, element, channel) {
  const given = values[blockId]?.[element.action_id];
  if (given && given.type === element.type) return given;
  return { type: element.type, [field(element.type)]: initial(element, channel) };
}

export function put(values, blockId, element, value) {
  values[blockId] ??= {};
  values[blockId][element.action_id] = { type: element.type, [field(element.type)]: value };
  return values[blockId][element.action_id];
}

/** Every stateful element of these blocks, as [block, element]. */
export function* stateful(blocks) {
  for (const block of blocks ?? []) {
    const elements = [block.element, block.accessory, ...(block.type === "actions" ? block.elements ?? [] : [])];
    for (const element of elements) if (isStateful(element)) yield [block, element];
  }
}

/** `state.values` for these blocks. */
export function collect(blocks, values, channel) {
  const out = {};
  for (const [block, element] of stateful(blocks)) {
    out[block.block_id] ??= {};
    out[block.block_id][element.action_id] = current(values, block.block_id, element, channel);
  }
  return out;
}

/** Keeps only what the new blocks still ask for (Slack keeps a value by block_id and action_id). */
export function keep(blocks, values) {
  const known = new Set([...stateful(blocks)].map(([block, element]) => `${block.block_id}\n${element.action_id}`));
  for (const [blockId, actions] of Object.entries(values)) for (const actionId of Object.keys(actions)) if (!known.has(`${blockId}\n${actionId}`)) delete actions[actionId];
}

const empty = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

/** The first thing wrong with an input block before it is sent, or undefined. */
export function problem(block, values, channel) {
  const element = block.element;
  if (block.type !== "input" || !isStateful(element)) return undefined;
  const value = current(values, block.block_id, element, channel)[field(element.type)];
  if (empty(value)) return block.optional ? undefined : "Please complete this required field.";
  if (element.type === "plain_text_input") {
    const length = [...value].length;
    if (element.min_length && length < element.min_length) return `Please enter at least ${element.min_length} characters.`;
    if (element.max_length && length > element.max_length) return `Please enter at most ${element.max_length} characters.`;
  }
  if (element.type === "number_input") {
    const number = Number(value);
    if (!Number.isFinite(number)) return "Please enter a number.";
    if (!element.is_decimal_allowed && !Number.isInteger(number)) return "Please enter a whole number.";
    if (element.min_value !== undefined && number < Number(element.min_value)) return `Please enter a number of at least ${element.min_value}.`;
    if (element.max_value !== undefined && number > Number(element.max_value)) return `Please enter a number of at most ${element.max_value}.`;
  }
  if (element.type === "email_text_input" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return "Please enter a valid email address.";
  if (element.type === "url_text_input" && !/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(value)) return "Please enter a valid URL.";
  return undefined;
}

/** Text typed in an input → its value (empty is null). */
export const typedValue = (element, text) => (element.type === "rich_text_input" ? richTextValue(text) : text === "" ? null : text);
export const typedSource = (element, value) => (element.type === "rich_text_input" ? richTextSource(value) : value ?? "");

/** The people, channels or conversations a select offers, as [{value, text, kind}]. */
export function candidates(element) {
  const people = (bots) => [...state.users.values()].filter((user) => !user.deleted && (bots || !user.is_bot))
    .map((user) => ({ value: user.id, text: user.display_name || user.real_name || user.name, note: user.real_name, kind: "user" }));
  const channels = (kinds) => [...state.channels.values()].filter((one) => kinds.includes(one.kind) && !one.archived && (one.kind === "public" || one.member !== false))
    .map((one) => ({ value: one.id, text: one.name, kind: one.kind }));
  if (element.type.endsWith("users_select")) return people(true);
  if (element.type.endsWith("channels_select")) return channels(["public"]);
  const include = element.filter?.include ?? ["public", "private", "im", "mpim"];
  const direct = include.includes("im") ? [...state.channels.values()].filter((one) => one.kind === "im" && !(element.filter?.exclude_bot_users && state.users.get(one.with)?.is_bot))
    .map((one) => ({ value: one.id, text: state.users.get(one.with)?.real_name ?? one.id, kind: "user" })) : [];
  return [...channels(include.filter((kind) => kind === "public" || kind === "private")), ...direct];
}
