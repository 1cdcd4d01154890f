/** A window begins with a backup: whatever goes wrong afterwards, there is one of just before. */
import { LOCAL_API_VERSION, type PostgresArchive, type PostgresBackup } from '@larder/catalog';
import { backupMs, fitsIn, restartMs } from '../measured.ts';
import type { ChangeRun, Step, StepEnd } from '../step.ts';

const kind = (name: string): { apiVersion: string; kind: string } => ({ apiVersion: LOCAL_API_VERSION, kind: name });

const LOOK_MS = 2_000;

export const backupStep: Step = {
  name: 'Backup',
  cancellable: true,
  async run(run) {
    const { plane, change } = run;
    const archive = await plane.client.find<PostgresArchive>({ ...kind('PostgresArchive'), name: change.spec.server });
    if (!archive) return { kind: 'done', said: 'no backup: they are switched off' };
    const made = await plane.client.find<PostgresBackup>({ ...kind('PostgresBackup'), name: change.metadata.name });
    return made ? judge(run, made) : begin(run, archive);
  },
};

async function begin({ plane, change, server }: ChangeRun, archive: PostgresArchive): Promise<StepEnd> {
  const { until } = change.spec;
  const need = backupMs(archive) + restartMs(server);
  if (until !== undefined && !fitsIn(until, plane.clock(), need)) {
    const seconds = Math.ceil(backupMs(archive) / 1_000);
    const said = `The window closes at ${until}, and backup (${seconds} s the last time) and restart would not end before: make updatePolicy.window longer.`;
    return { kind: 'skipped', said };
  }
  const { apiVersion, kind: owner, metadata } = change;
  await plane.client.create({
    ...kind('PostgresBackup'),
    metadata: {
      name: metadata.name,
      ownerReferences: [{ apiVersion, kind: owner, name: metadata.name, uid: metadata.uid ?? '' }],
    },
    spec: { server: change.spec.server },
  });
  return { kind: 'again', ms: LOOK_MS, said: 'the backup is made' };
}

function judge({ change, plane }: ChangeRun, { status = {} }: PostgresBackup): StepEnd {
  const { phase, backupName = '', message = '' } = status;
  if (phase === 'Succeeded') return { kind: 'done', said: `backup ${backupName}` };
  if (phase === 'Failed') {
    return { kind: 'failed', said: `Nothing was done, since the backup before it failed: ${message}` };
  }
  const { until } = change.spec;
  if (until !== undefined && plane.clock().toISOString() >= until) {
    return { kind: 'skipped', said: 'Nothing was done, since the backup did not end within the window.' };
  }
  return { kind: 'again', ms: LOOK_MS, said: message === '' ? 'the backup is made' : message };
}
