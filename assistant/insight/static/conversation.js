/** One conversation: what was said, and beside it each attempt with its history and evidence. */
import { html, useEffect } from "/static/view.js";
import { get } from "/static/api.js";
import { Empty, Loading, Tag, Trouble, useLoad, When } from "/static/components.js";
import { showSigned, TopBar } from "/static/page.js";
import { clock, day, exact } from "/static/time.js";
import { valueText } from "/static/values.js";
import { byWord, channelWord, evidenceWord, languageWord, outcomeKind, outcomeWord, plain, titleOf } from "/static/words.js";
import { Corrections } from "./corrections.js";
import { useCatalogue } from "./filters.js";

const id = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
const SPEAKERS = { bot: "Assistant", customer: "Customer", system: "System", agent: "Agent" };

function Messages({ conversation }) {
  const name = conversation.customer?.name;
  if (!conversation.messages.length) return html`<${Empty} title="No messages" />`;
  return html`<ol class="transcript">${conversation.messages.map((message, i) => {
    const newDay = i === 0 || day(message.at) !== day(conversation.messages[i - 1].at);
    const speaker = message.from === "customer" ? (name ?? "Customer") : (message.name ?? SPEAKERS[message.from] ?? message.from);
    return html`<li key=${message.sequence} class=${message.from}>${newDay && html`<h3 class="soft small">${day(message.at)}</h3>`}
      <p class="by"><strong class="break">${speaker}</strong> <time class="soft small" datetime=${message.at} title=${exact(message.at)}>${clock(message.at)}</time></p>
      <p class="text" dir="auto" lang=${message.from === "agent" ? undefined : conversation.language}>${message.text}</p></li>`;
  })}</ol>`;
}

function Attempt({ attempt, intents, chosen, again }) {
  const facts = [
    ["Evidence", attempt.outcome === "open" ? null : evidenceWord(attempt.evidence)], ["Brought about", byWord(attempt.by)], ["Reason", plain(attempt.reason)],
    ["Step", plain(attempt.step)], ["About", attempt.subject && valueText(attempt.subject)], ["Sure", attempt.confidence === null || attempt.confidence === undefined ? null : Number(attempt.confidence).toFixed(2)],
    ["First thought", attempt.first_intent && attempt.first_intent !== attempt.intent ? plain(attempt.first_intent) : null], ["Came back to", attempt.came_back_to], ["Worth", attempt.value && valueText(attempt.value)],
  ].filter(([, value]) => value);
  return html`<li id=${attempt.attempt_id} tabindex="-1" class=${`attempt panel ${chosen ? "chosen" : ""}`}><header><h3 class="break">${titleOf(attempt, intents)}</h3><span class="push row">${attempt.disputed_at && html`<${Tag} kind="warn">Disputed<//>`}<${Tag} kind=${outcomeKind(attempt.outcome)}>${outcomeWord(attempt.outcome)}<//></span></header>
    <div class="body stack tight"><p class="soft small">opened <${When} at=${attempt.opened_at} />${attempt.closed_at && html` · closed <${When} at=${attempt.closed_at} />`} · ${channelWord(attempt.channel)}</p>
      <dl class="pairs">${facts.map(([name, value]) => html`<div key=${name}><dt class="soft">${name}</dt><dd class="break">${value}</dd></div>`)}</dl>
      ${attempt.history?.length > 0 && html`<h4 class="small soft">How the verdict came about</h4><ol class="history">${attempt.history.map((one, i) => html`<li key=${i}><${Tag} kind=${outcomeKind(one.outcome)}>${outcomeWord(one.outcome)}<//>
        <span class="break">${evidenceWord(one.evidence)}${one.reason ? ` · ${plain(one.reason)}` : ""} <span class="soft small">· ${plain(String(one.actor ?? "").split(":")[0])}, <${When} at=${one.at} /></span></span></li>`)}</ol>`}
      <${Corrections} attempt=${attempt} onDone=${again} /></div></li>`;
}

function ConversationPage({ who }) {
  const { intents } = useCatalogue();
  const { data, problem, again } = useLoad((signal) => get(`/api/conversations/${encodeURIComponent(id)}`, {}, { signal }), [id]);
  const chosen = decodeURIComponent(location.hash.slice(1));
  useEffect(() => {
    if (!data || !chosen) return;
    const there = document.getElementById(chosen);
    there?.scrollIntoView({ block: "center" });
    there?.focus({ preventScroll: true });
  }, [Boolean(data)]);
  return html`<${TopBar} who=${who} here="/insight" /><main class="page stack" id="main" tabindex="-1">
    <p><a href="/insight">Insight</a></p><h1>Conversation</h1>
    ${problem && html`<${Trouble} problem=${problem} onRetry=${again} />`}
    ${!problem && !data && html`<div class="panel"><${Loading} what="Loading the conversation" /></div>`}
    ${data && html`<p class="soft break">${data.customer?.name ?? "Customer not known"} · ${languageWord(data.language)} · <span class="id">${data.conversation_id}</span></p>
      <div class="conversation"><section class="panel" aria-labelledby="said"><header><h2 id="said">What was said</h2></header><div class="body"><${Messages} conversation=${data} /></div></section>
      <section aria-labelledby="attempts" class="stack"><h2 id="attempts">Attempts</h2>${data.attempts.length ? html`<ol class="stack tight">${data.attempts.map((attempt) => html`<${Attempt} key=${attempt.attempt_id} attempt=${attempt} intents=${intents} chosen=${attempt.attempt_id === chosen} again=${again} />`)}</ol>` : html`<${Empty} title="No attempts">Nobody asked for anything in this conversation.<//>`}</section></div>`}
  </main>`;
}

showSigned(ConversationPage);
