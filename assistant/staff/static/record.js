/** What staff did and read, newest first, by person and by what it was about. */
import { html, useEffect, useState } from "/static/view.js";
import { get } from "/static/api.js";
import { Empty, Field, Loading, Notice, Trouble, When } from "/static/components.js";
import { valueText } from "/static/values.js";
import { plain } from "/static/words.js";

const PAGE = 50;

function useRecord({ staff_id, target }) {
  const [state, setState] = useState({ entries: [], next: null, problem: null, busy: true });
  const load = async (after, before) => {
    setState({ entries: before, next: null, problem: null, busy: true });
    try {
      const page = await get("/api/staff/audit", { staff_id, target, after, limit: PAGE });
      setState({ entries: [...before, ...page.entries], next: page.next ?? null, problem: null, busy: false });
    } catch (problem) {
      setState({ entries: before, next: after ?? null, problem, busy: false });
    }
  };
  useEffect(() => {
    load(undefined, []);
  }, [staff_id, target]);
  return { ...state, more: () => load(state.next, state.entries) };
}

const period = (value) => (Array.isArray(value) ? value.map(valueText).join(" to ") : valueText(value));

function Details({ details }) {
  const pairs = Object.entries(details ?? {});
  return pairs.length ? html`<span class="details-list break">${pairs.map(([name, value]) => `${plain(name)}: ${name === "period" ? period(value) : valueText(value)}`).join(" · ")}</span>` : "–";
}

export function AuditRecord({ who }) {
  const [filters, setFilters] = useState({ staff_id: "", target: "" });
  const [draft, setDraft] = useState("");
  const [people, setPeople] = useState([]);
  const { entries, next, problem, busy, more } = useRecord(filters);
  useEffect(() => {
    if (who.role === "admin") get("/api/staff").then((data) => setPeople(Array.isArray(data) ? data : data.staff), () => {});
  }, []);
  const seen = people.length ? people : [...new Map(entries.map((one) => [one.staff_id, one])).values()];
  const names = new Map(seen.map((one) => [one.staff_id, one.name]));
  const submit = (event) => {
    event.preventDefault();
    setFilters({ ...filters, target: draft.trim() });
  };
  return html`<section class="panel" aria-labelledby="record-title"><header><h2 id="record-title">Record</h2>
      <form class="audit-filters push" onSubmit=${submit} aria-label="Filters">
        <${Field} label="Person">${(props) => html`<select ...${props} class="input" value=${filters.staff_id} onChange=${(e) => setFilters({ ...filters, staff_id: e.target.value })}><option value="">Everybody</option>
          ${seen.map((one) => html`<option key=${one.staff_id} value=${one.staff_id}>${one.name || one.staff_id}</option>`)}</select>`}<//>
        <${Field} label="About (its number)">${(props) => html`<input ...${props} class="input" value=${draft} onInput=${(e) => setDraft(e.target.value)} onBlur=${submit} />`}<//>
        <button class="button">Show</button></form></header>
    ${problem && (entries.length ? html`<${Notice} kind="bad">${problem.message}<//>` : html`<${Trouble} problem=${problem} onRetry=${more} />`)}
    ${entries.length > 0 && html`<table class="table"><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">About</th><th scope="col">Details</th></tr></thead>
      <tbody>${entries.map((one, i) => html`<tr key=${`${one.at}${one.staff_id}${i}`}><td data-label="When"><${When} at=${one.at} /></td><th scope="row" data-label="Who" class="break">${one.name || one.staff_id}</th><td data-label="What" class="break">${plain(one.what)}</td>
        <td data-label="About" class="break">${names.get(one.target) ? html`<span title=${one.target}>${names.get(one.target)}</span>` : (one.target ?? "–")}</td><td data-label="Details" class="break"><${Details} details=${one.details} /></td></tr>`)}</tbody></table>`}
    ${busy && html`<${Loading} what="Loading the record" />`}
    ${!busy && !problem && entries.length === 0 && html`<${Empty} title="Nothing on record">Nobody did or read anything that fits.<//>`}
    ${next && !busy && html`<p class="body"><button type="button" class="button" onClick=${more}>Show more</button></p>`}
  </section>`;
}
