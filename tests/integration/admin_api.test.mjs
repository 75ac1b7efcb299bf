// The admin API of the shipped binary: every answer is what docs/openapi.json says, jobs are judged as
// docs/job.schema.json does, and the verbs of the command tell success and failure by their exit codes.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { anchal, cleanUp, folder, start, startRedis, startSmsc, terminate, until } from '../e2e/node_support.mjs';

const docs = new URL('../../docs/', import.meta.url);
const openapi = JSON.parse(await readFile(new URL('openapi.json', docs)));
const jobSchema = JSON.parse(await readFile(new URL('job.schema.json', docs)));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(openapi, 'openapi');
const jobOk = ajv.compile(jobSchema);

const tokens = {
  viewer: 'viewer-token-0123456789', operator: 'operator-token-0123456789',
  compliance: 'compliance-token-0123456789', admin: 'admin-token-0123456789',
};
let redis, engine, url, configFile, directory;

before(async () => {
  directory = await folder();
  redis = await startRedis();
  const smsc = await startSmsc(['--receipt-delay', '20']);
  await writeFile(join(directory, 'tokens'), Object.entries(tokens).map(([role, token]) => `${role} ${role}-1 ${token}\n`).join(''));
  for (const [role, token] of Object.entries(tokens)) await writeFile(join(directory, `${role}.token`), token);
  configFile = join(directory, 'anchal.toml');
  await writeFile(configFile, `
[engine]
id = "engine-1"
shards = 2
[redis]
url = "unix://${redis.socket}"
[admin]
listen = "127.0.0.1:0"
tokens_file = "tokens"
[policy]
lease_ms = 500
[[category]]
name = "otp"
lane = "otp"
exempt = true
[[category]]
name = "promotional"
lane = "bulk"
[[operator]]
name = "alpha"
host = "127.0.0.1"
port = ${smsc.port}
tps = 500
national_languages = ["malayalam"]
`);
  engine = start(anchal, ['serve', '--config', configFile]);
  url = (await until('the address of the admin listener', () => /listening on (http:\S+)/.exec(engine.log), [engine]))[1];
  await until('the engine to be ready', () => fetch(`${url}/readyz`).then((answer) => answer.ok, () => false), [engine]);
});

after(cleanUp);

/// The path of openapi.json that a target belongs to.
function documented(method, target) {
  const segments = target.split('?')[0].split('/');
  for (const [path, methods] of Object.entries(openapi.paths)) {
    const pattern = path.split('/');
    const fits = pattern.length === segments.length && pattern.every((p, i) => p.startsWith('{') || p === segments[i]);
    if (fits && methods[method.toLowerCase()]) return [path, methods[method.toLowerCase()]];
  }
  throw new Error(`${method} ${target} is not documented`);
}

