// The gateway before a real OpenID provider: discovery, JWT access tokens by RFC 9068, rotation, and what is refused.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';

import { BINARY, DEMO } from './gateway.mjs';
import { AUDIENCE, startProvider } from './provider.mjs';

const ME = '{ me { subject role organization purpose scopes } }';
const CHART = `query($of: IdentifierInput!) { patient(identifier: $of) {
  name { text } conditions { totalCount completeness { state } } medications { totalCount completeness { state } } } }`;

describe('a real OpenID provider', { timeout: 120_000 }, () => {
  let provider, gateway;

  before(async () => {
    provider = await startProvider();
    gateway = await startGateway(provider.issuer);
  });

  after(async () => {
    await gateway?.stop();
    await provider?.stop();
  });

  test('a token that a client got for itself is good for what its scopes say', async () => {
    const token = await provider.clientToken('partner', 'system/*.rs');
    assert.deepEqual(header(token), { alg: 'ES256', typ: 'at+jwt', kid: 'key-1' });
    const { status, body } = await gateway.ask(token, ME);
    assert.equal(status, 200, JSON.stringify(body));
    const { me } = body.data;
    assert.deepEqual([me.subject, me.role, me.purpose, me.scopes], ['partner', 'PARTNER', 'TREAT', ['system/*.rs']]);
  });

  test('somebody who logged in sees what their role and their scopes let them', async () => {
    const whole = await provider.login(AUDIENCE, 'user/*.rs');
    const { data } = (await gateway.ask(whole.access_token, ME)).body;
    assert.equal(data.me.subject, 'alice');
    assert.equal(data.me.role, 'COORDINATOR');
    const all = await gateway.chart(whole.access_token);
    assert.ok(all.name.text && all.conditions.totalCount > 0 && all.medications.totalCount > 0, JSON.stringify(all));
    const narrow = await provider.login(AUDIENCE, 'user/Patient.rs user/Condition.rs');
    const some = await gateway.chart(narrow.access_token);
    assert.equal(some.name.text, all.name.text);
    assert.equal(some.conditions.totalCount, all.conditions.totalCount);
    assert.deepEqual(some.medications, { totalCount: null, completeness: { state: 'UNAVAILABLE' } });
  });

  test('an ID token is no access token, though all that it says is true', async () => {
    const { id_token: token } = await provider.login(AUDIENCE, 'user/*.rs');
    const claims = part(token, 1);
    assert.equal(claims.aud, AUDIENCE);
    assert.equal(claims.iss, provider.issuer);
    assert.equal(claims.role, 'COORDINATOR');
    const refused = await gateway.ask(token, ME);
    assert.equal(refused.status, 401);
    assert.deepEqual(refused.body, (await gateway.ask('nonsense', ME)).body);
  });

  test('a client that is not listed is refused', async () => {
    const other = await startGateway(provider.issuer, 'clients = ["another"]');
    try {
      assert.equal((await other.ask(await provider.clientToken('partner', 'system/*.rs'), ME)).status, 401);
    } finally {
      await other.stop();
    }
  });

  test('the provider rotates its keys and nobody is sent away', async () => {
    const before = await provider.clientToken('partner', 'system/*.rs');
    provider.rotate();
    const fresh = await provider.clientToken('partner', 'system/*.rs');
    assert.deepEqual(header(fresh), { alg: 'RS256', typ: 'at+jwt', kid: 'key-2' });
    const asked = Array.from({ length: 40 }, (_, place) => gateway.ask(place % 2 ? before : fresh, ME));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    assert.deepEqual([...new Set(statuses)], [200]);
  });

  test('the provider goes down and its tokens stay good', async () => {
    const token = await provider.clientToken('partner', 'system/*.rs');
    assert.equal((await gateway.ask(token, ME)).status, 200);
    await provider.stop();
    provider = undefined;
    assert.equal((await gateway.ask(token, ME)).status, 200);
  });
});

/** Starts the real binary before one system of the demo, believing this issuer alone. */
async function startGateway(issuer, more = '') {
  const folder = await mkdtemp(join(tmpdir(), 'caregraph-issuer-'));
  const { id, baseUrl } = DEMO.systems.find((system) => system.id === 'lakeside');
  const config = `[server]\nlisten = "127.0.0.1:0"\n[access]\nrelationship = "not-required"\n[store]\nurl = "sqlite://${join(folder, 'caregraph.db')}"
[[auth.issuers]]\nurl = "${issuer}"\naudience = "${AUDIENCE}"\ntoken_type = "at+jwt"\n${more}
[[connector]]\nid = "${id}"\nname = "One"\ncategory = "PRIMARY_CARE"\nkind = "fhir-r4"\nbase_url = "${baseUrl}"\n`;
  await writeFile(join(folder, 'caregraph.toml'), config);
  const serving = spawn(BINARY, ['serve', '--config', 'caregraph.toml'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = async () => {
    serving.kill('SIGTERM');
    if (serving.exitCode === null && serving.signalCode === null) await once(serving, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await announced(serving);
    await indexed(url.replace('/graphql', '/health/ready'));
    const ask = (token, query, variables) => post(url, token, { query, variables });
    const chart = async (token) => {
      const { body } = await ask(token, CHART, { of: DEMO.identifier });
      assert.equal(body.errors, undefined, JSON.stringify(body));
      return body.data.patient;
    };
    return { ask, chart, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for the line that says where it serves, and reads on so that it never blocks. */
function announced(serving) {
  return new Promise((resolve, reject) => {
    const said = [];
    createInterface({ input: serving.stderr }).on('line', (line) => {
      said.push(line);
      const url = /serving at (http:\S+\/graphql)/.exec(line)?.[1];
      if (url) resolve(url);
    });
    serving.on('error', reject);
    serving.on('exit', (code) => reject(new Error(`caregraph serve ended (${code}): ${said.join('\n')}`)));
  });
}

/** Waits until the patients of its source are known. */
async function indexed(url) {
  for (let tries = 0; tries < 600; tries += 1) {
    const { indexComplete } = await (await fetch(url)).json();
    if (indexComplete) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the patients were not indexed in time');
}

async function post(url, token, body) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const part = (token, place) => JSON.parse(Buffer.from(token.split('.')[place], 'base64url'));
const header = (token) => part(token, 0);
