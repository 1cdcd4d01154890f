/** What is said of a drill, in words for the claim's owner. Pure. */
import type { DrillReport, PostgresArchive } from '@larder/catalog';
import type { EventContent } from '@larder/controller';
import type { Condition } from '@larder/kube';
import type { Outcome, RunState } from '../backups/runner.ts';
import type { DrillFindings } from './worker/protocol.ts';

export const DRILL_HEALTHY = 'DrillHealthy';

/** A drill whose process ended without a word has found nothing out. */
export function reportOf(outcome: Outcome<DrillFindings>): DrillReport {
  const times = { startedAt: outcome.startedAt.toISOString(), completedAt: outcome.endedAt.toISOString() };
  if (outcome.kind === 'made') return { ...outcome.holdings, ...times };
  return { result: 'NotDone', ...times, message: `The drill could not be held: ${outcome.message}.` };
}

/** With what to do. */
export function advise(report: DrillReport, { spec }: PostgresArchive): DrillReport {
  if (report.message === undefined) return report;
  return { ...report, message: `${report.message} ${adviceFor(report, spec)}` };
}

function adviceFor({ result, message = '' }: DrillReport, { claim, drill }: PostgresArchive['spec']): string {
  const name = claim ? `${claim.name} -n ${claim.namespace}` : '<claim>';
  if (result === 'NotDone') return drill ? 'It is tried again.' : `Try again: larder drill ${name}.`;
  if (message.startsWith('your query'))
    return `Look into it with: larder clone ${claim?.name ?? '<claim>'} look${claim ? ` -n ${claim.namespace}` : ''}; then correct the data, or the query.`;
  return `Make another backup at once (larder backup ${name}), and drill it (larder drill ${name}): until that has passed, the running server is the only good copy.`;
}

export type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** Nothing when what was said before stands: a drill that was not held takes nothing back. */
export function drillFinding(
  report: DrillReport,
  { isScheduled, before }: { isScheduled: boolean; before?: Pick<Condition, 'status'> },
): Finding | undefined {
  const { result, message = '', backupName } = report;
  const type = DRILL_HEALTHY;
  switch (result) {
    case 'Passed':
      return { type, status: 'True', reason: 'DrillPassed', message: '' };
    case 'Failed':
      return {
        type,
        status: 'False',
        reason: 'DrillFailed',
        message: `Backup ${backupName} failed its restore drill: ${message}`,
      };
    case 'NotDone':
      if (!isScheduled || before?.status === 'False') return undefined;
      return { type, status: 'Unknown', reason: 'DrillNotDone', message };
  }
}

export function drillEvent({ result, message = '', backupName, recoveryTime, dataLoss }: DrillReport): EventContent {
  if (result === 'Failed') {
    return {
      type: 'Warning',
      reason: 'DrillFailed',
      message: `Backup ${backupName} failed its restore drill: ${message}`,
    };
  }
  if (result === 'NotDone') return { type: 'Warning', reason: 'DrillNotDone', message };
  const lost = dataLoss === '0s' ? 'nothing would have been lost' : `at most ${dataLoss} would have been lost`;
  const words = `Backup ${backupName} passed its restore drill: it was back after ${recoveryTime}, and ${lost}`;
  return { type: 'Normal', reason: 'DrillPassed', message: words };
}

/** The step that is being taken. */
export function drillStep(state: RunState<string>): string | undefined {
  if (state.kind === 'idle') return undefined;
  if (state.kind === 'inLine') return 'it waits for its turn, since one is held at once';
  return state.progress ?? 'it begins';
}

/** What is being done now, on the claim. */
export function drillProgress(state: RunState<string>): string | undefined {
  const step = drillStep(state);
  return step === undefined ? undefined : `A restore drill is held: ${step}.`;
}
