/* My account: sign-in as a demo customer, what Northlight knows about them, and the demo's own controls.
   The address names what a page is about (/bills?bill=…), so that the assistant need not ask. */

import { call, element, inLanguage, language, signIn, signedIn, signOut } from '/site/site.js';

const words = await call(`/site/words/${language}.json`);
const account = document.querySelector('#account');
const heading = document.querySelector('h1');
const page = account.dataset.page;
const KEYS = { bills: ['bill', 'bill_id'], visits: ['visit', 'visit_id'], orders: ['order', 'order_id'], equipment: ['equipment', 'equipment_id'] };

// ---- words and figures
const { account: say, locale } = words;
const fill = (text, given) => text.replace(/\{(\w+)\}/g, (_, name) => given[name]);
const money = (amount, currency = 'EUR') => new Intl.NumberFormat(locale, { style: 'currency', currency }).format(Number(amount?.amount ?? amount));
const timeZone = 'Europe/Amsterdam'; // where Northlight's engineers drive
const written = (options) => (value) => new Intl.DateTimeFormat(locale, { timeZone, ...options }).format(new Date(value));
const day = written({ dateStyle: 'medium' });
const fullDay = written({ dateStyle: 'long' });
const hour = written({ timeStyle: 'short' });
const longDay = written({ weekday: 'long', day: 'numeric', month: 'long' });
const between = (window) => window?.start ? fill(say.window, { day: longDay(window.start), from: hour(window.start), to: hour(window.end) }) : say.no_time;
const kind = (name) => words.kinds[name] ?? plain(name);
const plain = (name) => { const text = String(name ?? '').replaceAll('_', ' '); return text.charAt(0).toUpperCase() + text.slice(1); };

// ---- pieces
const GOOD = new Set(['paid', 'done', 'delivered', 'online']);
const DUE = new Set(['overdue', 'delayed', 'offline']);
const status = (of, name) => element('span', { class: `status ${GOOD.has(name) ? 'good' : DUE.has(name) ? 'due' : ''}` }, words.status[of][name] ?? plain(name));
const nothing = (text) => element('p', { class: 'soft' }, text);
const list = (answer, name) => Array.isArray(answer) ? answer : answer?.[name] ?? [];
const section = (title, ...content) => element('section', {}, element('h2', {}, title), ...content);
const addressOf = (of, thing) => `${inLanguage(`/${of}`)}?${new URLSearchParams({ [KEYS[of][0]]: thing[KEYS[of][1]] })}`;
const itemNames = (order) => (order.items ?? []).map((item) => item.name).join(', ') || order.order_id;
const trouble = (error) => error.status === 404 ? say.no_sign_in : say.trouble;

function billTable(all) {
  const rows = all.map((bill) => element('tr', {},
    element('td', {}, element('a', { href: addressOf('bills', bill) }, day(bill.issued)), element('div', { class: 'small soft' }, bill.due && bill.status !== 'paid' ? fill(say.due, { day: day(bill.due) }) : '')),
    element('td', {}, status('bills', bill.status)), element('td', { class: 'number' }, money(bill.amount, bill.currency))));
  return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': words.pages.bills.name }, element('table', {}, element('thead', {}, element('tr', {},
    element('th', { scope: 'col' }, say.issued), element('th', { scope: 'col' }, say.state), element('th', { scope: 'col', class: 'number' }, say.amount))),
  element('tbody', {}, ...rows)));
}

/** What stands in a list: the title, a line below it, and the state. */
const LINES = {
  visits: (visit) => [between(visit.window), visit.reason || kind(visit.kind), visit.status],
  orders: (order) => [itemNames(order), [fill(say.ordered, { day: day(order.placed) }), order.delivery?.carrier, order.delivery?.window?.start && between(order.delivery.window)].filter(Boolean).join(' · '), order.delivery?.status ?? order.status],
  equipment: (box) => [`${kind(box.kind)} ${box.model ?? ''}`, box.installed ? fill(say.installed, { day: day(box.installed) }) : box.equipment_id, box.status],
};

