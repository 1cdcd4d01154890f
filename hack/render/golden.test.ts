/** What claims compose is as it was, and the real definitions of the kinds accept it with every field known. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KubeObject } from '@larder/kube';
import { faultsOf, findSchemas } from './crds.ts';
import { goldenAnswers, goldenFiles, goldenFolder } from './golden.ts';

for (const [file, text] of Object.entries(goldenFiles())) {
  test(`${file} is as it was (else look at the change, and run npm run generate)`, () => {
    const path = join(goldenFolder, file);
    assert.equal(existsSync(path) ? readFileSync(path, 'utf8') : 'missing', text);
  });
}

const schemas = findSchemas();
const composed = Object.entries(goldenAnswers()).flatMap(([file, answer]) =>
  Object.values(answer.composed).flatMap(({ resource }) =>
    carried(resource as KubeObject).map(object => ({ file, object })),
  ),
);
for (const kind of new Set(composed.map(({ object }) => `${object.apiVersion}/${object.kind}`))) {
  const ofKind = composed.filter(({ object }) => `${object.apiVersion}/${object.kind}` === kind);
  const known = faultsOf(ofKind[0]!.object, schemas) !== undefined;
  const skip = known ? false : `NOT RUN: the definition of ${kind} is not at hand (a folder in LARDER_CRDS)`;
  test(`each ${kind} is valid and has no unknown field`, { skip }, () => {
    for (const { file, object } of ofKind) assert.deepEqual(faultsOf(object, schemas), [], file);
  });
}

test('an unknown field is found', { skip: schemas.size === 0 ? 'NOT RUN: no definitions are at hand' : false }, () => {
  const cluster = composed.find(({ object }) => object.kind === 'Cluster')!.object;
  const wrong = { ...cluster, spec: { ...(cluster.spec as object), instancez: 3 } };
  assert.deepEqual(faultsOf(wrong, schemas), ['unknown field spec.instancez']);
});

/** The object itself, and what it carries. */
function carried(object: KubeObject): KubeObject[] {
  const inner = (object.spec as { forProvider?: { manifest?: KubeObject } } | undefined)?.forProvider?.manifest;
  return inner ? [object, inner] : [object];
}
