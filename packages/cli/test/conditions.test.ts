/** What an object is said to wait for, in the words of its conditions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import { reasonToWait } from '../src/output/conditions.ts';

const object = (metadata: object, ...conditions: object[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name: 'a', ...metadata },
  status: { conditions },
});
const ready = (status: string, message?: string): object => ({ type: 'Ready', status, reason: 'Some', message });

for (const { name, seen, want } of [
  { name: 'nothing there', seen: undefined, want: 'it is not there' },
  { name: 'nothing said yet', seen: object({}), want: 'it has no conditions yet' },
  { name: 'a reason stands in for a message', seen: object({}, ready('False')), want: 'Ready: Some' },
  {
    name: 'what one condition repeats of another is said once',
    seen: object({}, ready('False', 'waiting: no room'), { type: 'Accepted', status: 'False', message: 'no room' }),
    want: 'Accepted: no room',
  },
  {
    name: 'all is well, and another condition was waited for',
    seen: object({}, { type: 'Synced', status: 'True' }, ready('True')),
    want: 'it has the conditions Synced and Ready only, each of them True',
  },
  {
    name: 'the state of backups holds nothing up',
    seen: object({}, ready('False', 'starting'), { type: 'BackupHealthy', status: 'False', message: 'none yet' }),
    want: 'Ready: starting',
  },
  {
    name: 'it is on its way out',
    seen: object({ deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['one', 'two'] }, ready('True')),
    want: 'it is being deleted, and waits for one and two',
  },
])
  test(name, () => assert.equal(reasonToWait(seen), want));
