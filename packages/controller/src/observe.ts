/** Tells whoever listens how each reconcile ended, and how long the line is. Costs next to nothing while nobody does. */
import { channel } from 'node:diagnostics_channel';

/** Its messages are `ReconcileObserved`. */
export const reconcileChannel = channel('larder:controller:reconcile');

export interface ReconcileObserved {
  controller: string;
  /** In controller-runtime's words. */
  result: 'success' | 'requeue_after' | 'requeue' | 'error';
  seconds: number;
  /** Of the queue, after it. */
  depth: number;
  adds: number;
  retries: number;
  concurrency: number;
}
