/** What is known, in the order an agent reads it. Pure: nothing here touches the page. */
import { valueText } from "/static/values.js";
import { plain } from "/static/words.js";

const MEANINGLESS = new Set(["slot_id", "method_id"]); // what was chosen stands beside them in words
const INTERNAL = /^[a-z]{1,6}_[a-z0-9_-]*\d[a-z0-9_-]*$/i; // eq_0000101, bill_000010_202611

/** Whether a name or its value is a number of our systems rather than something a customer would say. */
function isInternal(name, value) {
  return /(^|_)id$/.test(name) || (typeof value === "string" && INTERNAL.test(value));
}

/**
 * The facts of a packet as `[{name, label, text, internal, source, verified, at}]`: what people say first,
 * numbers of our systems last (the customer's own among them). The place in the list is the key that copies.
 */
export function knownFacts(packet) {
  const shown = (packet.facts ?? []).filter((fact) => !MEANINGLESS.has(fact.name)).map((fact) => ({
    ...fact, label: fact.label ?? plain(fact.name), text: valueText(fact.value), internal: isInternal(fact.name, fact.value),
  }));
  const { customer_id } = packet.customer ?? {};
  if (customer_id && !shown.some((fact) => fact.name === "customer_id")) {
    shown.push({ name: "customer_id", label: "Customer number", text: customer_id, internal: true, source: "system", verified: true, at: packet.created_at });
  }
  return [...shown.filter((fact) => !fact.internal), ...shown.filter((fact) => fact.internal)];
}

const QUIET = new Set(["kind", "key", "equipment_kind"]);

/** What an action was tried with: `telling` says something to a person (amount, day), `rest` is for our systems. */
export function inputsOf(tried) {
  const all = Object.entries(tried.inputs ?? {}).filter(([, value]) => value !== null && value !== "");
  const tells = ([name, value]) => !QUIET.has(name) && !isInternal(name, value);
  const words = (list) => list.map(([name, value]) => ({ name: plain(name), text: valueText(value) }));
  return { telling: words(all.filter(tells)), rest: words(all.filter((one) => !tells(one))) };
}
