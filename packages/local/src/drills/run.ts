/** Runs restore drills: on schedule and on demand, one at once on the plane. */
import { LOCAL_API_VERSION } from '@larder/catalog';
import { runController } from '@larder/controller';
import { BackupRunner } from '../backups/runner.ts';
import { holdDrill } from './hold.ts';
import { reconcileDrill, requestedBy } from './on-demand.ts';
import type { DrillKeeper, DrillsOptions } from './options.ts';
import { clearDrills } from './place.ts';
import { reconcileDrills } from './reconcile.ts';

const kind = (name: string): { apiVersion: string; kind: string } => ({ apiVersion: LOCAL_API_VERSION, kind: name });

/** Resolves when the signal has aborted and no drill is under way. */
export async function runDrills(options: DrillsOptions): Promise<void> {
  const { clock, home, log, signal } = options;
  await clearDrills(home, options.accounts).catch((error: Error) => {
    // It is tried again before the next drill.
    log.error('cannot remove what a drill left', { error: error.message });
  });
  const runner: DrillKeeper['runner'] = new BackupRunner({
    ...{ clock, log, signal, what: 'a restore drill', atOnce: 1 },
    make: (server, progress, ended) => holdDrill(options, server, { progress, signal: ended }),
    changed: (server, requesters) => {
      drills.enqueue(server);
      for (const name of requesters.flatMap(by => requestedBy(by) ?? [])) onDemand.enqueue(name);
    },
  });
  const keeper: DrillKeeper = { ...options, runner };
  const drills = runController({
    ...options,
    name: 'drills',
    watches: [{ kind: kind('PostgresArchive') }],
    concurrency: 2,
    reconcile: key => reconcileDrills(keeper, key),
  });
  const onDemand = runController({
    ...options,
    name: 'drills-on-demand',
    watches: [{ kind: kind('PostgresDrill') }],
    concurrency: 2,
    reconcile: key => reconcileDrill(keeper, key),
  });
  await Promise.all([drills.stopped, onDemand.stopped]);
  await runner.settled();
}
