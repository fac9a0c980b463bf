/** Right pane: the packet, most important first, readable in ten seconds. */
import { html, useValue } from "/static/view.js";
import { Copy, Empty, Loading, Notice, Tag, Trouble, When } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { clock, exact } from "/static/time.js";
import { valueText } from "/static/values.js";
import { channelWord, count, languageWord, methodWord, outcomeKind, outcomeWord, plain, reasonWord, resultWord, sourceWord, titleOf } from "/static/words.js";
import { inputsOf, knownFacts } from "./known.js";
import { Left, mayHaveLeft } from "./left.js";

function Part({ name, note, children, id, wide }) {
  return html`<section class=${`part ${wide ? "wide" : ""}`} aria-labelledby=${id}><h3 id=${id}>${name}${note && html` <span class="note">${note}</span>`}</h3><div class="what">${children}</div></section>`;
}

function sure(confidence) {
  if (confidence === null || confidence === undefined) return null;
  const words = confidence >= 0.85 ? "sure" : confidence >= 0.6 ? "fairly sure" : "not sure";
  return `${words} ${Number(confidence).toFixed(2)}`;
}

function Wants({ intent, language, intents }) {
  const others = (intent.alternatives ?? []).slice(0, 2);
  return html`<${Part} name="Wants" id="p-wants">
    ${intent.first_words && html`<p class="words text" dir="auto" lang=${language}>“${intent.first_words}”</p>`}
    <p><strong>${titleOf(intent, intents)}</strong>${sure(intent.confidence) && html` <span class="soft">· ${sure(intent.confidence)}</span>`}</p>
    ${others.length > 0 && intent.confidence < 0.85 && html`<p class="soft small">or: ${others.map((o) => titleOf(o, intents)).join(", ")}</p>`}<//>`;
}

function Why({ reason, mood, journey }) {
  const step = reason.step && (journey?.steps?.find((s) => s.name === reason.step)?.title ?? plain(reason.step));
  return html`<${Part} name="Why you" id="p-why"><p><strong>${reasonWord(reason)}</strong></p>
    ${step && html`<p class="soft">at the step “${step}”</p>`}
    ${mood?.label && !["neutral", "calm"].includes(mood.label) && html`<p class="row wrap"><${Tag} kind="warn">${plain(mood.label)}<//>${(mood.signals ?? []).length > 0 && html`<span class="soft small break">${mood.signals.map(plain).join(" · ")}</span>`}</p>`}<//>`;
}

const CHECKS = { verified: ["good", "check", "verified"], claimed: ["warn", "alert", "says so, not verified"], none: ["", "alert", "not known"] };

function Customer({ customer }) {
  const [kind, icon, word] = CHECKS[customer.verification] ?? CHECKS.none;
  const contact = Object.entries(customer.contact ?? {}).filter(([, value]) => value);
  return html`<${Part} name="Customer" id="p-customer">
    <p class="row wrap"><strong class="break">${customer.name ?? "Name not known"}</strong>${customer.account && html`<span class="soft">account ${customer.account}</span>`}
      <${Tag} kind=${kind} icon=${icon}>${word}${customer.verification === "verified" && customer.method ? `: ${methodWord(customer.method)}` : ""}<//>
      ${customer.vulnerable && html`<${Tag} kind="bad" icon="alert">vulnerable: take your time<//>`}</p>
    ${customer.verification !== "verified" && html`<p class="soft small">Say nothing personal before you have verified who this is.</p>`}
    ${(contact.length > 0 || customer.preferred_channel) && html`<p class="soft small break">${contact.map(([, value]) => valueText(value)).join("\u00a0· ")}${customer.preferred_channel && `${contact.length ? "\u00a0· " : ""}prefers ${channelWord(customer.preferred_channel)}`}</p>`}<//>`;
}

const MARK = { ok: ["check", "good"], declined: ["cross", "bad"], error: ["cross", "bad"], timeout: ["cross", "bad"] };

function Tries({ tried }) {
  const rest = tried.map((one) => ({ title: one.title ?? plain(one.action), inputs: inputsOf(one).rest })).filter((one) => one.inputs.length);
  if (!rest.length) return null;
  return html`<details class="inputs small soft"><summary>What each was done with</summary><dl>${rest.map((one, i) => html`<div key=${i}><dt>${one.title}</dt>
    <dd class="break">${one.inputs.map(({ name, text }) => `${name} ${text}`).join(", ")}</dd></div>`)}</dl></details>`;
}

