/** What the customer left in the middle elsewhere: seen beside the packet, taken up with them by one press. */
import { html, useEffect, useState } from "/static/view.js";
import { Notice, When, useSend } from "/static/components.js";
import { get, post } from "/static/api.js";
import { valueText } from "/static/values.js";

const LEFT = new Set(["abandoned", "open"]);

/** Whether it is worth asking: only a verified customer has anything elsewhere, and every read is on record. */
export function mayHaveLeft(packet) {
  return packet.customer?.verification === "verified" && (packet.earlier ?? []).some((one) => LEFT.has(one.outcome));
}

export function Left({ handoffId, holds }) {
  const [left, setLeft] = useState(null);
  const at = `/api/handoffs/${encodeURIComponent(handoffId)}`;
  useEffect(() => {
    let shown = true;
    get(`${at}/left`).then((found) => shown && setLeft(found), () => shown && setLeft(null));
    return () => (shown = false);
  }, [handoffId]);
  const { problem, busy, go } = useSend(async () => {
    await post(`${at}/take-up`, {});
    setLeft(null); // the packet that comes now has all of it
  });
  if (!left?.journey) return null;
  return html`<section class="part wide" aria-labelledby="p-left"><h3 id="p-left">Left in the middle</h3><div class="what">
    <p><strong>${left.title}</strong> <span class="soft">· <${When} at=${left.left_at} /></span></p>
    ${left.first_words && html`<p class="words text" dir="auto">“${left.first_words}”</p>`}
    ${left.facts.length > 0 && html`<dl class="facts">${left.facts.map((fact) => html`<div key=${fact.name}><dt><span></span><span>${fact.label}</span></dt><dd><span class="text" dir="auto">${valueText(fact.value)}</span></dd></div>`)}</dl>`}
    ${problem && html`<${Notice} kind="bad">${problem.message}<//>`}
    ${holds ? html`<p><button type="button" class="button" disabled=${busy} onClick=${() => go()}>Take it up with them</button></p>`
      : html`<p class="soft small">Once you have this chat you can take it up with them.</p>`}</div></section>`;
}
