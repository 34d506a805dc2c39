// The audits of graphql-http: does the gateway speak GraphQL over HTTP as its specification says?
// An audit that ends in `error` fails; `warn` and `notice` are shown and counted.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { serverAudits } from 'graphql-http';

import { GATEWAY, TOKEN } from './gateway.mjs';

describe('GraphQL over HTTP', () => {
  const counts = { ok: 0, notice: 0, warn: 0, error: 0 };

  for (const audit of serverAudits({ url: `${GATEWAY}/graphql`, fetchFn: fetchWithToken })) {
    test(`${audit.id} ${audit.name}`, async (t) => {
      const { status, reason } = await audit.fn();
      counts[status] += 1;
      if (status !== 'ok') t.diagnostic(`${status}: ${reason}`);
      assert.notEqual(status, 'error', reason);
    });
  }

  after(() => {
    const summary = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
    console.log(`audits: ${summary.join(', ')}`);
  });
});

function fetchWithToken(url, options = {}) {
  const headers = new Headers(options.headers);
  headers.set('Authorization', `Bearer ${TOKEN}`);
  return fetch(url, { ...options, headers });
}
