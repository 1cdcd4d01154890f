import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as client from '@kubernetes/client-node';
import {
  builtinResources,
  compileSchema,
  fieldErrorText,
  parseQuantity,
  type KubeObject,
  type ResourceDefinition,
  type Schema,
} from '../../src/index.ts';

function find(kind: string, group = ''): ResourceDefinition {
  const found = builtinResources.find(one => one.kind === kind && one.group === group);
  assert.ok(found, kind);
  return found;
}

interface Model {
  getAttributeTypeMap(): { baseName: string; type: string }[];
}

/** Fields that the client's generated models have and a schema lacks. */
function lacking(schema: Schema, type: string, path: string): string[] {
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return lacking(schema.items ?? {}, list, `${path}[]`);
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined) return lacking((schema.additionalProperties as Schema | undefined) ?? {}, map, `${path}{}`);
  const model = (client as unknown as Record<string, Partial<Model> | undefined>)[type];
  if (!model?.getAttributeTypeMap || schema['x-kubernetes-preserve-unknown-fields']) return [];
  return model.getAttributeTypeMap().flatMap(({ baseName, type: fieldType }) => {
    const field = schema.properties?.[baseName];
    const at = `${path}.${baseName}`;
    return field ? lacking(field, fieldType, at) : [at];
  });
}

/** What newer Kubernetes knows and a single machine has no use for. */
const leftOut =
  /schedulingGroup|workloadRef|extendedResourceClaimStatus|nodeAllocatable|volumeHealth|evictionResponders|\.spec\.scheduling$/;

describe('Built-in schemas have the fields that the official client has', () => {
  const kinds: [ResourceDefinition, string][] = [
    [find('Namespace'), 'V1Namespace'],
    [find('Secret'), 'V1Secret'],
    [find('ConfigMap'), 'V1ConfigMap'],
    [find('ServiceAccount'), 'V1ServiceAccount'],
    [find('Event'), 'CoreV1Event'],
    [find('Event', 'events.k8s.io'), 'EventsV1Event'],
    [find('Pod'), 'V1Pod'],
    [find('Job', 'batch'), 'V1Job'],
    [find('CronJob', 'batch'), 'V1CronJob'],
    [find('Lease', 'coordination.k8s.io'), 'V1Lease'],
    [find('CustomResourceDefinition', 'apiextensions.k8s.io'), 'V1CustomResourceDefinition'],
  ];
  for (const [definition, model] of kinds) {
    it(model, () => {
      const fields = lacking(definition.schema, model, '').filter(path => !leftOut.test(path));
      assert.deepEqual(fields, []);
    });
  }
});

const container = { name: 'c', image: 'busybox:1' };
const jobOf = (pod: object, spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j' },
  spec: { template: { spec: { containers: [container], ...pod } }, ...spec },
});
const secretOf = (fields: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...fields });

function errorsOf(object: KubeObject, old?: KubeObject): string[] {
  const { schema } = find(object.kind, object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '');
  const compiled = compileSchema(schema);
  for (const one of [object, old]) {
    if (!one) continue;
    assert.deepEqual(compiled.prune(one), []);
    compiled.applyDefaults(one);
  }
  return compiled.validate(object, old).map(fieldErrorText);
}

describe('Built-in kinds are checked', () => {
  const cases: { name: string; object: KubeObject; old?: KubeObject; want: string[] }[] = [
    { name: 'Job', object: jobOf({ restartPolicy: 'Never' }), want: [] },
    { name: 'Secret', object: secretOf({ data: { a: 'eA==' } }), want: [] },
    {
      name: 'SecretWithBadData',
      object: secretOf({ data: { a: '*' } }),
      want: ['data.a: Invalid value: "*": data.a in body must be of type byte: "*"'],
    },
  ];
  for (const { name, object, old, want } of cases) {
    it(name, () => assert.deepEqual(errorsOf(structuredClone(object), structuredClone(old)), want));
  }

  it('with schemas that have no rule that fails to compile', () => {
    for (const { kind, schema } of builtinResources) {
      const errors = compileSchema(schema).validate({}).map(fieldErrorText);
      assert.ok(!errors.some(error => error.includes('compile')), `${kind}: ${errors.join()}`);
    }
  });
});

describe("Built-in defaults are Kubernetes'", () => {
  it('of a job', () => {
    const job = jobOf({ restartPolicy: 'Never', volumes: [{ name: 'v', secret: { secretName: 's' } }] });
    compileSchema(find('Job', 'batch').schema).applyDefaults(job);
    assert.deepEqual(job.spec, {
      template: {
        spec: {
          containers: [
            {
              ...container,
              resources: {},
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
            },
          ],
          volumes: [{ name: 'v', secret: { secretName: 's', defaultMode: 420 } }],
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          securityContext: {},
          schedulerName: 'default-scheduler',
        },
      },
      backoffLimit: 6,
      manualSelector: false,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    });
  });

  it('of a cron job, whose jobs get theirs when they are made', () => {
    const cronJob = { spec: { schedule: '* * * * *', jobTemplate: {} } };
    compileSchema(find('CronJob', 'batch').schema).applyDefaults(cronJob);
    const { concurrencyPolicy, successfulJobsHistoryLimit, jobTemplate } = cronJob.spec as Record<string, unknown>;
    assert.deepEqual([concurrencyPolicy, successfulJobsHistoryLimit], ['Allow', 3]);
    assert.ok(!('backoffLimit' in (jobTemplate as { spec: object }).spec));
  });
});

describe('Quantities in built-in kinds', () => {
  it('may be numbers or texts', () => {
    const resources = { limits: { cpu: 1, memory: '64Mi' } };
    const job = jobOf({ restartPolicy: 'Never', containers: [{ ...container, resources }] });
    assert.deepEqual(errorsOf(job), []);
    assert.equal(parseQuantity('64Mi').bytes(), 67_108_864);
  });
});
