/** Numbers of the insight pages as text. Nothing is rounded to look better; nothing here touches the page. */

/** "61.4%"; null and undefined give null, so that the caller says why there is no number. */
export function percent(rate, digits = 1) {
  return rate === null || rate === undefined ? null : `${(rate * 100).toFixed(digits)}%`;
}

export function whole(n) {
  return n === null || n === undefined ? "–" : Number(n).toLocaleString("en-GB");
}

/** "59.8 – 63.0" */
export function interval(low, high, digits = 1) {
  return low === null || low === undefined ? null : `${(low * 100).toFixed(digits)} – ${(high * 100).toFixed(digits)}`;
}

/** Customers we cannot say got it done: closed without proof of success. */
export function lost(row) {
  return (row.closed ?? 0) - (row.achieved ?? 0);
}

/** Most customers lost first; then the most attempts; then by title. */
export function worstFirst(rows) {
  return [...rows].sort((a, b) => lost(b) - lost(a) || b.eligible - a.eligible || String(a.title).localeCompare(String(b.title)));
}

/** The parts of a row's eligible attempts, in reading order: [{key, title, n, outcome, mark}]. */
export function parts(row) {
  return [
    { key: "achieved_system", title: "achieved, our systems confirm it", n: row.achieved_system, outcome: "achieved", mark: "achieved" },
    { key: "achieved_customer", title: "achieved, the customer says so", n: row.achieved_customer, outcome: "achieved", mark: "achieved" },
    { key: "achieved_agent", title: "achieved, the agent says so", n: row.achieved_agent, outcome: "achieved", mark: "achieved" },
    { key: "not_achieved", title: "not achieved", n: row.not_achieved, outcome: "not_achieved", mark: "lost" },
    { key: "abandoned", title: "abandoned", n: row.abandoned, outcome: "abandoned", mark: "left" },
    { key: "unknown", title: "unknown", n: row.unknown, outcome: "unknown", mark: "unknown" },
    { key: "open", title: "still open", n: row.open, outcome: "open", mark: "open" },
  ].map((part) => ({ ...part, n: part.n ?? 0 }));
}

/** What each figure counts, for people. The definitions' version stands beside it on the page. */
export const EXPLAINED = {
  success: "Attempts that ended with proof of success (from our systems, the customer or an agent), of all closed attempts. The interval is where the true rate lies 19 times out of 20 (Wilson, 95%).",
  lost: "Closed attempts without proof of success: not achieved, abandoned, or unknown.",
  self: "Achieved without a person taking part, of all closed attempts.",
  held: "Achieved at first, and neither disproved nor come back within the window, of all that were achieved and whose window is over.",
  contained: "Closed without ever being passed to a person, of all closed: what other tools report. It counts silence as success, so it stands here only to compare.",
  unknown: "All was told, and nothing confirmed it. Never counted as success.",
  n: "Closed attempts. Open ones are counted apart and may still change the rates.",
  median: "Half of the achieved attempts took less time than this, from opening to closing.",
};
