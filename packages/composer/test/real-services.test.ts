/** What is really on offer can be installed, and is offered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { services } from '@larder/catalog';
import type { Condition } from '@larder/kube';
import { startComposer } from '../src/index.ts';
import { startApi, until } from './plane.ts';

test('every service of the catalog is installed, established and offered', async t => {
  const client = await startApi(t);
  const ending = new AbortController();
  const composer = await startComposer({ client, services, signal: ending.signal });
  t.after(async () => {
    ending.abort();
    await composer.stopped;
  });
  assert.ok(services.length > 0);
  for (const { definition } of services) {
    const { apiVersion, kind, metadata } = definition;
    await until(client, { apiVersion, kind, name: metadata.name }, xrd => {
      const { conditions = [] } = (xrd.status ?? {}) as { conditions?: Condition[] };
      return conditions.length > 0 && conditions.every(each => each.status === 'True');
    });
  }
});
