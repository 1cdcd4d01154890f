/** How tests look at claims: by their conditions, and with all that was made for them. */
import { waitFor } from '@larder/controller';
import type { Client, Condition, KubeObject, ObjectRef } from '@larder/kube';
import type { Claim, Composite } from '../src/index.ts';
import { box, boxKind, xboxKind } from './boxes.ts';
import { until } from './plane.ts';

export const claimRef = (name: string, namespace = 'default'): ObjectRef => ({ ...boxKind, namespace, name });

/** `Ready False Waiting` */
export function conditions(object: KubeObject): string[] {
  const list = (object.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
  return list.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

export function messageOf(object: KubeObject, type: string): string {
  const list = (object.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
  return list.find(each => each.type === type)?.message ?? '';
}

export const isWell = (object: KubeObject): boolean =>
  conditions(object).join() === 'Synced True ReconcileSuccess,Ready True Available';

/** The claim once this condition says that. */
export function untilSaid(client: Client, ref: ObjectRef, type: string, said: RegExp): Promise<Claim> {
  return until<Claim>(client, ref, object => said.test(messageOf(object, type)));
}

export interface Seen {
  claim: Claim;
  composite: Composite;
  /** As composed, in their order. */
  composed: KubeObject[];
}

/** A claim that is as wanted, with its composite and what that composed. */
export async function look(client: Client, ref: ObjectRef, is: (claim: Claim) => boolean = isWell): Promise<Seen> {
  const claim = await until<Claim>(client, ref, is);
  const name = claim.spec.resourceRef?.name ?? '';
  const composite = await until<Composite>(client, { ...xboxKind, name }, each => each.spec.resourceRefs !== undefined);
  const refs = composite.spec.resourceRefs ?? [];
  const composed = await Promise.all(refs.map(each => until(client, each, () => true)));
  return { claim, composite, composed };
}

/** A new claim that is well. */
export async function ready(client: Client, name: string, more: Parameters<typeof box>[1] = {}): Promise<Seen> {
  await client.create(box(name, more));
  return look(client, claimRef(name, more.metadata?.namespace));
}

export function refTo(object: KubeObject | undefined): ObjectRef {
  if (object === undefined) throw new Error('there is no such object');
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

/** The text of an event about the object of this name, once there is one with this reason. */
export async function untilTold(client: Client, about: string, reason: string): Promise<string> {
  type Event = KubeObject & { reason?: string; message?: string; involvedObject?: ObjectRef };
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { items } = await client.list<Event>({ apiVersion: 'v1', kind: 'Event' });
    const found = items.find(each => each.reason === reason && each.involvedObject?.name === about);
    if (found !== undefined) return found.message ?? '';
    if (performance.now() > deadline) throw new Error(`cannot wait any longer for ${reason} of ${about}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Resolves when there is another object of this name, or the first. */
export async function untilAnother(client: Client, before: KubeObject): Promise<KubeObject> {
  const is = (object: KubeObject | undefined): boolean =>
    object !== undefined && object.metadata.uid !== before.metadata.uid;
  return (await waitFor(client, refTo(before), is, { timeoutMs: 60_000 })) as KubeObject;
}
