/** Lets the server's reconciler do what needs a restart, and waits for its answer. */
import { holdOf, POLICY, type Grant, type PendingChange } from '@larder/catalog';
import { fitsIn, restartMs } from '../measured.ts';
import type { ChangeRun, Step, StepEnd } from '../step.ts';

/** How often to look for the answer (ms): the server's change wakes us as well. */
const LOOK_MS = 1_000;

/** A server that can't be restarted, or doesn't come up, isn't waited for longer (ms). */
const PATIENCE_MS = 15 * 60_000;

export type Part = 'settings' | 'version';

/** The server, as it is. What waits goes on waiting. */
export const restartStep: Step = {
  name: 'Restart',
  cancellable: true,
  run: run => letHappen(run, { restart: true }, 'restarted'),
};

/** What waits, of these parts. */
export function applyStep(parts: readonly Part[]): Step {
  return {
    name: 'Apply',
    cancellable: true,
    async run(run) {
      const waiting = waitingOf(run, parts);
      if (waiting.length === 0 && run.change.status?.grant === undefined) {
        return { kind: 'done', said: 'nothing was waiting' };
      }
      const known = run.memo.applying;
      const words = typeof known === 'string' ? known : waiting.map(wordsOf).join(', ');
      const granted = run.change.status?.grant ?? grantFor(waiting);
      const end = await letHappen(run, granted, words);
      return end.kind === 'again' ? { ...end, memo: { applying: words } } : end;
    },
  };
}

function waitingOf({ server }: ChangeRun, parts: readonly Part[]): PendingChange[] {
  const ofPart = ({ field }: PendingChange): boolean =>
    parts.includes(field === 'updatePolicy.version' ? 'version' : 'settings');
  return (server.status?.pendingChanges ?? []).filter(change => change.needs === 'Restart' && ofPart(change));
}

function grantFor(waiting: PendingChange[]): Grant {
  const version = waiting.find(({ field }) => field === 'updatePolicy.version')?.to;
  return {
    ...(waiting.some(({ field }) => field !== 'updatePolicy.version') ? { settings: true } : {}),
    ...(version === undefined ? {} : { version }),
  };
}

function wordsOf({ field, from, to }: PendingChange): string {
  return `${field.replace(/^(settings|updatePolicy)\./, '')} ${from} → ${to}`;
}

async function letHappen(run: ChangeRun, grant: Grant, words: string): Promise<StepEnd> {
  const { plane, since } = run;
  const answer = answerOf(run, words);
  if (answer) return answer;
  const now = plane.clock();
  const late = stopped(run, now);
  if (late) return late;
  const hold = holdOf(await plane.client.find(POLICY), now.toISOString());
  if (hold) return { kind: 'again', ms: LOOK_MS * 5, said: `It waits: ${hold.reason}.` };
  if (now.getTime() - since.getTime() > PATIENCE_MS) {
    return {
      kind: 'failed',
      said: `the server was not restarted within ${PATIENCE_MS / 60_000} minutes: ${whyNot(run)}`,
    };
  }
  return { kind: 'again', ms: LOOK_MS, said: `${words}: the server is restarted`, grant };
}

/** What the server says of this very change. */
function answerOf({ change, server }: ChangeRun, words: string): StepEnd | undefined {
  const { lastRestart } = server.status ?? {};
  if (!lastRestart || lastRestart.by !== change.metadata.uid) return undefined;
  const { startedAt, completedAt, result, message = 'the restart failed' } = lastRestart;
  const downtime = startedAt === completedAt ? undefined : lastRestart.downtime;
  return result === 'Succeeded'
    ? { kind: 'done', said: words, downtime, grant: null }
    : { kind: 'failed', said: message, downtime };
}

/** A window holds what is begun in it; what the server has begun is ended. */
function stopped({ change, server }: ChangeRun, now: Date): StepEnd | undefined {
  const { until } = change.spec;
  if (until === undefined || change.status?.grant !== undefined) return undefined;
  const need = restartMs(server);
  return fitsIn(until, now, need)
    ? undefined
    : {
        kind: 'skipped',
        said: `The window closes at ${until}, and the restart would not end before: make updatePolicy.window longer.`,
      };
}

function whyNot({ server }: ChangeRun): string {
  const ready = server.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.message ?? 'it does not say why';
}
