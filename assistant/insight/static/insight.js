/** The first page: the truth with its interval, then every intent, most customers lost first. */
import { html, useId, useState } from "/static/view.js";
import { get } from "/static/api.js";
import { Empty, Loading, Notice, Trouble, useLoad } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { showSigned, TopBar } from "/static/page.js";
import { lasting } from "/static/time.js";
import { valueText } from "/static/values.js";
import { count, plain } from "/static/words.js";
import { RateBar, SplitBar } from "./charts.js";
import { EXPLAINED, interval, lost, parts, percent, whole, worstFirst } from "./figures.js";
import { PeriodBar, Pick, periodTrouble, useCatalogue, useFilters, withFilters } from "./filters.js";

/** A number with its name and, on demand, what it counts. */
function Explain({ text, word }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return html`<button type="button" class="button quiet icon explain" aria-expanded=${open ? "true" : "false"} aria-controls=${id} onClick=${() => setOpen(!open)}>
    <${Icon} name="info" size=${14} label=${`What ${word} counts`} /></button><span id=${id} class="explained small" hidden=${!open}>${text}</span>`;
}

function Figure({ name, rate, why, text, of }) {
  return html`<div class="figure"><dt>${name}<${Explain} text=${text} word=${name} /></dt>
    <dd>${percent(rate) ? html`${percent(rate)}${of !== undefined && html` <span class="small soft">of ${whole(of)}</span>`}` : html`– <span class="small soft">${why}</span>`}</dd></div>`;
}

function Truth({ totals }) {
  const rate = percent(totals.success_rate);
  return html`<section class="truth panel" aria-labelledby="truth-title"><div class="first"><h2><span id="truth-title">Customers who got it done</span><${Explain} text=${EXPLAINED.success} word="success" /></h2>
      ${rate ? html`<p class="line"><strong class="big">${rate}</strong> <span>(${interval(totals.success_low, totals.success_high)})</span>
          <span class="soft">${whole(totals.achieved)} of ${whole(totals.closed)} closed · ${count(totals.customers, "customer")} · ${whole(totals.open)} still open</span></p>`
        : html`<p class="line"><strong class="big">–</strong> <span class="soft">no closed attempts yet · ${whole(totals.open)} still open</span></p>`}
      <${RateBar} rate=${totals.success_rate} low=${totals.success_low} high=${totals.success_high} /></div>
    <dl class="beside">
      <${Figure} name="by themselves" rate=${totals.self_service_rate} why="no closed attempts yet" text=${EXPLAINED.self} />
      <${Figure} name="held" rate=${totals.held_rate} why="no window is over yet" of=${totals.could_hold} text=${EXPLAINED.held} />
      <${Figure} name="unknown" rate=${totals.closed ? totals.unknown / totals.closed : null} why="no closed attempts yet" text=${EXPLAINED.unknown} />
      <${Figure} name="other tools would say “contained”" rate=${totals.claimed_containment} why="no closed attempts yet" text=${EXPLAINED.contained} />
    </dl></section>`;
}

const attemptsOf = ({ from, to, channel, language }, row, outcome) => withFilters("/insight/attempts", { from, to, channel, language, intent: row.intent, outcome });

function Details({ row, filters, id }) {
  const elsewhere = row.achieved - row.self_service - row.assisted; // our systems confirm it, no attempt of ours did it
  return html`<tr class="details" id=${id}><td colspan="9"><div class="row wrap split-words">${parts(row).map((part) => html`<a key=${part.key} class="part-link" href=${attemptsOf(filters, row, part.outcome)}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><rect class=${`part-${part.mark}`} width="10" height="10" rx="2" /></svg><span class="count">${whole(part.n)}</span> ${part.title}</a>`)}</div>
    <p class="soft">${whole(row.eligible)} opened in this period by ${count(row.customers, "customer")}. Of the achieved, ${whole(row.self_service)} by themselves and ${whole(row.assisted)} with a person${elsewhere > 0 && `, ${whole(elsewhere)} elsewhere`}.${" "}
      ${whole(row.handed_off)} passed to a person, ${whole(row.came_back)} came back about the same matter.</p></td></tr>`;
}

