/** What a claim shows of its alerts and of its service level. */
import type { Schema } from '@larder/kube';

const described = (description: string): Schema => ({ type: 'string', description });

export interface AlertStatus {
  name: string;
  severity: string;
  summary: string;
  /** RFC 3339 */
  since: string;
  remedy: string;
  runbook: string;
}

export interface ServiceLevelStatus {
  /** `99.9%` */
  objective: string;
  /** `30d` */
  window: string;
  /** `99.95%`; absent while nothing was measured. */
  availability?: string;
  /** How long it was down, such as `8m 20s`. */
  downtime: string;
  /** `81%`; below zero when overdrawn. */
  errorBudgetLeft: string;
  /** Over the last hour; absent while too little was measured. */
  burnRate?: string;
  /** The share of the window, from the beginning of the record, that was measured. */
  measured: string;
}

export const alertsStatusSchema: Schema = {
  type: 'array',
  description: 'The alerts that fire now.',
  items: {
    type: 'object',
    required: ['name', 'severity', 'summary', 'since', 'remedy', 'runbook'],
    properties: {
      name: described('What it is called.'),
      severity: {
        type: 'string',
        enum: ['critical', 'warning', 'info'],
        description: 'critical: act now; warning: act today; info: plan.',
      },
      summary: described('What happened.'),
      since: described('Since when it fires.'),
      remedy: described('What to do, in a sentence.'),
      runbook: described('Its page in docs/runbooks.'),
    },
  },
};

export const serviceLevelSchema: Schema = {
  type: 'object',
  description:
    'How much of the time the instance answered, its own maintenance taken out. The command `larder sla` has the report.',
  properties: {
    objective: described('The share of time that is aimed at.'),
    window: described('Over which it is reckoned.'),
    availability: described('The share of the measured time in which it answered.'),
    downtime: described('How long it did not.'),
    errorBudgetLeft: described('What is left of the time that it may be down; less than nothing when overdrawn.'),
    burnRate: described('How many times as fast as it may the error budget was used in the last hour.'),
    measured: described('The share of the time that was measured; the rest is neither up nor down.'),
  },
};
