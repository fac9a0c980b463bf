/** The page behind a one-time link: choose a password. */
import { html, useState } from "/static/view.js";
import { post } from "/static/api.js";
import { Field, Notice } from "/static/components.js";
import { Icon } from "/static/icons.js";
import { showOpen } from "/static/page.js";

const LEAST = 12; // characters; the server checks too
const token = new URLSearchParams(location.search).get("token");
// The link works once, yet it should not stay in the history or in a screenshot.
if (token) history.replaceState(null, "", location.pathname);

function SetPassword() {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [shown, setShown] = useState(false);
  const [problem, setProblem] = useState(null);
  const [done, setDone] = useState(false);
  const [tried, setTried] = useState(false);
  const tooShort = password.length < LEAST ? `Use at least ${LEAST} characters. Several words are easiest to remember.` : null;
  const differs = again !== password ? "This is not the same as above." : null;
  const submit = async (event) => {
    event.preventDefault();
    setTried(true);
    if (tooShort || differs) return;
    setProblem(null);
    try {
      await post("/api/staff/password", { token, password }, { stay: true });
      setDone(true);
    } catch (trouble) {
      setProblem(trouble);
    }
  };
  const type = shown ? "text" : "password";
  const form = html`<form class="stack" onSubmit=${submit} novalidate>
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    <${Field} label="New password" hint=${tried && tooShort ? null : `At least ${LEAST} characters`} wrong=${tried && tooShort}>${(props) => html`<input ...${props} class="input" type=${type} autocomplete="new-password" value=${password} onInput=${(e) => setPassword(e.target.value)} />`}<//>
    <${Field} label="The same again" wrong=${tried && !tooShort && differs}>${(props) => html`<input ...${props} class="input" type=${type} autocomplete="new-password" value=${again} onInput=${(e) => setAgain(e.target.value)} />`}<//>
    <label class="check"><input type="checkbox" checked=${shown} onChange=${(e) => setShown(e.target.checked)} />Show the password</label>
    <button class="button primary">Set the password</button>
  </form>`;
  return html`<main class="alone" id="main">
    <div class="brand"><${Icon} name="brand" size=${22} />Wayfinder</div>
    <div class="card stack"><h1>Set your password</h1>
      ${!token && html`<${Notice} kind="warn">This link is not complete. Open the whole link, or ask for a new one on the sign-in page.<//>`}
      ${done && html`<${Notice} kind="good">Your password is set.<//><a class="button primary" href="/sign-in">Go to sign-in</a>`}
      ${token && !done && form}
      ${!done && html`<p><a href="/sign-in">Go to sign-in</a></p>`}
    </div>
  </main>`;
}

showOpen(SetPassword);
