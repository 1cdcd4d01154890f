/** Where we differ from Kubernetes on purpose, each with its reason. */
import { definitionDifferences } from './known/definitions.ts';
import { documentDifferences } from './known/documents.ts';
import { objectDifferences } from './known/objects.ts';
import { requestDifferences } from './known/requests.ts';

export interface KnownDifference {
  /** What was asked: every answer whose title contains (or matches) this. */
  ask: string | RegExp;
  why: string;
  /** Makes both answers the same by taking out the one thing that may differ: whatever else differs is still found. */
  alike?: (text: string) => string;
  /** What each server answers, where the two have nothing in common. */
  answers?: { kubernetes: RegExp; larder: RegExp };
}

export const knownDifferences: KnownDifference[] = [
  ...objectDifferences,
  ...requestDifferences,
  ...definitionDifferences,
  ...documentDifferences,
];
