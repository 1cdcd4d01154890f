/** Looks at a cluster and says what is well, what is missing, and what to do; changes nothing. */
import type { HttpClient } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { hasCondition, reasonToWait } from '../output/conditions.ts';
import { AGENT, FUNCTION } from './catalog.ts';
import { clusterVersion, findAvailable, findObject, versionOf } from './cluster.ts';
import { CROSSPLANE_NAMESPACE } from './crossplane.ts';
import { isAtLeast, versions } from './versions.ts';

export type Finding =
  | { state: 'well'; about: string; words: string }
  /** Works, and somebody may be surprised. */
  | { state: 'note'; about: string; words: string; remedy: string }
  | { state: 'missing'; about: string; words: string; remedy: string };

type Check = (client: HttpClient) => Promise<Finding[]>;

/** Every finding, in the order in which to mend what is missing. @param offered the definitions of the services that the catalog has for clusters */
export async function examine(client: HttpClient, offered: KubeObject[]): Promise<Finding[]> {
  const definitions: Check = () => Promise.all(offered.map(each => definition(client, each)));
  const checks: Check[] = [
    kubernetes,
    rights,
    storage,
    crossplane,
    operators,
    theFunction,
    theAgent,
    definitions,
    compositions,
  ];
  const findings: Finding[] = [];
  for (const check of checks) findings.push(...(await check(client)));
  return findings;
}

const INSTALL = 'make provision PLANE=kubernetes REGISTRY=host/path installs it';

const well = (about: string, words: string): Finding => ({ state: 'well', about, words });
const missing = (about: string, words: string, remedy: string): Finding => ({ state: 'missing', about, words, remedy });
const note = (about: string, words: string, remedy: string): Finding => ({ state: 'note', about, words, remedy });

async function kubernetes(client: HttpClient): Promise<Finding[]> {
  const version = await clusterVersion(client);
  const { atLeast } = versions.kubernetes;
  if (isAtLeast(version, atLeast)) return [well('Kubernetes', version)];
  return [missing('Kubernetes', `${version} is too old`, `upgrade the cluster to ${atLeast} or newer`)];
}

/** What an installation writes that a tenant may not. */
const needed = [
  { group: '', resource: 'namespaces', verb: 'create' },
  { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', verb: 'create' },
  { group: 'rbac.authorization.k8s.io', resource: 'clusterroles', verb: 'create' },
  { group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies', verb: 'create' },
  { group: 'apiextensions.crossplane.io', resource: 'compositeresourcedefinitions', verb: 'create' },
  { group: 'pkg.crossplane.io', resource: 'functions', verb: 'create' },
];

async function rights(client: HttpClient): Promise<Finding[]> {
  const lacking: string[] = [];
  for (const resourceAttributes of needed) {
    const review = await client.create<KubeObject>({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: { name: '' },
      spec: { resourceAttributes },
    });
    if (!(review.status as { allowed?: boolean }).allowed)
      lacking.push(`${resourceAttributes.verb} ${resourceAttributes.resource}`);
  }
  if (lacking.length === 0) return [well('your rights', 'enough to install')];
  return [missing('your rights', `not allowed: ${lacking.join(', ')}`, 'use a kubeconfig of an administrator')];
}

async function storage(client: HttpClient): Promise<Finding[]> {
  const { items } = await client.list({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' });
  const isDefault = ({ metadata }: KubeObject): boolean =>
    metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  const found = items.find(isDefault);
  const about = 'storage class';
  if (!found) {
    const remedy =
      'mark one with the annotation storageclass.kubernetes.io/is-default-class=true, or set storageClass in the compositions';
    return [missing(about, items.length === 0 ? 'there is none' : 'none is the default', remedy)];
  }
  if (found.allowVolumeExpansion === true) return [well(about, found.metadata.name)];
  const remedy = 'a claim that grows waits until it allows expansion (allowVolumeExpansion: true)';
  return [note(about, `${found.metadata.name} cannot grow volumes`, remedy)];
}

async function crossplane(client: HttpClient): Promise<Finding[]> {
  const found = await findAvailable(client, { namespace: CROSSPLANE_NAMESPACE, name: 'crossplane' });
  if (!found) return [missing('Crossplane', `none runs in ${CROSSPLANE_NAMESPACE}`, INSTALL)];
  const version = versionOf(found);
  const { atLeast } = versions.crossplane;
  if (isAtLeast(version, atLeast)) return [well('Crossplane', version)];
  return [missing('Crossplane', `${version} is too old`, `upgrade it to ${versions.crossplane.version}`)];
}

async function operators(client: HttpClient): Promise<Finding[]> {
  const places = [
    ['CloudNativePG', { namespace: 'cnpg-system', name: 'cnpg-controller-manager' }],
    ['StackGres', { namespace: 'stackgres', name: 'stackgres-operator' }],
  ] as const;
  const findings: Finding[] = [];
  for (const [name, place] of places) {
    const found = await findAvailable(client, place);
    if (found) findings.push(well(name, versionOf(found)));
  }
  return findings.length > 0
    ? findings
    : [missing('a database operator', 'neither CloudNativePG nor StackGres runs', INSTALL)];
}

async function theFunction(client: HttpClient): Promise<Finding[]> {
  return [await conditions(client, 'the composition function', FUNCTION, ['Installed', 'Healthy'])];
}

async function theAgent(client: HttpClient): Promise<Finding[]> {
  const about = 'the agent for users and databases';
  const found = await findAvailable(client, AGENT);
  return [found ? well(about, versionOf(found)) : missing(about, `none runs in ${AGENT.namespace}`, INSTALL)];
}

function definition(client: HttpClient, { apiVersion, kind, metadata, spec }: KubeObject): Promise<Finding> {
  const { claimNames } = spec as { claimNames?: { kind: string } };
  const about = `service ${claimNames?.kind ?? metadata.name}`;
  return conditions(client, about, { apiVersion, kind, name: metadata.name }, ['Established', 'Offered']);
}

async function compositions(client: HttpClient): Promise<Finding[]> {
  const ref = { apiVersion: 'apiextensions.crossplane.io/v1', kind: 'Composition', name: 'postgresql' };
  const found = await findObject(client, ref);
  return [found ? well('composition', ref.name) : missing('composition', `${ref.name} is not there`, INSTALL)];
}

async function conditions(client: HttpClient, about: string, ref: ObjectRef, wanted: string[]): Promise<Finding> {
  const found = await findObject(client, ref);
  if (!found) return missing(about, `${ref.kind} "${ref.name}" is not there`, INSTALL);
  const open = wanted.filter(type => !hasCondition(found, type));
  if (open.length === 0) return well(about, wanted.join(', '));
  return missing(
    about,
    `not ${open.join(', ')}: ${reasonToWait(found)}`,
    `kubectl describe ${ref.kind.toLowerCase()} ${ref.name}`,
  );
}
