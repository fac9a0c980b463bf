/** The attempts behind a number, oldest first; each leads to its conversation and evidence. */
import { html, useEffect, useState } from "/static/view.js";
import { get } from "/static/api.js";
import { Empty, Loading, Notice, Tag, Trouble, When } from "/static/components.js";
import { showSigned, TopBar } from "/static/page.js";
import { lasting } from "/static/time.js";
import { byWord, channelWord, evidenceWord, nameOf, outcomeKind, outcomeWord, plain, titleOf, OUTCOME_CODES } from "/static/words.js";
import { PeriodBar, periodTrouble, Pick, useCatalogue, useFilters, withFilters } from "./filters.js";

function Row({ attempt, intents }) {
  const seconds = attempt.closed_at ? (Date.parse(attempt.closed_at) - Date.parse(attempt.opened_at)) / 1000 : null;
  return html`<tr><td data-label="Opened"><a href=${`/insight/conversation/${encodeURIComponent(attempt.conversation_id)}#${encodeURIComponent(attempt.attempt_id)}`}><${When} at=${attempt.opened_at} /></a></td>
    <th scope="row" data-label="Intent" class="break">${titleOf(attempt, intents)}${attempt.first_intent && attempt.first_intent !== attempt.intent && html`<span class="soft small"> first thought: ${plain(attempt.first_intent)}</span>`}</th>
    <td data-label="Outcome"><${Tag} kind=${outcomeKind(attempt.outcome)}>${outcomeWord(attempt.outcome)}<//></td>
    <td data-label="Evidence">${attempt.outcome === "open" ? "–" : evidenceWord(attempt.evidence)}</td>
    <td data-label="By">${byWord(attempt.by) || "–"}</td>
    <td data-label="Reason" class="break">${plain(attempt.reason) || "–"}</td>
    <td data-label="Where" class="break">${channelWord(attempt.channel)} · ${attempt.language}</td>
    <td data-label="Took" class="number">${lasting(seconds)}</td></tr>`;
}

function usePages(filters, wrong) {
  const [pages, setPages] = useState({ attempts: [], next: null, problem: null, busy: true });
  const { from, to, intent, outcome, channel, language } = filters;
  const load = async (after, before) => {
    setPages({ attempts: before, next: null, problem: null, busy: true });
    try {
      const page = await get("/api/attempts", { from, to, intent, outcome, channel, language, after });
      setPages({ attempts: [...before, ...page.attempts], next: page.next ?? null, problem: null, busy: false });
    } catch (problem) {
      setPages({ attempts: before, next: after ?? null, problem, busy: false });
    }
  };
  useEffect(() => {
    if (!wrong) load(undefined, []);
  }, [from, to, intent, outcome, channel, language]);
  return { ...pages, more: () => load(pages.next, pages.attempts) };
}

function Attempts({ who }) {
  const [filters, change] = useFilters();
  const { intents, languages } = useCatalogue();
  const wrong = periodTrouble(filters);
  const { attempts, next, problem, busy, more } = usePages(filters, wrong);
  const known = intents.some((one) => nameOf(one) === filters.intent);
  return html`<${TopBar} who=${who} here="/insight" /><main class="page stack" id="main" tabindex="-1" aria-busy=${busy ? "true" : "false"}>
    <p><a href=${withFilters("/insight", { from: filters.from, to: filters.to, channel: filters.channel, language: filters.language })}>Insight</a></p>
    <div class="row wrap head"><h1>Attempts</h1><${PeriodBar} filters=${filters} change=${change} languages=${languages}>
      <${Pick} label="Intent" value=${filters.intent} onChange=${(intent) => change({ intent })}><option value="">All intents</option>${filters.intent && !known && html`<option value=${filters.intent}>${plain(filters.intent)}</option>`}
        ${intents.map((one) => html`<option key=${nameOf(one)} value=${nameOf(one)}>${titleOf(one, intents)}</option>`)}<//>
      <${Pick} label="Outcome" value=${filters.outcome} onChange=${(outcome) => change({ outcome })}><option value="">All outcomes</option>
        ${[...OUTCOME_CODES, "open"].map((one) => html`<option key=${one} value=${one}>${outcomeWord(one)}</option>`)}<//><//></div>
    ${wrong && html`<${Notice} kind="bad">${wrong}<//>`}
    ${!wrong && problem && (attempts.length ? html`<${Notice} kind="bad">${problem.message}<//>` : html`<${Trouble} problem=${problem} onRetry=${more} />`)}
    ${!wrong && !(problem && !attempts.length) && html`<section class="panel" aria-label="Attempts">
      ${attempts.length > 0 && html`<table class="table cards"><thead><tr><th scope="col">Opened</th><th scope="col">Intent</th><th scope="col">Outcome</th><th scope="col">Evidence</th><th scope="col">By</th><th scope="col">Reason</th><th scope="col">Where</th><th scope="col" class="number">Took</th></tr></thead>
        <tbody>${attempts.map((attempt) => html`<${Row} key=${attempt.attempt_id} attempt=${attempt} intents=${intents} />`)}</tbody></table>`}
      ${busy && html`<${Loading} what="Loading attempts" />`}
      ${!busy && attempts.length === 0 && html`<${Empty} title="No such attempts">Nothing in this period has this intent and outcome.<//>`}</section>`}
    <p class="row"><span class="soft" role="status">${!busy && attempts.length > 0 && `${attempts.length.toLocaleString("en-GB")} shown${next ? "" : ", that is all"}`}</span>
      ${next && !busy && html`<button type="button" class="button" onClick=${more}>Show more</button>`}</p>
  </main>`;
}

showSigned(Attempts);