/// A request whose answer is held against the document.
async function ask(method, target, { body, role = 'admin' } = {}) {
  const headers = role ? { Authorization: `Bearer ${tokens[role]}` } : {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(url + target, { method, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const text = await answer.text();
  const [path, operation] = documented(method, target);
  const response = operation.responses[answer.status] ?? (answer.status >= 400 ? operation.responses.default : undefined);
  assert.ok(response, `${method} ${target}: ${answer.status} is not documented: ${text}`);
  const content = response.$ref ? openapi.components.responses.Problem.content : response.content;
  const type = answer.headers.get('content-type').split(';')[0];
  assert.ok(content[type], `${method} ${target}: ${type} is not documented`);
  const parsed = type.endsWith('json') ? JSON.parse(text) : text;
  const where = response.$ref
    ? 'openapi#/components/schemas/Problem'
    : `openapi#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')}/${method.toLowerCase()}/responses/${answer.status}/content/${type.replaceAll('/', '~1')}/schema`;
  const validate = ajv.getSchema(where);
  assert.ok(validate(parsed), `${method} ${target}: ${ajv.errorsText(validate.errors)}\n${text}`);
  return { status: answer.status, body: parsed, headers: answer.headers };
}

test('every reading path answers as documented', async () => {
  for (const target of ['/healthz', '/readyz', '/metrics', '/', '/console.css', '/console.js', '/api/v1/status', '/api/v1/operators',
    '/api/v1/engines', '/api/v1/queues', '/api/v1/categories', '/api/v1/blackouts', '/api/v1/audit']) {
    assert.equal((await ask('GET', target)).status, 200, target);
  }
  const { body } = await ask('GET', '/api/v1/engines');
  assert.equal(body.engines[0].engine, 'engine-1');
  assert.equal(body.engines[0].state, 'ready');
});

test('tokens decide who may do what', async () => {
  assert.equal((await ask('GET', '/api/v1/status', { role: null })).status, 401);
  assert.equal((await ask('GET', '/metrics', { role: null })).status, 401);
  assert.equal((await ask('GET', '/healthz', { role: null })).status, 200);
  for (const [role, code] of [['viewer', 403], ['operator', 403], ['compliance', 422], ['admin', 422]]) {
    assert.equal((await ask('POST', '/api/v1/blackouts', { role, body: {} })).status, code, role);
  }
  for (const [role, code] of [['viewer', 403], ['compliance', 403], ['operator', 422]]) {
    assert.equal((await ask('POST', '/api/v1/operators/alpha/pause', { role, body: {} })).status, code, role);
  }
});

const job = (changes) => ({ id: 'job', tenant: 'finance', category: 'otp', sender: 'KLGOVT', to: '+919800000001', text: 'Your code is 1', ...changes });
const without = (name, changes) => { const made = job(changes); delete made[name]; return made; };
const recipients = (list, changes) => without('to', { recipients: list, ...changes });

test('the schema of jobs and the engine judge alike', async () => {
  const jobs = [
    job(), ...jobSchema.examples.map((example) => ({ ...example, category: 'otp' })),
    job({ lane: 'otp', purpose: 'p', source: 's', campaign: 'c', ref: 'r', place: 'KL' }),
    job({ not_before: '2026-03-03T09:00:00+05:30', expires_at: '2026-03-03T09:00:00.25Z' }),
    job({ on_hold: 'drop', receipt: false, encoding: 'ucs2' }),
    job({ dlt: { entity: '1', template: '2', chain: '3' }, tlvs: { '0x1403': 'a', '0X3fff': 'b' } }),
    recipients([{ to: '+919800000001' }, { to: '+919800000002', ref: 'r', place: 'KL', vars: {} }]),
    recipients([{ to: '+919800000001', vars: { n: '1' } }], { text: undefined, template: 'Hi {n}' }),
    ...['id', 'tenant', 'category', 'sender', 'to', 'text'].map((name) => without(name)),
    job({ id: '' }), job({ id: 'x'.repeat(257) }), job({ id: 7 }), job({ tenant: 'a b' }), job({ tenant: 'x'.repeat(65) }),
    job({ sender: 'x'.repeat(21) }), job({ sender: null }), job({ text: 1 }), job({ template: 'both' }), job({ to: 919800000001 }),
    job({ recipients: [{ to: '+919800000001' }] }), recipients([]), recipients({}), recipients([{ ref: 'r' }]),
    recipients([{ to: '+919800000001', name: 'x' }]), recipients([{ to: '+919800000001', vars: { n: 1 } }]), recipients(['+919800000001']),
    recipients(Array.from({ length: 10001 }, () => ({ to: '+919800000001' }))),
    job({ lane: 'fast' }), job({ not_before: '2026-03-03' }), job({ expires_at: '2026-03-03T09:00:00' }), job({ on_hold: 'wait' }),
    job({ receipt: 'yes' }), job({ flash: 1 }), job({ flash: true }), job({ encoding: 'utf8' }), job({ dlt: { entity: 1 } }), job({ dlt: { other: '1' } }),
    job({ tlvs: { '0x13ff': 'a' } }), job({ tlvs: { '0x4000': 'a' } }), job({ tlvs: { 1403: 'a' } }), job({ colour: 'red' }),
    recipients([{ to: '+919800000001', ref: 'x'.repeat(255) }]), recipients([{ to: '+919800000001', ref: 'x'.repeat(254) }]),
    recipients([{ to: '+919800000001', place: 'x'.repeat(256) }]), recipients([{ to: '+919800000001', place: null }]),
    recipients([{ to: '+919800000001', vars: ['n'] }]), recipients([{ to: null }]), recipients(null), recipients([null]),
    job({ ref: 'x'.repeat(254) }), job({ ref: 'x'.repeat(255) }), job({ ref: 7 }), job({ place: 'x'.repeat(255) }), job({ place: 'x'.repeat(256) }),
    ...['id', 'tenant', 'category', 'sender', 'to', 'text', 'lane', 'purpose', 'source', 'campaign', 'not_before', 'expires_at', 'on_hold',
      'receipt', 'encoding', 'flash', 'dlt', 'tlvs', 'ref', 'place'].flatMap((name) => [job({ [name]: null }), job({ [name]: [] })]),
    job({ lane: '' }), job({ lane: 'OTP' }), job({ receipt: 0 }), job({ text: '' }), job({ id: 'x'.repeat(256) }), job({ sender: 'x'.repeat(20) }),
    job({ sender: '' }), job({ tenant: '' }), job({ tenant: 'x'.repeat(64) }), job({ category: '' }),
    ...['2026-02-30T09:00:00Z', '2026-03-03T24:00:00Z', '2026-03-03T09:60:00Z', '2026-03-03T09:00:00.Z', '2026-03-03T09:00:00+24:00',
      '2026-03-03T09:00:00+5:30', '2026-03-03T09:00Z', '2026-03-03 09:00:00Z', '2026-03-03t09:00:00z', '2024-02-29T09:00:00-00:00', ' 2026-03-03T09:00:00Z',
      '2026-03-03T09:00:00.123456789+05:30', ''].map((time) => job({ expires_at: time })),
    job({ dlt: {} }), job({ dlt: { entity: 'x'.repeat(257) } }), job({ tlvs: {} }), job({ tlvs: { '0x01403': 'a' } }), job({ tlvs: { '0x1403': 7 } }),
    job({ tlvs: { '0x1403': 'x'.repeat(1025) } }), job({ tlvs: { '0x140g': 'a' } }),
    job({ tlvs: Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`0x15${n + 10}`, 'a'])), dlt: { entity: '1' } }),
    job({ tlvs: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`0x15${n + 10}`, 'a'])) }),
  ];
  for (const one of jobs) {
    const body = JSON.stringify(one);
    const agreed = jobOk(JSON.parse(body));
    const { status, body: answer } = await ask('POST', '/api/v1/jobs', { body: body.replace('"id":"job"', `"id":"${crypto.randomUUID()}"`) });
    assert.equal(status === 202, agreed, `${body.slice(0, 300)}\nschema: ${ajv.errorsText(jobOk.errors)}\nengine: ${JSON.stringify(answer)}`);
  }
});

