/* What the visitor sees, and what the page may ask of it (by way of widget.js). */
import { connect, conversation, forget, hangUp, identify, line, transmit, trouble, tryNow, visit } from './conversation.js';
import { company, emit, fill, language, options, parse, PLACE, reason, remember, say, state, store, unsentKey, words } from './settings.js';
import { paint, STYLES } from './styles.js';

const LIMIT = 2000; // characters (code points) of one message

// ---- pieces
const h = (tag, properties, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (typeof value === 'function') node.addEventListener(key, value);
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null && child !== false)); // strings become text, never HTML
  return node;
};
const icon = (path) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of [['viewBox', '0 0 24 24'], ['aria-hidden', 'true']]) svg.setAttribute(key, value);
  svg.append(document.createElementNS(svg.namespaceURI, 'path'));
  svg.firstChild.setAttribute('d', path);
  return svg;
};
const ICONS = {
  chat: 'M4 5h16v11H10l-5 4v-4H4z', send: 'M5 12h13M12 5l7 7-7 7', hide: 'M6 12h12', tick: 'M5 12l5 5 9-10',
  more: 'M6 12h.01M12 12h.01M18 12h.01', down: 'M12 5v14M6 13l6 6 6-6', person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20c1-5 13-5 14 0',
};
const button = (label, name, press, properties) =>
  h('button', { type: 'button', 'aria-label': label, title: label, click: press, ...properties }, icon(ICONS[name]));

const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
const exact = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short' });
const ordinal = (n) => fill(words.ordinals[new Intl.PluralRules(language, { type: 'ordinal' }).select(n)] ?? words.ordinals.other, { n });
const ago = (at) => {
  const minutes = Math.floor((Date.now() - at) / 60000);
  if (minutes < 1) return say('now');
  if (minutes < 60) return relative.format(-minutes, 'minute');
  return minutes < 1440 ? relative.format(-Math.floor(minutes / 60), 'hour') : relative.format(-Math.floor(minutes / 1440), 'day');
};
const LINK = /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}]/g;
const linked = (text) => { // text nodes and plain links; whatever else is in the text stays text
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    nodes.push(text.slice(from, found.index), h('a', { href: found[0], target: '_blank', rel: 'noopener noreferrer' }, found[0]));
    from = found.index + found[0].length;
  }
  return [...nodes, text.slice(from)];
};

// ---- the panel
const badge = h('span', { class: 'badge', hidden: '' });
const launcher = h('button', { type: 'button', class: 'launcher', 'aria-expanded': 'false', 'aria-controls': 'panel', click: () => open(true) },
  icon(ICONS.chat), h('span', null, say('launch')), badge);
const who = h('span', { class: 'now' });
const person = h('button', { type: 'button', class: 'person', click: () => conversation.say(say('wantPerson')) }, icon(ICONS.person), say('person'));
const menu = h('div', { class: 'menu', id: 'menu', hidden: '' },
  h('button', { type: 'button', click: copy }, say('copy')), h('button', { type: 'button', click: () => { signOut(); menuOpen(false); input.focus(); } }, say('fresh')));
