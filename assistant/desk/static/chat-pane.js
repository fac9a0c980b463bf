/** Middle pane: the open chat, and the moves one can make in it. Texts of others are only ever set as text. */
import { html, useEffect, useLayoutEffect, useNow, useRef, useState, useValue } from "/static/view.js";
import { Empty, Loading, Notice, Tag, Trouble } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { clock, day, exact } from "/static/time.js";
import { languageWord, reasonWord, stateWord, titleOf } from "/static/words.js";
import { grouped, inSequence } from "./chats.js";
import { agentName, customerName } from "./waiting.js";

const LONGEST = 2000; // characters of one reply

function speaker(group, who, customer) {
  if (group.from === "bot") return "Assistant";
  if (group.from === "agent") return group.name === who.name ? "You" : (group.name ?? "Agent");
  return customer ?? "Customer";
}

function Group({ group, who, customer, language, unanswered }) {
  if (group.from === "system") {
    return group.messages.map((m) => html`<p class="system-line" key=${m.sequence}><span class="text" dir="auto">${m.text}</span> <time datetime=${m.at} title=${exact(m.at)}>${clock(m.at)}</time></p>`);
  }
  const first = group.messages[0];
  return html`<div class=${`group ${group.from}`}>
    <p class="by"><strong>${speaker(group, who, customer)}</strong> <time datetime=${first.at} title=${exact(first.at)}>${clock(first.at)}</time></p>
    ${group.messages.map((m) => html`<div class="bubble" key=${m.sequence} data-sequence=${m.sequence}>
      <p class="text" dir="auto" lang=${group.from === "agent" ? undefined : language}>${m.text}</p>
      ${m.choices?.length > 0 && html`<p class="choices"><span class="visually-hidden">Choices shown: </span>${m.choices.map((c, i) => html`<span class="choice" key=${i}>${c.title}</span>`)}</p>`}
      ${unanswered.has(m.sequence) && html`<${Tag} kind="warn">not answered yet<//>`}
    </div>`)}
  </div>`;
}

function Outbox({ chat, desk }) {
  return chat.outbox.filter((reply) => !(reply.arrived && reply.state === "sending")).map((reply) => html`<div class="group agent" key=${reply.clientId}>
    <p class="by"><strong>You</strong> <time>${clock(reply.at)}</time></p>
    <div class=${`bubble ${reply.state}`}><p class="text" dir="auto">${reply.text}</p>
      ${reply.state === "unsent" ? html`<p class="row wrap unsent-line"><${Tag} kind="bad" icon="alert">Not sent<//><span class="small">${reply.trouble}</span>
        <button type="button" class="button" onClick=${() => desk.retry(chat.id)}>Try again</button>
        <button type="button" class="button quiet" onClick=${() => desk.discard(chat.id, reply.clientId)}>Discard</button></p>`
      : html`<p class="small soft">Sending…</p>`}</div></div>`);
}

function Log({ chat, desk, customer, unanswered }) {
  const box = useRef(null);
  const stuck = useRef(true);
  const wasAt = useRef(0);
  const sent = useRef(0);
  const [below, setBelow] = useState(false);
  const now = useNow(2000);
  const messages = inSequence(chat);
  const groups = grouped(messages);
  const size = messages.length + chat.outbox.length;
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(() => {
    stuck.current = true;
    toEnd();
  }, [chat.id]);
  useLayoutEffect(() => {
    if (chat.outbox.length > sent.current) stuck.current = true; // one's own words are always in sight
    sent.current = chat.outbox.length;
    if (stuck.current) toEnd();
    else setBelow(true);
  }, [size, chat.outbox.length]);
  // The room shrinks when the reply box appears or grows: whoever was at the end stays there.
  useEffect(() => {
    const watcher = new ResizeObserver(() => stuck.current && toEnd());
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    // Only going up leaves the end: what arrives before this event is told also makes the rest longer.
    if (scrollHeight - scrollTop - clientHeight < 40) stuck.current = true;
    else if (scrollTop < wasAt.current) stuck.current = false;
    wasAt.current = scrollTop;
    if (stuck.current) setBelow(false);
  };
  return html`<div class="log-holder"><div class="log" ref=${box} onScroll=${scrolled} role="log" aria-label="Messages" tabindex="0">
    ${messages.length === 0 && html`<p class="soft quiet-line">No messages yet.</p>`}
    ${groups.map((group) => html`${group.newDay && html`<p class="day-line" key=${`d${group.messages[0].sequence}`}><span>${day(group.messages[0].at)}</span></p>`}
      <${Group} key=${group.messages[0].sequence} group=${group} who=${desk.who} customer=${customer} language=${chat.language} unanswered=${unanswered} />`)}
    <${Outbox} chat=${chat} desk=${desk} />
    ${chat.typingUntil > now && html`<p class="typing soft" role="status">${customer ?? "The customer"} is typing…</p>`}
  </div>${below && html`<button type="button" class="button to-end" onClick=${toEnd}><${Icon} name="down" />Newer messages</button>`}</div>`;
}

function ReplyBox({ desk, handoff, customer }) {
  const id = handoff.handoff_id;
  const [text, setText] = useState(desk.drafts.get(id) ?? "");
  const area = useRef(null);
  const change = (value) => {
    desk.drafts.set(id, value);
    setText(value);
  };
  useLayoutEffect(() => {
    area.current.style.height = "auto";
    area.current.style.height = `${Math.min(220, area.current.scrollHeight + 2)}px`;
  }, [text]);
  const send = () => {
    const words = text.trim();
    if (!words || words.length > LONGEST) return;
    desk.reply(words);
    change("");
    area.current.focus();
  };
  const keys = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") area.current.blur();
  };
  const over = text.trim().length - LONGEST;
  return html`<div class="reply"><div class="row">
    <textarea id="reply" ref=${area} class="input" rows="2" dir="auto" aria-label=${`Reply to ${customer ?? "the customer"}`} aria-describedby="reply-hint"
      placeholder="Write a reply…" value=${text} onInput=${(e) => { change(e.target.value); desk.typing(); }} onKeyDown=${keys}></textarea>
    <button type="button" class="button primary send" onClick=${send} disabled=${!text.trim() || over > 0}><${Icon} name="send" label="Send" /></button></div>
    <p class="small soft" id="reply-hint">${over > 0 ? `${over} characters too long for one message.` : html`<kbd>Enter</kbd> sends · <kbd>Shift</kbd>+<kbd>Enter</kbd> breaks the line · <kbd>?</kbd> all keys`}</p></div>`;
}

