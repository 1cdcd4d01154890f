/** What servers request of the machine together: first come, first served, and told in words. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { before, describe, it } from 'node:test';
import { capacityHere, observeMachine, placeOf, Requests } from '../../src/servers/index.ts';
import {
  asOwner,
  makeRig,
  messageOf,
  patchSpec,
  refOfServer,
  rigScope,
  serverObject,
  untilReady,
  untilReason,
  type Rig,
} from './rig.ts';

const MiB = 2 ** 20;
const capacity = { memoryBytes: 1024 * MiB, cpus: 2 };
const wish = (megabytes: number, milliCpu?: number): { memoryBytes: number; milliCpu?: number } => ({
  memoryBytes: megabytes * MiB,
  ...(milliCpu === undefined ? {} : { milliCpu }),
});

describe('Requests', () => {
  it('gives what is there, and says field, value and remedy for what is not', () => {
    const requests = new Requests(capacity);
    assert.equal(requests.take('one', wish(600, 500)), undefined);
    assert.equal(
      requests.take('two', wish(600)),
      'resources.requests.memory: "600Mi" does not fit: of the 1024Mi of this machine others have requested 600Mi, ' +
        'and 424Mi are left; choose less, or remove an instance',
    );
    assert.match(requests.take('two', wish(1, 1_501)) ?? '', /^resources.requests.cpu: "1501m" .* 1500m are left/);
    assert.equal(requests.take('two', wish(424, 1_500)), undefined);
    assert.deepEqual(requests.release('one'), []);
  });

  it('lets a server keep what it has when more is refused, and on a machine that became smaller', () => {
    const requests = new Requests({ ...capacity, memoryBytes: 700 * MiB }, [
      ['one', wish(600)],
      ['two', wish(400)],
    ]);
    assert.equal(requests.take('one', wish(600)), undefined);
    assert.equal(requests.take('two', wish(300)), undefined);
    assert.match(requests.take('one', wish(700)) ?? '', /does not fit/);
    assert.match(requests.take('three', wish(1)) ?? '', /0Mi are left/);
    assert.deepEqual(requests.release('two'), ['one', 'three']);
  });
});

describe('the machine', () => {
  let rig: Rig;
  const scope = rigScope();
  before(async () => {
    rig = await makeRig(scope);
    rig.runPlane({ capacity });
    await rig.client.create(serverObject('one', { requests: wish(600) }));
    await untilReady(rig, 'one', 60_000);
  });

  it('is told as it is, containers included', async () => {
    const { memoryBytes, cpus, separateUsers } = await observeMachine(rig.home, `${rig.home.folder}/uids`);
    assert.ok(memoryBytes > 0 && cpus > 0);
    if (process.geteuid?.() !== 0) assert.equal(separateUsers, false);
    assert.deepEqual(
      readdirSync(rig.home.folder).filter(name => name.startsWith('.probe')),
      [],
    );
    assert.equal(capacityHere(64 * MiB).memoryBytes, 64 * MiB);
    assert.equal(capacityHere(0).memoryBytes, totalmem());
  });

  it('does not take a server that asks for more than is left, and does when there is room', async () => {
    await rig.client.create(serverObject('two', { requests: wish(600) }));
    const refused = await untilReason(rig, 'two', 'DoesNotFit', 'Accepted');
    assert.match(messageOf(refused, 'Accepted'), /resources.requests.memory: "600Mi" .* 424Mi are left; choose less/);
    assert.equal(existsSync(placeOf(rig.home, 'two').data), false);
    await rig.stopPlane();
    rig.runPlane({ capacity });
    await untilReason(rig, 'two', 'DoesNotFit', 'Accepted');
    await rig.client.delete(refOfServer('one'));
    await untilReady(rig, 'two', 60_000);
  });

  it('refuses more to a server that runs, and leaves it running', async () => {
    await patchSpec(rig, 'two', { requests: wish(2_000) });
    await untilReason(rig, 'two', 'DoesNotFit', 'Accepted');
    await asOwner(rig, 'two', session => session.rows('SELECT 1'));
    await patchSpec(rig, 'two', { requests: wish(700) });
    const { status } = await untilReady(rig, 'two');
    assert.deepEqual(
      status?.conditions?.filter(({ type }) => type === 'Accepted'),
      [],
    );
  });
});