const more = button(say('more'), 'more', () => menuOpen(menu.hidden), { 'aria-expanded': 'false', 'aria-controls': 'menu' });
const typing = h('p', { class: 'typing', hidden: '', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'), h('span'));
const greeting = h('div', { class: 'bot first last' }, h('p', { class: 'who' }, say('bot')),
  h('p', { class: 'bubble' }, options.greeting || say('greeting')));
const log = h('div', { class: 'log', role: 'log', 'aria-label': say('log'), 'aria-live': 'polite', 'aria-relevant': 'additions', tabindex: '0', scroll: () => atEnd() && newer.setAttribute('hidden', '') }, greeting, typing);
const newer = h('button', { type: 'button', class: 'newer', hidden: '', click: () => { log.scrollTop = log.scrollHeight; } }, icon(ICONS.down), say('newer'));
const quiet = h('div', { class: 'bar', role: 'status', hidden: '' });
const input = h('textarea', { rows: '1', 'aria-label': say('write'), placeholder: `${say('write')}…`, enterkeyhint: 'send', 'aria-describedby': 'count', input: typed, keydown: (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
} });
const count = h('p', { class: 'count', id: 'count', hidden: '' });
const send = button(say('send'), 'send', submit, { class: 'send' });
const panel = h('div', { class: 'panel', id: 'panel', tabindex: '-1', hidden: '' },
  h('header', null, h('div', { class: 'title' }, h('h2', null, company), more, button(say('hide'), 'hide', () => close(true))), menu,
    h('p', { class: 'speaker' }, who, person)),
  h('div', { class: 'middle' }, log, newer), quiet, h('div', { class: 'writer' }, input, send, count));
const root = h('section', { class: 'root', 'aria-label': say('region', { name: company }), keydown: (event) => {
  if (event.key !== 'Escape' || panel.hidden) return;
  event.stopPropagation();
  if (menu.hidden) close(true);
  else { menuOpen(false); more.focus(); }
} }, panel, launcher);

export const bar = { // one quiet line: trouble with the connection first, then notices, then the place in the queue
  lines: {},
  say(kind, text, action) {
    clearTimeout(this.timer);
    this.lines[kind] = { text, action };
    if (kind === 'notice') this.timer = setTimeout(() => this.clear('notice'), 8000);
    this.show();
  },
  clear(kind) { if (this.lines[kind]) { delete this.lines[kind]; this.show(); } },
  show() {
    const line = this.lines.link ?? this.lines.notice ?? this.lines.queue;
    quiet.toggleAttribute('hidden', !line);
    if (quiet.firstChild?.textContent === line?.text && line) return; // said already
    quiet.replaceChildren(...(line ? [h('span', null, line.text)] : []));
    if (line?.action) quiet.append(h('button', { type: 'button', click: line.action[1] }, line.action[0]));
  },
};
const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
const nameOf = (entry) => entry.from === 'customer' ? say('you') : entry.from === 'agent' ? entry.name || say('agent') : say('bot');

export const view = {
  speaker: { owner: 'bot' },
  toEnd: true,
  changed() { this.timer ??= setTimeout(() => { this.timer = null; this.draw(); }, 0); }, // one drawing per burst
  draw() {
    const follow = this.toEnd || atEnd();
    let before = greeting;
    let arrived = false;
    conversation.entries.forEach((entry, index, all) => {
      if (!entry.node) { entry.node = this.build(entry); arrived ||= entry.from !== 'customer'; }
      if (before.nextSibling !== entry.node) before.after(entry.node);
      before = entry.node;
      this.dress(entry, all[index - 1], all[index + 1]);
    });
    this.choices();
    if (follow) log.scrollTop = log.scrollHeight;
    else if (arrived) newer.hidden = false;
    this.toEnd = false;
    this.seen();
  },
  build(entry) {
    const from = ['bot', 'agent', 'customer'].includes(entry.from) ? entry.from : 'system';
    const node = h('div', { class: from }, from !== 'system' && h('p', { class: 'who' }, nameOf(entry)),
      h('p', { class: 'bubble', dir: 'auto' }, ...linked(entry.text ?? '')));
    if (entry.choices?.length) {
      entry.buttons = entry.choices.map((choice) => h('button', { type: 'button', value: choice.payload ?? choice.id, click: (event) => {
        if (event.currentTarget.getAttribute('aria-disabled')) return;
        conversation.say(choice.title, choice.payload ?? choice.id);
      } }, choice.title));
      node.append(h('div', { class: 'choices', role: 'group', 'aria-label': say('choices') }, ...entry.buttons));
    }
    entry.when = h('span', { 'aria-hidden': 'true' });
    entry.meta = h('p', { class: 'meta' }, h('time', { datetime: new Date(entry.at).toISOString(), title: exact.format(entry.at) },
      entry.when, h('span', { class: 'spoken' }, exact.format(entry.at))));
    node.append(entry.meta);
    return node;
  },
  dress(entry, before, after) {
    const same = (other) => other && !entry.state && !other.state && other.from === entry.from && other.name === entry.name && Math.abs(other.at - entry.at) < 180000;
    entry.node.classList.toggle('first', !same(before));
    entry.node.classList.toggle('last', !same(after));
    entry.when.textContent = ago(entry.at);
    if (entry.shown === entry.state) return;
    entry.shown = entry.state;
    entry.node.querySelector('.state')?.remove();
    entry.node.classList.toggle('waiting', !!entry.state);
    if (entry.state) entry.meta.append(h('span', { class: 'state', 'aria-hidden': entry.state === 'sending' && 'true' }, say(entry.state),
      entry.state === 'unsent' && ' · ', entry.state === 'unsent' && h('button', { type: 'button', click: () => {
        entry.refused = false;
        failures = 0;
        conversation.send(entry);
      } }, say('retry'))));
  },
  choices() { // a customer's later message uses up the choices before it; the chosen one stays marked
    const after = [];
    let over = this.speaker.owner === 'agent';
    for (const entry of [...conversation.entries].reverse()) {
      if (entry.from === 'customer') after.push(entry);
      else if (entry.buttons) {
        const picked = (by) => entry.choices.some((one) => one.title === by.text || (one.payload ?? one.id) === by.payload);
        // the system's are ways out of waiting: there until one is taken, others are shown or a person has come
        const answer = entry.from === 'system' ? after.find(picked) ?? (over && {}) : after.at(-1);
        if (answer && !entry.answered) this.spend(entry, answer);
        over ||= entry.from === 'system';
      }
    }
  },
  spend(entry, answer) {
    entry.answered = true;
    for (const one of entry.buttons) {
      one.setAttribute('aria-disabled', 'true'); // not `disabled`: the focus must not be lost
      one.tabIndex = -1;
      if (one.textContent === answer.text || one.value === answer.payload) {
        one.className = 'used';
        one.append(icon(ICONS.tick), h('span', { class: 'spoken' }, say('chosen')));
      }
    }
  },
  seen() {
    const others = conversation.entries.filter((entry) => entry.sequence > state.seen && entry.from !== 'customer');
    if (state.open && !document.hidden && conversation.last > state.seen && transmit({ type: 'seen', sequence: conversation.last })) {
      state.seen = conversation.last;
      remember();
    }
    badge.hidden = state.open || !others.length;
    badge.textContent = badge.hidden ? '' : say('unread', { n: others.length });
  },
  owner(frame) {
    this.speaker = frame;
    const { owner, name, position, eta_seconds: eta } = frame;
    who.textContent = owner === 'agent' ? say('withAgent', { name: name || say('agent') }) : say(owner === 'queue' ? 'inQueue' : 'withBot');
    person.hidden = owner !== 'bot'; // in the queue and with a person the line beside it says so
    const place = position === 1 ? say('next') : position ? say('place', { n: ordinal(position) }) : say('inQueue');
    const wait = eta > 0 && say('about', { n: Math.max(1, Math.round(eta / 60)) });
    if (owner === 'queue') bar.say('queue', [place, wait].filter(Boolean).join(' · '));
    else bar.clear('queue');
    this.typing(false);
    this.choices();
    emit('owner', { ...frame });
  },
  typing(on) {
    clearTimeout(this.typingTimer);
    const follow = on && atEnd();
    typing.hidden = !on;
    const { owner, name } = this.speaker;
    typing.lastChild.textContent = say('typing', { name: owner === 'agent' ? name || say('agent') : say('bot') });
    if (on) this.typingTimer = setTimeout(() => this.typing(false), 7000);
    if (follow) log.scrollTop = log.scrollHeight;
  },
};

let typedAt = 0;
function typed() {
  input.style.height = 'auto';
  input.style.height = `${Math.min(input.scrollHeight, 132)}px`;
  const rest = LIMIT - [...input.value].length;
  count.hidden = rest > 200;
  count.classList.toggle('over', rest < 0);
  count.textContent = count.hidden ? '' : rest < 0 ? say('over', { n: -rest }) : say('left', { n: rest });
  input.setAttribute('aria-invalid', rest < 0);
  if (input.value && Date.now() - typedAt > 3000 && transmit({ type: 'typing' })) typedAt = Date.now();
}
function submit() {
  const text = input.value.trim();
  if (!text) return;
  if ([...text].length > LIMIT) { bar.say('notice', count.textContent || reason('message_too_long')); return; }
  input.value = '';
  typed();
  typedAt = 0;
  conversation.say(text);
}
function menuOpen(on) {
  menu.hidden = !on;
  more.setAttribute('aria-expanded', on);
}
async function copy() {
  menuOpen(false);
  more.focus();
  const lines = conversation.entries.map((entry) => `${new Date(entry.at).toISOString()}  ${entry.from === 'system' ? '' : `${nameOf(entry)}: `}${entry.text}`);
  try { await navigator.clipboard.writeText(lines.join('\n')); bar.say('notice', say('copied')); } catch { bar.say('notice', say('failed')); }
}

// ---- what the page may ask
function open(focus) {
  const was = state.open;
  state.open = true;
  panel.hidden = false;
  launcher.hidden = true;
  launcher.setAttribute('aria-expanded', 'true');
  view.toEnd = true;
  view.draw();
  if (focus) (matchMedia('(pointer: coarse)').matches ? panel : input).focus();
  remember();
  connect();
  if (!was) emit('open');
}
function close(focus) {
  if (panel.hidden) return;
  const inside = !!root.getRootNode().activeElement;
  state.open = false;
  menuOpen(false);
  panel.hidden = true;
  launcher.hidden = false;
  launcher.setAttribute('aria-expanded', 'false');
  if (focus && inside) launcher.focus();
  remember();
  emit('close');
}
function signOut() { // nothing of this person stays on this device
  identify(null);
  for (const entry of [...conversation.unsent]) {
    clearTimeout(entry.timer);
    store.drop(unsentKey(entry));
    entry.node?.remove();
  }
  conversation.unsent = [];
  conversation.entries = conversation.entries.filter((entry) => entry.sequence);
  forget();
  if (state.open) connect();
}
export const api = { open, close: () => close(true), identify, signOut, page: visit };

export function start() {
  const host = document.createElement('assistant-widget');
  const shadow = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  shadow.adoptedStyleSheets = [sheet];
  shadow.append(root);
  paint(root);
  document.body.append(host);
  visit();
  view.owner({ owner: 'bot' });
  conversation.restore();
  if (state.open) open(false);
  else connect();
  setInterval(() => state.open && view.draw(), 30000);
  addEventListener('online', tryNow);
  addEventListener('offline', () => { if (line.socket) { hangUp(); trouble(); } });
  addEventListener('storage', (event) => { // another tab signed out, or began a new conversation
    const now = event.key === PLACE && parse(event.newValue);
    if (!now || now.token === state.token) return;
    hangUp();
    conversation.clear();
    Object.assign(state, { token: now.token, conversation: now.conversation, seen: now.seen });
    connect();
  });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { view.seen(); connect(); } });
  addEventListener('popstate', () => visit());
  window.navigation?.addEventListener('navigatesuccess', () => visit());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => paint(root));
  document.dispatchEvent(new Event('assistant:ready'));
}
