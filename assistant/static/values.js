/** Values of facts and inputs in words, by their shape: money, days, time windows, lists, yes and no. Pure. */

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MONTH = /^\d{4}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const WORDS = /^[a-z]+(_[a-z]+)+$/; // a code of ours, no number in it
const NAMES = { tv_box: "TV box", sms: "text message", web_chat: "web chat" };

/** On one line of text; "–" for nothing. */
export function valueText(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (Array.isArray(value)) return value.map(valueText).join(", ") || "–";
  if (typeof value === "object") return objectText(value);
  return textText(String(value));
}

function textText(text) {
  if (DAY.test(text)) return dayText(text);
  if (MONTH.test(text)) return wall(`${text}-01`, { month: "long", year: "numeric" });
  if (MOMENT.test(text)) return `${dayText(text)}, ${clockText(text)}`;
  return NAMES[text] ?? (WORDS.test(text) ? text.replaceAll("_", " ") : text);
}

function objectText(value) {
  if ("amount" in value && "currency" in value) return `${value.currency === "EUR" ? "€" : value.currency} ${value.amount}`;
  if ("start" in value && "end" in value) return windowText(value);
  if ("after" in value && "before" in value) return hoursText(value.after, value.before);
  if (value.date) return valueText(value.date);
  const named = value.text ?? value.title ?? value.label;
  if (named) return String(named);
  const parts = Object.entries(value).filter(([, inner]) => inner !== null);
  if (parts.length === 1) return valueText(parts[0][1]);
  return parts.map(([key, inner]) => `${key.replaceAll("_", " ")} ${valueText(inner)}`).join(", ") || "–";
}

function windowText({ start, end }) {
  if (start && end && DAY.test(start) && DAY.test(end)) return `${dayText(start)} to ${dayText(end)}`;
  const known = start ?? end;
  if (!known || !MOMENT.test(known)) return [start, end].filter(Boolean).join(" – ") || "–";
  if (start && end && start.slice(0, 10) !== end.slice(0, 10)) return `${textText(start)} to ${textText(end)}`;
  return `${dayText(known)}, ${hoursText(start && clockText(start), end && clockText(end))}`;
}

function hoursText(after, before) {
  if (after && before) return `${after}–${before}`;
  return after ? `after ${after}` : `before ${before ?? "–"}`;
}

/**
 * A moment is shown as its text has it, on the company's own clock, so that agent and customer speak of the
 * same hour wherever the agent sits; one in UTC ("…Z") is brought to the reader's clock.
 */
function wall(text, parts) {
  const inUtc = text.endsWith("Z");
  const [, date, time = "00:00"] = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}))?/.exec(text) ?? [];
  const at = new Date(inUtc ? text : `${date}T${time}:00Z`);
  if (Number.isNaN(+at)) return text;
  return at.toLocaleString("en-GB", { ...parts, ...(inUtc ? {} : { timeZone: "UTC" }) });
}

function dayText(text) {
  const year = text.slice(0, 4) === String(new Date().getFullYear()) ? {} : { year: "numeric" };
  return wall(text, { weekday: "long", day: "numeric", month: "long", ...year }).replace(",", "");
}

const clockText = (text) => wall(text, { hour: "2-digit", minute: "2-digit" });
