/** Golden files: what the plain claim composes with each engine, and what each field changes of it. Written by `npm run generate`. */
import { fileURLToPath } from 'node:url';
import type { CompositionResponse, InstanceEngine } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import { stringify } from 'yaml';
import { settingsFor } from '../generate/crossplane/compositions.ts';
import { withDefaults } from './objects.ts';
import { render } from './simulate.ts';

export const goldenFolder = fileURLToPath(new URL('golden', import.meta.url));

type Parameters = Record<string, unknown>;

const plain = { resources: { storageSize: '10Gi', limits: { memory: '1Gi' } }, updatePolicy: { version: '17' } };
const sized = (more: object): Parameters => ({ ...plain, resources: { ...plain.resources, ...more } });
const updated = (more: object): Parameters => ({ ...plain, updatePolicy: { ...plain.updatePolicy, ...more } });

/** A claim for each field, by the field's name. */
export const cases: Record<string, Parameters> = {
  plain,
  'resources.storageSize': sized({ storageSize: '20Gi' }),
  'resources.limits.memory': sized({ limits: { memory: '4Gi' } }),
  'resources.limits.cpu': sized({ limits: { memory: '1Gi', cpu: '2' } }),
  'resources.requests.memory': sized({ requests: { memory: '512Mi' } }),
  'resources.requests.cpu': sized({ requests: { cpu: '250m' } }),
  'updatePolicy.version': updated({ version: '18' }),
  'updatePolicy.securityUpdates': updated({ securityUpdates: '0 1 * * *' }),
  'updatePolicy.apply': updated({ apply: 'Immediate' }),
  settings: { ...plain, settings: { work_mem: '5MB', max_connections: 150 } },
  'extensions.name': { ...plain, extensions: [{ name: 'hstore' }] },
  'extensions.version': { ...plain, extensions: [{ name: 'hstore', version: '1.8' }] },
  'access.superuser': { ...plain, access: { superuser: true } },
  'network.allowedCIDRs': { ...plain, network: { allowedCIDRs: ['10.0.0.0/8', '2001:db8::/32'] } },
  instances: { ...plain, instances: 3 },
};

const deliveries = {
  cloudnativepg: { engine: 'cloudnativepg', delivery: { kind: 'Direct' } },
  'cloudnativepg-objects': { engine: 'cloudnativepg', delivery: { kind: 'Object', providerConfig: 'larder' } },
  stackgres: { engine: 'stackgres', delivery: { kind: 'Direct' } },
} as const;

/** The answers by file name. */
export function goldenAnswers(): Record<string, CompositionResponse> {
  const entries = Object.entries(deliveries).flatMap(([folder, { engine, delivery }]) =>
    Object.entries(cases).map(([field, parameters]) => {
      const settings = settingsFor(engine satisfies InstanceEngine, { crossplane: 2, delivery });
      return [`${folder}/${field}.yaml`, render({ claim: claim(parameters), engine, settings })] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** The files' texts: the plain claim whole, of the others what differs from it. */
export function goldenFiles(): Record<string, string> {
  const answers = goldenAnswers();
  return Object.fromEntries(
    Object.entries(answers).map(([file, answer]) => {
      const usual = file.endsWith('/plain.yaml') ? undefined : answers[`${file.split('/')[0]}/plain.yaml`];
      return [file, stringify(differing(answer, usual), { aliasDuplicateObjects: false, lineWidth: 0 })];
    }),
  );
}

function differing(answer: CompositionResponse, usual: CompositionResponse | undefined): object {
  const parts = { ...answer, ...answer.composed, composed: Object.keys(answer.composed) } as Record<string, unknown>;
  const usually =
    usual && ({ ...usual, ...usual.composed, composed: Object.keys(usual.composed) } as Record<string, unknown>);
  const kept = Object.entries(parts).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(usually?.[name]),
  );
  return Object.fromEntries(kept);
}

function claim(parameters: Parameters): KubeObject {
  return withDefaults({
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLInstance',
    metadata: { name: 'postgres1', namespace: 'my-app', labels: { team: 'shop' } },
    spec: { parameters },
  });
}
