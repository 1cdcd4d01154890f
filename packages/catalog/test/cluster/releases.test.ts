/** A new release of the catalog never restarts a database, nor loses one: states of earlier releases are composed and compared. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import type { CompositionRequest } from '@larder/catalog';
import { readApplied } from '../../src/postgresql/engines/cluster/hold.ts';
import { composeRequest, objectOf } from './requests.ts';

const folder = new URL('recorded/', import.meta.url);

for (const file of readdirSync(folder)) {
  const states = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as CompositionRequest[];
  states.forEach((state, index) => {
    test(`what ${file.replace('.json', '')} made (${index}) is composed under the same names, and nothing restarts`, () => {
      const response = composeRequest(state);
      for (const [name, { resource }] of Object.entries(state.composed)) {
        const carried = (resource.spec as { forProvider?: { manifest?: KubeObject } } | undefined)?.forProvider
          ?.manifest;
        const before = carried ?? resource;
        const after = objectOf(response, name);
        const identity = ({ apiVersion, kind, metadata }: KubeObject) => [
          apiVersion,
          kind,
          metadata.namespace,
          metadata.name,
        ];
        assert.deepEqual(identity(after), identity(before), name);
        assert.deepEqual(restartsFor(after), restartsFor(before), name);
      }
      const operations = Object.keys(response.composed).filter(name => /^(upgrade|restart)-/.test(name));
      assert.deepEqual(operations, []);
    });
  });
}

/** All for which an operator restarts or makes a server anew. */
function restartsFor({ kind, metadata, spec }: KubeObject): unknown {
  const applied = readApplied(metadata.annotations?.['larder.dev/applied']);
  const { settings, libraries, resources } = applied ?? {};
  const fields = (spec ?? {}) as Record<string, unknown>;
  switch (kind) {
    case 'Cluster': {
      const { parameters } = fields.postgresql as { parameters: Record<string, string> };
      const restarting = Object.keys(settings ?? {}).map(name => [name, parameters[name]]);
      return [
        settings,
        libraries,
        resources,
        restarting,
        ...pick(fields, 'imageName', 'resources', 'storage', 'bootstrap', 'affinity', 'env', 'instances'),
      ];
    }
    case 'SGCluster':
      return [
        settings,
        libraries,
        resources,
        ...pick(fields, 'postgres', 'pods', 'profile', 'nonProductionOptions', 'sgInstanceProfile', 'instances'),
      ];
    case 'SGInstanceProfile':
      return fields;
    default:
      return undefined;
  }
}

function pick(fields: Record<string, unknown>, ...names: string[]): unknown[] {
  return names.map(name => fields[name]);
}
