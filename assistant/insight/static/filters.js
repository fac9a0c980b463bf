/** Filters live in the address, so that a view can be sent to a colleague. */
import { html, useEffect, useState } from "/static/view.js";
import { get } from "/static/api.js";
import { channelWord, languageWord, nameOf } from "/static/words.js";
import { isoDay } from "/static/time.js";

export const PRESETS = [["7", "7 days"], ["28", "28 days"], ["90", "90 days"]];
const DEFAULT_DAYS = 28;

/** The filters of an address' search part, with the last 28 days when no period is given. */
export function readFilters(search, now) {
  const given = new URLSearchParams(search);
  const value = (name) => given.get(name) ?? "";
  return {
    from: value("from") || isoDay(now, DEFAULT_DAYS - 1), to: value("to") || isoDay(now),
    channel: value("channel"), language: value("language"), intent: value("intent"), outcome: value("outcome"),
    definition: value("definition"), compare: value("compare"),
  };
}

/** The preset that a period is, seen from today, or "". */
export function presetOf({ from, to }, now) {
  if (to !== isoDay(now)) return "";
  return PRESETS.find(([days]) => from === isoDay(now, Number(days) - 1))?.[0] ?? "";
}

/** An address with those filters that hold something. */
export function withFilters(path, filters) {
  const held = Object.entries(filters).filter(([, value]) => value);
  return held.length ? `${path}?${new URLSearchParams(held)}` : path;
}

/** The filters in the address, and a way to change them that Back undoes. */
export function useFilters() {
  const [filters, set] = useState(() => readFilters(location.search, Date.now()));
  useEffect(() => {
    const back = () => set(readFilters(location.search, Date.now()));
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  const change = (part) => {
    const next = { ...filters, ...part };
    history.pushState(null, "", withFilters(location.pathname, next));
    set(next);
  };
  return [filters, change];
}

export function useCatalogue() {
  const [catalogue, set] = useState({ intents: [], languages: [], reasons: [], skills: [] });
  useEffect(() => {
    get("/api/catalogue").then(set, () => {});
  }, []);
  return catalogue;
}

export function periodTrouble({ from, to }) {
  if (from > to) return "The period ends before it begins. Choose an end on or after the first day.";
  return null;
}

export function Pick({ label, value, onChange, children }) {
  return html`<label class="pick"><span>${label}</span><select class="input" value=${value} onChange=${(e) => onChange(e.target.value)}>${children}</select></label>`;
}

/** Period with presets, channel and language. */
export function PeriodBar({ filters, change, languages, children }) {
  const preset = presetOf(filters, Date.now());
  const choose = (days) => days && change({ from: isoDay(Date.now(), Number(days) - 1), to: isoDay(Date.now()) });
  return html`<form class="filters" aria-label="Filters" onSubmit=${(e) => e.preventDefault()}>
    <${Pick} label="Period" value=${preset} onChange=${choose}>${PRESETS.map(([days, title]) => html`<option key=${days} value=${days}>Last ${title}</option>`)}<option value="">Own period</option><//>
    <label class="pick"><span>From</span><input class="input" type="date" value=${filters.from} max="9999-12-31" onChange=${(e) => e.target.value && change({ from: e.target.value })} /></label>
    <label class="pick"><span>To</span><input class="input" type="date" value=${filters.to} max="9999-12-31" onChange=${(e) => e.target.value && change({ to: e.target.value })} /></label>
    <${Pick} label="Channel" value=${filters.channel} onChange=${(channel) => change({ channel })}><option value="">All channels</option>
      ${["web_chat", "rest", "phone", "email", "sms"].map((one) => html`<option key=${one} value=${one}>${channelWord(one)}</option>`)}<//>
    <${Pick} label="Language" value=${filters.language} onChange=${(language) => change({ language })}><option value="">All languages</option>
      ${languages.map((one) => html`<option key=${nameOf(one)} value=${nameOf(one)}>${languageWord(nameOf(one))}</option>`)}<//>
    ${children}
  </form>`;
}