function listing(of, all) {
  if (!all.length) return nothing(say.none[of]);
  if (of === 'bills') return billTable(all);
  return element('ul', { class: 'list' }, ...all.map((one) => {
    const [title, detail, state] = LINES[of](one);
    return element('li', {}, element('div', { class: 'line' }, element('a', { href: addressOf(of, one) }, element('strong', {}, title)), state && status(of, state)), element('div', { class: 'soft small' }, detail));
  }));
}

const about = (pairs) => element('dl', { class: 'about' }, ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));

function billDetail(bill) {
  const rows = bill.lines.map((line) => element('tr', {}, element('td', {}, line.text), element('td', { class: 'number' }, money(line.amount, bill.currency))));
  return [
    about([[say.state, status('bills', bill.status)], [say.amount, [money(bill.amount, bill.currency), bill.status !== 'paid' && fill(say.due, { day: fullDay(bill.due) })].filter(Boolean).join(' · ')]]),
    element('section', {}, element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': say.line }, element('table', {},
      element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, say.line), element('th', { scope: 'col', class: 'number' }, say.amount))),
      element('tbody', {}, ...rows),
      element('tfoot', {}, element('tr', {}, element('th', { scope: 'row' }, say.total), element('td', { class: 'number' }, money(bill.amount, bill.currency))))))),
    bill.reasons.length > 0 && section(say.why, element('p', { class: 'soft' }, fill(say.usual, { amount: money(bill.usual_amount, bill.currency) })),
      element('ul', {}, ...bill.reasons.map((reason) => element('li', {}, reason.text)))),
  ];
}

/** One thing on a page of its own: its heading, what is told about it, and what the assistant can do. */
const DETAILS = {
  bills: (bill) => [fill(say.bill_of, { day: fullDay(bill.issued) }), billDetail(bill), bill.status === 'paid' ? say.ask : say.pay],
  visits: (visit) => [fill(say.visit_of, { day: longDay(visit.window.start) }), [about([[say.state, status('visits', visit.status)], [say.when, between(visit.window)], [say.for, visit.reason || kind(visit.kind)],
    [say.free_until, visit.free_until && `${longDay(visit.free_until)}, ${hour(visit.free_until)}`]])], visit.status === 'booked' ? say.move : say.ask],
  orders: (order) => [fill(say.order_of, { day: fullDay(order.placed) }), [about([[say.state, status('orders', order.delivery?.status ?? order.status)], [say.items, itemNames(order)], [say.carrier, order.delivery?.carrier],
    [say.delivery, order.delivery?.window?.start && between(order.delivery.window)], [say.tracking, order.delivery?.tracking]])], say.follow],
  equipment: (box) => [`${kind(box.kind)} ${box.model ?? ''}`, [nothing(box.installed ? fill(say.installed, { day: fullDay(box.installed) }) : ''), about([[say.state, status('equipment', box.status)], [say.equipment_number, box.equipment_id]])], say.fix],
};

function showDetail(wanted, all) {
  const [, id] = KEYS[page];
  const back = element('p', { class: 'crumbs' }, element('a', { href: inLanguage(`/${page}`) }, say.back[page]));
  const thing = all.find((one) => one[id] === wanted);
  if (!thing) return account.replaceChildren(nothing(say.not_yours), back);
  const [title, content, ask] = DETAILS[page](thing);
  heading.textContent = title;
  const open = () => window.assistant?.open();
  account.replaceChildren(element('div', { class: 'detail' }, ...content.filter(Boolean),
    element('div', { class: 'actions' }, element('button', { class: 'button', type: 'button', click: open }, ask), element('a', { class: 'button plain', href: inLanguage(`/${page}`) }, say.back[page]))));
}

function showAccount(customer, data) {
  if (page !== 'account') {
    const wanted = new URLSearchParams(location.search).get(KEYS[page][0]);
    const all = list(data[page], page);
    return wanted ? showDetail(wanted, all) : account.replaceChildren(listing(page, all));
  }
  heading.textContent = fill(say.hello, { name: customer.name });
  const part = (of) => section(words.pages[of].name, listing(of, list(data[of], of)));
  account.replaceChildren(
    element('div', { class: 'who' },
      element('p', { class: 'soft' }, [fill(say.number, { account: customer.account }), customer.package && (customer.package.name ?? plain(customer.package))].filter(Boolean).join(' · ')),
      element('button', { class: 'button plain slim', type: 'button', id: 'sign-out', click: () => { signOut(); showSignIn(); } }, say.sign_out)),
    element('div', { class: 'account-grid section' }, element('div', {}, part('bills')), element('div', {}, part('visits'), part('orders'), part('equipment'))));
}

