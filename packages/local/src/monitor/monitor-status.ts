/** What a PostgresMonitor says of what the monitor process reports. Pure. */
import type { PostgresMonitor, PostgresMonitorStatus } from '@larder/catalog';
import { conditionsOf, setCondition } from '@larder/controller';
import type { Condition } from '@larder/kube';
import type { Orders, Report } from './orders.ts';

export interface Given extends Pick<Orders, 'receivers'> {
  /** `namespace/name` of the Secret for the owner's scraper, where somebody else's has that name. */
  takenSecret?: string;
}

/** @param report absent while there is none */
export function monitorStatus(
  monitor: PostgresMonitor,
  { receivers, takenSecret }: Given,
  report: Report | undefined,
  now: Date,
): PostgresMonitorStatus {
  const { alerts = [], serviceLevel, unreached = [] } = report ?? {};
  const missing = receivers.flatMap(({ name, problem }) => (problem ? [{ receiver: name, because: problem }] : []));
  const problems = [...missing, ...unreached.filter(({ receiver }) => !missing.some(one => one.receiver === receiver))]
    .filter(({ receiver }) => receivers.some(({ name }) => name === receiver))
    .map(({ receiver, because }) => `receiver "${receiver}" is not told: ${because}`);
  let conditions = conditionsOf(monitor).filter(({ type }) => !OWN.includes(type));
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
  if (takenSecret !== undefined)
    set({
      type: 'MetricsSecretWritten',
      status: 'False',
      reason: 'SecretTaken',
      message: `the secret ${takenSecret} exists and isn’t of these metrics: remove it, and it is written with the address and the token that read them`,
    });
  return {
    observedGeneration: monitor.metadata.generation,
    conditions,
    ...(alerts.length > 0 ? { alerts } : {}),
    ...(serviceLevel ? { serviceLevel } : {}),
  };
}

const OWN = ['AlertsQuiet', 'ReceiversReached', 'MetricsSecretWritten'];
