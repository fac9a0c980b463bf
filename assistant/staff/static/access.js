/** Fields that people and tokens share: role, skills, languages; and a secret that is shown once. */
import { html } from "/static/view.js";
import { Copy, Field, Notice } from "/static/components.js";
import { languageWord, nameOf, roleWord, titleOf } from "/static/words.js";

export const PEOPLE_ROLES = ["agent", "supervisor", "analyst", "admin"];
export const TOKEN_ROLES = ["channel", "agent", "supervisor", "analyst", "admin"];

export function RoleField({ roles, value, onChange }) {
  return html`<${Field} label="Role">${(props) => html`<select ...${props} class="input" value=${value} onChange=${(e) => onChange(e.target.value)}>
    ${roles.map((role) => html`<option key=${role} value=${role}>${roleWord(role)}</option>`)}</select>`}<//>`;
}

/** Boxes to tick; none ticked means all. */
export function Several({ legend, all, chosen, word, onChange }) {
  const toggle = (name) => onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return html`<fieldset class="field"><legend>${legend}</legend><div class="checks">${all.map((one) => {
    const name = nameOf(one);
    return html`<label class="check" key=${name}><input type="checkbox" checked=${chosen.includes(name)} onChange=${() => toggle(name)} />${word(one)}</label>`;
  })}</div><p class="hint">${chosen.length === 0 ? "None ticked: all." : `${chosen.length} of ${all.length}.`}</p></fieldset>`;
}

export function Reach({ catalogue, draft, change }) {
  return html`<${Several} legend="Skills" all=${catalogue.skills} chosen=${draft.skills} word=${(one) => titleOf(one, catalogue.skills)} onChange=${(skills) => change({ skills })} />
    <${Several} legend="Languages" all=${catalogue.languages} chosen=${draft.languages} word=${(one) => languageWord(nameOf(one))} onChange=${(languages) => change({ languages })} />`;
}

/** "all", or the names. */
export function reachWords(chosen, word) {
  return chosen?.length ? chosen.map(word).join(", ") : "all";
}

/** A link or a token: shown now and never again. */
export function ShownOnce({ text, what, children }) {
  return html`<div class="stack tight"><${Notice} kind="warn">${children}<//>
    <div class="once"><input class="input" readonly aria-label=${what} value=${text} onFocus=${(e) => e.target.select()} /><${Copy} text=${text} what=${what} /></div></div>`;
}
