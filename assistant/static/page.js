/** The frame around every staff page: who is signed in, where one can go, and the page's one mount point. */
import { html, render, useEffect, useState } from "./view.js";
import { me, post } from "./api.js";
import { Toasts, Trouble, Loading } from "./components.js";
import { Icon } from "./icons.js";
import { roleWord } from "./words.js";

const PLACES = [
  { href: "/desk", title: "Desk", roles: ["agent", "supervisor"] },
  { href: "/insight", title: "Insight", roles: ["analyst", "supervisor"] },
  { href: "/staff", title: "Staff", roles: ["admin", "supervisor"] },
];

/** The page a role works on. */
export function homeOf(role) {
  return { agent: "/desk", supervisor: "/desk", analyst: "/insight", admin: "/staff" }[role] ?? "/desk";
}

async function signOut() {
  try {
    await post("/api/staff/sign-out");
  } finally {
    location.assign("/sign-in");
  }
}

export function TopBar({ who, here, children }) {
  return html`<header class="topbar">
    <a class="skip" href="#main">Skip to the content</a>
    <span class="name"><${Icon} name="brand" size=${18} />Wayfinder</span>
    <nav aria-label="Staff pages"><ul>${PLACES.filter((place) => place.roles.includes(who.role)).map((place) => html`
      <li key=${place.href}><a href=${place.href} aria-current=${place.href === here ? "page" : undefined}>${place.title}</a></li>`)}</ul></nav>
    ${children}
    <div class="who"><span title=${`${who.email ?? ""} · ${roleWord(who.role)}`}>${who.name}</span>
      <button type="button" class="button quiet" onClick=${signOut}>Sign out</button></div>
  </header>`;
}

function Signed({ view: View }) {
  const [who, setWho] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = () => {
    setProblem(null);
    me().then(setWho, setProblem);
  };
  useEffect(load, []);
  if (problem) return html`<main><${Trouble} problem=${problem} onRetry=${load} /></main>`;
  if (!who) return html`<main aria-busy="true"><${Loading} what="Signing you in" /></main>`;
  return html`<${View} who=${who} /><${Toasts} />`;
}

/** Draws `View({who})` into #app once the signed-in person is known; without one the sign-in page comes up. */
export function showSigned(View) {
  render(html`<${Signed} view=${View} />`, document.getElementById("app"));
}

/** Draws a page that needs nobody signed in. */
export function showOpen(View) {
  render(html`<${View} /><${Toasts} />`, document.getElementById("app"));
}
