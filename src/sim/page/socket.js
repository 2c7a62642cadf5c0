// The socket to the local Slack: requests with answers, pushes, reconnect.

const RETRY_MS = [300, 700, 1500, 3000, 5000];
const ANSWER_TIMEOUT_MS = 20_000;

let socket = null;
let next = 1;
let tries = 0;
const waiting = new Map();
const hooks = { push() {}, up() {}, down() {} };

export function connect(given) {
  Object.assign(hooks, given);
  open();
}

function open() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ui/ws`);
  const mine = socket;
  mine.onopen = () => { tries = 0; hooks.up(); };
  mine.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    if (frame.push) { hooks.push(frame); return; }
    const wait = waiting.get(frame.id);
    waiting.delete(frame.id);
    if (!wait) return;
    clearTimeout(wait.timer);
    if (frame.ok) wait.resolve(frame); else wait.reject(new Error(frame.error || "That did not work."));
  };
  mine.onclose = () => {
    for (const wait of waiting.values()) { clearTimeout(wait.timer); wait.reject(new Error("The connection was lost. Try again.")); }
    waiting.clear();
    hooks.down();
    setTimeout(open, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
  };
}

/** ask("post", {channel, text}) → the answer; throws an Error with a sentence for people. */
export function ask(name, args = {}) {
  return new Promise((resolve, reject) => {
    if (socket?.readyState !== WebSocket.OPEN) { reject(new Error("Local Slack is not connected. Trying again…")); return; }
    const id = next++;
    const timer = setTimeout(() => { waiting.delete(id); reject(new Error("Local Slack did not answer in time.")); }, ANSWER_TIMEOUT_MS);
    waiting.set(id, { resolve, reject, timer });
    socket.send(JSON.stringify({ id, do: name, ...args }));
  });
}
