/** Who waits, for how long, and in which order. Pure: the caller gives the time in milliseconds. */

/** After so many seconds in the queue a customer counts as waiting too long. */
export const LATE_AFTER = 120;
/** A call back that is due within so many milliseconds is as pressing as somebody who waits in the chat. */
const SOON = 15 * 60 * 1000;
const OPEN = new Set(["queued", "offered", "callback"]);

export function waitingSeconds(handoff, now) {
  return Math.max(0, (now - Date.parse(handoff.requested_at)) / 1000);
}

/** Late: a promise whose time has come, or a wait that is too long. */
export function isLate(handoff, now) {
  if (handoff.state === "callback") return Boolean(handoff.due) && Date.parse(handoff.due) <= now;
  return waitingSeconds(handoff, now) >= LATE_AFTER;
}

const RANK = { urgent: 0, high: 1, normal: 2, low: 3 };

/**
 * Those that wait for a person: offered to me first, then late ones, then by priority, then the longest wait.
 * Call backs that are not due soon come after everybody who sits and waits.
 */
export function inOrder(handoffs, now, me) {
  const mine = (h) => (h.offered_to && h.offered_to === me ? 0 : 1);
  const late = (h) => (isLate(h, now) ? 0 : 1);
  const later = (h) => (h.state === "callback" && Date.parse(h.due) - now > SOON ? 1 : 0);
  const rank = (h) => RANK[h.priority] ?? 2;
  return handoffs
    .filter((handoff) => OPEN.has(handoff.state))
    .sort((a, b) => mine(a) - mine(b) || late(a) - late(b) || later(a) - later(b) || rank(a) - rank(b) || Date.parse(a.requested_at) - Date.parse(b.requested_at));
}

/** The customer's name when we know it: `"Anna"` or `{name}`. */
export function customerName(handoff) {
  const who = handoff?.customer;
  return (who && typeof who === "object" ? who.name : who) || null;
}

/** The agent who has it: `"Mia"` or `{staff_id, name}`. */
export function agentName(handoff) {
  const who = handoff?.agent;
  return (who && typeof who === "object" ? who.name : who) || null;
}
