// What graphql-cop looks for, each check with its severity there: tried without a token, as a coordinator, and as a
// patient. A check returns true when it finds something.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { GATEWAY, PATIENT_TOKEN, TOKEN } from './gateway.mjs';

const INTROSPECTION = '{ __schema { queryType { name } types { name } } }';

const CHECKS = {
  'Alias Overloading': ['HIGH', (as) => answers(as, `{ ${times(101, (n) => `alias${n}: __typename`)} }`)],
  'Batch Queries': ['HIGH', async (as) => Array.isArray(await as.json({ body: JSON.stringify(Array(10).fill({ query: '{ __typename }' })) }))],
  'Directive Overloading': ['HIGH', async (as) => (await as.ask(`{ __typename ${'@aa'.repeat(50)} }`)).errors?.length >= 50],
  'Known Directive Overloading': ['HIGH', (as) => answers(as, `{ __typename ${'@include(if: true) '.repeat(50)} }`)],
  'Circular Query via Introspection': ['HIGH', (as) => answers(as, `{ __schema { types ${'{ fields { type '.repeat(4)}{ name }${' } }'.repeat(4)} } }`)],
  'Circular Fragment': ['HIGH', (as) => answers(as, '{ ...A } fragment A on Query { __typename ...B } fragment B on Query { ...A }')],
  'Field Duplication': ['HIGH', (as) => answers(as, `{ ${'__typename '.repeat(500)} }`)],
  'Field Duplication below the root': ['HIGH', (as) => answers(as, `{ me { ${'role '.repeat(500)} } }`)],
  'Introspection': ['HIGH', async (as) => Boolean((await as.ask(INTROSPECTION)).data?.__schema)],
  'Introspection of one type': ['HIGH', async (as) => Boolean((await as.ask('{ __type(name: "Patient") { name } }')).data?.__type)],
  'Field Suggestions': ['LOW', async (as) => suggests(await as.ask('{ patiens { totalCount } sourcs { id } }'))],
  'Argument Suggestions': ['LOW', async (as) => suggests(await as.ask('{ patients(frist: 1) { totalCount } }'))],
  'Type Suggestions': ['LOW', async (as) => suggests(await as.ask('{ me { ... on Viewr { role } } }'))],
  'Value Suggestions': ['LOW', async (as) => suggests(await as.ask('mutation { recordConsent(input: {patient: "a", basis: "b", decision: PERMITT}) { id } }'))],
  'Mutation by GET': ['MEDIUM', (as) => got(as, 'mutation { __typename }')],
  'Query by GET': ['LOW', (as) => got(as, '{ __typename }')],
  'POST as a form (CSRF)': ['MEDIUM', (as) => posted(as, 'application/x-www-form-urlencoded', 'query=%7B__typename%7D')],
  'POST as text (CSRF)': ['MEDIUM', (as) => posted(as, 'text/plain', JSON.stringify({ query: '{ __typename }' }))],
  'POST as multipart (CSRF)': ['MEDIUM', (as) => posted(as, 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n{__typename}\r\n--x--')],
  'POST without a type (CSRF)': ['MEDIUM', (as) => posted(as, '', JSON.stringify({ query: '{ __typename }' }))],
  'Cross-Origin Access': ['MEDIUM', async (as) => (await as.send({ method: 'OPTIONS', headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' } })).headers.has('access-control-allow-origin')],
  'GraphiQL at the API': ['LOW', async (as) => /graphiql|playground/i.test(await (await as.send({ method: 'GET', headers: { Accept: 'text/html' } })).text())],
  'Tracing': ['INFO', async (as) => 'tracing' in ((await as.ask('{ __typename }')).extensions ?? {})],
  'Unhandled Errors': ['INFO', async (as) => /exception|stacktrace|panicked|src\//i.test(JSON.stringify(await as.ask('qwerty { }')))],
};

/** What a policy gives to a role is no finding. */
const GIVEN = { coordinator: ['Introspection', 'Introspection of one type'], patient: [], nobody: [] };

describe('What graphql-cop looks for', () => {
  const found = [];
  let tried = 0;

  for (const [who, token] of Object.entries({ nobody: undefined, coordinator: TOKEN, patient: PATIENT_TOKEN })) {
    const as = caller(token);
    for (const [name, [severity, check]] of Object.entries(CHECKS)) {
      test(`${severity} ${name}, as ${who}`, async () => {
        tried += 1;
        const finds = await check(as);
        if (GIVEN[who].includes(name)) return assert.ok(finds, 'the policy gives it');
        if (finds) found.push(`${severity} ${name} as ${who}`);
        assert.ok(!finds, `${severity}: ${name}`);
      });
    }
  }

  test('is looked for in requests that would be answered', async () => {
    for (const token of [TOKEN, PATIENT_TOKEN]) {
      assert.equal((await caller(token).ask('{ __typename }')).data.__typename, 'Query');
    }
  });

  after(() => console.log(`proof: checks ${tried} in the manner of graphql-cop ${found.length} failures`));
});

function caller(token) {
  const send = (options) => {
    const headers = new Headers({ 'Content-Type': 'application/json', Accept: 'application/json', ...options.headers });
    if (headers.get('Content-Type') === '') headers.delete('Content-Type');
    if (token) headers.set('Authorization', `Bearer ${token}`);
    return fetch(`${GATEWAY}/graphql${options.search ?? ''}`, { method: 'POST', ...options, headers });
  };
  const json = async (options) => (await send(options)).json().catch(() => ({}));
  return { send, json, ask: (query) => json({ body: JSON.stringify({ query }) }) };
}

const answers = async (as, query) => Boolean((await as.ask(query)).data);

const suggests = (answer) => /did you mean/i.test(JSON.stringify(answer));

const got = async (as, query) => Boolean((await as.json({ method: 'GET', search: `?query=${encodeURIComponent(query)}` })).data);

// A blob without a type, since fetch would add one to a string.
const posted = async (as, type, body) =>
  Boolean((await as.json({ headers: { 'Content-Type': type }, body: type ? body : new Blob([body]) })).data);

const times = (count, of) => Array.from({ length: count }, (_, n) => of(n)).join(' ');