function Heading({ desk, handoff, chat, intents }) {
  const customer = customerName(handoff) ?? chat?.customer?.name;
  const owner = chat?.owner;
  const mine = desk.isMine.value;
  const holder = mine ? "You have this chat" : owner === "agent" ? `With ${chat.ownerName ?? agentName(handoff) ?? "a colleague"}` : stateWord(handoff.state);
  return html`<header class="chat-head"><div class="grow"><h1 id="chat-title" tabindex="-1" class="break">${customer ?? "Customer not known yet"}</h1>
    <p class="soft break">${titleOf(handoff.intent ?? "unknown", intents)} · ${reasonWord(handoff.reason)} · ${languageWord(handoff.language)}</p></div>
    <${Tag} kind=${mine ? "good" : ""}>${holder}<//></header>`;
}

export function ChatPane({ desk, onMove }) {
  const handoff = useValue(desk.open);
  const mine = useValue(desk.isMine);
  const all = useValue(desk.chats);
  const packets = useValue(desk.packets);
  const busy = useValue(desk.busy);
  const { intents } = useValue(desk.catalogue);
  useEffect(() => {
    if (mine) document.getElementById("reply")?.focus();
  }, [handoff?.handoff_id, mine]);
  if (!handoff) {
    return html`<main class="chat" id="main" tabindex="-1"><h1 class="visually-hidden">Desk</h1><${Empty} title="No chat open" level=${2}>
      Choose one on the left: <kbd>j</kbd> and <kbd>k</kbd> go through the queue, <kbd>Enter</kbd> accepts.<//></main>`;
  }
  const chat = all.get(handoff.conversation_id);
  const customer = customerName(handoff) ?? chat?.customer?.name ?? null;
  const unanswered = new Set(mine || handoff.state !== "with_agent" ? packets.get(handoff.handoff_id)?.packet?.unanswered ?? [] : []);
  const lastReply = chat ? Math.max(0, ...[...chat.messages.values()].filter((m) => m.from === "agent").map((m) => m.sequence)) : 0;
  for (const sequence of [...unanswered]) if (sequence < lastReply) unanswered.delete(sequence);
  const canAccept = ["queued", "offered", "callback"].includes(handoff.state) && !mine;
  const accepting = busy?.startsWith("accept");
  return html`<main class="chat" id="main" tabindex="-1" aria-labelledby="chat-title">
    <${Heading} desk=${desk} handoff=${handoff} chat=${chat} intents=${intents} />
    ${chat?.problem && html`<${Trouble} problem=${chat.problem} onRetry=${() => desk.loadChat(handoff.conversation_id)} />`}
    ${!chat?.problem && (chat?.loaded ? html`<${Log} chat=${chat} desk=${desk} customer=${customer} unanswered=${unanswered} />` : html`<div class="log"><${Loading} what="Loading the chat" /></div>`)}
    ${canAccept && html`<div class="accept"><button type="button" class="button primary" id="accept" disabled=${accepting} onClick=${() => desk.accept(handoff.handoff_id)}>
      ${accepting ? "Accepting…" : "Accept this chat"}</button><span class="soft small">${handoff.state === "callback" && handoff.due
        ? html`Promised: we contact them before <time datetime=${handoff.due} title=${exact(handoff.due)}>${day(handoff.due)}, ${clock(handoff.due)}</time>. They may have left the chat.`
        : "The customer waits until somebody does."}</span></div>`}
    ${!canAccept && !mine && html`<div class="accept"><${Notice}>You are reading along. ${handoff.state === "with_agent" ? `${agentName(handoff) ?? "A colleague"} answers here.` : "Nobody waits here."}<//></div>`}
    ${mine && html`<${ReplyBox} key=${handoff.handoff_id} desk=${desk} handoff=${handoff} customer=${customer} />
      <div class="moves" role="group" aria-label="What becomes of this chat">
        <button type="button" class="button" onClick=${() => onMove("return")}>Return to assistant</button>
        <button type="button" class="button" onClick=${() => onMove("transfer")}>Transfer</button>
        <button type="button" class="button push" onClick=${() => onMove("close")}>Close…</button></div>`}
  </main>`;
}
