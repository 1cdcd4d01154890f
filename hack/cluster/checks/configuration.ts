/** The catalog as a Configuration package, which is the other way to install its definitions and compositions: Crossplane takes it whole. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { untilCondition, untilPackage } from '../../../packages/cli/src/kubernetes/cluster.ts';
import { pushArchive, registryFrom } from '../../../packages/cli/src/kubernetes/registry.ts';
import { checkout } from '../place.ts';
import { untilGone } from './context.ts';
import type { Check } from './context.ts';

const CONFIGURATION = { apiVersion: 'pkg.crossplane.io/v1', kind: 'Configuration', name: 'larder' };
const DEFINITION = {
  apiVersion: 'apiextensions.crossplane.io/v1',
  kind: 'CompositeResourceDefinition',
  name: 'xpostgresqlinstances.syn.tools',
};

/** Needs a cluster without the catalog, and leaves it so. */
export const configurationTaken: Check = {
  name: 'the Configuration package installs definitions and compositions, and takes them along',
  async run({ client, environment: { REGISTRY, REGISTRY_IN_CLUSTER } }) {
    const registry = registryFrom(REGISTRY, REGISTRY_IN_CLUSTER);
    const reference = await pushArchive(registry, join(checkout, 'dist/configuration-0.1.0.xpkg'), 'configuration');
    const { name, ...kind } = CONFIGURATION;
    await client.create({ ...kind, metadata: { name }, spec: { package: reference } });
    await untilPackage(client, CONFIGURATION, reference);
    for (const condition of ['Established', 'Offered']) await untilCondition(client, DEFINITION, condition);
    const { items } = await client.list({ apiVersion: DEFINITION.apiVersion, kind: 'Composition' });
    assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), [
      ...[
        'postgresql',
        'postgresql-database',
        'postgresql-stackgres',
        'postgresql-user',
        'postgresql-user-provider-sql',
      ],
    ]);
    await client.delete(CONFIGURATION);
    for (const each of [CONFIGURATION, DEFINITION]) await untilGone(client, each);
  },
};