function Tried({ tried }) {
  return html`<${Part} name="Tried" id="p-tried">${tried.length === 0 ? html`<p class="soft">Nothing yet.</p>` : html`<ul class="lines">${tried.map((one, i) => {
    const [icon, kind] = MARK[one.result] ?? MARK.error;
    const { telling } = inputsOf(one);
    const code = one.code && !(one.detail && kind === "good") ? `: ${plain(one.code)}` : "";
    return html`<li key=${i}><span class=${`mark ${kind}`}><${Icon} name=${icon} label=${resultWord(one.result)} size=${14} /></span>
      <span class="break"><strong>${one.title ?? plain(one.action)}</strong> <span class=${kind === "bad" ? "bad-word" : "soft"}>${kind === "bad" ? `${resultWord(one.result)}${code}` : code.slice(2)}</span>
      ${one.detail && html`<span class="detail text">${one.detail}</span>`}
      ${telling.length > 0 && html`<span class="detail soft">with ${telling.map(({ name, text }) => `${name} ${text}`).join(", ")}</span>`}</span>
      <time class="soft small" datetime=${one.at} title=${exact(one.at)}>${clock(one.at)}</time></li>`;
  })}</ul><${Tries} tried=${tried} />`}<//>`;
}

function Known({ packet }) {
  const facts = knownFacts(packet);
  return html`<${Part} name="Known" note="do not ask again" id="p-known" wide>${facts.length === 0 ? html`<p class="soft">Nothing yet.</p>` : html`<dl class="facts">${facts.map((fact, i) => html`
    <div key=${fact.name} class=${fact.internal ? "internal" : ""}><dt>${i < 9 ? html`<kbd title=${`Press ${i + 1} to copy`}>${i + 1}</kbd>` : html`<span></span>`}<span>${fact.label}</span></dt>
      <dd><span class="break"><span class="value text" dir="auto">${fact.text}</span> <span class=${`source ${fact.verified ? "verified" : ""}`} title=${`${sourceWord(fact.source)}, ${exact(fact.at)}`}>
          ${fact.verified && html`<${Icon} name="check" label="verified:" size=${12} />`}${fact.source}${fact.verified ? "" : ", unverified"}</span></span>
      <${Copy} text=${fact.text} what=${fact.label} /></dd></div>`)}</dl>`}<//>`;
}

function Promised({ promises }) {
  return html`<${Part} name="Promised" id="p-promised"><ul class="lines">${promises.map((one, i) => html`<li key=${i}><span class="mark warn"><${Icon} name="clock" size=${14} /></span>
    <span class="text" dir="auto">${one.text}${one.due && html` <span class="soft">due <${When} at=${one.due} /></span>`}</span></li>`)}</ul><//>`;
}

function Earlier({ earlier, intents }) {
  const same = earlier.filter((one) => one.same_matter).length;
  return html`<${Part} name="Earlier" note=${same ? `${same === 1 ? "once" : `${same} times`} about the same matter` : null} id="p-earlier"><ul class="lines">${earlier.map((one, i) => html`<li key=${i}>
    <span class="mark warn">${one.same_matter && html`<${Icon} name="again" label="Same matter" size=${14} />`}</span>
    <span class="break">${one.same_matter && html`<strong>Same matter: </strong>`}${titleOf(one.intent, intents)} <span class="soft">· <${When} at=${one.at} /> · ${channelWord(one.channel)}${one.reason ? ` · ${plain(one.reason)}` : ""}</span></span>
    <${Tag} kind=${outcomeKind(one.outcome)}>${outcomeWord(one.outcome)}<//></li>`)}</ul><//>`;
}

const STEP_ICON = { done: "check", skipped: "minus", failed: "cross", declined: "cross", current: "pending", undone: "again", given_up: "cross", to_do: "dot" };

function Journey({ journey }) {
  return html`<${Part} name="Journey" id="p-journey">
    ${journey.goal && html`<p class="soft small">${journey.goal}</p>`}
    <ol class="steps">${journey.steps.map((step) => {
      const now = step.name === journey.step;
      const state = step.result ?? step.status;
      return html`<li key=${step.name} class=${`${now ? "now" : ""} ${plain(state).replaceAll(" ", "-")}`} aria-current=${now ? "step" : undefined}>
        <${Icon} name=${STEP_ICON[state] ?? STEP_ICON[step.status] ?? "minus"} size=${14} /><span class="break">${step.title ?? plain(step.name)}</span><span class="soft small">${now ? "here" : plain(state)}</span></li>`;
    })}</ol><//>`;
}

