// Bundles the pages into dist/: one HTML file, and under assets/ everything that it loads, with hashes in the names.
// dist/manifest.json lists each file as it is served, and where it is stored. The same sources give the same bytes.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, 'dist');
const BASE = '/graphiql/assets/';

const CONTENT_TYPES = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
};
const ALREADY_COMPRESSED = ['woff2'];
const COMPRESS_OVER = 1024; // bytes

const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
};

const OPTIONS = {
  absWorkingDir: HERE,
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  entryNames: '[name]-[hash]',
  legalComments: 'none', // licences.txt holds them all
  logLevel: 'warning',
  metafile: true,
  minify: true,
  outdir: 'assets',
  target: 'es2022',
  write: false,
};

const workers = await build({
  ...OPTIONS,
  entryPoints: Object.entries(WORKERS).map(([name, path]) => ({ in: path, out: `${name}.worker` })),
  format: 'iife',
});
const page = await build({
  ...OPTIONS,
  assetNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  define: { ...OPTIONS.define, __WORKERS__: JSON.stringify(workerAddresses()) },
  entryPoints: [{ in: 'src/main.jsx', out: 'main' }],
  format: 'esm',
  jsx: 'automatic',
  loader: { '.graphql': 'text', '.woff2': 'file' },
  plugins: [oneCopyOfStyles()],
  publicPath: BASE,
  splitting: true,
});

const files = new Map([['index.html', await indexHtml()]]);
for (const { path, contents } of [...workers.outputFiles, ...page.outputFiles]) {
  if (contents.length === 0) continue; // the style sheets that oneCopyOfStyles() emptied
  files.set(`assets/${path.split(/[\\/]/).pop()}`, Buffer.from(contents));
}
files.set('assets/licences.txt', await licences());
await store();

/** The addresses of the workers, by the label that Monaco asks for them with. */
function workerAddresses() {
  return Object.fromEntries(Object.keys(WORKERS).map((name) => [name, BASE + output(workers, `${name}.worker-`)]));
}

/** The name of the one output whose name begins so and ends so. */
function output({ metafile }, start, end = '.js') {
  const names = Object.keys(metafile.outputs).map((path) => path.split('/').pop());
  const found = names.filter((name) => name.startsWith(start) && name.endsWith(end));
  if (found.length !== 1) throw new Error(`expected one output ${start}…${end}, found ${found.length}`);
  return found[0];
}

/**
 * GraphiQL's style sheet holds Monaco's too, which Monaco's modules import once more, and its fonts as data: URLs.
 * Takes one copy of the former, and leaves the latter to page.css.
 */
function oneCopyOfStyles() {
  return {
    name: 'one-copy-of-styles',
    setup({ onLoad }) {
      onLoad({ filter: /monaco-editor[\\/].*\.css$/ }, () => ({ contents: '', loader: 'css' }));
      onLoad({ filter: /graphiql[\\/]dist[\\/]style\.css$/ }, async ({ path }) => {
        const before = await readFile(path, 'utf8');
        const contents = before.replace(/@font-face\s*\{[^}]*data:font\/woff[^}]*\}/g, '');
        if (contents.length > before.length / 2) throw new Error(`${path}: its fonts are not where they were`);
        return { contents, loader: 'css' };
      });
    },
  };
}

async function indexHtml() {
  const html = await readFile(join(HERE, 'index.html'), 'utf8');
  return Buffer.from(
    html.replace('__SCRIPT__', BASE + output(page, 'main-')).replace('__STYLE__', BASE + output(page, 'main-', '.css')),
  );
}

/** The licences of every package of which something is in the bundle. */
async function licences() {
  const inputs = [workers, page].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const folders = inputs.map((path) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean);
  const texts = await Promise.all([...new Set(folders)].sort().map(licence));
  return Buffer.from(texts.join(`\n${'-'.repeat(80)}\n\n`));
}

async function licence(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(HERE, folder, 'package.json'), 'utf8'));
  if (!license) throw new Error(`${name} ${version} states no licence`);
  const names = (await readdir(join(HERE, folder))).filter((file) => /^(licen[cs]e|copying|notice|third-?party)/i.test(file)).sort();
  const texts = await Promise.all(names.map((file) => readFile(join(HERE, folder, file), 'utf8')));
  return [`${name} ${version} (${license})\n`, ...texts.map((text) => text.trim() + '\n')].join('\n');
}

/** Writes dist/ anew. Text is stored compressed, and only so, unless it is too small to gain by it. */
async function store() {
  await rm(DIST, { recursive: true, force: true });
  await mkdir(join(DIST, 'assets'), { recursive: true });
  const manifest = [];
  for (const [path, contents] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const extension = path.split('.').pop();
    if (!CONTENT_TYPES[extension]) throw new Error(`${path}: no content type is known for it`);
    const compress =
      path !== 'index.html' && contents.length > COMPRESS_OVER && !ALREADY_COMPRESSED.includes(extension);
    const stored = compress ? gzip(contents) : contents;
    const entry = { path, contentType: CONTENT_TYPES[extension], size: contents.length };
    manifest.push(
      compress
        ? { ...entry, contentEncoding: 'gzip', stored: `${path}.gz`, storedSize: stored.length }
        : { ...entry, contentEncoding: null, stored: path, storedSize: stored.length },
    );
    await writeFile(join(DIST, compress ? `${path}.gz` : path), stored);
  }
  await writeFile(join(DIST, 'manifest.json'), JSON.stringify({ files: manifest }, null, 1) + '\n');
  const total = (key) => (manifest.reduce((sum, file) => sum + file[key], 0) / 1e6).toFixed(2);
  console.log(`web/dist: ${manifest.length} files, ${total('size')} MB, stored as ${total('storedSize')} MB`);
}

/** Compresses so that neither the clock nor the operating system shows in the bytes. */
function gzip(contents) {
  const bytes = gzipSync(contents, { level: 9 });
  bytes.fill(0, 4, 8); // time
  bytes[9] = 255; // system: unknown
  return bytes;
}
