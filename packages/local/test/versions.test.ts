/** The versions on offer, as the plane's objects tell them: also of one that was fetched a moment ago. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { httpClient, noLog, waitFor } from '@larder/controller';
import { packageName } from '@larder/postgres';
import { adminCredentials, cleanHome, openHome } from '../src/index.ts';
import { startPlane } from '../src/plane/plane.ts';
import { scratchFolder } from './scratch.ts';

test('a version that was fetched is installed for everybody at once', async t => {
  const home = openHome(join(scratchFolder(), 'home'));
  t.after(() => cleanHome(home));
  const plane = await startPlane({ home, version: '0', log: noLog });
  const client = httpClient({ server: plane.api, ...adminCredentials(home) });
  try {
    const folder = join(home.versions, packageName, '15.99.0-beta.1');
    const ref = { apiVersion: 'local.larder.dev/v1alpha1', kind: 'PostgresVersion', name: '15.99-npm' };
    const isInstalled = (object: unknown): boolean =>
      (object as { spec?: { installed?: boolean } } | undefined)?.spec?.installed === true;
    mkdirSync(folder, { recursive: true });
    assert.ok(await waitFor(client, ref, isInstalled, { timeoutMs: 60_000 }));
    assert.ok(readdirSync(folder).length === 0, 'nothing ran in it');
  } finally {
    client.close();
    await plane.close();
  }
});
