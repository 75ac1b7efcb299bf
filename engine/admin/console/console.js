'use strict';
// The operator console: shows what GET /api/v1/status and the event stream say, switches blackouts on and off.
const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat();
const dateTime = new Intl.DateTimeFormat(undefined, {dateStyle: 'medium', timeStyle: 'medium'});
let token = sessionStorage.getItem('anchal-token') || '';
let before = null;  // the last status, for rates
let rules = '';     // what the list of blackouts was made from
let turn = 0;

async function api(method, path, body) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  const answer = await fetch(`/api/v1/${path}`, {method, headers, body: body && JSON.stringify(body)});
  if (answer.status === 401) {
    outside();
    throw new Error(token ? 'This token is not known.' : 'A token is needed.');
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({detail: answer.statusText}));
    const fields = (problem.errors || []).map((e) => `${e.field}: ${e.message}`);
    throw new Error([problem.detail, ...fields].join(' – '));
  }
  return path === 'events' ? answer : answer.json();
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/// Rows of [heading, value, …]; cells that did not change are left alone, so that a reader is not interrupted.
function fill(body, rows) {
  const heads = body.parentElement.tHead.rows[0].cells;
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, r) => {
    const row = body.rows[r] || body.insertRow();
    cells.forEach((cell, c) => {
      const text = typeof cell === 'number' ? number.format(cell) : cell.text ?? cell;
      const style = [heads[c].className, cell === 0 ? 'zero' : cell.style].filter(Boolean).join(' ');
      if (!row.cells[c]) row.append(element(c === 0 ? 'th' : 'td', c === 0 ? {scope: 'row'} : {}));
      if (row.cells[c].textContent !== text) row.cells[c].textContent = text;
      if (row.cells[c].className !== style) row.cells[c].className = style;
    });
  });
}

const sum = (object) => Object.values(object).reduce((a, b) => a + b, 0);
const words = (name) => name.replaceAll('_', ' ');
const count = (n, noun) => `${number.format(n)} ${noun}${n === 1 ? '' : 's'}`;
const local = (time) => dateTime.format(new Date(time));

function stateOf(op) {
  if (op.paused) return {text: 'paused', style: 'bad'};
  if (op.binds_up === op.binds) return `up, ${count(op.binds, 'bind')}`;
  return op.binds_up ? {text: `${op.binds_up} of ${count(op.binds, 'bind')}`, style: 'bad'} : {text: 'down', style: 'bad'};
}

function show(status) {
  $('accepted').textContent = number.format(status.accepted);
  $('final').textContent = number.format(sum(status.final));
  $('waiting').textContent = number.format(sum(status.waiting));
  $('difference').textContent = `difference ${number.format(status.difference)}`;
  $('difference').className = status.difference === 0 ? 'good' : 'bad';
  fill($('finals'), Object.entries(status.final).map(([name, n]) => [words(name), n]));
  fill($('places'), Object.entries(status.waiting).map(([name, n]) => [words(name), n]));
  const seconds = before ? (Date.parse(status.at) - Date.parse(before.at)) / 1000 : 0;
  fill($('operators'), status.operators.map((op) => {
    const old = before && before.operators.find((o) => o.name === op.name);
    const rate = old && seconds > 0 ? Math.max(0, Math.round((op.parts.written - old.parts.written) / seconds)) : 0;
    return [op.name, stateOf(op), rate, op.tps ? Math.round(op.rate_limit) : 'none', op.tps || 'no limit', op.in_flight, op.queued, op.backlog];
  }));
  const changed = before && before.policy.epoch !== status.policy.epoch;
  before = status;
  // What a rule holds, and whether a dated one has begun, changes without a new epoch.
  turn = (turn + 1) % 5;
  if (changed || (rules && turn === 0)) loadBlackouts().catch(() => {});
}

function scopeText(scope) {
  const parts = Object.entries(scope).filter(([, names]) => names.length).map(([what, names]) => `${what}: ${names.join(', ')}`);
  return parts.length ? parts.join('; ') : 'everything that is not exempt';
}

function timesOf(rule) {
  if (rule.daily) return `daily ${rule.daily.from} to ${rule.daily.to}, ${rule.daily.zone}`;
  const start = !rule.active && rule.starts_at ? `from ${local(rule.starts_at)} ` : '';
  return start + (rule.ends_at ? `until ${local(rule.ends_at)}` : 'until switched off');
}

