// A real Chromium with an empty profile, and a record of everything that it asks for or complains of.
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nothing but this machine has a name, so that a request to anywhere else fails and is seen.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/** Starts one, with one page. `requests` and `complaints` grow as it works. */
export async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), 'caregraph-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ARGS,
    headless: true,
    viewport: { width: 1360, height: 800 },
  });
  const requests = [];
  const complaints = [];
  context.on('request', (request) => requests.push(request.url()));
  context.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  context.on('weberror', (webError) => complaints.push(`uncaught: ${webError.error().message}`));
  return { context, page: context.pages()[0] ?? (await context.newPage()), profile, requests, complaints };
}

/** The files of a profile that hold `text`, in any of the two ways in which Chromium writes strings. */
export async function filesThatHold(profile, text) {
  const needles = [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')];
  const entries = await readdir(profile, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const held = await Promise.all(
    paths.map(async (path) => {
      const contents = await readFile(path);
      return needles.some((needle) => contents.includes(needle));
    }),
  );
  return paths.filter((_, index) => held[index]);
}

/** Forgets the profile. */
export const removeProfile = (profile) => rm(profile, { recursive: true, force: true, maxRetries: 5 });
