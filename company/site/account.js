/* My account: sign-in as a demo customer, what Northlight knows about them, and the demo's own controls. */

import { call, element, signIn, signedIn, signOut } from '/site/site.js';

const account = document.querySelector('#account');
const money = (amount, currency = 'EUR') => new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(Number(amount?.amount ?? amount));
const day = (value) => value ? new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(new Date(value)) : '';
const timeZone = 'Europe/Amsterdam'; // where Northlight's engineers drive
const hour = (value) => new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone }).format(new Date(value));
const longDay = (value) => new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone }).format(new Date(value));
const between = (window) => window?.start ? `${longDay(window.start)}, ${hour(window.start)} to ${hour(window.end)}` : 'time not set yet';
const words = (name) => { const text = String(name ?? '').replaceAll('_', ' '); return text.charAt(0).toUpperCase() + text.slice(1); };
const GOOD = new Set(['paid', 'done', 'delivered', 'active', 'ok', 'online']);
const DUE = new Set(['overdue', 'failed', 'faulty', 'missed', 'offline']);
const status = (name) => element('span', { class: `status ${GOOD.has(name) ? 'good' : DUE.has(name) ? 'due' : ''}` }, words(name));
const nothing = (text) => element('p', { class: 'soft' }, text);
const list = (answer, name) => Array.isArray(answer) ? answer : answer?.[name] ?? [];

function bills(all) {
  if (!all.length) return nothing('No bills yet. Your first one comes a month after your start.');
  const rows = all.map((bill) => element('tr', {},
    element('td', {}, day(bill.issued), element('div', { class: 'small soft' }, bill.due ? `due ${day(bill.due)}` : '')),
    element('td', {}, status(bill.status)), element('td', { class: 'number' }, money(bill.amount, bill.currency))));
  return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Bills' }, element('table', {}, element('thead', {}, element('tr', {},
    element('th', { scope: 'col' }, 'Bill of'), element('th', { scope: 'col' }, 'Status'), element('th', { scope: 'col', class: 'number' }, 'Amount'))),
  element('tbody', {}, ...rows)));
}

function items(all, none, describe) {
  if (!all.length) return nothing(none);
  return element('ul', { class: 'list' }, ...all.map((one) => {
    const [title, detail, state] = describe(one);
    return element('li', {}, element('div', { class: 'line' }, element('strong', {}, title), state && status(state)), element('div', { class: 'soft small' }, detail));
  }));
}

const section = (title, content) => element('section', {}, element('h2', {}, title), content);
const itemNames = (order) => (order.items ?? []).map((item) => item.name ?? item.text ?? item.title ?? item).join(', ');

function showAccount(customer, data) {
  document.querySelector('h1').textContent = `Hello, ${customer.name}`;
  account.replaceChildren(
    element('div', { class: 'who' },
      element('p', { class: 'soft' }, `Account ${customer.account}${customer.package ? ` · ${customer.package.name ?? words(customer.package)}` : ''}`),
      element('button', { class: 'button plain slim', type: 'button', id: 'sign-out', click: () => { signOut(); showSignIn(); } }, 'Sign out')),
    element('div', { class: 'account-grid section' },
      element('div', {}, section('Bills', bills(list(data.bills, 'bills')))),
      element('div', {},
        section('Visits', items(list(data.visits, 'visits'), 'No engineer visit is planned.', (visit) => [between(visit.window), visit.reason ? words(visit.reason) : words(visit.kind), visit.status])),
        section('Orders', items(list(data.orders, 'orders'), 'Nothing is on its way.', (order) => [itemNames(order) || order.order_id,
          [`ordered ${day(order.placed)}`, order.delivery?.carrier, order.delivery?.window?.start && between(order.delivery.window)].filter(Boolean).join(' · '), order.delivery?.status ?? order.status])),
        section('Equipment', items(list(data.equipment, 'equipment'), 'No equipment is registered.', (box) => [`${{ tv_box: 'TV box' }[box.kind] ?? words(box.kind)} ${box.model ?? ''}`, box.installed ? `installed ${day(box.installed)}` : box.equipment_id, box.status])))));
}

