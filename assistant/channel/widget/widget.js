/* The chat widget: one classic script is the whole installation.
   <script src="https://assistant.example/widget.js" async data-name="Northlight" data-accent="#0b5c6b"></script>
   It leaves `window.assistant` there at once and fetches the parts from its own origin, nothing from any other. */
(() => {
  'use strict';
  const script = document.currentScript;
  if (!script || window.assistant?.open) return; // a second tag on the same page changes nothing
  const listeners = {};
  const emit = (event, detail) => {
    for (const fn of listeners[event] ?? []) try { fn(detail); } catch (error) { console.error(error); }
  };
  const body = () => document.body ? null : new Promise((there) => addEventListener('DOMContentLoaded', there));
  const parts = import(`${new URL(script.src).origin}/widget/chat.js`).then(async ({ api, start }) => {
    await body();
    start();
    return api;
  });
  parts.catch((error) => console.error('The chat could not be loaded.', error));
  // Calls made before the parts are there wait for them, in order.
  const call = (name, ...given) => parts.then((api) => api[name](...given));
  window.assistant = {
    open: () => { call('open', !!navigator.userActivation?.isActive); }, // takes the focus only when a person pressed something
    close: () => { call('close'); },
    identify: (token) => call('identify', token),
    signOut: () => { call('signOut'); },
    page: (where) => { call('page', where); },
    on(event, fn) {
      (listeners[event] ??= new Set()).add(fn);
      return () => listeners[event].delete(fn);
    },
    [Symbol.for('assistant.widget')]: { options: script.dataset, emit },
  };
})();
