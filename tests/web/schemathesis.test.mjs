// Schemathesis in its GraphQL mode: random operations for every root field, as a coordinator and as a patient. What it
// holds the answers against is in schemathesis/checks.py.
// CAREGRAPH_EXAMPLES says how many for each field, CAREGRAPH_SEED which.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { GATEWAY, PATIENT_TOKEN, TOKEN } from './gateway.mjs';

const EXAMPLES = process.env.CAREGRAPH_EXAMPLES ?? '20';
const SEED = process.env.CAREGRAPH_SEED ?? '20261122';
const SCHEMA = fileURLToPath(new URL('../../schema.graphql', import.meta.url));
const CHECKS = fileURLToPath(new URL('schemathesis', import.meta.url));
const PROGRAM = process.env.SCHEMATHESIS;

describe('Schemathesis', { skip: PROGRAM ? false : 'SCHEMATHESIS does not name it; run scripts/test schemathesis' }, () => {
  for (const [role, token] of Object.entries({ coordinator: TOKEN, patient: PATIENT_TOKEN })) {
    test(`finds nothing as a ${role}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'caregraph-schemathesis-'));
      try {
        const { code, said } = await run(token, folder);
        const summary = said.split('\n').filter((line) => /generated|found|Seed|errors?\b.*in /i.test(line));
        console.log(`schemathesis as a ${role}: ${summary.map((line) => line.trim()).join('; ')}`);
        const operations = Number(/(\d+) generated/.exec(said)?.[1] ?? 0);
        const failures = Number(/generated, (\d+) found/.exec(said)?.[1] ?? 0);
        console.log(`proof: schemathesis ${operations} operations as a ${role} ${failures} failures`);
        assert.equal(code, 0, said.slice(-6_000));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
});

/** Runs it in a folder of its own, where it may keep what it likes. */
async function run(token, folder) {
  const args = ['run', SCHEMA, '--url', `${GATEWAY}/graphql`, '--header', `Authorization: Bearer ${token}`];
  const bounds = ['--max-examples', EXAMPLES, '--seed', SEED, '--no-color', '--generation-database', 'none', '--checks', 'answers_by_the_schema'];
  const env = { ...process.env, SCHEMATHESIS_HOOKS: 'checks', PYTHONPATH: CHECKS, PYTHONDONTWRITEBYTECODE: '1', CAREGRAPH_SCHEMA: SCHEMA };
  const program = spawn(PROGRAM, [...args, ...bounds], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (more) => (said += more));
  const [code] = await once(program, 'close');
  return { code, said };
}
