/** `npm run generate`: all that is made from the catalog and checked in: `crossplane/`, `docs/reference/`, golden files. Tests say when it is stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { goldenFiles, goldenFolder } from '../render/golden.ts';
import { writeCrossplane } from './crossplane/crossplane.ts';
import { dashboardFolder, renderDashboards } from './dashboards.ts';
import { referenceFolder, renderReference } from './reference.ts';

writeCrossplane();
mkdirSync(referenceFolder, { recursive: true });
for (const [name, text] of Object.entries(await renderReference())) writeFileSync(join(referenceFolder, name), text);
mkdirSync(dashboardFolder, { recursive: true });
for (const [name, text] of Object.entries(renderDashboards())) writeFileSync(join(dashboardFolder, name), text);
for (const [name, text] of Object.entries(goldenFiles())) {
  mkdirSync(dirname(join(goldenFolder, name)), { recursive: true });
  writeFileSync(join(goldenFolder, name), text);
}
