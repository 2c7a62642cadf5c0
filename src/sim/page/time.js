// Times as the reader sees them: the browser's zone and language.

const fmt = (options) => new Intl.DateTimeFormat(undefined, options);
const CLOCK = fmt({ hour: "2-digit", minute: "2-digit" });
const CLOCK_SECS = fmt({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const LONG = fmt({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const DAY = fmt({ day: "numeric", month: "long", year: "numeric" });
const SHORT = fmt({ day: "numeric", month: "short", year: "numeric" });
const NUM = fmt({ day: "2-digit", month: "2-digit", year: "numeric" });
const WEEKDAY = fmt({ weekday: "long", day: "numeric", month: "long" });
const FULL = fmt({ dateStyle: "full", timeStyle: "medium" });

const dayStart = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const daysAgo = (date) => Math.round((dayStart(new Date()) - dayStart(date)) / 86_400_000);

export const dateOf = (ts) => new Date(Number(String(ts).split(".")[0]) * 1000);
export const clock = (ts) => CLOCK.format(dateOf(ts));
export const full = (ts) => FULL.format(dateOf(ts));
export const dayKey = (ts) => dayStart(dateOf(ts));

const near = (date) => ({ "-1": "Tomorrow", 0: "Today", 1: "Yesterday" })[daysAgo(date)];

export function dayLabel(ts) {
  const date = dateOf(ts);
  return near(date) ?? (date.getFullYear() === new Date().getFullYear() ? WEEKDAY : LONG).format(date);
}

export function ago(ts) {
  const secs = Math.round(Date.now() / 1000 - Number(ts));
  const past = Math.abs(secs);
  const [count, unit] = past < 60 ? [past, "second"] : past < 3600 ? [Math.round(past / 60), "minute"]
    : past < 86_400 ? [Math.round(past / 3600), "hour"] : [Math.round(past / 86_400), "day"];
  if (past < 10) return "just now";
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return secs >= 0 ? `${words} ago` : `in ${words}`;
}

const lower = (text, first) => (first ? text : text.toLowerCase());

/** Fills the tokens of `<!date^unix^format>`; undefined when the moment is not a number. */
export function formatTokens(unix, format) {
  const seconds = Number(unix);
  if (!Number.isFinite(seconds)) return undefined;
  const date = new Date(seconds * 1000);
  const pretty = (fallback, offset) => { const word = near(date); return word ? lower(word, offset === 0) : fallback.format(date); };
  const tokens = {
    date_num: () => NUM.format(date), date: () => DAY.format(date), date_short: () => SHORT.format(date), date_long: () => LONG.format(date),
    date_pretty: (at) => pretty(DAY, at), date_short_pretty: (at) => pretty(SHORT, at), date_long_pretty: (at) => pretty(LONG, at),
    day_divider_pretty: (at) => pretty(LONG, at),
    time: () => CLOCK.format(date), time_secs: () => CLOCK_SECS.format(date), ago: () => ago(seconds),
  };
  return String(format).replace(/\{(\w+)\}/g, (whole, name, at) => tokens[name]?.(at) ?? whole);
}
