/** `npm run generate`: all that is made from the catalog and checked in — `crossplane/` and `docs/reference/`. Tests say when it is stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCrossplane } from './crossplane/crossplane.ts';
import { referenceFolder, renderReference } from './reference.ts';

writeCrossplane();
mkdirSync(referenceFolder, { recursive: true });
for (const [name, text] of Object.entries(await renderReference())) writeFileSync(join(referenceFolder, name), text);
