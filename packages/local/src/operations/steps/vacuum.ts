/** VACUUM (ANALYZE) of every database of a server. It disturbs nobody, and what a plane that ended has left undone is done again. */
import { quoteIdentifier } from '@larder/postgres';
import { findRecord, placeOf, planeSession, socketRoot } from '../../servers/index.ts';
import type { ChangeRun, OperationsPlane, Step } from '../step.ts';

interface Vacuum {
  at: string;
  ended?: { said?: string; failure?: string };
  stop: AbortController;
}

const LOOK_MS = 500;

/** What runs is remembered by change; it ends with the plane. */
export function vacuumStep(): Step {
  const running = new Map<string, Vacuum>();
  return {
    name: 'Vacuum',
    cancellable: true,
    async run(run) {
      const key = run.change.metadata.uid ?? run.change.metadata.name;
      const vacuum = running.get(key) ?? begin(run, running, key);
      if (!vacuum.ended) return { kind: 'again', ms: LOOK_MS, said: vacuum.at };
      running.delete(key);
      const { failure, said } = vacuum.ended;
      return failure === undefined ? { kind: 'done', said } : { kind: 'failed', said: failure };
    },
  };
}

function begin({ plane, change }: ChangeRun, running: Map<string, Vacuum>, key: string): Vacuum {
  const vacuum: Vacuum = { at: 'it begins', stop: new AbortController() };
  running.set(key, vacuum);
  void vacuumAll(plane, change.spec.server, vacuum)
    .then(
      said => (vacuum.ended = { said }),
      (error: Error) => (vacuum.ended = { failure: `VACUUM failed: ${error.message}` }),
    )
    .then(() => plane.wake(change.metadata.name));
  return vacuum;
}

async function vacuumAll({ home, signal }: OperationsPlane, server: string, vacuum: Vacuum): Promise<string> {
  const record = await findRecord(placeOf(home, server));
  if (!record) throw new Error('the server has not been started yet');
  const work = { plane: { socketRoot: socketRoot(home.folder) } };
  const first = await planeSession(work, record);
  const databases = await first
    .rows<{ name: string }>(
      'SELECT datname AS name FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname',
    )
    .finally(() => first.close());
  for (const { name } of databases) {
    if (signal.aborted || vacuum.stop.signal.aborted) throw new Error('it was ended');
    vacuum.at = `database ${quoteIdentifier(name)} is vacuumed`;
    const session = await planeSession(work, record, name);
    await session.rows('VACUUM (ANALYZE)').finally(() => session.close());
  }
  return `vacuumed and analysed ${databases.map(({ name }) => name).join(', ')}`;
}
