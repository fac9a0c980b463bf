/** Bearer tokens for programs: make, list, revoke. The token itself is shown once. */
import { html, useState } from "/static/view.js";
import { get, post, remove } from "/static/api.js";
import { announce, Dialog, Empty, Field, Loading, Notice, Tag, Trouble, useLoad, When } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { languageWord, roleWord, titleOf } from "/static/words.js";
import { Reach, reachWords, RoleField, ShownOnce, TOKEN_ROLES } from "./access.js";

const idOf = (token) => token.token_id ?? token.id;

function NewToken({ catalogue, onClose, onMade }) {
  const [draft, setDraft] = useState({ name: "", role: "channel", skills: [], languages: [] });
  const [made, setMade] = useState(null);
  const [wrong, setWrong] = useState(null);
  const [problem, setProblem] = useState(null);
  const change = (part) => setDraft({ ...draft, ...part });
  const reach = ["agent", "supervisor"].includes(draft.role);
  const save = async () => {
    setWrong(draft.name.trim() ? null : "Fill in what the token is for, so that you know later whether it can go.");
    if (!draft.name.trim()) return;
    setProblem(null);
    try {
      setMade(await post("/api/staff/tokens", { name: draft.name.trim(), role: draft.role, ...(reach && { skills: draft.skills, languages: draft.languages }) }));
      onMade();
    } catch (trouble) {
      setProblem(trouble);
    }
  };
  if (made) {
    return html`<${Dialog} key="made" title="The new token" onClose=${onClose} onSubmit=${onClose} footer=${html`<button class="button primary" data-first>Done</button>`}>
      <${ShownOnce} text=${made.token} what="token">This token is shown only now. Keep it where secrets are kept; whoever has it can act as “${draft.name}”.<//><//>`;
  }
  return html`<${Dialog} key="new" title="Make a token" onClose=${onClose} onSubmit=${save} footer=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button><button class="button primary">Make it</button>`}>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    <${Field} label="What it is for" wrong=${wrong}>${(props) => html`<input ...${props} data-first class="input" maxlength="120" value=${draft.name} onInput=${(e) => change({ name: e.target.value })} />`}<//>
    <${RoleField} roles=${TOKEN_ROLES} value=${draft.role} onChange=${(role) => change({ role })} />
    ${reach && html`<${Reach} catalogue=${catalogue} draft=${draft} change=${change} />`}
  <//>`;
}

function Revoke({ token, onClose, onDone }) {
  const [problem, setProblem] = useState(null);
  const go = async () => {
    try {
      await remove(`/api/staff/tokens/${encodeURIComponent(idOf(token))}`);
      announce("Revoked");
      onDone();
    } catch (trouble) {
      setProblem(trouble);
    }
  };
  return html`<${Dialog} title="Revoke this token?" onClose=${onClose} onSubmit=${go} footer=${html`<button type="button" class="button" data-first onClick=${onClose}>Keep it</button><button class="button danger">Revoke</button>`}>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    <p>Whatever uses <strong class="break">${token.name || "this token"}</strong> stops working at once, and cannot be switched on again with the same token.</p><//>`;
}

export function Tokens({ catalogue }) {
  const { data, problem, again } = useLoad((signal) => get("/api/staff/tokens", {}, { signal }), []);
  const [dialog, setDialog] = useState(null);
  const tokens = data && (Array.isArray(data) ? data : data.tokens);
  const close = () => setDialog(null);
  return html`<section class="panel" aria-labelledby="tokens-title"><header><h2 id="tokens-title">Tokens for programs${tokens && html` <span class="soft">${tokens.length}</span>`}</h2>
      <button type="button" class="button primary push" onClick=${() => setDialog({ make: true })}><${Icon} name="plus" />Make a token</button></header>
    ${problem && html`<${Trouble} problem=${problem} onRetry=${again} />`}
    ${!problem && !tokens && html`<${Loading} what="Loading tokens" />`}
    ${tokens?.length === 0 && html`<${Empty} title="No tokens">Programs that talk to the assistant, a phone system for one, need a token.<//>`}
    ${tokens?.length > 0 && html`<table class="table"><thead><tr><th scope="col">For</th><th scope="col">Role</th><th scope="col">Skills</th><th scope="col">Languages</th><th scope="col">Made</th><th scope="col">Last used</th><th><span class="visually-hidden">What you can do</span></th></tr></thead>
      <tbody>${tokens.map((token) => html`<tr key=${idOf(token)} class=${token.revoked_at ? "off" : ""}><th scope="row" class="break">${token.name || "–"}</th><td data-label="Role">${roleWord(token.role)}</td>
        <td data-label="Skills">${reachWords(token.skills, (one) => titleOf(one, catalogue.skills))}</td><td data-label="Languages">${reachWords(token.languages, languageWord)}</td>
        <td data-label="Made"><${When} at=${token.created_at} /></td><td data-label="Last used">${token.last_used_at ? html`<${When} at=${token.last_used_at} />` : "never"}</td>
        <td><div class="actions">${token.revoked_at ? html`<${Tag}>revoked<//>` : html`<button type="button" class="button danger" aria-label=${`Revoke ${token.name || "this token"}`} onClick=${() => setDialog({ revoke: token })}>Revoke</button>`}</div></td></tr>`)}</tbody></table>`}
    ${dialog?.make && html`<${NewToken} catalogue=${catalogue} onClose=${close} onMade=${again} />`}
    ${dialog?.revoke && html`<${Revoke} token=${dialog.revoke} onClose=${close} onDone=${() => { close(); again(); }} />`}
  </section>`;
}
