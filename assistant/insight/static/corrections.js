/** What CX says against the record: an outcome that was none, and a browser that is not the customer's own. */
import { html, useEffect, useRef, useState } from "/static/view.js";
import { post } from "/static/api.js";
import { announce, Dialog, DialogFooter, Field, Notice, useSend } from "/static/components.js";

const DISPUTES = [
  ["not_done", "It was not done"], ["other_matter", "It was done for another matter (another bill, another box)"],
  ["customer_denies", "The customer says it was not done"], ["counted_twice", "It is counted twice"], ["other", "Something else, see the note"],
];
const SHARED = [
  ["shared_computer", "Several people use it"], ["public_computer", "It stands in a shop, a library or at work"],
  ["staff_computer", "A colleague used it for the customer"], ["other", "Something else"],
];

/** One correction: what it is called, what it does, what it asks, and its call. */
const MOVES = {
  dispute: {
    button: "Dispute this", title: "Dispute that it was achieved", word: "Dispute", said: "Disputed",
    about: "The outcome becomes “not achieved” until somebody takes the dispute back. The earlier verdict stays in the history, and your name on the record.",
    reasons: DISPUTES, note: "Note for colleagues", path: "dispute",
  },
  takeBack: {
    button: "Take the dispute back", title: "Take the dispute back", word: "Take back", said: "The earlier verdict holds again",
    about: "The verdict from before the dispute holds again. Both stay in the history.",
    note: "Why, for colleagues", path: "dispute/take-back",
  },
  unlink: {
    button: "Not the customer’s own browser", title: "Unlink this browser", word: "Unlink", said: "Unlinked",
    about: "What was done on this browser by nobody known stops counting as this customer’s, now and later. This cannot be undone here.",
    reasons: SHARED, path: "unlink",
  },
};

function CorrectionDialog({ attempt, move, onClose, onDone }) {
  const { title, word, said, about, reasons, note: noteLabel, path } = MOVES[move];
  const [reason, setReason] = useState("");
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState(null);
  const { problem, busy, go } = useSend(async () => {
    await post(`/api/attempts/${encodeURIComponent(attempt.attempt_id)}/${path}`, { ...(reasons && { reason }), ...(note.trim() && { note: note.trim() }) });
    announce(said);
    onDone();
  });
  const submit = () => {
    if (busy) return;
    const missing = reasons && !reason ? "Choose a reason." : null;
    setWrong(missing);
    if (!missing) go();
  };
  return html`<${Dialog} title=${title} onClose=${onClose} onSubmit=${submit} footer=${html`<${DialogFooter} onClose=${onClose} busy=${busy} word=${word} />`}>
    <p class="soft">${about}</p>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    ${reasons && html`<${Field} label="Reason" wrong=${wrong}>${(props) => html`<select ...${props} data-first class="input" value=${reason} onChange=${(e) => { setReason(e.target.value); setWrong(null); }}>
      <option value="">Choose a reason</option>${reasons.map(([code, text]) => html`<option key=${code} value=${code}>${text}</option>`)}</select>`}<//>`}
    ${noteLabel && html`<${Field} label=${noteLabel}>${(props) => html`<textarea ...${props} class="input" rows="3" maxlength="2000" value=${note} onInput=${(e) => setNote(e.target.value)}></textarea>`}<//>`}
  <//>`;
}

function movesOf(attempt) {
  return [
    attempt.disputed_at ? "takeBack" : attempt.outcome === "achieved" && "dispute",
    attempt.linked && "unlink",
  ].filter(Boolean);
}

/** The buttons below an attempt. `onDone` loads the page again; the focus stays at the attempt. */
export function Corrections({ attempt, onDone }) {
  const [move, setMove] = useState(null);
  const corrected = useRef(false);
  const moves = movesOf(attempt);
  const done = () => {
    corrected.current = true;
    setMove(null);
    onDone();
  };
  useEffect(() => { // loaded again: the button that had the focus may be gone
    if (!corrected.current) return;
    corrected.current = false;
    document.getElementById(attempt.attempt_id)?.focus({ preventScroll: true });
  }, [attempt]);
  return html`${moves.length > 0 && html`<p class="row wrap">${moves.map((one) => html`<button key=${one} type="button" class="button" onClick=${() => setMove(one)}>${MOVES[one].button}</button>`)}</p>`}
    ${move && html`<${CorrectionDialog} attempt=${attempt} move=${move} onClose=${() => setMove(null)} onDone=${done} />`}`;
}
