/** Staff administration: people, tokens, and the record of what everybody did and read. */
import { html, useEffect, useState } from "/static/view.js";
import { get } from "/static/api.js";
import { showSigned, TopBar } from "/static/page.js";
import { People } from "./people.js";
import { Tokens } from "./tokens.js";
import { AuditRecord } from "./record.js";

const TABS = [
  { name: "people", title: "People", view: People, roles: ["admin"] },
  { name: "tokens", title: "Tokens", view: Tokens, roles: ["admin"] },
  { name: "record", title: "Record", view: AuditRecord, roles: ["admin", "supervisor"] },
];

function StaffPage({ who }) {
  const open = TABS.filter((tab) => tab.roles.includes(who.role));
  const read = () => open.find((tab) => tab.name === location.hash.slice(1)) ?? open[0];
  const [tab, setTab] = useState(read);
  const [catalogue, setCatalogue] = useState({ skills: [], languages: [], intents: [] });
  useEffect(() => {
    const change = () => setTab(read());
    addEventListener("hashchange", change);
    get("/api/catalogue").then(setCatalogue, () => {});
    return () => removeEventListener("hashchange", change);
  }, []);
  return html`<${TopBar} who=${who} here="/staff" /><main class="page stack" id="main" tabindex="-1"><h1>Staff</h1>
    ${!tab && html`<p>This page is for administrators. Ask one of them if something about your sign-in should change.</p>`}
    ${open.length > 0 && html`<nav class="tabs" aria-label="Parts of this page">${open.map((one) => html`<a key=${one.name} href=${`#${one.name}`} aria-current=${one === tab ? "page" : undefined}>${one.title}</a>`)}</nav>`}
    ${tab && html`<${tab.view} key=${tab.name} who=${who} catalogue=${catalogue} />`}
  </main>`;
}

showSigned(StaffPage);
