/* What every page shares: the header and footer, who is signed in, and the buttons that open the chat. */

const WORDS = { // the help centre is in three languages, the rest of the site in English
  en: { packages: 'Packages', help: 'Help', account: 'My account', skip: 'Skip to the content', main: 'Main', at: '/help',
    made: 'Broadband and television for homes on the coast and inland.', demo: 'Northlight is a made-up company. This website shows the assistant where it lives.',
    bill: 'Reading your bill', box: 'Restarting the TV box', visit: 'Moving a visit' },
  nl: { packages: 'Pakketten', help: 'Hulp', account: 'Mijn account', skip: 'Naar de inhoud', main: 'Hoofdmenu', at: '/help/nl',
    made: 'Internet en televisie voor huizen aan de kust en landinwaarts.', demo: 'Northlight is een verzonnen bedrijf. Deze website laat zien waar de assistent woont.',
    bill: 'Uw rekening lezen', box: 'Het tv-kastje opnieuw opstarten', visit: 'Een bezoek verzetten' },
  it: { packages: 'Pacchetti', help: 'Assistenza', account: 'Area clienti', skip: 'Vai al contenuto', main: 'Menu principale', at: '/help/it',
    made: 'Internet e televisione per le case della costa e dell’interno.', demo: 'Northlight è un’azienda inventata. Questo sito mostra l’assistente dove abita.',
    bill: 'Leggere la bolletta', box: 'Riavviare il decoder', visit: 'Spostare una visita' },
};
const words = WORDS[document.documentElement.lang] ?? WORDS.en;
const PAGES = [['/packages', words.packages], [words.at, words.help], ['/account', words.account]];
const STAR = 'M16 2l2.800 11.200L30 16l-11.200 2.800L16 30l-2.800-11.200L2 16l11.200-2.800z';

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

function star() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 32 32');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(svg.namespaceURI, 'path'));
  svg.firstChild.setAttribute('d', STAR);
  return svg;
}

class SiteHeader extends HTMLElement {
  connectedCallback() {
    const here = location.pathname;
    const link = ([href, title]) => element('a', { href, 'aria-current': here === href ? 'page' : here.startsWith(`${href}/`) && 'true' }, title);
    this.replaceChildren(
      element('a', { class: 'skip', href: '#main' }, words.skip),
      element('header', {}, element('div', { class: 'wide' },
        element('a', { class: 'brand', href: '/' }, star(), 'Northlight'),
        element('nav', { 'aria-label': words.main }, ...PAGES.map(link)))),
    );
  }
}

class SiteFooter extends HTMLElement {
  connectedCallback() {
    const list = (title, links) => element('nav', { 'aria-label': title }, element('h2', {}, title),
      element('ul', {}, ...links.map(([href, text]) => element('li', {}, element('a', { href }, text)))));
    this.replaceChildren(element('footer', {}, element('div', { class: 'wide' },
      element('div', {}, element('h2', {}, 'Northlight'),
        element('p', {}, words.made),
        element('p', { class: 'small' }, words.demo)),
      list('Northlight', PAGES),
      list(words.help, [[`${words.at}/reading-your-bill`, words.bill], [`${words.at}/restarting-your-tv-box`, words.box], [`${words.at}/moving-a-visit`, words.visit]]))));
  }
}

customElements.define('site-header', SiteHeader);
customElements.define('site-footer', SiteFooter);

/** JSON from the demo's own API. Throws an Error whose message can be shown. */
export async function call(path, method = 'GET', body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  }).catch(() => null);
  const data = await answer?.json().catch(() => null);
  if (!answer?.ok) throw Object.assign(new Error(data?.message ?? 'Northlight cannot be reached right now. Please try again.'), { status: answer?.status });
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

for (const button of document.querySelectorAll('[data-ask]')) {
  button.addEventListener('click', () => withAssistant((assistant) => assistant.open()));
}
if (signedIn() && location.pathname !== '/account') {
  signIn(signedIn()).catch((error) => { if (error.status === 404) signOut(); });
}
