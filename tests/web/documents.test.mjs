// Random documents, valid and broken, and the verdict of graphql-js on each: the gateway's must be the same.
// CAREGRAPH_DOCUMENTS says how many, CAREGRAPH_SEED which.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';

import { WAYS } from './documents/broken.mjs';
import { Random } from './documents/random.mjs';
import { validDocument } from './documents/valid.mjs';
import { GATEWAY, TOKEN } from './gateway.mjs';

const COUNT = Number(process.env.CAREGRAPH_DOCUMENTS ?? 800);
const SEED = Number(process.env.CAREGRAPH_SEED ?? 20_261_122);

describe('Random documents', async () => {
  const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'));
  const random = new Random(SEED);
  const counts = { taken: 0, refused: 0, limit: 0 };
  const broken = Object.entries(WAYS);

  test(`are judged as graphql-js judges them, ${COUNT} of seed ${SEED}`, async () => {
    const wrong = [];
    for (let place = 0; place < COUNT; place += 1) {
      const sound = validDocument(schema, random);
      const [way, breakIt] = place % 2 ? broken[(place >> 1) % broken.length] : ['a valid one', (it) => it];
      const request = breakIt(sound, random);
      const expected = verdict(schema, request);
      const found = await ask(request);
      if (found.limit) counts.limit += 1;
      else counts[expected.taken ? 'taken' : 'refused'] += 1;
      if (!found.limit && found.taken !== expected.taken) wrong.push({ way, request, expected, found });
    }
    console.log(`documents: ${counts.taken} taken, ${counts.refused} refused, ${counts.limit} beyond a limit of ours`);
    console.log(`proof: documents ${COUNT} judged as by graphql-js ${wrong.length} failures`);
    assert.equal(wrong.length, 0, `${wrong.length} differ, first ${JSON.stringify(wrong.slice(0, 12), null, 1)}`);
    assert.ok(counts.limit <= COUNT / 20, 'too many documents are beyond our limits to tell anything');
    // Some of the sound ones happen to put two fields under one name; most are what they should be.
    assert.ok(counts.taken >= COUNT / 3, 'too few documents are sound');
    assert.ok(counts.refused >= COUNT / 4, 'too few documents are broken');
  });
});

/** What graphql-js says: whether the request would be executed. */
function verdict(schema, { text, variables, operationName }) {
  try {
    const document = parse(text);
    const [mistake] = validate(schema, document);
    if (mistake) return { taken: false, why: mistake.message };
    const operation = getOperationAST(document, operationName);
    if (!operation) return { taken: false, why: 'no such operation' };
    if (!schema.getRootType(operation.operation)) return { taken: false, why: 'no such root' };
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], asSent(variables));
    return errors ? { taken: false, why: errors[0].message } : { taken: true };
  } catch (error) {
    return { taken: false, why: error.message };
  }
}

/** What is left of a value on the wire: JSON has no `undefined`. */
const asSent = (value) => JSON.parse(JSON.stringify(value ?? {}));

/** What the gateway says. A refusal of the request as a whole is a client error in this media type. */
async function ask({ text, variables, operationName }) {
  const response = await fetch(`${GATEWAY}/graphql`, {
    method: 'POST',
    headers: {
      Accept: 'application/graphql-response+json',
      Authorization: `Bearer ${TOKEN}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ query: text, variables, operationName }),
  });
  const body = await response.json();
  assert.ok(response.status < 500, `${response.status} for ${text}`);
  const codes = (body.errors ?? []).map((error) => error.extensions?.code);
  assert.ok(!codes.includes('INTERNAL'), `${JSON.stringify(body.errors)} for ${text}`);
  return { taken: response.status === 200, limit: codes.includes('TOO_COMPLEX') && response.status !== 200, errors: body.errors };
}
