/** People who sign in: add, change, give a new link, switch off. */
import { html, useState } from "/static/view.js";
import { get, patch, post } from "/static/api.js";
import { announce, Dialog, Empty, Field, Loading, Notice, Tag, Trouble, useLoad } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { languageWord, roleWord, titleOf } from "/static/words.js";
import { PEOPLE_ROLES, Reach, reachWords, RoleField, ShownOnce } from "./access.js";

const BLANK = { name: "", email: "", role: "agent", skills: [], languages: [], active: true };
const linkOf = (answer) => {
  const link = answer?.link ?? answer?.url ?? "";
  return link.startsWith("/") ? location.origin + link : link;
};

function LinkDialog({ person, link, onClose }) {
  return html`<${Dialog} title=${`One-time link for ${person.name || person.email}`} onClose=${onClose} onSubmit=${onClose} footer=${html`<button class="button primary" data-first>Done</button>`}>
    <${ShownOnce} text=${link} what="one-time link">This link is shown only now. It works once; send it to ${person.name || person.email} and to nobody else. With it they set their password.<//><//>`;
}

function PersonDialog({ person, self, catalogue, onClose, onSaved }) {
  const [draft, setDraft] = useState({ ...BLANK, ...person, skills: person?.skills ?? [], languages: person?.languages ?? [] });
  const [wrong, setWrong] = useState({});
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const change = (part) => setDraft({ ...draft, ...part });
  const save = async () => {
    const found = { name: draft.name.trim() ? null : "Fill in a name.", email: /^\S+@\S+\.\S+$/.test(draft.email.trim()) ? null : "Fill in a whole e-mail address." };
    setWrong(found);
    if (found.name || found.email) return;
    setBusy(true);
    setProblem(null);
    const { name, email, role, skills, languages, active } = draft;
    try {
      if (person) onSaved(await patch(`/api/staff/${encodeURIComponent(person.staff_id)}`, { name: name.trim(), email: email.trim(), role, skills, languages, active }), null);
      else {
        const made = await post("/api/staff", { name: name.trim(), email: email.trim(), role, skills, languages });
        onSaved(made.staff ?? { name, email }, linkOf(made));
      }
    } catch (trouble) {
      setProblem(trouble);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${person ? "Change a sign-in" : "Add a person"} onClose=${onClose} onSubmit=${save} footer=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button><button class="button primary" disabled=${busy}>${person ? "Save" : "Add"}</button>`}>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    <${Field} label="Name" hint="Customers see it in the chat." wrong=${wrong.name}>${(props) => html`<input ...${props} data-first class="input" maxlength="120" autocomplete="off" value=${draft.name} onInput=${(e) => change({ name: e.target.value })} />`}<//>
    <${Field} label="E-mail address" wrong=${wrong.email}>${(props) => html`<input ...${props} class="input" type="email" autocomplete="off" value=${draft.email} onInput=${(e) => change({ email: e.target.value })} />`}<//>
    <${RoleField} roles=${PEOPLE_ROLES} value=${draft.role} onChange=${(role) => change({ role })} />
    ${["agent", "supervisor"].includes(draft.role) && html`<${Reach} catalogue=${catalogue} draft=${draft} change=${change} />`}
    ${person && !self && html`<label class="check"><input type="checkbox" checked=${draft.active} onChange=${(e) => change({ active: e.target.checked })} />May sign in</label>`}
  <//>`;
}

function Row({ person, catalogue, onEdit, onLink }) {
  return html`<tr class=${person.active === false ? "off" : ""}><th scope="row" class="break">${person.name || "–"}</th><td class="break" data-label="E-mail">${person.email}</td><td data-label="Role">${roleWord(person.role)}</td>
    <td data-label="Skills" class="break">${reachWords(person.skills, (one) => titleOf(one, catalogue.skills))}</td><td data-label="Languages" class="break">${reachWords(person.languages, languageWord)}</td>
    <td data-label="Sign-in">${person.active === false ? html`<${Tag}>off<//>` : html`<${Tag} kind="good">on<//>`}</td>
    <td><div class="actions"><button type="button" class="button" aria-label=${`Edit ${person.name || person.email}`} onClick=${onEdit}>Edit</button>
      <button type="button" class="button" aria-label=${`New link for ${person.name || person.email}`} disabled=${person.active === false} onClick=${onLink}>New link</button></div></td></tr>`;
}

export function People({ who, catalogue }) {
  const { data, problem, again } = useLoad((signal) => get("/api/staff", {}, { signal }), []);
  const [dialog, setDialog] = useState(null);
  const staff = data && (Array.isArray(data) ? data : data.staff);
  const saved = (person, link) => {
    setDialog(link ? { link, person } : null);
    announce("Saved");
    again();
  };
  const newLink = async (person) => {
    try {
      setDialog({ person, link: linkOf(await post(`/api/staff/${encodeURIComponent(person.staff_id)}/link`)) });
    } catch (trouble) {
      announce(trouble.message);
    }
  };
  return html`<section class="panel" aria-labelledby="people-title"><header><h2 id="people-title">People${staff && html` <span class="soft">${staff.length}</span>`}</h2>
      <button type="button" class="button primary push" onClick=${() => setDialog({ edit: true })}><${Icon} name="plus" />Add a person</button></header>
    ${problem && html`<${Trouble} problem=${problem} onRetry=${again} />`}
    ${!problem && !staff && html`<${Loading} what="Loading people" />`}
    ${staff?.length === 0 && html`<${Empty} title="Nobody yet">Add the first person, and send them their link.<//>`}
    ${staff?.length > 0 && html`<table class="table"><thead><tr><th scope="col">Name</th><th scope="col">E-mail</th><th scope="col">Role</th><th scope="col">Skills</th><th scope="col">Languages</th><th scope="col">Sign-in</th><th><span class="visually-hidden">What you can do</span></th></tr></thead>
      <tbody>${staff.map((person) => html`<${Row} key=${person.staff_id} person=${person} catalogue=${catalogue} onEdit=${() => setDialog({ edit: true, person })} onLink=${() => newLink(person)} />`)}</tbody></table>`}
    ${dialog?.edit && html`<${PersonDialog} person=${dialog.person} self=${dialog.person?.staff_id === who.staff_id} catalogue=${catalogue} onClose=${() => setDialog(null)} onSaved=${saved} />`}
    ${dialog?.link && html`<${LinkDialog} key="link" person=${dialog.person} link=${dialog.link} onClose=${() => setDialog(null)} />`}
  </section>`;
}
