#!/usr/bin/env node
/** Starts `larder` from a checkout: the sources run as they are, tsx takes the types off. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../src/main.ts');
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
process.exitCode = await main(process.argv.slice(2), {
  checkout: fileURLToPath(new URL('../../..', import.meta.url)),
  self: [process.execPath, fileURLToPath(import.meta.url)],
  version,
  print: text => process.stdout.write(`${text}\n`),
  note: text => process.stderr.write(`${text}\n`),
});
