/** The service level in words: on the claim, and in the report. Rounded so that nothing looks better than it is. */
import { durationText, objective, type ServiceLevelStatus } from '@larder/catalog';
import type { Level } from './ledger.ts';

/** Nothing before anything was measured. */
export function serviceLevelStatus(level: Level): ServiceLevelStatus | undefined {
  if (level.since === undefined) return undefined;
  const { span, availability, budgetLeft, burnRates } = level;
  const whole = span.up + span.down + span.unmeasured;
  return {
    objective: percentText(objective.ratio),
    window: '30d',
    ...(availability === undefined ? {} : { availability: percentText(availability) }),
    downtime: durationText(span.down),
    errorBudgetLeft: `${Math.floor(budgetLeft * 100)}%`,
    ...(burnRates['1h'] === undefined ? {} : { burnRate: burnRates['1h'].toFixed(1) }),
    measured: whole <= 0 ? '0%' : `${Math.floor(((span.up + span.down) / whole) * 100)}%`,
  };
}

/** Down to thousandths, and never up: 99.9999% is not 100%. */
export function percentText(ratio: number): string {
  return `${(Math.floor(ratio * 100_000 + 1e-6) / 1000).toString()}%`;
}