function Row({ row, filters }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const none = html`<span title="No closed attempts yet">–<span class="visually-hidden"> no closed attempts yet</span></span>`;
  const of = (n) => (row.closed ? `${Math.round((n / row.closed) * 100)}%` : none);
  return html`<tr data-intent=${row.intent}><th scope="row"><span class="row"><button type="button" class="button quiet icon toggle" aria-expanded=${open ? "true" : "false"} aria-controls=${id} onClick=${() => setOpen(!open)}>
        <${Icon} name="down" size=${14} label=${`Outcomes of ${row.title ?? plain(row.intent)}`} /></button>
        <a class="break" href=${attemptsOf(filters, row)}>${row.title ?? plain(row.intent)}</a></span></th>
      <td class="bar" data-label="Success"><${RateBar} rate=${row.success_rate} low=${row.success_low} high=${row.success_high} /></td>
      <td class="number" data-label="Rate">${percent(row.success_rate) ? html`<strong>${percent(row.success_rate)}</strong> <span class="soft small">(${interval(row.success_low, row.success_high)})</span>` : none}</td>
      <td class="number" data-label="Closed">${whole(row.closed)}</td>
      <td class="number" data-label="Lost"><strong>${whole(lost(row))}</strong></td>
      <td class="bar" data-label="Outcomes"><${SplitBar} parts=${parts(row)} /></td>
      <td class="number" data-label="Alone · helped">${of(row.self_service)}<span class="soft"> · </span>${of(row.assisted)}</td>
      <td class="number" data-label="Held · contained">${percent(row.held_rate, 0) ?? html`<span title="No window is over yet">–<span class="visually-hidden"> no window is over yet</span></span>`}<span class="soft"> · </span><span class="soft">${percent(row.claimed_containment, 0) ?? none}</span></td>
      <td class="number" data-label="Median">${row.median_seconds === null || row.median_seconds === undefined ? none : lasting(row.median_seconds)}</td></tr>
    ${open && html`<${Details} row=${row} filters=${filters} id=${id} />`}`;
}

function Legend() {
  const marks = [["achieved", "achieved"], ["lost", "not achieved"], ["left", "abandoned"], ["unknown", "unknown"], ["open", "open"]];
  return html`<ul class="legend small" aria-label="Colours of the outcomes">${marks.map(([mark, title]) => html`<li key=${mark}><svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true"><rect class=${`part-${mark}`} width="10" height="10" rx="2" /></svg>${title}</li>`)}</ul>`;
}

function ByIntent({ rows, filters }) {
  return html`<section class="panel" aria-labelledby="by-title"><header><h2 id="by-title">By intent, most customers lost first</h2><span class="push"><${Legend} /></span></header>
    ${rows.length === 0 ? html`<${Empty} title="No attempts in this period">Choose a longer period, or another channel or language.<//>` : html`
    <table class="table intents"><thead><tr><th scope="col">Intent</th><th scope="col">Success, 0 to 100%</th><th scope="col" class="number">Rate, 95% interval</th>
      <th scope="col" class="number">Closed<${Explain} text=${EXPLAINED.n} word="closed" /></th><th scope="col" class="number">Lost<${Explain} text=${EXPLAINED.lost} word="lost" /></th><th scope="col">Outcomes</th>
      <th scope="col" class="number">Alone · with<br />a person</th><th scope="col" class="number">Held ·<br />“contained”</th><th scope="col" class="number">Median<${Explain} text=${EXPLAINED.median} word="median" /></th></tr></thead>
      <tbody>${worstFirst(rows).map((row) => html`<${Row} key=${row.intent} row=${row} filters=${filters} />`)}</tbody></table>`}</section>`;
}

