// Starts the demo, runs the tests of this folder against it, and stops it.
// CAREGRAPH_BIN names the binary; else it is the one that cargo built last of debug and release.
// Arguments that name files of tests choose them; others are passed on to node's test runner, e.g.
// --test-name-pattern=token.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const TESTS = ['audit.test.mjs', 'cop.test.mjs', 'documents.test.mjs', 'graphiql.test.mjs', 'issuer.test.mjs', 'streams.test.mjs'];
// Run when it is named.
const MORE_TESTS = ['schemathesis.test.mjs'];
const READY_WITHIN = 120_000;
const STOPPED_WITHIN = 10_000;

process.exitCode = await main();

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'caregraph-demo-'));
  let demo;
  try {
    const binary = findBinary();
    demo = startDemo(binary, folder);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => demo.kill('SIGKILL') && process.exit(1));
    return await runTests(binary, await untilReady(demo));
  } catch (error) {
    console.error(`tests/web: ${error.message}`);
    return 1;
  } finally {
    if (demo) await stop(demo);
    await rm(folder, { recursive: true, force: true });
  }
}

function findBinary() {
  if (process.env.CAREGRAPH_BIN) return resolve(process.env.CAREGRAPH_BIN);
  const target = process.env.CARGO_TARGET_DIR ?? join(HERE, '../../target');
  const built = ['debug', 'release'].map((profile) => resolve(target, profile, 'caregraph')).filter(existsSync);
  if (built.length === 0) throw new Error('no caregraph has been built; run scripts/test, or set CAREGRAPH_BIN');
  return built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

/** Runs in a folder of its own, so that whatever it writes there goes with it. */
function startDemo(binary, folder) {
  const args = ['demo', '--json', '--listen', '127.0.0.1:0', '--patients', '30'];
  return spawn(binary, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Waits for its line {"ready": {"gateway", "issuer", "systems", "tokens", "identifier"}}, and reads on so that it never blocks. */
async function untilReady(demo) {
  const { promise, resolve: found, reject: failed } = withResolvers();
  const timer = setTimeout(() => failed(new Error('the demo was not ready in time')), READY_WITHIN);
  demo.on('error', (error) => failed(new Error(`the demo did not start: ${error.message}`)));
  demo.on('exit', (code, signal) => failed(new Error(`the demo ended (${signal ?? code}) before it was ready`)));
  createInterface({ input: demo.stdout }).on('line', (line) => {
    const ready = parse(line)?.ready;
    if (ready) found(ready);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

async function runTests(binary, ready) {
  const { gateway, tokens } = ready;
  const about = { CAREGRAPH_URL: gateway, CAREGRAPH_TOKEN: tokens.coordinator, CAREGRAPH_PATIENT_TOKEN: tokens.patient, CAREGRAPH_DEMO: JSON.stringify(ready) };
  const env = { ...process.env, ...about, CAREGRAPH_BIN: binary };
  const given = process.argv.slice(2);
  const isTest = (word) => [...TESTS, ...MORE_TESTS].includes(word);
  const chosen = given.filter(isTest);
  const options = given.filter((word) => !isTest(word));
  const files = chosen.length ? chosen : TESTS;
  const args = ['--test', '--test-reporter=spec', '--test-concurrency=1', ...options, ...files];
  const tests = spawn(process.execPath, args, { cwd: HERE, env, stdio: 'inherit' });
  const [code] = await once(tests, 'exit');
  return code ?? 1;
}

async function stop(demo) {
  if (demo.exitCode !== null || demo.signalCode !== null || !demo.pid) return;
  const timer = setTimeout(() => demo.kill('SIGKILL'), STOPPED_WITHIN);
  demo.kill('SIGTERM');
  await once(demo, 'exit');
  clearTimeout(timer);
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // a line for people
  }
}

function withResolvers() {
  let resolvers;
  const promise = new Promise((resolve, reject) => (resolvers = { resolve, reject }));
  return { promise, ...resolvers };
}
