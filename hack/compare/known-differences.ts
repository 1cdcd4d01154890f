/** Where we differ from Kubernetes on purpose, each with its reason. */

export interface KnownDifference {
  /** What was asked: every answer whose title contains (or matches) this. */
  ask: string | RegExp;
  why: string;
  /** Makes both answers the same by taking out the one thing that may differ: whatever else differs is still found. */
  alike: (text: string) => string;
}

export const knownDifferences: KnownDifference[] = [];
