/** What can become of a chat: back to the assistant, on to colleagues, or closed with what truly happened. */
import { html, useRef, useState } from "/static/view.js";
import { Dialog, DialogFooter as Footer, Field, Notice, useSend } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { nameOf, outcomeWord, plain, titleOf, OUTCOME_CODES } from "/static/words.js";
import { openAttempts } from "./chats.js";

export function ReturnDialog({ desk, handoff, onClose, onDone }) {
  const [note, setNote] = useState("");
  const [facts, setFacts] = useState([]);
  const { problem, busy, go } = useSend(async () => {
    const told = facts.filter((fact) => fact.label.trim() && fact.value.trim());
    const body = { ...(note.trim() && { note: note.trim() }), ...(told.length && { facts: told.map(({ label, value }) => ({ name: factName(label), label: label.trim(), value: value.trim() })) }) };
    await desk.giveBack(handoff.handoff_id, body);
    onDone();
  });
  const change = (i, part) => setFacts(facts.map((fact, j) => (j === i ? { ...fact, ...part } : fact)));
  return html`<${Dialog} title="Return to the assistant" onClose=${onClose} onSubmit=${() => go()} footer=${html`<${Footer} onClose=${onClose} busy=${busy} word="Return" />`}>
    <p class="soft">The assistant goes on from here. It gets what you write below and does not ask for it again.</p>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    <${Field} label="Note for whoever comes next (the customer does not see it)">${(props) => html`<textarea ...${props} data-first class="input" rows="3" value=${note} onInput=${(e) => setNote(e.target.value)}></textarea>`}<//>
    ${facts.map((fact, i) => html`<div class="fact-row" key=${i}>
      <${Field} label="What">${(props) => html`<input ...${props} class="input" placeholder="Serial number" value=${fact.label} onInput=${(e) => change(i, { label: e.target.value })} />`}<//>
      <${Field} label="Value">${(props) => html`<input ...${props} class="input" value=${fact.value} onInput=${(e) => change(i, { value: e.target.value })} />`}<//>
      <button type="button" class="button quiet icon" onClick=${() => setFacts(facts.filter((_, j) => j !== i))}><${Icon} name="cross" label="Remove this fact" /></button></div>`)}
    <p><button type="button" class="button" onClick=${() => setFacts([...facts, { label: "", value: "" }])}><${Icon} name="plus" />Add a fact you learned</button></p>
  <//>`;
}

function factName(label) {
  return label.trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_|_$/g, "").slice(0, 60) || "fact";
}

export function TransferDialog({ desk, handoff, onClose, onDone }) {
  const skills = desk.catalogue.value.skills;
  const [skill, setSkill] = useState("");
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState(null);
  const { problem, busy, go } = useSend(async () => {
    await desk.transfer(handoff.handoff_id, { skill, ...(note.trim() && { note: note.trim() }) });
    onDone();
  });
  const submit = () => {
    setWrong(skill ? null : "Choose who should take it.");
    if (skill) go();
  };
  return html`<${Dialog} title="Transfer to colleagues" onClose=${onClose} onSubmit=${submit} footer=${html`<${Footer} onClose=${onClose} busy=${busy} word="Transfer" />`}>
    <p class="soft">The chat goes back to the queue with everything that is known, for somebody with this skill. The customer keeps their place by the time they first asked.</p>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    <${Field} label="To" wrong=${wrong}>${(props) => html`<select ...${props} data-first class="input" value=${skill} onChange=${(e) => setSkill(e.target.value)}>
      <option value="">Choose a skill</option>${skills.map((one) => html`<option key=${nameOf(one)} value=${nameOf(one)}>${titleOf(one, skills)}</option>`)}</select>`}<//>
    <${Field} label="Note for the colleague">${(props) => html`<textarea ...${props} class="input" rows="3" value=${note} onInput=${(e) => setNote(e.target.value)}></textarea>`}<//>
  <//>`;
}

const KEYS = { a: "achieved", n: "not_achieved", b: "abandoned", u: "unknown" };
const KEY_OF = Object.fromEntries(Object.entries(KEYS).map(([key, outcome]) => [outcome, key]));
const MEANING = { achieved: "they have what they came for", not_achieved: "it could not be done", abandoned: "they left", unknown: "you cannot tell" };

