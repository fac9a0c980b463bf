/** Sign-in, and the way back for those who forgot their password. */
import { html, useEffect, useState } from "/static/view.js";
import { post, me, safeNext } from "/static/api.js";
import { Field, Notice } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { homeOf, showOpen } from "/static/page.js";

const next = safeNext(new URLSearchParams(location.search).get("next"));
const goOn = (who) => location.replace(next ?? homeOf(who.role));

function SignInForm({ email, onEmail, onForgot }) {
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    if (!email.trim() || !password) {
      setProblem({ message: "Fill in your e-mail address and your password." });
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      goOn(await post("/api/staff/sign-in", { email: email.trim(), password }, { stay: true }));
    } catch (trouble) {
      setProblem(trouble);
      setBusy(false);
    }
  };
  return html`<form class="stack" onSubmit=${submit} novalidate>
    <h1>Sign in</h1>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    <${Field} label="E-mail address">${(props) => html`<input ...${props} class="input" type="email" autocomplete="username" value=${email} onInput=${(e) => onEmail(e.target.value)} />`}<//>
    <${Field} label="Password">${(props) => html`<input ...${props} class="input" type=${shown ? "text" : "password"} autocomplete="current-password" value=${password} onInput=${(e) => setPassword(e.target.value)} />`}<//>
    <label class="check"><input type="checkbox" checked=${shown} onChange=${(e) => setShown(e.target.checked)} />Show the password</label>
    <button class="button primary" disabled=${busy}>${busy ? "Signing in…" : "Sign in"}</button>
    <p><button type="button" class="button quiet" onClick=${onForgot}>I forgot my password</button></p>
  </form>`;
}

function ForgotForm({ email, onEmail, onBack }) {
  const [sent, setSent] = useState(false);
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    if (!email.trim()) {
      setProblem({ message: "Fill in the e-mail address that you sign in with." });
      return;
    }
    try {
      await post("/api/staff/reset", { email: email.trim() }, { stay: true });
      setSent(true);
    } catch (trouble) {
      setProblem(trouble);
    }
  };
  return html`<form class="stack" onSubmit=${submit} novalidate>
    <h1>Forgotten password</h1>
    ${sent ? html`<${Notice} kind="good">If <strong class="break">${email}</strong> belongs to a sign-in, a link to set a new password is on its way. It works once.<//>` : html`
      <p class="soft">We make a link with which you set a new one.</p>
      ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
      <${Field} label="E-mail address">${(props) => html`<input ...${props} class="input" type="email" autocomplete="username" value=${email} onInput=${(e) => onEmail(e.target.value)} />`}<//>
      <button class="button primary">Send the link</button>`}
    <p><button type="button" class="button quiet" onClick=${onBack}>Back to sign-in</button></p>
  </form>`;
}

function SignIn() {
  const [forgot, setForgot] = useState(false);
  const [email, setEmail] = useState("");
  useEffect(() => {
    me({ stay: true }).then(goOn, () => {});
  }, []);
  return html`<main class="alone" id="main">
    <div class="brand"><${Icon} name="brand" size=${22} />Wayfinder</div>
    <div class="card">${forgot
      ? html`<${ForgotForm} email=${email} onEmail=${setEmail} onBack=${() => setForgot(false)} />`
      : html`<${SignInForm} email=${email} onEmail=${setEmail} onForgot=${() => setForgot(true)} />`}</div>
  </main>`;
}

showOpen(SignIn);
