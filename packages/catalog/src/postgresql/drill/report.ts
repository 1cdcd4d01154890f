/** What is known of a restore drill, wherever it is shown: on the claim, on the operation that asked for it, on the plane's own kinds. */
import type { Schema } from '@larder/kube';

export const drillResults = ['Passed', 'Failed', 'NotDone'] as const;

/** `Failed`: the backup could not be had back whole. `NotDone`: nothing was found out; the world was in the way. */
export type DrillResult = (typeof drillResults)[number];

export interface DrillReport {
  result: DrillResult;
  startedAt: string;
  completedAt: string;
  /** What was restored; absent when it didn't come to that. */
  backupName?: string;
  backupTime?: string;
  /** How long it took until the restored server let somebody in (RTO): a duration such as `41s`. */
  recoveryTime?: string;
  /** Of how much time the commits would have been lost at most (RPO): a duration such as `2m10s`; `0s`: nothing. */
  dataLoss?: string;
  /** What was looked at and found well, in words. */
  checks?: string[];
  /** Why it failed or was not done, and what to do. */
  message?: string;
}

/** The drills of one instance, as its claim shows them. */
export interface DrillStatus {
  /** Cron, in UTC; absent when drills are held on demand only. */
  schedule?: string;
  next?: string;
  /** What is being done now. */
  message?: string;
  last?: DrillReport;
  /** When the last one that passed was over. */
  lastPassed?: string;
}

const described = (description: string): Schema => ({ type: 'string', description });

export const drillReportSchema: Schema = {
  type: 'object',
  required: ['result', 'startedAt', 'completedAt'],
  description: 'What the drill found.',
  properties: {
    result: {
      type: 'string',
      enum: [...drillResults],
      description:
        'Passed; Failed: the backup could not be had back whole; or NotDone: it could not be held, and nothing is known.',
    },
    startedAt: described('When it began.'),
    completedAt: described('When it was over.'),
    backupName: described('The backup that was restored.'),
    backupTime: described('When that backup was complete.'),
    recoveryTime: described(
      'How long it took from the beginning until the restored server let somebody in (RTO), such as 41s.',
    ),
    dataLoss: described(
      'Of how much time the commits would have been lost, at most, if the server had been lost when the drill began (RPO), such as 2m10s; 0s is nothing.',
    ),
    checks: {
      type: 'array',
      description: 'What was looked at and found well.',
      items: { type: 'string' },
    },
    message: described('Why it failed or was not done, and what to do.'),
  },
};

export const drillStatusSchema: Schema = {
  type: 'object',
  description: 'The restore drills: the newest backup is restored aside, checked, and thrown away.',
  properties: {
    schedule: described('When drills are held: cron, in UTC.'),
    next: described('When the next one is due.'),
    message: described('What is being done now.'),
    last: { ...drillReportSchema, description: 'The last drill.' },
    lastPassed: described('When the last drill that passed was over.'),
  },
};
