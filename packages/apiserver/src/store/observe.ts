/** Tells whoever listens how long each commit took until it was durable. Costs next to nothing while nobody does. */
import { channel } from 'node:diagnostics_channel';

/** Its messages are `CommitObserved`. */
export const commitChannel = channel('larder:apiserver:commit');

export interface CommitObserved {
  seconds: number;
  /** The disk refused: nothing was stored, or nobody knows. */
  failed: boolean;
}
