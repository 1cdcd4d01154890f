/** Every decision about a server, as a table. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PostgresServerSpec } from '@larder/catalog';
import { planServer, type InstanceRecord, type Observed, type Step } from '../../src/servers/index.ts';
import { SPEC } from './rig.ts';

const record: InstanceRecord = {
  objectUid: 'u',
  account: { uid: 70_000, gid: 70_000 },
  port: 20_001,
  incarnation: 'i',
  planePassword: 'p',
  systemIdentifier: '1',
  binaries: { version: '17.10', source: 'npm', package: 'x' },
};
const running: Observed['server'] = {
  kind: 'running',
  process: { pid: 1, startTicks: 1, bootId: 'b' },
  status: 'ready',
  executable: '/x/bin/postgres',
};
const seen: Observed = {
  record,
  data: 'whole',
  server: running,
  onOffer: true,
  versions: ['18.4', '17.10'],
  certificate: 'valid',
  separateAccounts: true,
  holdOffMs: 0,
};
const stopped: Observed['server'] = { kind: 'stopped' };

/** A step as one word, with its reason where it has one. */
const word = (step: Step): string => ('reason' in step ? `${step.do} ${step.reason}` : step.do);

const cases: { reason: string; spec?: Partial<PostgresServerSpec>; seen?: Partial<Observed>; steps: string[] }[] = [
  { reason: 'what runs as it should is left alone', steps: [] },
  {
    reason: 'a new server gets everything',
    seen: { record: undefined, data: 'absent', server: stopped, certificate: 'renew' },
    steps: ['prepare', 'certify', 'start'],
  },
  {
    reason: 'an attempt that was cut short before the data was whole begins again',
    seen: { record: { ...record, systemIdentifier: undefined }, data: 'absent', server: stopped, certificate: 'renew' },
    steps: ['prepare', 'certify', 'start'],
  },
  { reason: 'a stopped server is started', seen: { server: stopped }, steps: ['start'] },
  { reason: 'a certificate is renewed while the server runs', seen: { certificate: 'renew' }, steps: ['certify'] },
  {
    reason: 'a server is started on no other port than its own',
    seen: { server: stopped, portHolder: 'process 7 (nginx)' },
    steps: ['wait PortTaken'],
  },
  {
    reason: 'orphans are ended before anything is started',
    seen: { server: { kind: 'orphaned', processes: [] } },
    steps: ['endOrphans', 'wait OrphansRunning'],
  },
  { reason: 'a server that keeps dying waits', seen: { server: stopped, holdOffMs: 900 }, steps: ['wait Crashed'] },
  {
    reason: 'damaged data is neither started nor initialised',
    seen: { server: stopped, data: { damaged: 'PG_VERSION is missing' } },
    steps: ['refuse DataDamaged'],
  },
  {
    reason: 'data without a record is not overwritten',
    seen: { record: undefined, data: 'whole', server: stopped },
    steps: ['refuse DataUnknown'],
  },
  { reason: 'a newer minor waits for a restart of its own', spec: { version: '17.11' }, steps: [] },
  {
    reason: 'an older minor is refused, and what runs goes on',
    spec: { version: '17.9' },
    steps: ['refuse Downgrade'],
  },
  { reason: 'another major cannot read the data', spec: { version: '18.4' }, steps: ['refuse OtherMajor'] },
  {
    reason: 'a version that is not on offer is refused',
    seen: { record: undefined, data: 'absent', server: stopped, onOffer: false },
    steps: ['refuse VersionNotOnOffer'],
  },
  {
    reason: 'a superuser needs an account of its own',
    spec: { superuserAccess: true },
    seen: { separateAccounts: false, server: stopped },
    steps: ['refuse SuperuserRefused'],
  },
  { reason: 'the plane’s role is nobody’s', spec: { owner: 'larder' }, steps: ['refuse OwnerReserved'] },
];

describe('planServer', () => {
  for (const { reason, spec, seen: differs, steps } of cases) {
    it(reason, () => {
      assert.deepEqual(planServer({ ...SPEC, ...spec }, { ...seen, ...differs }).map(word), steps);
    });
  }

  it('names the field, the value and the remedy when it refuses', () => {
    const [step] = planServer(
      { ...SPEC, version: '17.99' },
      { ...seen, server: stopped, onOffer: false, record: undefined, data: 'absent' },
    );
    assert.equal(step?.do === 'refuse' && step.message, 'version: 17.99 is not on offer; on offer are 18.4, 17.10');
    const [port] = planServer(SPEC, { ...seen, server: stopped, portHolder: 'process 7 (nginx)' });
    assert.match(port?.do === 'wait' ? port.message : '', /port 20001 .* process 7 \(nginx\) .* end that process/);
  });
});
