/* What was said and is still to be acknowledged, and the line it goes over. */
import { base, emit, keep, language, parse, PLACE, reason, remember, say, state, store, unsentKey, words } from './settings.js';
import { bar, view } from './chat.js';

const ACK_WITHIN = 8000; // ms; after that a message counts as not sent and the line is renewed

// ---- the line: session, socket, and plain requests where sockets cannot pass
export const line = { socket: null, polling: false, failures: 0 };
let page = null;
let identity = null; // the company's signed token, held in memory only
let told = false; // whether the server knows the present page and identity
let syncing = null;
let heard = false; // a frame arrived on this socket
let retryTimer;
let pollTimer;

const problem = (status, body) => Object.assign(new Error(body?.message || say('failed')), { status, code: body?.code });

async function request(method, path, body) {
  const headers = body ? { 'Content-Type': 'application/json' } : {};
  if (state.token) headers.Authorization = `Bearer ${state.token}`;
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body), cache: 'no-store' });
  const data = await answer.json().catch(() => null);
  if (!answer.ok) throw problem(answer.status, data);
  return data;
}

export function forget() {
  Object.assign(state, { token: null, conversation: null, seen: 0 });
  told = false;
  remember();
  hangUp();
  conversation.clear();
}

/** Says that it is the same browser again, and nothing of who sits at it. */
function browserId() {
  const place = `${PLACE}:browser`;
  const known = store.get(place);
  if (!known) store.set(place, crypto.randomUUID?.() ?? uuid());
  return known ?? store.get(place);
}

const syncSession = () => (syncing ??= sync().finally(() => { syncing = null; }));

async function sync() {
  while (!state.token || !told) {
    const claim = identity;
    const bearer = state.token;
    told = true;
    try {
      const body = { language, page, browser_id: browserId(), ...(claim && { identity_token: claim }) };
      const made = await request('POST', '/chat/session', body);
      if (state.token !== bearer) { told = false; continue; } // signed out meanwhile: that answer is void
      if (made.conversation_id !== state.conversation || made.session_token !== state.token) {
        const other = state.conversation && made.conversation_id !== state.conversation;
        hangUp();
        if (other) { conversation.clear(); state.seen = 0; }
        Object.assign(state, { token: made.session_token, conversation: made.conversation_id });
        remember();
      }
      if (claim) emit('identified', { conversation_id: state.conversation });
    } catch (error) {
      told = false;
      if (claim && /identity/.test(error.code)) { identity = null; throw error; }
      if (error.status !== 401 || !state.token) throw error;
      forget(); // the session ran out: begin a new one, and say so
      bar.say('notice', say('ended'));
    }
  }
}

export function hangUp() {
  clearTimeout(retryTimer);
  clearTimeout(pollTimer);
  line.polling = false;
  const old = line.socket;
  line.socket = null;
  old?.close();
}

export async function connect() {
  clearTimeout(retryTimer);
  if (line.socket || !(state.token || state.open || conversation.unsent.length)) return;
  const slow = setTimeout(() => bar.say('link', say('connecting')), 1000);
  try {
    await syncSession();
    if (!line.socket) dial();
  } catch (error) {
    trouble(error);
  } finally {
    clearTimeout(slow);
  }
}

function dial() {
  const dialled = new WebSocket(`${base.replace(/^http/, 'ws')}/chat/ws?after=${conversation.last}`);
  let quietly;
  const up = () => {
    if (heard || line.socket !== dialled) return;
    heard = true;
    line.failures = 0;
    line.polling = false;
    clearTimeout(pollTimer);
    bar.clear('link');
    emit('ready', { conversation_id: state.conversation });
  };
  line.socket = dialled;
  heard = false;
  dialled.onopen = () => {
    dialled.send(JSON.stringify({ type: 'hello', token: state.token }));
    quietly = setTimeout(up, 1500); // nothing to tell us is fine too
    conversation.flush();
  };
  dialled.onmessage = (event) => {
    const frame = parse(event.data);
    if (line.socket !== dialled || (!heard && frame?.type === 'error')) return; // refused at the door: closed next
    up();
    receive(frame);
  };
  dialled.onclose = () => {
    clearTimeout(quietly);
    if (line.socket !== dialled) return;
    line.socket = null;
    if (heard) trouble();
    else { later(); poll(); } // never got through: HTTP tells whether it is the line, the session or the socket
  };
}

async function poll() {
  clearTimeout(pollTimer);
  if (line.socket && heard) return;
  try {
    const answer = await request('GET', `/chat/messages?after=${conversation.last}`);
    for (const frame of answer.messages ?? answer) receive({ type: 'message', ...frame });
    if (answer.owner) receive({ type: 'owner', ...(answer.owner.owner ? answer.owner : { owner: answer.owner }) });
    bar.clear('link');
    if (!line.polling) {
      line.polling = true;
      conversation.flush();
    }
    pollTimer = setTimeout(poll, state.open && !document.hidden ? 3000 : 15000);
  } catch (error) {
    if (error.status === 401) { forget(); bar.say('notice', say('ended')); connect(); } else trouble(error);
  }
}

function later() { // full jitter, so that a restarted server is not met by everybody at once
  const most = Math.min(30000, 1000 * 2 ** line.failures++);
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, 300 + Math.random() * most);
}

