/** Runs the benchmarks named on the command line, or all: `npm run bench -- api store`. Each prints its figures beside a floor or a peer. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { noiseText } from './lib/noise.ts';

const all = [
  'store',
  'api',
  'plane',
  'claims',
  'users',
  's3',
  'function',
  'archive',
  'storage',
  'backup',
  'metrics',
  'probe',
];
const wanted = process.argv.slice(2);
const unknown = wanted.find(name => !all.includes(name));
if (unknown) {
  console.error(`there is no benchmark '${unknown}'; there are ${all.join(', ')}`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n# ${name}\n${noiseText()}`);
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const ran = spawnSync(process.execPath, ['--import', 'tsx', file], { stdio: 'inherit' });
  if (ran.status !== 0) process.exit(ran.status ?? 1);
  console.log(`afterwards ${noiseText()}`);
}