test('what the schema cannot say the engine still refuses, naming it', async () => {
  const text = JSON.stringify(job({}));
  const twice = (name, value) => text.replace('{', `{${JSON.stringify(name)}:${JSON.stringify(value)},`);
  const number = { to: '+919800000001' };
  for (const [body, reason, detail] of [
    [twice('to', '+919800000002'), 'bad_value', /^to stands twice$/], [twice('tenant', 'other'), 'bad_value', /^tenant stands twice$/],
    ['{"id":"a","tenant":"t","category":"otp","sender":"s","text":"x","recipients":[{"to":"+919800000001","to":"+919800000002"}]}', 'bad_value',
      /^recipients\[0\]\.to stands twice$/],
    [job({ dlt: { entity: '1' }, tlvs: { '0x1400': '2' } }), 'bad_value', /twice in dlt and tlvs/],
    [recipients([number, number, { to: '+919800000001', vars: { n: 1 } }]), 'wrong_type', /^recipients\[2\]\.vars has the wrong/],
    [recipients([number, { to: 98 }]), 'wrong_type', /^recipients\[1\]\.to has the wrong/],
    [recipients([{ to: '+919800000001', ref: 'ക'.repeat(85) }]), 'bad_value', /^recipients\[0\]\.ref is longer/],
    [job({ [`${'x'.repeat(63)}ക`]: 1 }), 'unknown_field', /x{63}\.\.\.'$/],
    [without('text', { template: 'Dear {name' }), 'bad_template', /octet 5/],
    [job({ lane: 'bulk' }), 'wrong_lane', /lane/], [job({ category: 'party' }), 'unknown_category', /party/],
  ]) {
    const answer = await ask('POST', '/api/v1/jobs', { body });
    assert.equal(answer.status, 422);
    const [error] = answer.body.errors;
    assert.equal(error.field, reason, JSON.stringify(error));
    assert.match(error.message, detail);
  }
});

test('what is no job is told so', async () => {
  assert.equal((await ask('POST', '/api/v1/jobs', { body: '[1]' })).status, 400);
  assert.equal((await ask('POST', '/api/v1/jobs', { body: '{"id":' })).status, 400);
  assert.equal((await ask('POST', '/api/v1/jobs', { body: job({ category: 'unknown' }) })).status, 422);
  assert.equal((await ask('POST', '/api/v1/jobs', { body: 'x'.repeat(5 << 20) })).status, 413);
});

test('a job goes out, comes back and can be traced', async () => {
  const { status, body } = await ask('POST', '/api/v1/jobs', { body: job({ id: 'trace/me 1' }) });
  assert.equal(status, 202);
  assert.match(body.stream, /^anchal:\{\d\}:jobs:otp$/);
  const path = '/api/v1/messages/finance/trace%2Fme%201/0';
  const message = await until('its outcome', async () => {
    const answer = await ask('GET', path);
    return answer.status === 200 && answer.body.final && answer.body;
  }, [engine]);
  assert.equal(message.state, 'delivered');
  assert.equal(message.outcomes.at(-1).operator, 'alpha');
  assert.equal((await ask('GET', '/api/v1/messages/finance/nobody/0')).status, 404);
  assert.equal((await ask('GET', '/api/v1/messages/finance/x/first')).status, 400);
});

test('segments are told by the API and the verb alike', async () => {
  const text = `It’s ${'a'.repeat(100)}`;
  const { body } = await ask('POST', '/api/v1/segments', { role: 'viewer', body: { text } });
  assert.equal(body.encoding, 'ucs2');
  assert.equal(body.parts, 2);
  assert.deepEqual(body.wide, [{ offset: 2, octets: 3, code_point: 'U+2019', replacement: "'" }]);
  assert.ok(body.marked.startsWith('It⟦’⟧s '));
  assert.equal(body.cheaper.parts, 1);
  assert.deepEqual(JSON.parse((await verb('segments', '--json', text)).out), body);
  const replaced = await ask('POST', '/api/v1/segments', { body: { text, transliterate: true } });
  assert.equal(replaced.body.encoding, 'gsm7');
  assert.equal(replaced.body.changed.length, 1);
  const operators = await ask('POST', '/api/v1/segments', { body: { text: 'മഴ '.repeat(40), operator: 'alpha' } });
  assert.equal(operators.body.encoding, 'gsm7+locking:malayalam');
  assert.deepEqual(JSON.parse((await verb('segments', '--json', '--config', configFile, '--operator', 'alpha', 'മഴ '.repeat(40))).out), operators.body);
  const refused = await ask('POST', '/api/v1/segments', { body: { text: 'മ', encoding: 'gsm7' } });
  assert.equal(refused.status, 422);
  assert.deepEqual(JSON.parse((await verb('segments', '--json', '--encoding', 'gsm7', 'മ')).out), refused.body.refused);
  assert.equal((await ask('POST', '/api/v1/segments', { body: '[]' })).status, 400);
  assert.equal((await ask('POST', '/api/v1/segments', { role: null, body: { text } })).status, 401);
});

test('the verb segments reads texts from files and says what is wrong with them', async () => {
  const file = join(directory, 'text');
  await writeFile(file, 'നന്ദി\n');
  assert.match((await verb('segments', '--file', file)).out, /^ucs2, data_coding 8: 1 part, 5 units\n/);
  const refused = await verb('segments', '--encoding', 'gsm7', '--file', file);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /not_encodable at octet 0: U\+0D28/);
  await writeFile(file, Buffer.from([0x61, 0xff]));
  assert.deepEqual(JSON.parse((await verb('segments', '--json', '--file', file)).out), { error: 'invalid_utf8', offset: 1 });
  assert.equal((await verb('segments', '--file', join(directory, 'none'))).code, 1);
  const tables = await verb('segments', '--language', 'hindi', '--language', 'tamil', 'नमस्ते '.repeat(12));
  assert.match(tables.out, /^gsm7\+locking:hindi, data_coding 0: 1 part, 84 units\n/, 'the text is no third language');
  assert.equal((await verb('segments')).code, 2);
  assert.equal((await verb('segments', '--config', configFile, '--operator', 'nobody', 'a')).code, 2);
  assert.equal((await verb('segments', '--config', configFile, '--language', 'hindi', 'a')).code, 2);
  assert.equal((await verb('segments', '--language', 'klingon', 'a')).code, 2);
});

