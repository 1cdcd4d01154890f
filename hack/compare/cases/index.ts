/** All cases over HTTP. */
import type { HttpCase } from '../case.ts';
import { answerCases } from './answers.ts';
import { customCases } from './custom.ts';
import { definitionCases } from './definitions.ts';
import { deleteCases } from './deletes.ts';
import { documentCases } from './documents.ts';
import { kindCases } from './kinds.ts';
import { listCases } from './lists.ts';
import { patchCases } from './patches.ts';
import { reviewCases } from './reviews.ts';
import { serverSideApplyCases } from './server-side-apply.ts';
import { watchCases } from './watches.ts';
import { writeCases } from './writes.ts';

export const httpCases: HttpCase[] = [
  ...answerCases,
  ...writeCases,
  ...patchCases,
  ...serverSideApplyCases,
  ...deleteCases,
  ...listCases,
  ...watchCases,
  ...definitionCases,
  ...customCases,
  ...kindCases,
  ...reviewCases,
  ...documentCases,
];
