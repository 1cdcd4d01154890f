/**
 * The alerts of one instance without Prometheus: from its latest samples and from what was so before. An alert is pending while its
 * condition holds, fires when it has held for its time, and is over as soon as it holds no longer.
 */
import { conditionValue, filledIn, valueText, type Alert, type Severity } from './alert.ts';
import { alerts } from './alerts.ts';
import type { Sample } from './expression.ts';

/** An alert whose condition holds. Plain data, kept on disk between two runs. */
export interface ActiveAlert {
  name: string;
  /** Since when the condition has held (s since 1970). */
  since: number;
  /** Since when it has fired; absent while it is pending. */
  firingSince?: number;
  value: number;
}

export interface Evaluation {
  active: ActiveAlert[];
  /** Those that began to fire. */
  fired: ActiveAlert[];
  /** Those that fired and are over. */
  resolved: ActiveAlert[];
}

/** After so long without a look (s), nobody knows whether a condition has held all the time: pending ones begin again. */
const FORGET_SECONDS = 300;

export function evaluateAlerts(now: {
  samples: readonly Sample[];
  at: number;
  before: { active: readonly ActiveAlert[]; at: number };
  /** @default all of the table */
  table?: readonly Alert[];
}): Evaluation {
  const { samples, at, before, table = alerts } = now;
  const isForgotten = at - before.at > FORGET_SECONDS || at < before.at;
  const known = before.active.filter(({ firingSince }) => firingSince !== undefined || !isForgotten);
  const active = table.flatMap(alert => {
    const value = conditionValue(alert, samples, at);
    if (value === undefined) return [];
    const earlier = known.find(({ name }) => name === alert.name);
    return [isStill(alert, earlier, { value, at })];
  });
  const isFiring = ({ firingSince }: ActiveAlert): boolean => firingSince !== undefined;
  const fires = (list: readonly ActiveAlert[], name: string): boolean =>
    list.some(one => one.name === name && isFiring(one));
  return {
    active,
    fired: active.filter(one => isFiring(one) && !fires(before.active, one.name)),
    resolved: before.active.filter(one => isFiring(one) && !fires(active, one.name)),
  };
}

function isStill(
  alert: Alert,
  earlier: ActiveAlert | undefined,
  { value, at }: { value: number; at: number },
): ActiveAlert {
  const since = earlier?.since ?? at;
  const firingSince = earlier?.firingSince ?? (at - since >= alert.forSeconds ? at : undefined);
  return { name: alert.name, since, value, ...(firingSince === undefined ? {} : { firingSince }) };
}

/** An alert that fires, in words: what the claim shows and receivers get. */
export interface AlertText {
  name: string;
  severity: Severity;
  summary: string;
  cause: string;
  remedy: string;
  runbook: string;
}

export function alertText(active: ActiveAlert, of: { namespace: string; claim: string }): AlertText | undefined {
  const alert = alerts.find(({ name }) => name === active.name);
  if (!alert) return undefined;
  const { name, severity, cause, remedy, runbook, unit } = alert;
  const summary = filledIn(alert.summary, { ...of, value: valueText(active.value, unit) });
  return { name, severity, summary, cause, remedy, runbook };
}
