import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import { goldenAnswers } from '../../render/golden.ts';
import { crossplaneFiles, crossplaneFolder, renderCrossplane } from './crossplane.ts';
import { composedKinds } from './rbac.ts';

test('crossplane/ is what the catalog says (else run npm run generate)', () => {
  const files = renderCrossplane();
  assert.deepEqual(crossplaneFiles().sort(), Object.keys(files).sort());
  for (const [path, text] of Object.entries(files)) {
    assert.equal(readFileSync(join(crossplaneFolder, path), 'utf8'), text, path);
  }
});

test('the roles name exactly the kinds that are composed, and nobody may do everything', () => {
  const rules = Object.values(composedKinds).flat();
  const allowed = rules.flatMap(({ apiGroups, resources }) => resources.map(resource => `${apiGroups[0]}/${resource}`));
  assert.ok(rules.every(({ apiGroups, resources, verbs }) => ![...apiGroups, ...resources, ...verbs].includes('*')));
  const composed = Object.entries(goldenAnswers())
    .filter(([file]) => !file.includes('objects'))
    .flatMap(([, { composed: all }]) => Object.values(all).map(({ resource }) => resource as KubeObject))
    .map(({ apiVersion, kind }) => `${apiVersion.includes('/') ? apiVersion.split('/')[0] : ''}/${plural(kind)}`);
  const later = [
    // An upgrade or a restart of StackGres, which no fresh claim composes.
    ...['stackgres.io/sgdbops', '/secrets'],
    // With the Prometheus Operator alone, and when the server is up.
    ...['monitoring.coreos.com/podmonitors', 'monitoring.coreos.com/prometheusrules', '/resourcequotas'],
    // Users, databases, and what lets the agent work for them: there once a server runs.
    ...['lentservers', 'postgresdatabases', 'postgresroles'].map(kind => `sql.larder.dev/${kind}`),
    ...['rolebindings', 'roles'].map(kind => `rbac.authorization.k8s.io/${kind}`),
  ];
  assert.deepEqual([...new Set([...composed, ...later])].sort(), [...new Set(allowed)].sort());
});

function plural(kind: string): string {
  const lower = kind.toLowerCase();
  return lower.endsWith('policy') ? lower.replace(/y$/, 'ies') : `${lower}s`;
}
