/** `status.maintenance`, on the claim, the composite and the local plane's server alike. */
import type { Schema } from '@larder/kube';

const text: Schema = { type: 'string' };

export const maintenanceStatusSchema: Schema = {
  type: 'object',
  description: 'When changes that interrupt connections are made, and what was made last.',
  properties: {
    nextWindow: { ...text, description: 'When the next window opens; while one is open, when it did.' },
    current: {
      type: 'object',
      description: 'Present exactly while something is done that may interrupt connections.',
      properties: {
        startedAt: { ...text, description: 'Since when.' },
        operation: { ...text, description: 'What is done: Maintenance in a window, else the operation of its owner.' },
        until: { ...text, description: 'The end of the window.' },
        step: { ...text, description: 'The step that it is at.' },
        message: { ...text, description: 'How far it is.' },
        estimatedEnd: { ...text, description: 'When it will have ended, as far as anybody knows.' },
      },
    },
    lastRun: {
      type: 'object',
      description: 'What was done last, in a window or when the owner said so.',
      properties: {
        operation: { ...text, description: 'Maintenance in a window, else the operation of its owner.' },
        startedAt: { ...text, description: 'When it began.' },
        completedAt: { ...text, description: 'When it ended.' },
        result: { ...text, enum: ['Succeeded', 'Failed', 'Cancelled', 'Skipped'], description: 'How it ended.' },
        done: { type: 'array', items: text, description: 'What was done.' },
        downtime: { ...text, description: 'How long nobody could connect, such as 0.23s.' },
        message: { ...text, description: 'What failed, or why nothing was done.' },
      },
    },
    message: { ...text, description: 'Why nothing is done although changes wait.' },
  },
};

export const upgradeStatusSchema: Schema = {
  type: 'object',
  description: 'The last major upgrade, as long as the server before it is kept.',
  properties: {
    from: { ...text, description: 'The version before.' },
    to: { ...text, description: 'The version that it became.' },
    switchedAt: { ...text, description: 'When the new server took the place of the old one.' },
    rollbackUntil: {
      ...text,
      description: 'Until when a Rollback goes back without losing anything; absent when that is over.',
    },
    message: { ...text, description: 'What the comparison of both servers said, and why nobody can go back any more.' },
  },
};
