/** What a composite has composed so far: the objects it recorded, as they are now. Only reads. */
import type { ObservedComposed } from '@larder/catalog';
import { isNotFound, type Client, type KubeObject, type ObjectRef } from '@larder/kube';
import { decoded } from '../connection-secret.ts';
import {
  controllerUid,
  describeCommand,
  label,
  nameOf,
  resourceNameAnnotation,
  type Composite,
  type Secret,
} from '../crossplane.ts';
import type { Dependencies } from './dependencies.ts';

export interface Observation {
  /** By composed resource name, in the order they were recorded. */
  composed: Map<string, ObservedComposed>;
  /** Keys of the secrets that were looked at, whether there or not. */
  secrets: string[];
}

/** Objects that the composite doesn't control are as good as not there. */
export async function observe(client: Client, composite: Composite, known: Dependencies): Promise<Observation> {
  const observation: Observation = { composed: new Map(), secrets: [] };
  for (const resource of await existing(client, composite, known)) {
    const name = resourceNameOf(composite, resource, known);
    const from = secretOf(resource);
    if (from !== undefined) observation.secrets.push(`${from.namespace}/${from.name}`);
    const secret = from && (await client.find<Secret>(from));
    observation.composed.set(name, { resource, connectionDetails: decoded(secret?.data ?? {}) });
  }
  return observation;
}

/** The recorded objects that are there and the composite's, in the order they were recorded; with `known` also those that were freed by hand. */
export async function existing(client: Client, composite: Composite, known?: Dependencies): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const ref of composite.spec.resourceRefs ?? []) {
    if (ref.name === undefined) continue;
    const object = await findAny(client, ref);
    if (object !== undefined && isComposedBy(composite, object, known)) objects.push(object);
  }
  return objects;
}

/** The recorded objects that are there and nobody's, although they were the composite's. */
export async function freed(client: Client, composite: Composite): Promise<KubeObject[]> {
  const refs = (composite.spec.resourceRefs ?? []).filter(({ name }) => name !== undefined);
  const found = await Promise.all(refs.map(ref => findAny(client, ref)));
  const { name } = composite.metadata;
  return found.filter(
    (object): object is KubeObject =>
      object !== undefined && controllerUid(object) === undefined && object.metadata.labels?.[label.composite] === name,
  );
}

export function isComposedBy(composite: Composite, object: KubeObject, known?: Dependencies): boolean {
  const owner = controllerUid(object);
  if (owner !== undefined) return owner === composite.metadata.uid;
  return known?.roleOf(composite.metadata.name, object.metadata.uid) !== undefined;
}

/** Of a kind that is no longer served there is nothing. */
export async function findAny(client: Client, ref: ObjectRef): Promise<KubeObject | undefined> {
  try {
    return await client.find(ref);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function resourceNameOf(composite: Composite, object: KubeObject, known: Dependencies): string {
  const name = object.metadata.annotations?.[resourceNameAnnotation];
  const role = name ?? known.roleOf(composite.metadata.name, object.metadata.uid);
  if (role !== undefined) return role;
  const message = `cannot tell which composed resource ${nameOf(object)} is: its annotation ${resourceNameAnnotation} is gone`;
  throw new Error(`${message}; put it back (${describeCommand(object)})`);
}

/** Where the object publishes its connection details: in its own namespace, if it has one. */
function secretOf(object: KubeObject): (ObjectRef & { namespace: string }) | undefined {
  const spec = object.spec as { writeConnectionSecretToRef?: { name?: string; namespace?: string } } | undefined;
  const { name, namespace: said } = spec?.writeConnectionSecretToRef ?? {};
  const namespace = object.metadata.namespace ?? said;
  return name === undefined || namespace === undefined
    ? undefined
    : { apiVersion: 'v1', kind: 'Secret', namespace, name };
}
