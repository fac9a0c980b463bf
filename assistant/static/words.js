/** Codes of the system in a colleague's words. Nothing here touches the page. */

const REASONS = {
  customer_asked: "asked for a person",
  not_understood: "the assistant did not understand",
  action_failed: "a system failed twice",
  declined: "declined twice",
  policy: "a person is required here",
  came_back: "came back about the same matter",
  distress: "sounds distressed",
  stuck: "stuck in one step",
  agent_took_over: "an agent took over",
  transferred: "transferred by a colleague",
  agent_lost: "the agent before was lost",
};

const OUTCOMES = {
  achieved: "Achieved", not_achieved: "Not achieved", abandoned: "Abandoned", unknown: "Unknown", open: "Open",
};
const OUTCOME_KIND = { achieved: "good", not_achieved: "bad", abandoned: "warn", unknown: "", open: "accent" };
const RESULTS = { ok: "worked", declined: "declined", error: "failed", timeout: "no answer" };
const SOURCES = { customer: "said by the customer", system: "from our systems", page: "from the page", agent: "from an agent" };
const STATES = {
  queued: "waiting", offered: "offered", with_agent: "with an agent", returned: "back with the assistant",
  closed: "closed", callback: "call back", withdrawn: "withdrawn",
};
const BY = { self_service: "by themselves", assisted: "with a person", elsewhere: "elsewhere" };
const EVIDENCE = { system: "our systems confirm it", customer: "the customer says so", agent: "the agent says so", none: "nobody vouches for it" };
const METHODS = { identity_token: "signed in on the website", one_time_code: "one-time code", agent: "by an agent" };
const CHANNELS = { web_chat: "web chat", rest: "partner chat", phone: "phone", email: "e-mail", sms: "text message", shop: "shop", web_page: "web page" };
const ROLES = { agent: "Agent", supervisor: "Supervisor", analyst: "Analyst", channel: "Channel", admin: "Administrator" };

/** A name of the system as words: "pay_bill" -> "pay bill". Empty for nothing. */
export function plain(name) {
  return String(name ?? "").replaceAll("_", " ").replaceAll(".", " ").trim();
}

const from = (table) => (code) => (code ? (table[code] ?? plain(code)) : "");
export const outcomeWord = from(OUTCOMES);
export const resultWord = from(RESULTS);
export const sourceWord = from(SOURCES);
export const stateWord = from(STATES);
export const byWord = from(BY);
export const evidenceWord = from(EVIDENCE);
export const methodWord = from(METHODS);
export const channelWord = from(CHANNELS);
export const roleWord = from(ROLES);
export const outcomeKind = (code) => OUTCOME_KIND[code] ?? "";
export const OUTCOME_CODES = ["achieved", "not_achieved", "abandoned", "unknown"];

/** Why a person is needed: of a code, or of `{code, text}`. */
export function reasonWord(reason) {
  if (reason && typeof reason === "object") return reason.text || from(REASONS)(reason.code);
  return from(REASONS)(reason);
}

/** The name of an intent, a skill, a reason: `"pay_bill"` or `{name, title}`. */
export function nameOf(thing) {
  return thing && typeof thing === "object" ? (thing.name ?? thing.intent ?? thing.code ?? "") : (thing ?? "");
}

/** The title of a thing in a catalogue list `[{name, title}]`, else its name in words. */
export function titleOf(thing, list = []) {
  if (thing && typeof thing === "object" && thing.title) return thing.title;
  const name = nameOf(thing);
  return list.find((entry) => nameOf(entry) === name)?.title ?? plain(name);
}

/** The language's own name in English: "nl" -> "Dutch". */
export function languageWord(code) {
  if (!code) return "";
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** "1 chat", "2 chats" */
export function count(n, one, many = `${one}s`) {
  return `${Number(n).toLocaleString("en-GB")} ${n === 1 ? one : many}`;
}
