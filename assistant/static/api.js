/** Calls to the assistant's own HTTP interface, with the sign-in cookie and the CSRF header. */

export class CallError extends Error {
  /** status is 0 when no answer came. */
  constructor(status, code, message, details) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

const NO_ANSWER = "The assistant cannot be reached. Check your connection; nothing you wrote is lost.";
let csrf = null;

/** Where to sign in and come back from: always an address on this site. */
export function signInAddress(here = location) {
  return `/sign-in?next=${encodeURIComponent(here.pathname + here.search + here.hash)}`;
}

/** The path in `next` when it is one on this site, else null. */
export function safeNext(next) {
  if (!next || !next.startsWith("/")) return null;
  try {
    const there = new URL(next, location.origin);
    return there.origin === location.origin ? there.pathname + there.search + there.hash : null;
  } catch {
    return null;
  }
}

function address(path, query) {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

async function once(method, path, { body, query, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(address(path, query), {
      method, headers, signal, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new CallError(0, "no_answer", NO_ANSWER);
  }
  const text = await answer.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    throw new CallError(answer.status, "not_json", "The answer could not be read. Try again in a moment.");
  }
  if (!answer.ok) {
    const message = data?.message || "Something went wrong on our side. Try again in a moment.";
    throw new CallError(answer.status, data?.code ?? "failed", message, data?.details);
  }
  return data;
}

/**
 * One call. Raises CallError. A 401 leads to the sign-in page unless `stay` is true.
 * A change that needs the CSRF token fetches it first, and once more when it has gone stale.
 */
export async function call(method, path, options = {}) {
  const { stay = false } = options;
  try {
    if (method !== "GET" && !csrf && !stay) await me();
    return await once(method, path, options);
  } catch (problem) {
    if (problem.status === 401 && !stay) {
      location.assign(signInAddress());
      return new Promise(() => {});
    }
    if (problem.status === 403 && /csrf/i.test(problem.code ?? "") && method !== "GET") {
      await me();
      return once(method, path, options);
    }
    throw problem;
  }
}

export const get = (path, query, options) => call("GET", path, { query, ...options });
export const post = (path, body = {}, options) => call("POST", path, { body, ...options });
export const patch = (path, body, options) => call("PATCH", path, { body, ...options });
export const remove = (path, options) => call("DELETE", path, options);

/** Who is signed in: {staff_id, name, email, role, skills, languages, csrf}. */
export async function me(options) {
  const who = await call("GET", "/api/staff/me", options);
  csrf = who.csrf ?? null;
  return who;
}

/** A fresh id for a message or a change, also where the page is not a secure context. */
export function freshId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