function card(rule) {
  const title = rule.name || rule.id;
  const end = element('button', {type: 'button', className: 'plain'}, 'Switch off', element('span', {className: 'unseen', textContent: ` ${title}`}));
  end.dataset.rule = rule.id;
  end.addEventListener('click', () => askToEnd(rule, title));
  const given = [rule.reason, rule.reference].filter(Boolean).join(', ');
  return element('li', {className: rule.active ? '' : 'inactive'},
    element('div', {className: 'what'},
      element('p', {}, element('strong', {textContent: title}), ' – ',
        element('span', {className: rule.active ? 'bad' : 'quiet', textContent: rule.active ? 'in force' : 'not in force now'}), `, ${timesOf(rule)}`),
      element('p', {textContent: scopeText(rule.scope)}),
      element('p', {className: 'quiet', textContent: `${given} (${rule.author}, ${local(rule.created_at)})`})),
    element('p', {className: 'held', textContent: `${number.format(rule.held)} held`}), end);
}

async function loadBlackouts() {
  const {blackouts} = await api('GET', 'blackouts');
  const text = blackouts.length ? JSON.stringify(blackouts) : '';
  if (text === rules) return;
  rules = text;
  const focused = $('blackouts').contains(document.activeElement) && document.activeElement.dataset.rule;
  $('no-blackouts').hidden = blackouts.length > 0;
  $('blackouts').replaceChildren(...blackouts.map(card));
  if (focused) ($('blackouts').querySelector(`[data-rule="${CSS.escape(focused)}"]`) || $('blackouts-title')).focus();
}

async function loadCategories() {
  const {categories} = await api('GET', 'categories');
  const names = categories.filter((c) => !c.exempt).map((c) => c.name);
  const shown = [...$('categories').querySelectorAll('input')].map((box) => box.value);
  if (names.join() === shown.join()) return;
  $('categories').replaceChildren(...names.map((name) =>
    element('label', {}, element('input', {type: 'checkbox', name: 'category', value: name}), name)));
}

function say(text, good) {
  $('said').textContent = text;
  $('said').className = good ? 'good' : 'bad';
}

function told(certificate) {
  const took = Date.parse(certificate.effective_at) - Date.parse(certificate.requested_at);
  return `EFFECTIVE at ${local(certificate.effective_at)}, after ${took} ms, on ${count(certificate.engines.length, 'engine')} (epoch ${certificate.epoch}).`;
}

async function change(button, work) {
  button.disabled = true;
  try {
    say(told((await work()).certificate), true);
    await loadBlackouts();
    return true;
  } catch (error) {
    say(error.message, false);
    return false;
  } finally {
    button.disabled = false;
  }
}

$('blackout-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const data = new FormData(form);
  const body = {name: data.get('name'), kind: 'blackout', reason: data.get('reason'), reference: data.get('reference'),
    scope: {categories: data.getAll('category')}};
  if (data.get('ends_at')) body.ends_at = new Date(data.get('ends_at')).toISOString();
  if (await change(form.querySelector('button'), () => api('POST', 'blackouts', body))) form.reset();
});

let ending = null;
function askToEnd(rule, title) {
  ending = rule.id;
  $('end-what').textContent = title;
  $('end-held').textContent = rule.held ? `It holds ${count(rule.held, 'message')}.` : 'It holds no message.';
  $('end-reason').value = '';
  $('end-dialog').showModal();
}
$('end-cancel').addEventListener('click', () => $('end-dialog').close());
$('end-form').addEventListener('submit', () => {
  const reason = $('end-reason').value;
  change($('blackout-form').querySelector('button'), () => api('POST', `blackouts/${encodeURIComponent(ending)}/end`, {reason}));
});

/// What the head says of the link; numbers that are no longer fed are shown as such.
function link(text, style) {
  $('link').textContent = text;
  $('link').className = style;
  $('main').classList.toggle('cold', style !== 'good' && $('sign-in').hidden);
}

function outside() {
  for (const part of document.querySelectorAll('.inside')) part.hidden = true;
  $('sign-in').hidden = false;
  $('sign-out').hidden = true;
  $('token').focus();
}

$('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  token = $('token').value.trim();
  $('token').value = '';
  sessionStorage.setItem('anchal-token', token);
  $('sign-in').hidden = true;
  for (const part of document.querySelectorAll('.inside')) part.hidden = false;
  start();
});

$('sign-out').addEventListener('click', () => {
  sessionStorage.removeItem('anchal-token');
  location.reload();
});

async function follow() {
  const answer = await api('GET', 'events');
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  link('live', 'good');
  $('sign-out').hidden = !token;
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      if (event.startsWith('data: ')) show(JSON.parse(event.slice(6)));
    }
  }
}

let running = false;
async function start() {
  if (running) return;
  running = true;
  while (running) {
    try {
      show(await api('GET', 'status'));
      await Promise.all([loadBlackouts(), loadCategories()]);
      await follow();
      link('connection lost, trying again …', 'bad');
    } catch (error) {
      if ($('sign-in').hidden) {
        link(`no connection (${error.message}), trying again …`, 'bad');
      } else {
        link(error.message, 'quiet');
        running = false;
      }
    }
    if (running) await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}
$('zone').textContent = `(time zone ${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
start();
