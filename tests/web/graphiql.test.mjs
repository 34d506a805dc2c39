// A care coordinator at the GraphiQL page: enters a token by hand, asks, reads, leaves. And nothing stays behind.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { filesThatHold, removeProfile, startBrowser } from './browser.mjs';
import { GATEWAY, PATIENT_TOKEN, TOKEN } from './gateway.mjs';

const STARTERS = [
  'FindPatient',
  'ChartAtAGlance',
  'LabTrend',
  'EncountersAndTransitions',
  'CarePlanAndTeam',
  'CommunityServices',
  'WhatIsMissing',
  'WhoAmI',
];
const TYPED_NAME = 'TypedByHand';
const TYPED = `query ${TYPED_NAME} { me { subject role } }`;

describe('The GraphiQL page', () => {
  let browser, page, response;
  const bodies = [];

  before(async () => {
    browser = await startBrowser();
    page = browser.page;
    page.setDefaultTimeout(20_000);
    page.on('request', (request) => bodies.push(request.postData() ?? ''));
    response = await page.goto(`${GATEWAY}/graphiql`);
  });

  after(async () => {
    await browser?.context.close();
    if (browser) await removeProfile(browser.profile);
  });

  test('is served under a policy that lets nothing foreign in', async () => {
    assert.equal(response.status(), 200);
    const policy = directives(await response.headerValue('content-security-policy'));
    assert.equal(policy['default-src'], "'self'");
    assert.equal(policy['script-src'], "'self'");
    assert.equal(policy['connect-src'], "'self'");
    assert.equal(policy['frame-ancestors'], "'none'");
    assert.equal(policy['base-uri'], "'none'");
    assert.equal(policy['form-action'], "'none'");
    assert.equal(await page.title(), 'caregraph');
  });

  test('opens with the starter questions', async () => {
    await page.locator('.monaco-editor .view-line').first().waitFor();
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), STARTERS);
  });

  test('asks nobody before there is a token', async () => {
    await run();
    await answerHolds('No token is in use yet');
    assert.deepEqual(questions(), []);
  });

  test('takes a token by hand and says whose it is', async () => {
    await page.getByLabel('Token').pressSequentially(TOKEN);
    await page.getByRole('button', { name: 'Use', exact: true }).click();
    await statusSays('COORDINATOR');
    assert.equal(await page.getByLabel('Token').inputValue(), '');
  });

  test('answers a question that is typed into the editor', async () => {
    await page.getByRole('button', { name: 'New tab' }).click();
    await page.locator('.graphiql-query-editor .monaco-editor').click();
    await page.keyboard.type(TYPED);
    await page.getByRole('tab', { name: TYPED_NAME }).waitFor();
    await page.keyboard.press('Control+Enter');
    await answerHolds('"role": "COORDINATOR"');
  });

  for (const name of STARTERS) {
    test(`answers the starter question ${name}`, async () => {
      await page.getByRole('tab', { name }).click();
      const [body] = await Promise.all([bodyOf(name), run()]);
      assert.equal(body.errors, undefined, JSON.stringify(body.errors));
      assert.ok(!Object.values(body.data).includes(null), `a root field of ${name} is null`);
      await answerHolds(`"${Object.keys(body.data)[0]}": `);
    });
  }

  test('takes another purpose of use', async () => {
    const sent = page.waitForRequest((request) => request.headers()['x-purpose-of-use'] === 'CAREMGT');
    await page.getByLabel('Purpose of use').selectOption('CAREMGT');
    await sent;
    await statusSays('CAREMGT');
  });

  test('asks nobody but the gateway', () => {
    const local = (url) => url.startsWith(`${GATEWAY}/`) || /^(data|blob):/.test(url);
    assert.deepEqual(browser.requests.filter((url) => !local(url)), []);
    assert.ok(questions().length > 0);
  });

  test('complains of nothing in the console', () => {
    assert.deepEqual(browser.complaints, []);
  });

  test('leaves nothing in the storages of the browser', async () => {
    const kept = await page.evaluate(async () => ({
      address: location.href,
      caches: await caches.keys(),
      cookies: document.cookie,
      databases: await indexedDB.databases(),
      local: { ...localStorage },
      session: { ...sessionStorage },
    }));
    assert.deepEqual(kept, {
      address: `${GATEWAY}/graphiql`,
      caches: [],
      cookies: '',
      databases: [],
      local: {},
      session: {},
    });
    assert.deepEqual(await browser.context.cookies(), []);
  });

  test('forgets token, questions and answers when told to', async () => {
    await page.getByRole('button', { name: 'Forget' }).click();
    await page.getByText('No token yet.').waitFor();
    await page.locator('.monaco-editor .view-line').first().waitFor();
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), STARTERS);
    await run();
    await answerHolds('No token is in use yet');
  });

  test('does not use a token that the gateway refuses', async () => {
    await page.getByLabel('Token').fill('nobody');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('Not in use: ').waitFor();
    await run();
    await answerHolds('No token is in use yet');
  });

  test('works for a role that may not ask for the schema', async () => {
    await page.getByLabel('Token').fill(PATIENT_TOKEN);
    await page.keyboard.press('Enter');
    await statusSays('PATIENT');
    await page.getByRole('tab', { name: 'WhoAmI' }).click();
    await run();
    await answerHolds('"role": "PATIENT"');
    assert.ok(browser.requests.includes(`${GATEWAY}/graphiql/schema.graphql`));
    assert.deepEqual(bodies.filter((body) => body.includes('__schema')), []);
  });

  test('leaves neither token nor question in the profile on disk', async () => {
    await browser.context.close();
    assert.notDeepEqual(await filesThatHold(browser.profile, GATEWAY), [], 'the history names the page');
    assert.deepEqual(await filesThatHold(browser.profile, TOKEN), []);
    assert.deepEqual(await filesThatHold(browser.profile, PATIENT_TOKEN), []);
    assert.deepEqual(await filesThatHold(browser.profile, TYPED_NAME), []);
  });

  async function bodyOf(operation) {
    const asks = (response) => response.request().postData()?.includes(`query ${operation}`);
    return (await page.waitForResponse(asks)).json();
  }

  const run = () => page.getByRole('button', { name: /^Execute query/ }).click();

  // Monaco shows spaces as no-break spaces, and only the lines that fit.
  const answer = async () => (await page.locator('.result-window').innerText()).replaceAll('\u00a0', ' ');

  async function answerHolds(expected) {
    const deadline = Date.now() + 20_000;
    while (!(await answer()).includes(expected)) {
      if (Date.now() > deadline) assert.fail(`no ${expected} in the answer: ${await answer()}`);
      await page.waitForTimeout(100);
    }
  }

  const statusSays = (word) => page.getByRole('status').getByText(word, { exact: true }).waitFor();

  const questions = () => browser.requests.filter((url) => url === `${GATEWAY}/graphql`);
});

/** A policy as a map from directive to its value. */
function directives(policy) {
  const parts = (policy ?? '').split(';').map((part) => part.trim().split(/\s+/));
  return Object.fromEntries(parts.map(([name, ...values]) => [name, values.join(' ')]));
}
