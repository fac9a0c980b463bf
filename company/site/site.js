/* What every page shares: the language, who is signed in, and the buttons that open the chat. */

export const language = document.documentElement.lang;
const home = document.querySelector('.brand').getAttribute('href');
/** The address of a page in the language of this one: inLanguage('/bills'). */
export const inLanguage = (path) => (home === '/' ? path : home + path);

/** An element with attributes, listeners (functions) and children; strings become text, never markup. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === 'function') node.addEventListener(key, value);
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

/** JSON from the demo's own API. Throws an Error with the answer's `status`; its message is for the console. */
export async function call(path, method = 'GET', body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  }).catch(() => null);
  const data = await answer?.json().catch(() => null);
  if (!answer?.ok) throw Object.assign(new Error(data?.message ?? 'no answer'), { status: answer?.status });
  return data;
}

const SIGNED_IN = 'northlight:customer'; // the demo customer's id; a real site would hold a session cookie
export const signedIn = () => localStorage.getItem(SIGNED_IN);

function withAssistant(use) {
  if (window.assistant) use(window.assistant);
  else document.addEventListener('assistant:ready', () => use(window.assistant), { once: true });
}

/** Signs in as that demo customer and tells the assistant who it is. Gives the customer. */
export async function signIn(customerId) {
  const { identity_token: token, customer } = await call('/demo/sign-in', 'POST', { customer_id: customerId });
  localStorage.setItem(SIGNED_IN, customerId);
  withAssistant((assistant) => assistant.identify(token).catch((error) => console.warn('The assistant did not take the sign-in:', error.message)));
  return customer;
}

export function signOut() {
  localStorage.removeItem(SIGNED_IN);
  withAssistant((assistant) => assistant.signOut());
}

for (const link of document.querySelectorAll('.languages a')) link.search = location.search; // the same bill in the other language
for (const button of document.querySelectorAll('[data-ask]')) {
  button.addEventListener('click', () => withAssistant((assistant) => assistant.open()));
}
if (signedIn() && !document.querySelector('#account')) {
  signIn(signedIn()).catch((error) => { if (error.status === 404) signOut(); });
}