test('a blackout stops its category until it is lifted', async () => {
  const preview = await ask('POST', '/api/v1/blackouts/preview', { role: 'viewer', body: { reason: 'r', scope: { categories: ['promotional'] } } });
  assert.deepEqual(preview.body.stops.map((s) => s.category), ['promotional']);
  assert.deepEqual(preview.body.passes, [{ category: 'otp', exempt: true }]);
  const made = await ask('POST', '/api/v1/blackouts', { role: 'compliance', body: { name: 'Election', reason: 'order 17', scope: { categories: ['promotional'] } } });
  assert.equal(made.status, 201);
  const { id } = made.body.rule;
  assert.equal(made.headers.get('location'), `/api/v1/blackouts/${id}`);
  assert.equal(made.body.rule.author, 'compliance-1');
  assert.equal(made.body.certificate.engines[0].how, 'acknowledged');
  await ask('POST', '/api/v1/jobs', { body: job({ id: 'held-1', category: 'promotional' }) });
  await until('the message to be held', async () => (await ask('GET', `/api/v1/blackouts/${id}`)).body.held === 1, [engine]);
  assert.equal((await ask('GET', '/api/v1/messages/finance/held-1/0')).body.state, 'hold');
  assert.equal((await ask('GET', '/api/v1/blackouts')).body.blackouts[0].active, true);
  assert.equal((await ask('POST', `/api/v1/blackouts/${id}/extend`, { body: { reason: 'x', ends_at: '2030-01-01T00:00:00Z' } })).status, 409);
  assert.equal((await ask('POST', `/api/v1/blackouts/${id}/end`, { body: { reason: ' ' } })).status, 422);
  assert.equal((await ask('POST', `/api/v1/blackouts/${id}/end`, { body: { reason: 'over' } })).status, 200);
  assert.equal((await ask('POST', `/api/v1/blackouts/${id}/end`, { body: { reason: 'over' } })).status, 404);
  assert.equal((await ask('GET', `/api/v1/blackouts/${id}`)).status, 404);
  await until('the message to be delivered', async () => (await ask('GET', '/api/v1/messages/finance/held-1/0')).body.final, [engine]);
  const { body } = await ask('GET', '/api/v1/audit');
  assert.deepEqual(body.entries.slice(-2).map((e) => [e.action, e.actor, e.reason]),
    [['blackout.create', 'compliance-1', 'order 17'], ['blackout.end', 'admin-1', 'over']]);
});