function Row({ row, index, change, remove, intents, wrong }) {
  const group = `outcome-${row.key}`;
  const asked = row.attempt_id && row.intent !== row.first;
  const keys = (event) => {
    const outcome = !event.ctrlKey && !event.metaKey && !event.altKey && KEYS[event.key];
    if (!outcome) return;
    event.preventDefault();
    event.stopPropagation();
    change({ outcome });
    const radios = [...event.currentTarget.closest("dialog").querySelectorAll(".outcomes")];
    const next = radios[radios.indexOf(event.currentTarget) + 1];
    (next?.querySelector("input") ?? event.currentTarget.querySelector(`input[value="${outcome}"]`)).focus();
  };
  return html`<fieldset class="disposition"><legend class="visually-hidden">${row.attempt_id ? `Matter ${index + 1}: ${titleOf(row.first, intents)}` : `Matter ${index + 1}, something that came up`}</legend>
    <div class="row"><span class="grow"><${Field} label=${row.attempt_id ? "They came for" : "It was about"} wrong=${wrong && !row.intent ? "Choose what it was about." : null}
      hint=${asked ? `The assistant thought: ${titleOf(row.first, intents)}` : null}>${(props) => html`<select ...${props} class="input" value=${row.intent} onChange=${(e) => change({ intent: e.target.value })}>
        ${!row.intent && html`<option value="">Choose…</option>`}
        ${row.intent && !intents.some((one) => nameOf(one) === row.intent) && html`<option value=${row.intent}>${plain(row.intent)}</option>`}
        ${intents.map((one) => html`<option key=${nameOf(one)} value=${nameOf(one)}>${titleOf(one, intents)}</option>`)}</select>`}<//></span>
      ${!row.attempt_id && html`<button type="button" class="button quiet icon" onClick=${remove}><${Icon} name="cross" label="Remove this matter" /></button>`}</div>
    <div class="outcomes" role="radiogroup" aria-label="How it ended" onKeyDown=${keys}>${OUTCOME_CODES.map((outcome) => html`<label key=${outcome} class=${`outcome ${outcome}`}>
      <input type="radio" name=${group} value=${outcome} checked=${row.outcome === outcome} data-first=${index === 0 && outcome === "achieved" ? "" : undefined} onChange=${() => change({ outcome })} />
      <span><strong>${outcomeWord(outcome)}</strong> <kbd>${KEY_OF[outcome]}</kbd><span class="small soft">${MEANING[outcome]}</span></span></label>`)}</div>
    ${wrong && !row.outcome && html`<p class="wrong">Say how it ended.</p>`}
    ${row.outcome && row.outcome !== "achieved" && html`<${Field} label="Why, in a few words">${(props) => html`<input ...${props} class="input" maxlength="200" placeholder="No engineer before Friday" value=${row.reason} onInput=${(e) => change({ reason: e.target.value })} />`}<//>`}
  </fieldset>`;
}

export function CloseDialog({ desk, handoff, chat, onClose, onDone }) {
  const { intents } = desk.catalogue.value;
  const running = useRef(0);
  const blank = () => ({ key: (running.current += 1), attempt_id: null, first: "", intent: "", outcome: "", reason: "" });
  const [rows, setRows] = useState(() => {
    const open = openAttempts(chat).map((attempt) => ({ key: attempt.attempt_id, attempt_id: attempt.attempt_id, first: attempt.intent, intent: attempt.intent, outcome: "", reason: "" }));
    return open.length ? open : [blank()];
  });
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState(false);
  const { problem, busy, go } = useSend(async () => {
    const attempts = rows.map(({ attempt_id, intent, outcome, reason }) => ({ ...(attempt_id && { attempt_id }), intent, outcome, ...(outcome !== "achieved" && reason.trim() && { reason: reason.trim() }) }));
    await desk.close(handoff.handoff_id, { attempts, ...(note.trim() && { note: note.trim() }) });
    onDone();
  });
  const submit = () => {
    const complete = rows.every((row) => row.intent && row.outcome);
    setWrong(!complete);
    if (complete) go();
  };
  const change = (i) => (part) => setRows(rows.map((row, j) => (j === i ? { ...row, ...part } : row)));
  return html`<${Dialog} wide title="Close: what became of it?" onClose=${onClose} onSubmit=${submit}
      footer=${html`<${Footer} onClose=${onClose} busy=${busy} word="Close the chat" left=${html`<kbd>Ctrl</kbd>+<kbd>Enter</kbd> closes`} />`}>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    ${rows.map((row, i) => html`<${Row} key=${row.key} row=${row} index=${i} change=${change(i)} remove=${() => setRows(rows.filter((_, j) => j !== i))} intents=${intents} wrong=${wrong} />`)}
    <p><button type="button" class="button" onClick=${() => setRows([...rows, blank()])}><${Icon} name="plus" />Something else came up</button></p>
    <${Field} label="Note (optional)">${(props) => html`<textarea ...${props} class="input" rows="2" value=${note} onInput=${(e) => setNote(e.target.value)}></textarea>`}<//>
  <//>`;
}
