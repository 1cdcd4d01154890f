/** Runs the packages' tests with node's own runner; `npm run unit -- kube catalog` runs those of two packages only. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const wanted = process.argv.slice(2);
const packages = readdirSync(join(root, 'packages')).filter(name => wanted.length === 0 || wanted.includes(name));
const files = packages.flatMap(testFiles);
const ran = spawnSync(process.execPath, ['--import', 'tsx', '--test', '--test-concurrency=2', ...files], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(ran.status ?? 1);

function testFiles(name: string): string[] {
  const folder = join('packages', name, 'test');
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => join(folder, file));
}