test('a paused operator gets nothing', async () => {
  assert.equal((await ask('POST', '/api/v1/operators/nobody/pause', { body: { reason: 'x' } })).status, 404);
  assert.equal((await ask('POST', '/api/v1/operators/alpha/pause', { role: 'operator', body: { reason: 'fault' } })).status, 200);
  assert.equal((await ask('POST', '/api/v1/operators/alpha/pause', { role: 'operator', body: { reason: 'fault' } })).status, 409);
  await until('the operator to show as paused', async () => (await ask('GET', '/api/v1/operators')).body.operators[0].paused, [engine]);
  await ask('POST', '/api/v1/jobs', { body: job({ id: 'paused-1' }) });
  await until('the message to wait', async () => (await ask('GET', '/api/v1/messages/finance/paused-1/0')).status === 200, [engine]);
  assert.equal((await ask('GET', '/api/v1/messages/finance/paused-1/0')).body.final, false);
  assert.equal((await ask('POST', '/api/v1/operators/alpha/resume', { role: 'operator', body: { reason: 'mended' } })).status, 200);
  await until('the message to be delivered', async () => (await ask('GET', '/api/v1/messages/finance/paused-1/0')).body.final, [engine]);
});

test('the balance is even and comes every second', async () => {
  const answer = await fetch(`${url}/api/v1/events`, { headers: { Authorization: `Bearer ${tokens.viewer}` } });
  assert.equal(answer.headers.get('content-type'), 'text/event-stream');
  const validate = ajv.getSchema('openapi#/components/schemas/Status');
  let text = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split('\n\n').length > 2) break;
  }
  for (const event of text.split('\n\n').slice(0, 2)) {
    assert.ok(event.startsWith('data: '));
    const status = JSON.parse(event.slice(6));
    assert.ok(validate(status), ajv.errorsText(validate.errors));
    assert.equal(status.difference, 0);
  }
});

