/** The test cluster's decisions as values, and its relay for real. The cluster itself is tested by `make test-cluster`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { control, foundation } from './components.ts';
import { configurationFiles } from './configuration.ts';
import { clusterPlace } from './place.ts';
import { planVolume } from './provisioner.ts';
import { parsePlace, relay } from './relay.ts';

const scratch = mkdtempSync(join(tmpdir(), 'larder-test-cluster-'));
after(() => rmSync(scratch, { recursive: true }));

test('connections go through a socket file and back, also when one side has said all', async () => {
  const upper = createServer({ allowHalfOpen: true }, socket => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => (text += part));
    socket.on('end', () => socket.end(text.toUpperCase()));
  }).listen(0, '127.0.0.1');
  await once(upper, 'listening');
  const socketFile = join(scratch, 'door.sock');
  const inside = relay(`unix:${socketFile}`, `tcp:127.0.0.1:${(upper.address() as AddressInfo).port}`);
  await once(inside, 'listening');
  const outside = relay('tcp:127.0.0.1:0', `unix:${socketFile}`);
  await once(outside, 'listening');
  const client = connect({ port: (outside.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  client.end('through the wall');
  let answer = '';
  for await (const part of client) answer += String(part);
  assert.equal(answer, 'THROUGH THE WALL');
  for (const server of [upper, inside, outside]) server.close();
});

test('a place is tcp:HOST:PORT or unix:PATH', () => {
  assert.deepEqual(parsePlace('tcp:127.0.0.1:5000'), { host: '127.0.0.1', port: 5000 });
  assert.deepEqual(parsePlace('unix:/a/b'), { path: '/a/b' });
  assert.throws(() => parsePlace('127.0.0.1:5000'), /it must be tcp:HOST:PORT or unix:PATH/);
});

test('a claim of our class without a volume gets one, bound to it alone; nothing else does', () => {
  const spec = {
    storageClassName: 'folders',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
  };
  const claim = (changes: object) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'n', uid: 'u-1' },
    spec: { ...spec, ...changes },
  });
  const volume = planVolume(claim({}));
  assert.equal(volume?.metadata.name, 'pvc-u-1');
  const { claimRef, local } = volume.spec as { claimRef: { uid: string }; local: { path: string } };
  assert.equal(claimRef.uid, 'u-1');
  assert.equal(local.path, '/var/lib/volumes/pvc-u-1');
  assert.equal(planVolume(claim({ storageClassName: 'fast' })), undefined);
  assert.equal(planVolume(claim({ volumeName: 'other' })), undefined);
});

test('everything of the cluster lies in its folder', () => {
  const place = clusterPlace('/somewhere/cluster');
  const files = configurationFiles(place);
  const words = [...foundation(place), ...control(place)].flatMap(({ command }) => command);
  const named = words.filter(word => word.includes('/configuration/')).map(word => word.replace(/^--config=/, ''));
  for (const path of named.filter(path => path.startsWith('/')))
    assert.ok(path.replace('/somewhere/cluster/', '') in files, `${path} is written`);
  assert.match(files['configuration/containerd.toml']!, /restrict_oom_score_adj = true/);
});
