// Subscriptions through the clients that others use: graphql-ws and graphql-sse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { createClient as createEventClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

import { DEMO, GATEWAY, TOKEN } from './gateway.mjs';

const VIEW = `subscription ($id: ID!, $after: String) {
  patientView(id: $id, sections: [CONDITIONS], after: $after) {
    complete cursor pending { name } patient { id conditions { completeness { state } totalCount } }
  }
}`;

const sockets = () =>
  createSocketClient({
    url: `${GATEWAY.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${TOKEN}` },
    retryAttempts: 0,
  });

const events = () =>
  createEventClient({
    url: `${GATEWAY}/graphql`,
    headers: { Authorization: `Bearer ${TOKEN}` },
    retryAttempts: 0,
  });

/** Reads a stream until every source has answered, then leaves it. */
async function untilComplete(stream) {
  for await (const event of stream) {
    assert.equal(event.errors, undefined, JSON.stringify(event.errors));
    if (event.data.patientView.complete) return event.data.patientView;
  }
  throw new Error('the stream ended before it was complete');
}

async function all(stream) {
  const found = [];
  for await (const event of stream) found.push(event);
  return found;
}

for (const [name, connect] of [['graphql-ws', sockets], ['graphql-sse', events]]) {
  describe(`Through ${name}`, () => {
    let client;
    let id;
    before(async () => {
      client = connect();
      const { system, value } = DEMO.identifier;
      const query = 'query ($of: IdentifierInput!) { patient(identifier: $of) { id } }';
      const [answer] = await all(client.iterate({ query, variables: { of: { system, value } } }));
      id = answer.data.patient.id;
    });
    after(() => client.dispose());

    test('a query is one answer and the end', async () => {
      const answers = await all(client.iterate({ query: '{ me { role } }' }));
      assert.deepEqual(answers.map(({ data }) => data.me.role), ['COORDINATOR']);
    });

    test('a patient comes, source by source, to the end', async () => {
      const view = await untilComplete(client.iterate({ query: VIEW, variables: { id } }));
      assert.equal(view.patient.id, id);
      assert.equal(view.patient.conditions.completeness.state, 'COMPLETE');
      assert.deepEqual(view.pending, []);
      assert.ok(view.cursor.length > 10);
    });

    test('what a stream cannot be is an error of GraphQL, and the client lives on', async () => {
      const wrong = { query: 'subscription { patientView(id: "a") { nothing } }' };
      const told = await all(client.iterate(wrong)).catch((errors) => [{ errors }]);
      assert.equal(told[0].errors[0].extensions.code, 'BAD_USER_INPUT');
      const answers = await all(client.iterate({ query: '{ me { role } }' }));
      assert.equal(answers.length, 1);
    });

    test('an unknown patient ends the stream', async () => {
      const stranger = { query: VIEW, variables: { id: 'AQAAAAAAAAAAAAAAAAAAAAA' } };
      const told = await all(client.iterate(stranger));
      assert.deepEqual(told.map(({ errors }) => errors[0].extensions.code), ['NOT_FOUND']);
    });
  });
}

test('a token that is refused is told by the protocol of the socket', async () => {
  const url = `${GATEWAY.replace(/^http/, 'ws')}/graphql`;
  const connectionParams = { Authorization: 'Bearer no' };
  const client = createSocketClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });
  const refused = await all(client.iterate({ query: '{ me { role } }' })).catch((reason) => reason);
  assert.equal(refused.code, 4403);
});
