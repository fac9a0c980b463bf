/** The pieces that all staff pages share. */
import { html, signal, useEffect, useId, useRef, useState, useNow, useValue } from "./view.js";
import { Icon } from "./icons.js";
import { exact, relative } from "./time.js";

/** A relative time; the exact one on hover and for screen readers. */
export function When({ at, every = 15000 }) {
  const now = useNow(every);
  if (!at) return html`<span>–</span>`;
  const whole = exact(at);
  return html`<time datetime=${at} title=${whole}>${relative(at, now)}<span class="visually-hidden"> (${whole})</span></time>`;
}

export function Tag({ kind = "", icon, children }) {
  return html`<span class=${`tag ${kind}`}>${icon && html`<${Icon} name=${icon} size=${12} />`}${children}</span>`;
}

/** A field with its label, hint and error tied together. `children` gets {id, describedby, invalid}. */
export function Field({ label, hint, wrong, children }) {
  const id = useId();
  const describedby = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ") || undefined;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children({ id, "aria-describedby": describedby, "aria-invalid": wrong ? "true" : undefined })}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${wrong && html`<p class="wrong" id=${`${id}-wrong`}>${wrong}</p>`}
  </div>`;
}

/** One line that says what is the matter, quietly. `kind`: "", good, warn, bad. */
export function Notice({ kind = "", children, onClose }) {
  const icon = { bad: "alert", warn: "alert", good: "check" }[kind] ?? "info";
  return html`<div class=${`notice ${kind}`} role=${kind === "bad" ? "alert" : "status"}>
    <${Icon} name=${icon} /><div class="text">${children}</div>
    ${onClose && html`<button type="button" class="button quiet icon" onClick=${onClose}><${Icon} name="cross" label="Dismiss" /></button>`}
  </div>`;
}

export function Loading({ what = "Loading", lines = 6 }) {
  return html`<div class="skeleton" role="status"><span class="visually-hidden">${what}…</span>
    ${Array.from({ length: lines }, (_, i) => html`<span key=${i}></span>`)}</div>`;
}

/** Nothing to show, and what to do about it. `level` is the heading's, below the one that it stands under. */
export function Empty({ title, children, icon = "empty", level = 3 }) {
  return html`<div class="state"><${Icon} name=${icon} size=${28} /><${`h${level}`}>${title}<//>${children && html`<p>${children}</p>`}</div>`;
}

/** What went wrong in the server's plain words, with a way to try again. */
export function Trouble({ problem, onRetry }) {
  return html`<div class="state error" role="alert"><${Icon} name="alert" size=${28} />
    <h3>${problem.status === 403 ? "This is not open to you" : "This could not be shown"}</h3><p class="text">${problem.message}</p>
    ${onRetry && problem.status !== 403 && html`<button type="button" class="button" onClick=${onRetry}><${Icon} name="again" />Try again</button>`}
  </div>`;
}

/** A modal dialog. Escape and the cross close it; focus goes back to where it was. */
export function Dialog({ title, onClose, onSubmit, wide, footer, children }) {
  const box = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    const first = box.current.querySelector("[data-first]") ?? box.current.querySelector(".body input, .body select, .body textarea, .body button");
    first?.focus();
    return () => before?.isConnected && before.focus();
  }, []);
  const submit = (event) => {
    event.preventDefault();
    onSubmit?.();
  };
  const keys = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && onSubmit) submit(event);
  };
  return html`<dialog ref=${box} class=${`dialog ${wide ? "wide" : ""}`} aria-labelledby=${id} onCancel=${(event) => { event.preventDefault(); onClose(); }} onKeyDown=${keys}>
    <form onSubmit=${submit} novalidate>
      <header><h2 id=${id}>${title}</h2><button type="button" class="button quiet icon push" onClick=${onClose}><${Icon} name="cross" label="Close" /></button></header>
      <div class="body">${children}</div>
      ${footer && html`<footer>${footer}</footer>`}
    </form>
  </dialog>`;
}

/** A change on its way: {problem, busy, go}. `busy` stays after it worked, because the dialog then closes. */
export function useSend(run) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const go = async (...given) => {
    setBusy(true);
    setProblem(null);
    try {
      await run(...given);
    } catch (trouble) {
      setProblem(trouble);
      setBusy(false);
    }
  };
  return { problem, busy, go };
}

/** Cancel and the one button that does it, at the foot of a dialog. */
export const DialogFooter = ({ onClose, busy, word, left }) => html`${left && html`<span class="left small soft">${left}</span>`}
  <button type="button" class="button" onClick=${onClose}>Cancel</button><button class="button primary" disabled=${busy}>${busy ? "One moment…" : word}</button>`;

const said = signal(null);
let clearing = 0;

/** A short word in the corner that goes away by itself, and is read out. */
export function announce(text) {
  clearTimeout(clearing);
  said.value = { text };
  clearing = setTimeout(() => (said.value = null), 5000);
}

export function Toasts() {
  const now = useValue(said);
  return html`<div class="toasts" role="status" aria-live="polite">${now && html`<div class="toast">${now.text}</div>`}</div>`;
}

/** Copies text; true when it worked. Falls back to the old way where the page is no secure context. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    const holder = document.querySelector("dialog[open]") ?? document.body;
    holder.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    return worked;
  }
}

export function Copy({ text, what }) {
  const [done, setDone] = useState(false);
  const go = async () => {
    const worked = await copyText(text);
    setDone(worked);
    announce(worked ? `${what} copied` : "Copying is not allowed here. Select the text and copy it by hand.");
  };
  return html`<button type="button" class="button quiet icon" title=${`Copy ${what}`} onClick=${go}>
    <${Icon} name=${done ? "check" : "copy"} label=${`Copy ${what}`} /></button>`;
}

/** Loads with `load(signal)` whenever `keys` change: {data, problem, busy, again}. The last data stays while loading. */
export function useLoad(load, keys) {
  const [state, setState] = useState({ data: null, problem: null, busy: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stopper = new AbortController();
    setState((old) => ({ ...old, busy: true, problem: null }));
    load(stopper.signal).then(
      (data) => !stopper.signal.aborted && setState({ data, problem: null, busy: false }),
      (problem) => !stopper.signal.aborted && setState((old) => ({ data: old.data, problem, busy: false })),
    );
    return () => stopper.abort();
  }, [...keys, turn]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}
