// Surfaces: the places blocks stand on, and how a click there reaches the bot.

import { ask } from "./socket.js";
import { collect } from "./values.js";
import { state, valuesOf } from "./state.js";
import { toast } from "./toast.js";

const act = (where, blocksOf, values, channel) => async (blockId, action) => {
  try {
    await ask("action", { ...where, block_id: blockId, action, state: { values: collect(blocksOf(), values, channel) } });
  } catch (error) {
    toast(error.message, "error");
  }
};

export function messageSurface(channel, message) {
  const key = `${channel}:${message.ts}`;
  const values = valuesOf(key);
  const where = { channel, ts: message.ts, ...(message.ephemeral ? { ephemeral: true } : {}) };
  const all = () => [...(message.blocks ?? []), ...(message.attachments ?? []).flatMap((one) => one.blocks ?? [])];
  return { key, channel, values, act: act(where, all, values, channel), suggest: (block_id, action_id, value) => ask("suggest", { ...where, block_id, action_id, value }) };
}

export function viewSurface(view, errors) {
  const values = valuesOf(view.id);
  const where = { view_id: view.id };
  return { key: view.id, channel: state.channel, values, errors, act: act(where, () => view.blocks, values), suggest: (block_id, action_id, value) => ask("suggest", { ...where, block_id, action_id, value }) };
}
