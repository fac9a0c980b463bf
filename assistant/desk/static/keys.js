/** One key per move. `read` is pure; the desk does what it says. */

export const KEYS = [
  ["j / k", "next / previous in the queue"],
  ["Enter", "accept the chosen chat"],
  ["m", "next of my chats"],
  ["r", "write a reply"],
  ["Esc", "leave the reply box"],
  ["1 … 9", "copy a known fact"],
  ["b", "return to the assistant"],
  ["t", "transfer"],
  ["c", "close with the outcome"],
  ["h", "here / away"],
  ["?", "this list"],
];

const MOVES = { j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", m: "my next", r: "reply", b: "return", t: "transfer", c: "close", h: "presence", "?": "keys" };

/**
 * The move that a key stands for: {move, number?} or null. `target` is where the key was pressed:
 * in a field, a menu or a dialog a key is just a key, and Enter on a button presses that button.
 */
export function read({ key, ctrlKey, metaKey, altKey }, target) {
  if (ctrlKey || metaKey || altKey || target.inDialog || target.inField) return null;
  if (key === "Enter") return target.onControl && !target.onEntry ? null : { move: "accept" };
  if (/^[1-9]$/.test(key)) return { move: "copy", number: Number(key) };
  if ((key === "ArrowDown" || key === "ArrowUp") && !target.onEntry) return null;
  return MOVES[key] ? { move: MOVES[key] } : null;
}

/** Where a key was pressed, of a DOM element. */
export function placeOf(element) {
  return {
    inDialog: Boolean(element.closest?.("dialog")),
    inField: Boolean(element.closest?.("input, textarea, select, [contenteditable]")),
    onControl: Boolean(element.closest?.("button, a, summary")),
    onEntry: Boolean(element.closest?.("[data-handoff]")),
  };
}