/// A verb of the command: exit code, stdout, stderr.
function verb(...args) {
  const env = { ...process.env, ANCHAL_URL: url, ANCHAL_TOKEN_FILE: join(directory, 'admin.token') };
  return new Promise((resolve) => execFile(anchal, args, { env }, (error, out, err) => resolve({ code: error ? error.code : 0, out, err })));
}

test('the verbs speak to the engine and tell by their exit codes', async () => {
  const status = await verb('status', '--json');
  assert.equal(status.code, 0, status.err);
  assert.equal(JSON.parse(status.out).difference, 0);
  assert.match((await verb('status')).out, /^accepted [\d,]+ = final [\d,]+ \+ waiting [\d,]+   difference 0\n/);
  assert.match((await verb('operators')).out, /^operator .*\nalpha /);
  assert.match((await verb('trace', 'finance', 'held-1', '0')).out, /^delivered \(final\)/);
  assert.equal((await verb('trace', 'finance', 'nobody', '0')).code, 3);
  const added = await verb('blackout', 'add', '--category', 'promotional', '--reason', 'test', '--until', '2031-01-01T00:00:00Z');
  assert.equal(added.code, 0, added.err);
  assert.match(added.out, /EFFECTIVE at /);
  const id = added.out.split('\n')[0];
  assert.match((await verb('blackout', 'list')).out, new RegExp(`^id .*\n${id} `));
  assert.match((await verb('blackout', 'preview', '--reason', 'x', '--daily-from', '21:00', '--daily-to', '09:00', '--zone', 'Asia/Kolkata')).out, /holds promotional to alpha/);
  assert.equal((await verb('blackout', 'extend', id, '--until', '2032-01-01T00:00:00Z', '--reason', 'longer')).code, 0);
  assert.equal((await verb('blackout', 'end', id, '--reason', 'done')).code, 0);
  assert.equal((await verb('blackout', 'end', id, '--reason', 'done')).code, 3);
  const refused = await verb('blackout', 'add', '--category', 'nosuch', '--reason', 'test');
  assert.equal(refused.code, 4);
  assert.match(refused.err, /scope\.categories\[0\]: there is no category 'nosuch'/);
  assert.match((await verb('audit', 'verify')).out, /every link holds/);
  assert.match((await verb('audit', 'list', '--limit', '1')).out, /blackout\.create/);
  assert.equal((await verb('blackout')).code, 2);
  assert.equal((await verb('trace', 'finance')).code, 2);
  assert.equal((await verb('status', '--token-file', join(directory, 'viewer.token'))).code, 0);
  assert.equal((await verb('operators', 'pause', 'alpha', '--reason', 'x', '--token-file', join(directory, 'viewer.token'))).code, 5);
  assert.equal((await verb('status', '--url', 'http://127.0.0.1:1')).code, 6);
  const doctor = await verb('doctor', '--config', configFile, '--json');
  assert.equal(doctor.code, 0, doctor.out);
  assert.ok(JSON.parse(doctor.out).healthy);
});