/** The same period by another way of counting: which rates move, and by how much. */
function Compared({ data }) {
  const { compared } = data;
  const others = new Map(compared.intents.map((row) => [row.intent, row]));
  const rate = (row) => (row && percent(row.success_rate) ? html`${percent(row.success_rate)} <span class="soft small">${whole(row.achieved)} of ${whole(row.closed)}</span>` : "–");
  const rows = [{ intent: "", title: "All intents", ...data.totals }, ...data.intents];
  others.set("", compared.totals);
  return html`<section class="panel" aria-labelledby="compared-title"><header><h2 id="compared-title">Success by two definitions</h2></header>
    <table class="table compared"><thead><tr><th scope="col">Intent</th><th scope="col" class="number">Version ${data.definition_version}</th><th scope="col" class="number">Version ${compared.definition_version}</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.intent}><th scope="row" class="break">${row.title ?? plain(row.intent)}</th>
        <td class="number" data-label=${`Version ${data.definition_version}`}>${rate(row)}</td><td class="number" data-label=${`Version ${compared.definition_version}`}>${rate(others.get(row.intent))}</td></tr>`)}</tbody></table></section>`;
}

function CountedBy({ filters, change }) {
  const { data } = useLoad((signal) => get("/api/insight/definitions", {}, { signal }), []);
  if (!data) return null;
  const inUse = String(data.in_use);
  const name = (one) => `Version ${one.version}: ${one.summary}`;
  return html`<form class="filters counted" aria-label="Counted by" onSubmit=${(e) => e.preventDefault()}>
    <${Pick} label="Counted by" value=${filters.definition || inUse} onChange=${(definition) => change({ definition: definition === inUse ? "" : definition })}>
      ${data.definitions.map((one) => html`<option key=${one.version} value=${one.version}>${name(one)}</option>`)}<//>
    <${Pick} label="Compare with" value=${filters.compare} onChange=${(compare) => change({ compare })}><option value="">Nothing</option>
      ${data.definitions.map((one) => html`<option key=${one.version} value=${one.version}>${name(one)}</option>`)}<//></form>`;
}

function Insight({ who }) {
  const [filters, change] = useFilters();
  const { languages } = useCatalogue();
  const { from, to, channel, language, definition, compare } = filters;
  const wrong = periodTrouble(filters);
  const { data, problem, busy, again } = useLoad(
    (signal) => (wrong ? Promise.resolve(null) : get("/api/insight/intents", { from, to, channel, language, definition, compare }, { signal })), [from, to, channel, language, definition, compare]);
  const bad = problem && problem.status >= 400 && problem.status < 500 && problem.status !== 403;
  return html`<${TopBar} who=${who} here="/insight" /><main class="page stack" id="main" tabindex="-1" aria-busy=${busy ? "true" : "false"}>
    <div class="row wrap head"><h1>Insight</h1><${PeriodBar} filters=${filters} change=${change} languages=${languages} /></div>
    ${wrong && html`<${Notice} kind="bad">${wrong}<//>`}
    ${!wrong && bad && html`<${Notice} kind="bad">${problem.message}<//>`}
    ${!wrong && problem && !bad && html`<${Trouble} problem=${problem} onRetry=${again} />`}
    ${!wrong && !problem && !data && html`<div class="panel"><${Loading} what="Counting" /></div>`}
    ${!wrong && !problem && data && html`<${Truth} totals=${data.totals} /><${ByIntent} rows=${data.intents} filters=${filters} />
      ${data.compared && html`<${Compared} data=${data} />`}<${CountedBy} filters=${filters} change=${change} />
      <p class="soft small">Counts attempts opened from ${valueText(data.from)} to ${valueText(data.to)}, small talk and staff tests left out. Definitions version ${data.definition_version}. ${data.totals.open > 0 && `${count(data.totals.open, "attempt")} without an outcome yet can still move these rates.`}</p>`}
  </main>`;
}

showSigned(Insight);