export function trouble(error) {
  line.polling = false;
  clearTimeout(pollTimer);
  if (error?.status && error.status < 500) bar.say('notice', reason(error.code));
  else bar.say('link', words.errors[error?.code] ?? say('offline'), [say('again'), tryNow]);
  conversation.fail();
  later();
}

export function tryNow() {
  line.failures = 0;
  connect();
}

export function transmit(frame) {
  if (line.socket?.readyState !== 1) return false;
  line.socket.send(JSON.stringify(frame));
  return true;
}

function receive(frame) {
  if (!frame) return;
  if (frame.type === 'message') conversation.add(frame);
  else if (frame.type === 'ack') conversation.acknowledge(frame);
  else if (frame.type === 'owner') view.owner(frame);
  else if (frame.type === 'typing' && frame.from !== 'customer') view.typing(true);
  else if (frame.type === 'error') {
    if (/rate|message|client|choice|many/.test(frame.code)) conversation.refuse(frame.client_id);
    bar.say('notice', reason(frame.code));
    emit('error', { code: frame.code, message: frame.message });
  }
}

/* Says who the customer is, by the company's signed token; null for nobody. */
export async function identify(token) {
  identity = token;
  told = false;
  if (!token || (!state.token && !state.open)) return; // told with the session, once there is one
  await syncSession();
  connect();
}

export function visit(where = {}) {
  const next = { url: where.url ?? location.href, title: where.title ?? document.title };
  if (next.url === page?.url && next.title === page.title) return;
  const first = !page;
  page = next;
  told = false;
  if (state.token && !first) syncSession().catch(() => {});
}

// ---- the conversation
export const conversation = {
  entries: [], // in order: by sequence, then what is not acknowledged
  unsent: [],
  last: 0, // highest sequence delivered in order; acks do not count, or a message could be skipped

  restore() {
    const found = store.keys().filter((key) => key.startsWith(`${PLACE}:unsent:`)).map((key) => parse(store.get(key)));
    for (const entry of found.filter(Boolean).sort((a, b) => a.at - b.at)) this.queue(entry);
  },
  queue(entry) {
    Object.assign(entry, { from: 'customer', state: 'sending' });
    this.unsent.push(entry);
    this.entries.push(entry);
    view.changed();
  },
  say(text, payload) {
    const entry = { client_id: crypto.randomUUID?.() ?? uuid(), text, payload, at: Date.now() };
    keep(entry);
    this.queue(entry);
    view.toEnd = true;
    this.send(entry);
  },
  async send(entry) {
    clearTimeout(entry.timer);
    entry.state = 'sending';
    view.changed();
    const { client_id, text, payload } = entry;
    const frame = payload == null ? { type: 'message', client_id, text } : { type: 'choice', client_id, payload, title: text };
    entry.timer = setTimeout(() => {
      this.fail(entry);
      if (line.socket) { hangUp(); trouble(); } // perhaps half open: dial again
    }, ACK_WITHIN);
    if (transmit(frame)) return;
    if (!line.polling) {
      if (line.failures && !line.socket) this.fail(entry);
      connect();
      return;
    }
    try {
      this.acknowledge({ client_id, ...(await request('POST', '/chat/messages', frame)) });
      poll();
    } catch (error) {
      if (error.status >= 400 && error.status < 500 && error.status !== 401) this.refuse(client_id);
      else this.fail(entry);
      trouble(error);
    }
  },
  flush() {
    for (const entry of this.unsent) if (!entry.refused) this.send(entry);
  },
  fail(only) {
    for (const entry of only ? [only] : this.unsent) {
      clearTimeout(entry.timer);
      entry.state = 'unsent';
    }
    view.changed();
  },
  refuse(client_id) { // the server said no (to the oldest under way, if it does not say which): retry is up to the customer
    const entry = this.unsent.find((one) => client_id ? one.client_id === client_id : one.state === 'sending');
    if (!entry) return;
    entry.refused = true;
    this.fail(entry);
  },
  acknowledge({ client_id, sequence }) {
    const entry = this.unsent.find((one) => one.client_id === client_id);
    if (!entry) return;
    clearTimeout(entry.timer);
    store.drop(unsentKey(entry));
    this.unsent.splice(this.unsent.indexOf(entry), 1);
    this.entries.splice(this.entries.indexOf(entry), 1);
    entry.state = null;
    if (this.find(sequence)) entry.node?.remove(); // it came back as a message first
    else this.place(Object.assign(entry, { sequence }));
    bar.clear('link');
    view.changed();
  },
  find(sequence) { return this.entries.find((entry) => entry.sequence === sequence); },
  place(entry) {
    let at = this.entries.length;
    while (at && !(this.entries[at - 1].sequence < entry.sequence)) at--;
    this.entries.splice(at, 0, entry);
  },
  add(frame) {
    const fresh = frame.sequence > this.last;
    if (fresh) this.last = frame.sequence;
    if (this.find(frame.sequence)) return;
    this.place({ ...frame, at: frame.at ? Date.parse(frame.at) : Date.now() });
    if (frame.from !== 'customer') {
      view.typing(false);
      if (fresh) emit('message', { ...frame });
    }
    view.changed();
  },
  clear() {
    for (const entry of this.entries) if (entry.sequence) entry.node?.remove();
    this.entries = [...this.unsent];
    this.last = 0;
    view.owner({ owner: 'bot' });
  },
};
const uuid = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) => // pages without HTTPS
  (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));
