/** Back to the server before a major upgrade, with all that was written since: the switch the other way, then the new server goes. */
import {
  goBack,
  judgeProgress,
  listDatabases,
  readProgress,
  removeTraces,
  stopFollowing,
  switchOver,
  removeReplicationRole,
  type SwitchOptions,
} from '@larder/upgrade';
import { placeIn } from '../../servers/place.ts';
import { findRecord, writeRecord } from '../../servers/record.ts';
import { findUpgrade, isSwitched, orderBefore, writeUpgrade } from '../../servers/upgrade-file.ts';
import { removeOrder } from '../../storage/archives.ts';
import type { ChangeRun, Deed, Step } from '../step.ts';
import { removeTarget, rootOf } from './make.ts';
import { getUpgrade, sparePort } from './seats.ts';
import { handsOff } from './switch.ts';
import { memoOf, seats, sentence } from './upgrade.ts';

export function rollbackDeed(): Deed {
  return { steps: [catchUpStep, returnStep, cleanStep] };
}

const PATIENCE_MS = 600_000;

const catchUpStep: Step = {
  name: 'CatchUp',
  cancellable: true,
  async run(run) {
    const { plane, server, since } = run;
    const root = rootOf(plane, server.metadata.name);
    const upgrade = findUpgrade(root);
    if (!upgrade || !isSwitched(upgrade, await findRecord(placeIn(root))))
      return { kind: 'failed', said: 'There is nothing to go back to: no server before a major upgrade is kept.' };
    if (upgrade.ended)
      return { kind: 'failed', said: `Nobody can go back since ${upgrade.ended.at}: ${upgrade.ended.why}.` };
    const { source, target } = await seats(run);
    await source.host.start(upgrade.source.port, 'plane');
    const following = upgrade.returning ?? [];
    const all = await Promise.all(following.map(database => readProgress(target, source, database, 'larder_return')));
    const waited = plane.clock().getTime() - since.getTime();
    const judged = judgeProgress(
      all,
      { now: waited, startedAt: 0, copiedAt: 0 },
      { copyMs: PATIENCE_MS, catchUpMs: PATIENCE_MS, nearBytes: 1 << 20, mostErrors: 10 },
    );
    if (judged.kind === 'near') return { kind: 'done', memo: { following } };
    if (judged.kind === 'giveUp' || judged.kind === 'startOver')
      return { kind: 'failed', said: sentence(new Error(judged.why)) };
    return { kind: 'again', ms: 500, said: judged.said };
  },
};

const returnStep: Step = {
  name: 'Return',
  cancellable: false,
  async run(run) {
    const { plane, server } = run;
    const root = rootOf(plane, server.metadata.name);
    const upgrade = getUpgrade(root);
    const { source } = await seats(run);
    const waits = handsOff(run);
    if (waits) return waits;
    if (!isSwitched(upgrade, await findRecord(placeIn(root)))) {
      await source.host.start(upgrade.port, 'everybody');
      return { kind: 'done', said: `version ${upgrade.to} → ${upgrade.from}` };
    }
    const options = await optionsOf(run);
    try {
      await goBack(options);
      const began = performance.now();
      let closed = began;
      await switchOver({ ...options, closing: () => void (closed = performance.now()) });
      const downtime = `${((performance.now() - closed) / 1_000).toFixed(2)}s`;
      return { kind: 'done', downtime, said: `version ${upgrade.to} → ${upgrade.from}`, grant: { handsOff: true } };
    } catch (error) {
      if (!isSwitched(upgrade, await findRecord(placeIn(root)))) throw error;
      return { kind: 'failed', said: sentence(error as Error) };
    }
  },
};

async function optionsOf(run: ChangeRun): Promise<SwitchOptions> {
  const { plane, server } = run;
  const root = rootOf(plane, server.metadata.name);
  const { source, target } = await seats(run);
  const upgrade = getUpgrade(root);
  const { following = [] } = memoOf(run);
  return {
    from: target,
    to: source,
    way: 'larder_return',
    databases: await listDatabases(target).catch(() => following),
    following,
    port: upgrade.port,
    spare: upgrade.source.port === upgrade.port ? await sparePort(plane) : upgrade.source.port,
    check: async () => undefined,
    async committed() {
      const main = await findRecord(placeIn(root));
      const file = getUpgrade(root);
      if (!main) throw new Error('the record is gone');
      await writeUpgrade(root, { ...file, target: main });
      const { archiving, readOnly } = main;
      const wentBack = { from: file.to, settings: file.settings };
      await writeRecord(placeIn(root), { ...file.source, archiving, readOnly, wentBack });
    },
  };
}

/** The new server goes, and nothing of the upgrade is left on the old one. */
const cleanStep: Step = {
  name: 'Clean',
  cancellable: false,
  async run(run) {
    const { plane, server } = run;
    const name = server.metadata.name;
    const upgrade = findUpgrade(rootOf(plane, name));
    if (run.change.status?.grant) return { kind: 'again', ms: 1, grant: null, said: 'the new server is removed' };
    if (!upgrade) return { kind: 'done' };
    const { source } = await seats(run);
    await stopFollowing(source, 'larder_return');
    const follower = upgrade.target.systemIdentifier ?? '';
    await removeTraces(source, { way: 'larder_upgrade', follower, keyless: upgrade.keyless ?? {}, lockMs: 2_000 });
    await removeReplicationRole(source);
    removeOrder(plane.home, 'archives', orderBefore(name));
    await removeTarget(plane, server);
    return { kind: 'done', said: `PostgreSQL ${upgrade.to} was removed` };
  },
};
