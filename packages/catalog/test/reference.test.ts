import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { referenceFolder, renderReference } from '../../../hack/generate/reference.ts';

test('docs/reference says what the schemas say (else run npx tsx hack/generate/reference.ts)', async () => {
  for (const [name, text] of Object.entries(await renderReference())) {
    const file = join(referenceFolder, name);
    assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : 'missing', text, name);
  }
});
