/** What a PostgresMonitor says of what the monitor process reports. Pure. */
import type { PostgresMonitor, PostgresMonitorStatus } from '@larder/catalog';
import { conditionsOf, setCondition } from '@larder/controller';
import type { Condition } from '@larder/kube';
import type { Orders, Report } from './orders.ts';

/** @param report absent while there is none */
export function monitorStatus(
  monitor: PostgresMonitor,
  { receivers }: Pick<Orders, 'receivers'>,
  report: Report | undefined,
  now: Date,
): PostgresMonitorStatus {
  const { alerts = [], serviceLevel, unreached = [] } = report ?? {};
  const missing = receivers.flatMap(({ name, problem }) => (problem ? [{ receiver: name, because: problem }] : []));
  const problems = [...missing, ...unreached.filter(({ receiver }) => !missing.some(one => one.receiver === receiver))]
    .filter(({ receiver }) => receivers.some(({ name }) => name === receiver))
    .map(({ receiver, because }) => `receiver "${receiver}" is not told: ${because}`);
  let conditions = conditionsOf(monitor).filter(({ type }) => type !== 'AlertsQuiet' && type !== 'ReceiversReached');
  const set = (condition: Omit<Condition, 'lastTransitionTime'>): void => {
    const old = conditionsOf(monitor).filter(({ type }) => type === condition.type);
    conditions = [...conditions, ...setCondition(old, condition, now)];
  };
  const [worst] = ['critical', 'warning', 'info'].flatMap(severity => alerts.filter(one => one.severity === severity));
  if (monitor.spec.alerts.enabled)
    set({
      type: 'AlertsQuiet',
      status: worst ? 'False' : 'True',
      reason: worst?.name ?? 'Quiet',
      message: alerts.map(({ summary }) => summary).join(' '),
    });
  if (receivers.length > 0)
    set({
      type: 'ReceiversReached',
      status: problems.length > 0 ? 'False' : 'True',
      reason: problems.length > 0 ? 'NotReached' : 'Reached',
      message: problems.join('; '),
    });
  return {
    observedGeneration: monitor.metadata.generation,
    conditions,
    ...(alerts.length > 0 ? { alerts } : {}),
    ...(serviceLevel ? { serviceLevel } : {}),
  };
}