/** What is open for a customer, so that whoever tries the demo can choose by it. */
function openThings(customer) {
  const bills = customer.open_bills ?? [];
  return [
    bills.length && (bills.length === 1 ? fill(say.open_bill, { amount: money(bills[0].amount) }) : fill(say.open_bills, { count: bills.length })),
    customer.visits?.length && say.open_visit,
    customer.orders?.length && say.open_order,
    customer.box_signal && customer.box_signal !== 'ok' && say.open_box,
  ].filter(Boolean);
}

async function showSignIn(message) {
  heading.textContent = words.pages[page].name;
  account.replaceChildren(nothing(say.loading));
  try {
    const customers = list(await call('/demo/customers'), 'customers');
    const choice = element('select', { id: 'customer', name: 'customer' }, ...customers.map((customer) =>
      element('option', { value: customer.customer_id }, [customer.name, customer.account, ...openThings(customer)].join(' · '))));
    const form = element('form', { class: 'sign-in', submit: (event) => { event.preventDefault(); enter(choice.value); } },
      element('p', { class: 'soft' }, say.sign_in_about),
      element('label', { for: 'customer' }, say.sign_in_as), choice,
      element('div', { class: 'actions' }, element('button', { class: 'button', id: 'sign-in' }, say.sign_in)),
      message && element('p', { class: 'message', role: 'alert' }, message));
    account.replaceChildren(form);
  } catch (error) {
    account.replaceChildren(nothing(trouble(error)));
  }
}

async function enter(customerId) {
  account.replaceChildren(nothing(say.loading));
  try {
    const customer = await signIn(customerId);
    showAccount(customer, await call(`/demo/account?${new URLSearchParams({ customer_id: customerId, language })}`));
  } catch (error) {
    if (error.status === 404) signOut();
    await showSignIn(trouble(error));
  }
}

if (signedIn()) enter(signedIn());
else showSignIn();

// ---- the demo corner, on the first of these pages

function demoCorner() {
  const { demo } = words;
  const outbox = document.querySelector('#outbox');
  const faults = document.querySelector('#faults');
  const message = document.querySelector('#fault-message');
  const problem = (error) => error.status === 404 ? demo.not_here : say.trouble;

  async function showOutbox() {
    try {
      const sent = list(await call('/demo/outbox'), 'codes');
      outbox.replaceChildren(sent.length
        ? element('ul', { class: 'list' }, ...sent.slice(0, 8).map((one) => element('li', {}, element('div', { class: 'line' },
          element('span', { class: 'code' }, one.code ?? ''), element('span', { class: 'soft small' }, [fill(demo.sent_to, { who: one.sent_to ?? one.account }), hour(one.sent_at), one.used && demo.used].filter(Boolean).join(' · '))))))
        : nothing(demo.nothing_sent));
    } catch (error) {
      outbox.replaceChildren(nothing(problem(error)));
    }
  }

  async function showFaults() {
    try {
      const on = list(await call('/demo/faults'), 'faults');
      faults.replaceChildren(on.length
        ? element('ul', { class: 'list' }, ...on.map((fault) => element('li', {}, [demo.modes[fault.mode] ?? plain(fault.mode), fault.scope === 'all' ? demo.everybody : fault.scope, fault.path].filter(Boolean).join(' · '))))
        : nothing(demo.all_works));
    } catch (error) {
      faults.replaceChildren(nothing(problem(error)));
    }
  }

  async function change(method, body) {
    message.textContent = '';
    try { await call('/demo/faults', method, body); } catch (error) { message.textContent = problem(error); }
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
  showOutbox();
  showFaults();
}

if (page === 'account') demoCorner();
