import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinResources, coreEventOf, eventsV1EventOf, type KubeObject } from '../../src/index.ts';

const now = new Date('2026-01-01T01:00:00Z');
const created = '2026-01-01T00:00:00Z';

function cells(object: KubeObject, group = ''): Record<string, unknown> {
  const definition = builtinResources.find(one => one.kind === object.kind && one.group === group)!;
  return Object.fromEntries(definition.columns!.map(column => [column.name, column.cell?.(object, now)]));
}

const of = (kind: string, fields: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'a', creationTimestamp: created },
  ...fields,
});

const job = of('Job', {
  spec: {
    completions: 1,
    selector: { matchLabels: { b: '2', a: '1' } },
    template: {
      spec: {
        containers: [
          { name: 'c', image: 'i' },
          { name: 'd', image: 'j' },
        ],
      },
    },
  },
  status: {
    succeeded: 1,
    startTime: '2026-01-01T00:00:00Z',
    completionTime: '2026-01-01T00:00:07Z',
    conditions: [{ type: 'Complete', status: 'True' }],
  },
});
const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } }, ready: false, restartCount: 2 };
const pod = of('Pod', {
  spec: { containers: [{}], nodeName: 'n' },
  status: { phase: 'Running', containerStatuses: [waiting] },
});
const event = of('Event', {
  involvedObject: { kind: 'Job', name: 'j' },
  type: 'Warning',
  reason: 'Failed',
  message: ' because ',
  source: { component: 'larder' },
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:59:00Z',
  count: 3,
});

describe('Built-in kinds print', () => {
  const cases: { name: string; object: KubeObject; group?: string; want: Record<string, unknown> }[] = [
    {
      name: 'a secret',
      object: of('Secret', { type: 'Opaque', data: { a: 'eA==', b: 'eA==' } }),
      want: { Type: 'Opaque', Data: 2, Age: '60m' },
    },
    {
      name: 'a config map',
      object: of('ConfigMap', { data: { a: '' }, binaryData: { b: '' } }),
      want: { Data: 2, Age: '60m' },
    },
    {
      name: 'a namespace',
      object: of('Namespace', { status: { phase: 'Active' } }),
      want: { Status: 'Active', Age: '60m' },
    },
    {
      name: 'a job that is done',
      object: job,
      group: 'batch',
      want: {
        Status: 'Complete',
        Completions: '1/1',
        Duration: '7s',
        Age: '60m',
        Containers: 'c,d',
        Images: 'i,j',
        Selector: 'a=1,b=2',
      },
    },
    {
      name: 'a pod that fails',
      object: pod,
      want: {
        Ready: '0/1',
        Status: 'CrashLoopBackOff',
        Restarts: '2',
        Age: '60m',
        IP: '<none>',
        Node: 'n',
        'Nominated Node': '<none>',
        'Readiness Gates': '<none>',
      },
    },
    {
      name: 'an event',
      object: event,
      want: {
        'Last Seen': '60s',
        Type: 'Warning',
        Reason: 'Failed',
        Object: 'job/j',
        Subobject: '',
        Source: 'larder',
        Message: 'because',
        'First Seen': '60m',
        Count: 3,
        Name: 'a',
      },
    },
    {
      name: 'a definition',
      object: of('CustomResourceDefinition', {}),
      group: 'apiextensions.k8s.io',
      want: { 'Created At': created },
    },
  ];
  for (const { name, object, group, want } of cases) {
    it(name, () => assert.deepEqual(cells(object, group), want));
  }

  it('anything, whatever its fields hold', () => {
    for (const { kind, columns = [] } of builtinResources) {
      for (const junk of [
        {},
        { spec: 5, status: 'x' },
        { spec: { template: [], containers: 'x' }, status: { conditions: {} } },
      ]) {
        for (const column of columns) column.cell?.({ apiVersion: 'v1', kind, metadata: { name: 'a' }, ...junk }, now);
      }
    }
  });
});

describe('An event has two groups', () => {
  it('and is the same after going there and back', () => {
    const other = eventsV1EventOf(event);
    assert.equal(other.apiVersion, 'events.k8s.io/v1');
    assert.deepEqual(other.regarding, { kind: 'Job', name: 'j' });
    assert.equal(other.note, ' because ');
    assert.deepEqual(coreEventOf(other), event);
  });

  it('and prints the same in both', () => {
    const { Object: subject, Message } = cells(eventsV1EventOf(event), 'events.k8s.io');
    assert.deepEqual([subject, Message], ['job/j', 'because']);
  });
});