/** What is open for a customer, so that whoever tries the demo can choose by it. */
function openThings(customer) {
  const bills = customer.open_bills ?? [];
  return [
    bills.length && (bills.length === 1 ? `bill of ${money(bills[0].amount)}` : `${bills.length} bills to pay`),
    customer.visits?.length && 'engineer visit',
    customer.orders?.length && 'order',
    customer.box_signal && customer.box_signal !== 'ok' && 'TV box trouble',
  ].filter(Boolean);
}

async function showSignIn(message) {
  document.querySelector('h1').textContent = 'My account';
  account.replaceChildren(nothing('Loading…'));
  try {
    const customers = list(await call('/demo/customers'), 'customers');
    const choice = element('select', { id: 'customer', name: 'customer' }, ...customers.map((customer) =>
      element('option', { value: customer.customer_id }, [customer.name, customer.account, ...openThings(customer)].join(' · '))));
    const form = element('form', { class: 'sign-in', submit: (event) => { event.preventDefault(); enter(choice.value); } },
      element('p', { class: 'soft' }, 'A real company asks for a password here. In this demo you choose whom to be.'),
      element('label', { for: 'customer' }, 'Sign in as'), choice,
      element('div', { class: 'actions' }, element('button', { class: 'button', id: 'sign-in' }, 'Sign in')),
      message && element('p', { class: 'message', role: 'alert' }, message));
    account.replaceChildren(form);
  } catch (error) {
    account.replaceChildren(nothing(error.status === 404 ? 'Sign-in is not available on this website.' : error.message));
  }
}

async function enter(customerId) {
  account.replaceChildren(nothing('Loading your account…'));
  try {
    const customer = await signIn(customerId);
    showAccount(customer, await call(`/demo/account?customer_id=${encodeURIComponent(customerId)}`));
  } catch (error) {
    if (error.status === 404) signOut();
    await showSignIn(error.message);
  }
}

// ---- the demo corner ---------------------------------------------------------------------------------------

const outbox = document.querySelector('#outbox');
const faults = document.querySelector('#faults');
const trouble = document.querySelector('#fault-message');

async function showOutbox() {
  try {
    const answer = await call('/demo/outbox');
    const sent = list(answer, 'codes');
    outbox.replaceChildren(sent.length
      ? element('ul', { class: 'list' }, ...sent.slice(0, 8).map((one) => element('li', {}, element('div', { class: 'line' },
        element('span', { class: 'code' }, one.code ?? ''), element('span', { class: 'soft small' }, [`to ${one.sent_to ?? `account ${one.account}`}`, hour(one.sent_at), one.used && 'used or replaced'].filter(Boolean).join(' · '))))))
      : nothing('Nothing sent yet. Codes that the assistant asks for appear here.'));
  } catch (error) {
    outbox.replaceChildren(nothing(error.status === 404 ? 'Not available on this website.' : error.message));
  }
}

async function showFaults() {
  try {
    const on = list(await call('/demo/faults'), 'faults');
    faults.replaceChildren(on.length
      ? element('ul', { class: 'list' }, ...on.map((fault) => element('li', {}, `${words(fault.mode)} · ${fault.scope === 'all' ? 'everybody' : fault.scope}${fault.path ? ` · ${fault.path}` : ''}`)))
      : nothing('Everything works.'));
  } catch (error) {
    faults.replaceChildren(nothing(error.status === 404 ? 'Not available on this website.' : error.message));
  }
}

async function change(method, body) {
  trouble.textContent = '';
  try { await call('/demo/faults', method, body); } catch (error) { trouble.textContent = error.message; }
  await showFaults();
}

document.querySelector('#fault-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const scope = form.get('scope') === 'me' && signedIn() ? signedIn() : 'all';
  change('POST', { scope, mode: form.get('mode') });
});
document.querySelector('#fault-clear').addEventListener('click', () => change('DELETE'));
document.querySelector('#outbox-again').addEventListener('click', showOutbox);
const watch = setInterval(() => { if (!document.hidden) showOutbox(); }, 5000);
addEventListener('pagehide', () => clearInterval(watch));

if (signedIn()) enter(signedIn());
else showSignIn();
showOutbox();
showFaults();