test('a broken audit chain does not verify', async () => {
  const [first] = (await ask('GET', '/api/v1/audit')).body.entries;
  const second = (await ask('GET', `/api/v1/audit?after=${first.id}&limit=1`)).body.entries[0];
  await redis.command('XDEL', 'anchal:{policy}:audit', first.id);
  const verified = await verb('audit', 'verify');
  assert.equal(verified.code, 1);
  assert.match(verified.err, new RegExp(`broken at entry ${second.id}`));
});

test('dead letters are listed, shown, tried again and dropped', async () => {
  await redis.command('XADD', 'anchal:{0}:jobs:otp', '*', 'v', '1', 'body', '{"id":"d1","tenant":"finance"}');
  await redis.command('XADD', 'anchal:{1}:jobs:bulk', '*', 'v', '1', 'body', JSON.stringify(job({ id: 'd2' })));
  const dead = (...args) => verb('dead', ...args, '--config', configFile);
  const listed = await until('two dead letters', async () => {
    const rows = JSON.parse((await dead('list', '--json')).out);
    return rows.length >= 2 && rows;
  }, [engine]);
  const wrongLane = listed.find((row) => row.reason === 'wrong_lane');
  assert.equal(wrongLane.stream, 'anchal:{1}:jobs:bulk');
  assert.match((await dead('list')).out, /wrong_lane/);
  assert.equal(JSON.parse((await dead('show', wrongLane.id, '--json')).out).body, JSON.stringify(job({ id: 'd2' })));
  assert.equal((await dead('show', '9/1-1')).code, 2);
  assert.equal((await dead('show', '0/1-1')).code, 3);
  const retried = await dead('retry', wrongLane.id);
  assert.equal(retried.code, 0, retried.err);
  const again = await until('it to be refused again', async () => {
    const rows = JSON.parse((await dead('list', '--json')).out);
    return rows.find((row) => row.reason === 'wrong_lane' && row.id !== wrongLane.id);
  }, [engine]);
  for (const row of [again, listed.find((one) => one.reason !== 'wrong_lane')]) assert.equal((await dead('drop', row.id)).code, 0);
  assert.deepEqual(JSON.parse((await dead('list', '--json')).out), []);
});

test('SIGTERM drains and the next start goes on', async () => {
  assert.equal(await terminate(engine), 0, engine.log);
  assert.doesNotMatch(engine.log, /\+919800000001|919800000001|Your code/);
});

test('serve tells by its exit code why it does not run', async () => {
  assert.equal((await verb('serve')).code, 64);
  const wrong = join(directory, 'wrong.toml');
  await writeFile(wrong, '[engine]\nshards = "two"\n[admin]\nlisten = "0.0.0.0:8600"\n');
  const refused = await verb('serve', '--config', wrong);
  assert.equal(refused.code, 78);
  assert.match(refused.err, /wrong\.toml:2:10: engine\.shards is "two", must be a whole number\n.*wrong\.toml:4:10: /s);
  assert.equal((await verb('config', 'check', wrong)).code, 1);
  const gone = join(directory, 'gone.toml');
  await writeFile(gone, (await readFile(configFile, 'utf8')).replace(redis.socket, '/nonexistent/redis.sock'));
  const unavailable = await verb('serve', '--config', gone);
  assert.equal(unavailable.code, 69, unavailable.err);
  assert.equal((await verb('doctor', '--config', gone)).code, 1);
});
