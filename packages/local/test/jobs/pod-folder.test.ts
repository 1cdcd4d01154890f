/** No name that a pod or a volume has leads out of the folder of jobs, whatever let it be stored. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { podFolder, startRun } from '../../src/jobs/pod-run.ts';
import type { Launch } from '../../src/jobs/launch.ts';
import { scratchFolder } from '../scratch.ts';

const evil = ['..', '.', '../../etc', '/etc', 'a/b', 'a\0b', '', 'A'];

for (const name of evil) {
  it(`refuses a pod called ${JSON.stringify(name)}, and one in such a namespace`, () => {
    const home = { jobs: '/jobs' };
    assert.throws(() => podFolder(home, { metadata: { namespace: 'default', name } }), /as a pod's folder/);
    assert.throws(() => podFolder(home, { metadata: { namespace: name, name: 'pod' } }), /as a pod's folder/);
  });
}

it('takes the names that the API takes', () => {
  assert.equal(podFolder({ jobs: '/jobs' }, { metadata: { name: 'a.b-1' } }), '/jobs/default/a.b-1');
});

it('writes no file of a volume outside of it', () => {
  const folder = scratchFolder();
  const launch = { mounts: [] } as unknown as Launch;
  for (const path of ['../../../out', '../beside', '..', 'a/../../out']) {
    const volumes = { v: { [path]: Buffer.from('x') } };
    const start = (): void => startRun(join(folder, 'pod'), { launch, volumes, onExit: () => undefined });
    assert.throws(start, /leads out of its volume/, path);
  }
  assert.deepEqual(readdirSync(folder), ['pod']);
  assert.deepEqual(readdirSync(join(folder, 'pod', 'volumes')), ['v']);
  assert.ok(!existsSync(join(folder, 'pod', 'log')), 'and nothing was started');
});
