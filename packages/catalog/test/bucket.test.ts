/** S3Bucket: what its composition makes of what it observes, and its connection secret. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketSecretKeys, services, type CompositionRequest } from '@larder/catalog';
import { compileSchema, fieldErrorText } from '@larder/kube';

const service = services.find(({ name }) => name === 'bucket')!;
const [local] = service.compositions;

const composite = {
  apiVersion: 'syn.tools/v1',
  kind: 'XS3Bucket',
  metadata: {
    name: 'bucket1-x2v5a',
    labels: { 'crossplane.io/claim-name': 'bucket1', team: 'blue' },
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
  },
  spec: {},
};

const published = {
  ...{ endpoint: '127.0.0.1', port: '9000', bucketName: 'bucket1-x2v5a', region: 'us-east-1' },
  ...{ accessKey: 'LKAAAAAAAAAAAAAAAAAA', secretKey: 'secret', 'ca.crt': 'PEM' },
};

function observed(ready: 'True' | 'False', connectionDetails: Record<string, string>): CompositionRequest['composed'] {
  const condition = { type: 'Ready', status: ready, reason: 'StorageNotServing', message: 'why' };
  const status = { endpoint: 'https://127.0.0.1:9000', conditions: [{ ...condition, lastTransitionTime: '' }] };
  const metadata = { name: 'bucket1-x2v5a' };
  const resource = { apiVersion: 'local.larder.dev/v1alpha1', kind: 'Bucket', metadata, status };
  return { bucket: { resource, connectionDetails } };
}

test('a claim composes one bucket, named like the composite, with the owner’s own labels', () => {
  const { composed, connectionDetails, status } = local!.compose({ composite, composed: {}, required: {} });
  assert.deepEqual(Object.keys(composed), ['bucket']);
  const { resource, ready } = composed.bucket!;
  assert.equal(ready, false);
  assert.deepEqual(resource.metadata, { name: 'bucket1-x2v5a', labels: { team: 'blue' }, annotations: {} });
  assert.deepEqual(resource.spec, {
    writeConnectionSecretToRef: { namespace: 'larder-system', name: 'bucket1-x2v5a-bucket' },
  });
  assert.equal(connectionDetails, undefined);
  assert.deepEqual(status, { bucketName: 'bucket1-x2v5a' });
});

test('the secret has all its keys, the prototype’s and those of AWS’ tools, or isn’t written', () => {
  const whole = local!.compose({ composite, composed: observed('True', published), required: {} });
  assert.deepEqual(Object.keys(whole.connectionDetails!).sort(), [...bucketSecretKeys].sort());
  assert.equal(whole.connectionDetails!.AWS_ENDPOINT_URL, 'https://127.0.0.1:9000');
  assert.equal(whole.connectionDetails!.AWS_SECRET_ACCESS_KEY, 'secret');
  assert.equal(whole.composed.bucket!.ready, true);
  assert.equal(whole.status.endpoint, 'https://127.0.0.1:9000');
  const { secretKey: _left, ...partial } = published;
  const some = local!.compose({ composite, composed: observed('True', partial), required: {} });
  assert.equal(some.connectionDetails, undefined);
});

test('a bucket that isn’t served says why, on the claim too', () => {
  const { conditions, composed } = local!.compose({ composite, composed: observed('False', published), required: {} });
  assert.equal(composed.bucket!.ready, false);
  const [, found] = conditions;
  assert.deepEqual(found, {
    ...{ type: 'BucketReady', status: 'False', reason: 'StorageNotServing', message: 'why' },
    target: 'CompositeAndClaim',
  });
});

test('the schema takes a claim without parameters, and says what is wrong with a name', () => {
  const schema = compileSchema(service.definition.spec.versions[0]!.schema.openAPIV3Schema);
  const claim = (name: string): object => ({
    apiVersion: 'syn.tools/v1',
    kind: 'S3Bucket',
    metadata: { name },
    spec: {},
  });
  assert.deepEqual(schema.validate(claim('bucket1')), []);
  assert.match(schema.validate(claim('1bucket')).map(fieldErrorText).join(), /starts with a letter/);
});

test('a protected bucket can’t be deleted', () => {
  const [rule] = service.admission;
  const claim = { ...composite, kind: 'S3Bucket', metadata: { name: 'b', namespace: 'n' } };
  assert.equal(rule!.refuse(claim), undefined);
  const refusal = rule!.refuse({ ...claim, spec: { parameters: { deletionProtection: true } } });
  assert.deepEqual(refusal?.reason, 'Forbidden');
  assert.match(refusal?.message ?? '', /deletionProtection to false first/);
});
