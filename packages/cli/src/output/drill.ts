/** A restore drill, as somebody reads it who wants to know whether their data can be had back. Pure. */
import type { DrillReport, DrillStatus } from '@larder/catalog';
import { ageOf, columns } from './columns.ts';

/** Everything about one drill. */
export function drillReport(claim: string, drill: DrillReport): string {
  const facts = [
    ...(drill.backupName === undefined ? [] : [['Restored:', `backup ${drill.backupName}${madeAgo(drill)}`]]),
    ...(drill.recoveryTime === undefined ? [] : [['Time to restore (RTO):', drill.recoveryTime]]),
    ...(drill.dataLoss === undefined ? [] : [['Would have been lost (RPO):', lossText(drill.dataLoss)]]),
    ...(drill.checks ?? []).map((check, at) => [at === 0 ? 'Checked:' : '', check]),
  ];
  return [headline(claim, drill), ...(facts.length > 0 ? ['', columns(facts)] : [])].join('\n');
}

function headline(claim: string, { result, message }: DrillReport): string {
  if (result === 'Passed') return `${claim} can be had back: the restore drill passed.`;
  if (result === 'Failed')
    return `${claim} can NOT be had back as it should: the restore drill failed.\n${message ?? ''}`;
  return `Nothing is known: the restore drill of ${claim} was not held.\n${message ?? ''}`;
}

function madeAgo({ backupTime, startedAt }: DrillReport): string {
  return backupTime === undefined ? '' : `, complete ${ageOf(backupTime, new Date(startedAt))} before`;
}

function lossText(dataLoss: string): string {
  return dataLoss === '0s' ? 'nothing' : `at most ${dataLoss} of commits`;
}

/** The last drill in one line, beside other facts of a claim; nothing where drills are neither wanted nor held. */
export function drillFacts({ schedule, next, message, last, lastPassed }: DrillStatus): string[][] {
  return [
    ...(last ? [['Last drill:', lastText(last)]] : []),
    ...(last && last.result !== 'Passed' ? [['Last drill passed:', lastPassed ?? 'never']] : []),
    ...(schedule === undefined ? [] : [['Drills:', `${schedule} (UTC), next ${next ?? 'soon'}`]]),
    ...(message === undefined ? [] : [['Drill:', message]]),
  ];
}

function lastText(last: DrillReport): string {
  const { result, completedAt, backupName, recoveryTime = '', dataLoss = '', message = '' } = last;
  if (result === 'NotDone') return `not held at ${completedAt}: ${message}`;
  if (result === 'Failed') return `FAILED at ${completedAt}, backup ${backupName}: ${message}`;
  const lost = dataLoss === '0s' ? 'nothing lost' : `at most ${dataLoss} lost`;
  return `passed at ${completedAt}: backup ${backupName} was back in ${recoveryTime}, ${lost}`;
}
