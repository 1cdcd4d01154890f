/**
 * Runs tests with node's own runner: of all packages and of `hack`, or of those named. `npm run unit -- kube hack` runs two.
 * Files run three at a time: two cores are busy then, though many wait. One that takes a quarter of an hour hangs.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = new Map([
  ...readdirSync(join(root, 'packages')).map(name => [name, join('packages', name, 'test')] as const),
  ['hack', 'hack'] as const,
]);
const wanted = process.argv.slice(2);
const unknown = wanted.find(name => !folders.has(name));
if (unknown) {
  console.error(`there is no '${unknown}' to test; there are ${[...folders.keys()].join(', ')}`);
  process.exit(2);
}
const files = (wanted.length > 0 ? wanted : [...folders.keys()]).flatMap(name => testFiles(folders.get(name) ?? ''));
const flags = ['--import', 'tsx', '--test', '--test-concurrency=3', '--test-timeout=900000', '--test-reporter=spec'];
const builder = new URL('../packages/cli/bin/bundle.js', import.meta.url).href;
const { ensureBundle } = (await import(builder)) as { ensureBundle: (checkout: string) => Promise<string | undefined> };
// Processes of ours that tests start are the same sources, made one program once and not at each start.
const env = { ...process.env, LARDER_BUNDLE: await ensureBundle(root) };
const ran = spawnSync(process.execPath, [...flags, ...files], { cwd: root, stdio: 'inherit', env });
process.exit(ran.status ?? 1);

function testFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map(file => join(folder, file));
}
