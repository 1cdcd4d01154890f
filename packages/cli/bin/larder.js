#!/usr/bin/env node
/** `larder` from a checkout: runs the bundle of the sources, or the sources themselves where no bundle can be kept. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';
import { ensureBundle } from './bundle.js';
import { describeUninstalled, findUninstalled } from './installed.js';

// As later versions of node have it. Without it, pg loads all of node's `fetch` to find out where it runs.
globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node.split('.')[0]}` };

const checkout = fileURLToPath(new URL('../../../', import.meta.url));
const uninstalled = findUninstalled(checkout);
const advice = describeUninstalled(uninstalled);
if (advice) process.stderr.write(`${advice}\n`);
if (uninstalled.missing.length > 0) process.exit(1);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { main, build } = await load();
// Whoever reads a part of the output and leaves, as head does, is no fault.
process.stdout.on('error', error => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2), {
  checkout,
  self: [process.execPath, fileURLToPath(import.meta.url)],
  version,
  build,
  print: text => process.stdout.write(`${text}\n`),
  note: text => process.stderr.write(`${text}\n`),
});

async function load() {
  const bundle = await ensureBundle(checkout);
  if (bundle) {
    const { main } = await import(pathToFileURL(join(bundle, 'main.js')).href);
    return { main, build: basename(bundle) };
  }
  const { register } = await import('tsx/esm/api');
  register();
  return import('../src/main.ts');
}
