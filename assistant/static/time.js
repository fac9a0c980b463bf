/** Times in words. Nothing here touches the page. All instants are ISO 8601 text or milliseconds. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** Milliseconds of an ISO instant, or NaN. */
export function instant(value) {
  return typeof value === "number" ? value : Date.parse(value ?? "");
}

/** "just now", "4 min ago", "in 2 h", "9 Nov", for `value` seen from `now` (milliseconds). */
export function relative(value, now) {
  const at = instant(value);
  if (Number.isNaN(at)) return "–";
  const gap = Math.round((now - at) / 1000);
  const size = Math.abs(gap);
  const say = (text) => (gap >= 0 ? `${text} ago` : `in ${text}`);
  if (size < 45) return gap >= -5 ? "just now" : "in a moment";
  if (size < 50 * MINUTE) return say(`${Math.max(1, Math.round(size / MINUTE))} min`);
  if (size < 22 * HOUR) return say(`${Math.max(1, Math.round(size / HOUR))} h`);
  if (size < 6.5 * DAY) return say(`${Math.max(1, Math.round(size / DAY))} d`);
  const there = new Date(at);
  const sameYear = there.getFullYear() === new Date(now).getFullYear();
  return there.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) });
}

/** The whole instant in the reader's time zone: "Sun 22 Nov 2026, 14:02:31". */
export function exact(value) {
  const at = instant(value);
  if (Number.isNaN(at)) return "";
  return new Date(at).toLocaleString("en-GB", {
    weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
}

/** "14:02" */
export function clock(value) {
  const at = instant(value);
  return Number.isNaN(at) ? "" : new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** "Sunday 22 November" */
export function day(value) {
  const at = instant(value);
  return Number.isNaN(at) ? "" : new Date(at).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
}

/** A waiting time that ticks: "0:40", "12:07", "1:04:30", "3 d 4 h". `seconds` below 0 count as 0. */
export function ticking(seconds) {
  const s = Math.max(0, Math.floor(seconds || 0));
  const two = (n) => String(n).padStart(2, "0");
  if (s >= DAY) return `${Math.floor(s / DAY)} d ${Math.floor((s % DAY) / HOUR)} h`;
  if (s >= HOUR) return `${Math.floor(s / HOUR)}:${two(Math.floor((s % HOUR) / MINUTE))}:${two(s % MINUTE)}`;
  return `${Math.floor(s / MINUTE)}:${two(s % MINUTE)}`;
}

/** A length of time for reading: "<1 s", "40 s", "3 min 20 s", "2 h 5 min", "3 d". */
export function lasting(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  if (seconds < 1) return "<1 s";
  const s = Math.round(seconds);
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return s % MINUTE && s < 10 * MINUTE ? `${Math.floor(s / MINUTE)} min ${s % MINUTE} s` : `${Math.round(s / MINUTE)} min`;
  if (s < DAY) return `${Math.floor(s / HOUR)} h ${Math.floor((s % HOUR) / MINUTE)} min`;
  return `${Math.floor(s / DAY)} d`;
}

/** The local date of a moment as "2026-11-22", `back` days earlier. */
export function isoDay(now, back = 0) {
  const there = new Date(now);
  there.setDate(there.getDate() - back);
  const two = (n) => String(n).padStart(2, "0");
  return `${there.getFullYear()}-${two(there.getMonth() + 1)}-${two(there.getDate())}`;
}
