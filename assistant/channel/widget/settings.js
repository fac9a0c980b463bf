/* The visitor's words, what the page's script tag says, and what is kept on this device. */
export const { options, emit } = window.assistant[Symbol.for('assistant.widget')]; // left there by widget.js
export const base = new URL(import.meta.url).origin;
const wanted = (options.language || document.documentElement.lang || navigator.language || 'en').slice(0, 2).toLowerCase();
export const language = ['nl', 'it'].includes(wanted) ? wanted : 'en';
export const { default: words } = await import(`./words/${language}.js`); // a visitor loads one language
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? '');
export const say = (key, values = {}) => fill(words[key], values);
export const reason = (code) => words.errors[code] ?? say('failed'); // never the server's own words
export const company = options.name || location.hostname;

// The session per origin, each unsent message under a key of its own (tabs share them).
export const PLACE = `assistant:${base}`;
const memory = new Map(); // where storage is forbidden, the page's life is as long as it lasts
export const store = {
  get(key) { try { return localStorage.getItem(key); } catch { return memory.get(key) ?? null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { memory.set(key, value); } },
  drop(key) { memory.delete(key); try { localStorage.removeItem(key); } catch { /* forbidden */ } },
  keys() { try { return Object.keys(localStorage); } catch { return [...memory.keys()]; } },
};
export const parse = (text) => { try { return JSON.parse(text); } catch { return null; } };
export const state = { token: null, conversation: null, open: false, seen: 0, ...parse(store.get(PLACE)) };
export const remember = () => store.set(PLACE, JSON.stringify(state));
export const unsentKey = (entry) => `${PLACE}:unsent:${entry.client_id}`;
export const keep = ({ client_id, text, payload, at }) =>
  store.set(unsentKey({ client_id }), JSON.stringify({ client_id, text, payload, at }));