function Pages({ pages }) {
  return html`<${Part} name="Pages" id="p-pages"><ul class="lines">${pages.slice(-6).reverse().map((page, i) => html`<li key=${i}><span class="mark"></span><span class="break">${page.title || page.url}${page.title && html` <span class="soft small">${page.url}</span>`}</span>
    <time class="soft small" datetime=${page.at} title=${exact(page.at)}>${clock(page.at)}</time></li>`)}</ul><//>`;
}

function Rest({ packet }) {
  const promised = (packet.promises ?? []).map((one) => one.text);
  const told = promised.includes(packet.told_customer) ? null : packet.told_customer; // it stands above already
  const unanswered = packet.unanswered ?? [];
  const redactions = packet.redactions ?? [];
  if (!told && !unanswered.length && !redactions.length && !packet.summary?.text) return null;
  return html`<${Part} name="Also" id="p-also">
    ${unanswered.length > 0 && html`<p>${count(unanswered.length, "message")} not answered yet, marked in the chat.</p>`}
    ${told && html`<p><span class="soft">Told the customer: </span><span class="text" dir="auto">${told}</span></p>`}
    ${packet.summary?.text && html`<details class="inputs"><summary class="soft">All of it in a few sentences</summary><p class="text" dir="auto" lang=${packet.summary.language}>${packet.summary.text}</p></details>`}
    ${redactions.length > 0 && html`<p class="soft small">Removed before anything was stored: ${redactions.map((r) => `${r.count} × ${plain(r.kind)}`).join(", ")}.</p>`}<//>`;
}

export function Packet({ packet, intents, skills, holds = false }) {
  const { routing } = packet;
  return html`<div class="packet-body">
    <${Wants} intent=${packet.intent} language=${packet.language} intents=${intents} />
    <${Why} reason=${packet.reason} mood=${packet.mood} journey=${packet.journey} />
    <${Customer} customer=${packet.customer} />
    <${Tried} tried=${packet.tried ?? []} />
    <${Known} packet=${packet} />
    ${mayHaveLeft(packet) && html`<${Left} key=${packet.handoff_id} handoffId=${packet.handoff_id} holds=${holds} />`}
    ${packet.promises?.length > 0 && html`<${Promised} promises=${packet.promises} />`}
    ${packet.earlier?.length > 0 && html`<${Earlier} earlier=${packet.earlier} intents=${intents} />`}
    ${packet.journey?.steps?.length > 0 && html`<${Journey} journey=${packet.journey} />`}
    ${packet.pages?.length > 0 && html`<${Pages} pages=${packet.pages} />`}
    <${Rest} packet=${packet} />
    <p class="soft small foot">${channelWord(packet.channel)} · ${languageWord(packet.language)}${routing && ` · ${titleOf(routing.skill, skills)}${routing.hours_open === false ? " · asked outside opening hours" : ""}`} · revision ${packet.revision}, <${When} at=${packet.created_at} /></p>
  </div>`;
}

export function PacketPane({ desk }) {
  const handoff = useValue(desk.open);
  const packets = useValue(desk.packets);
  const { intents, skills } = useValue(desk.catalogue);
  const mine = useValue(desk.mine);
  const held = handoff && packets.get(handoff.handoff_id);
  return html`<aside class="packet" aria-labelledby="packet-title"><h2 id="packet-title" class="pane-title">What you need to know</h2>
    ${!handoff && html`<${Empty} title="Open a chat" icon="info">What the customer wants, what was tried and what not to ask again stands here.<//>`}
    ${handoff && !held && html`<${Loading} what="Loading what you need to know" lines=${9} />`}
    ${held?.problem && !held.packet && html`<${Trouble} problem=${held.problem} onRetry=${() => desk.loadPacket(handoff.handoff_id)} />`}
    ${held?.problem && held.packet && html`<${Notice} kind="warn">${held.problem.message}<//>`}
    ${held?.packet && html`<${Packet} packet=${held.packet} intents=${intents} skills=${skills} holds=${mine.some((one) => one.handoff_id === handoff.handoff_id)} />`}
  </aside>`;
}
