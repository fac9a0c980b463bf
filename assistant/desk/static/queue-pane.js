/** Left pane: who waits, and the chats that are mine. */
import { html, useNow, useValue } from "/static/view.js";
import { Empty, Loading, Notice, Tag, Trouble } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { exact, relative, ticking } from "/static/time.js";
import { count, languageWord, reasonWord, titleOf } from "/static/words.js";
import { unread } from "./chats.js";
import { agentName, customerName, inOrder, isLate, waitingSeconds } from "./waiting.js";

const SHOWN = 60; // rows drawn before "show all"

function Waited({ handoff, now, late }) {
  const seconds = waitingSeconds(handoff, now);
  if (handoff.state === "callback" && handoff.due) {
    return html`<span class=${`waited ${late ? "late" : ""}`} title=${`Promised for ${exact(handoff.due)}`}>call ${relative(handoff.due, now)}</span>`;
  }
  return html`<span class=${`waited ${late ? "late" : ""}`} title=${`Asked ${exact(handoff.requested_at)}`}>${ticking(seconds)}</span>`;
}

function QueueRow({ handoff, now, desk, chosen, intents }) {
  const late = isLate(handoff, now);
  const offered = handoff.state === "offered";
  const toMe = offered && handoff.offered_to === desk.who.staff_id;
  const name = customerName(handoff);
  return html`<li><button type="button" class=${`entry ${late ? "late" : ""}`} data-handoff=${handoff.handoff_id}
      aria-current=${chosen ? "true" : undefined} onClick=${() => desk.select(handoff.handoff_id)}>
    <span class="line"><span class="title">${late && html`<${Icon} name="clock" size=${14} />`}${titleOf(handoff.intent ?? "unknown", intents)}</span>
      <${Waited} handoff=${handoff} now=${now} late=${late} /></span>
    <span class="line soft">${reasonWord(handoff.reason)}</span>
    <span class="line soft"><span class="break">${name ?? "Not known yet"} · <abbr title=${languageWord(handoff.language)}>${handoff.language}</abbr></span>
      <span class="marks">${late && html`<${Tag} kind="bad">late<//>`}
        ${(handoff.priority === "urgent" || handoff.priority === "high") && html`<${Tag} kind="warn">${handoff.priority}<//>`}
        ${handoff.state === "callback" && html`<${Tag} kind="accent">call back<//>`}
        ${toMe && html`<${Tag} kind="accent">offered to you<//>`}
        ${offered && !toMe && html`<${Tag}>offered to a colleague<//>`}</span></span>
  </button></li>`;
}

function MineRow({ handoff, chat, desk, chosen, intents }) {
  const news = chat ? unread(chat) : 0;
  const unsent = chat?.outbox.some((reply) => reply.state === "unsent");
  return html`<li><button type="button" class="entry" data-mine=${handoff.handoff_id} aria-current=${chosen ? "true" : undefined}
      onClick=${() => desk.select(handoff.handoff_id)}>
    <span class="line"><span class="title">${customerName(handoff) ?? "Not known yet"}</span>
      <span class="marks">${unsent && html`<${Tag} kind="bad" icon="alert">not sent<//>`}${news > 0 && html`<${Tag} kind="accent">${news} new<//>`}</span></span>
    <span class="line soft"><span class="break">${titleOf(handoff.intent ?? "unknown", intents)} · ${handoff.language}</span></span>
  </button></li>`;
}

function Presence({ desk }) {
  const presence = useValue(desk.presence);
  const connection = useValue(desk.connection);
  return html`<div class="presence"><label class="row"><span class=${`dot ${connection === "open" ? presence : "lost"}`} aria-hidden="true"></span>
    <span>You are</span><select class="input" aria-label="You are" value=${presence} onChange=${(event) => desk.setPresence(event.target.value)}>
      <option value="here">here</option><option value="away">away</option></select></label>
    <span class="soft small">${presence === "here" ? "You are shown as here: customers who ask for a person wait in this list." : "No chats are offered to you."}</span></div>`;
}

export function QueuePane({ desk, showAll, onShowAll }) {
  const now = useNow(1000);
  const handoffs = useValue(desk.handoffs);
  const mine = useValue(desk.mine);
  const all = useValue(desk.chats);
  const selected = useValue(desk.selected);
  const { loaded, problem } = useValue(desk.queueState);
  const { intents } = useValue(desk.catalogue);
  const waiting = inOrder(handoffs, now, desk.who.staff_id);
  const late = waiting.filter((handoff) => isLate(handoff, now)).length;
  const shown = showAll ? waiting : waiting.slice(0, SHOWN);
  const elsewhere = handoffs.filter((h) => h.state === "with_agent" && !mine.some((m) => m.handoff_id === h.handoff_id));
  return html`<nav class="queue" aria-label="Chats">
    <section class="mine" aria-labelledby="mine-title">
      <h2 id="mine-title" class="pane-title">Mine <span class="soft">${mine.length}</span></h2>
      ${mine.length === 0 && loaded && html`<p class="soft quiet-line">No chats. Accept one from the queue.</p>`}
      <ul>${mine.map((handoff) => html`<${MineRow} key=${handoff.handoff_id} handoff=${handoff} chat=${all.get(handoff.conversation_id)} desk=${desk}
        chosen=${handoff.handoff_id === selected} intents=${intents} />`)}</ul>
    </section>
    <section class="waiting" aria-labelledby="queue-title">
      <h2 id="queue-title" class="pane-title">Queue <span class="soft">${waiting.length}</span>
        ${late > 0 && html`<${Tag} kind="bad" icon="clock">${late} late<//>`}</h2>
      ${problem && loaded && html`<${Notice} kind="bad">${problem.message}<//>`}
      ${problem && !loaded && html`<${Trouble} problem=${problem} onRetry=${desk.loadQueue} />`}
      ${!problem && !loaded && html`<${Loading} what="Loading the queue" />`}
      ${loaded && waiting.length === 0 && html`<${Empty} title="Nobody is waiting" icon="check">New chats appear here by themselves.<//>`}
      <ul id="queue-list">${shown.map((handoff) => html`<${QueueRow} key=${handoff.handoff_id} handoff=${handoff} now=${now} desk=${desk}
        chosen=${handoff.handoff_id === selected} intents=${intents} />`)}</ul>
      ${shown.length < waiting.length && html`<button type="button" class="button more" onClick=${onShowAll}>Show all ${waiting.length}</button>`}
      ${elsewhere.length > 0 && html`<details class="elsewhere"><summary>${count(elsewhere.length, "chat")} with colleagues</summary>
        <ul>${elsewhere.slice(0, 100).map((handoff) => html`<li key=${handoff.handoff_id}><button type="button" class="entry" aria-current=${handoff.handoff_id === selected ? "true" : undefined}
          onClick=${() => desk.select(handoff.handoff_id)}><span class="line"><span class="title">${customerName(handoff) ?? "Not known yet"}</span>
          <span class="soft">${agentName(handoff)}</span></span><span class="line soft">${titleOf(handoff.intent ?? "unknown", intents)}</span></button></li>`)}</ul></details>`}
    </section>
    <${Presence} desk=${desk} />
  </nav>`;
}
