'use strict';
// The operator console: shows what GET /api/v1/status and the event stream say, switches blackouts on and off.
const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat();
let token = sessionStorage.getItem('anchal-token') || '';
let before = null;  // the last status, for rates

async function api(method, path, body) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  const answer = await fetch(`/api/v1/${path}`, {method, headers, body: body && JSON.stringify(body)});
  if (answer.status === 401) {
    $('sign-in').hidden = false;
    throw new Error('A token is needed.');
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
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, r) => {
    const row = body.rows[r] || body.insertRow();
    cells.forEach((cell, c) => {
      const text = typeof cell === 'number' ? number.format(cell) : cell;
      if (!row.cells[c]) {
        row.append(c === 0 ? element('th', {scope: 'row'}) : element('td', {className: typeof cell === 'number' ? 'number' : ''}));
      }
      if (row.cells[c].textContent !== text) row.cells[c].textContent = text;
    });
  });
}

const sum = (object) => Object.values(object).reduce((a, b) => a + b, 0);
const words = (name) => name.replaceAll('_', ' ');

function stateOf(op) {
  if (op.paused) return 'paused';
  return op.binds_up === op.binds ? `up, ${op.binds_up} binds` : op.binds_up ? `${op.binds_up} of ${op.binds} binds` : 'down';
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
    return [op.name, stateOf(op), rate, op.tps, op.in_flight, op.queued, op.backlog];
  }));
  if (before && before.policy.epoch !== status.policy.epoch) loadBlackouts();
  before = status;
}

function scopeText(scope) {
  const parts = Object.entries(scope).filter(([, names]) => names.length).map(([what, names]) => `${what}: ${names.join(', ')}`);
  return parts.length ? parts.join('; ') : 'everything that is not exempt';
}

const local = (time) => new Date(time).toLocaleString();

async function loadBlackouts() {
  const {blackouts} = await api('GET', 'blackouts');
  $('no-blackouts').hidden = blackouts.length > 0;
  $('blackouts').replaceChildren(...blackouts.map((rule) => {
    const title = rule.name || rule.id;
    const times = rule.daily ? `daily ${rule.daily.from} to ${rule.daily.to}, ${rule.daily.zone}` :
      rule.ends_at ? `until ${local(rule.ends_at)}` : 'until switched off';
    const end = element('button', {type: 'button', textContent: `Switch off ${title}`});
    end.addEventListener('click', () => askToEnd(rule.id, title));
    return element('li', {className: rule.active ? '' : 'inactive'},
      element('div', {className: 'what'},
        element('p', {}, element('strong', {textContent: title}), ` ${rule.active ? 'in force' : 'not in force now'}, ${times}`),
        element('p', {className: 'quiet', textContent: `${scopeText(rule.scope)}. ${rule.reason}`})),
      element('p', {}, `${number.format(rule.held)} held`), end);
  }));
}

async function loadCategories() {
  const {categories} = await api('GET', 'categories');
  $('categories').replaceChildren(...categories.filter((c) => !c.exempt).map((c) =>
    element('label', {}, element('input', {type: 'checkbox', name: 'category', value: c.name}), c.name)));
}

function say(text, good) {
  $('said').textContent = text;
  $('said').className = good ? 'good' : 'bad';
}

function told(certificate) {
  const took = Date.parse(certificate.effective_at) - Date.parse(certificate.requested_at);
  return `EFFECTIVE at ${local(certificate.effective_at)}, after ${took} ms, on ${certificate.engines.length} engines (epoch ${certificate.epoch}).`;
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
function askToEnd(id, title) {
  ending = id;
  $('end-what').textContent = title;
  $('end-reason').value = '';
  $('end-dialog').showModal();
}
$('end-cancel').addEventListener('click', () => $('end-dialog').close());
$('end-form').addEventListener('submit', () => {
  const reason = $('end-reason').value;
  change($('blackout-form').querySelector('button'), () => api('POST', `blackouts/${encodeURIComponent(ending)}/end`, {reason}));
});

$('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  token = $('token').value;
  sessionStorage.setItem('anchal-token', token);
  $('sign-in').hidden = true;
  start();
});

async function follow() {
  const answer = await api('GET', 'events');
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  $('link').textContent = 'live';
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
      $('link').textContent = 'connection lost, trying again …';
    } catch (error) {
      $('link').textContent = error.message;
      if (!$('sign-in').hidden) running = false;
    }
    if (running) await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}
start();
