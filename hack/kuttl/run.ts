/** Runs one test case as kuttl does: a namespace of its own, then per step delete, commands, apply, and asserts until they hold. */
import { randomBytes } from 'node:crypto';
import { isNotFound, keyOf } from '@larder/kube';
import type { Client, KubeObject, ObjectRef } from '@larder/kube';
import { runCommand } from './command.ts';
import { differences } from './subset.ts';
import type { DeleteRef, Step, TestCase } from './suite.ts';

export interface Plane {
  client: Client;
  /** Path of the kubeconfig that commands get. */
  kubeconfig: string;
  isNamespaced(kind: { apiVersion: string; kind: string }): Promise<boolean>;
}

export interface RunOptions {
  /** Seconds a step's asserts may take where the step says nothing. */
  timeout: number;
  log(line: string): void;
}

/** Between two looks at what asserts wait for. */
const LOOK_EVERY_MS = 200;
/** At least; a suite with more patience has it here too. */
const NAMESPACE_GONE_MS = 60_000;

/** @throws Error naming the step and every difference that was left at its timeout */
export async function runCase(plane: Plane, test: TestCase, options: RunOptions): Promise<void> {
  const namespace = `kuttl-test-${randomBytes(4).toString('hex')}`;
  await plane.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  try {
    for (const step of test.steps) {
      await runStep({ ...plane, namespace }, step, options);
      options.log(`${test.name}: step ${step.index}-${step.name || 'assert'} holds`);
    }
  } finally {
    const patience = Math.max(NAMESPACE_GONE_MS, options.timeout * 1000);
    await deleteAndWait(plane.client, { apiVersion: 'v1', kind: 'Namespace', name: namespace }, patience);
  }
}

type Place = Plane & { namespace: string };

async function runStep(place: Place, step: Step, options: RunOptions): Promise<void> {
  const timeoutMs = (step.timeout ?? options.timeout) * 1000;
  for (const ref of step.delete) await deleteAll(place, ref, timeoutMs);
  for (const command of step.commands) await runCommand(command, place);
  for (const object of step.apply) await applyObject(place, object);
  const left = await until(timeoutMs, () => check(place, step));
  if (left.length > 0) throw new Error([`step ${step.index}-${step.name}:`, ...left].join('\n  '));
}

async function until(timeoutMs: number, look: () => Promise<string[]>): Promise<string[]> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const left = await look();
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function check(place: Place, step: Step): Promise<string[]> {
  const left: string[] = [];
  for (const expected of step.asserts) left.push(...(await checkAssert(place, expected)));
  for (const expected of step.errors) left.push(...(await checkError(place, expected)));
  if (left.length > 0) return left;
  for (const command of step.assertCommands) {
    const failed = await runCommand(command, place).then(() => undefined, asError);
    if (failed) left.push(failed.message);
  }
  return left;
}

async function checkAssert(place: Place, expected: KubeObject): Promise<string[]> {
  const label = describe(expected);
  const candidates = await find(place, expected);
  if (candidates.length === 0) return [`${label}: not found`];
  const results = candidates.map(found => differences(expected, found));
  if (results.some(result => result.length === 0)) return [];
  const [closest = []] = results.sort((a, b) => a.length - b.length);
  return closest.map(line => `${label} ${line}`);
}

async function checkError(place: Place, expected: KubeObject): Promise<string[]> {
  const candidates = await find(place, expected);
  const match = candidates.find(found => differences(expected, found).length === 0);
  return match ? [`${describe(expected)}: is there, and must not be`] : [];
}

async function find(place: Place, expected: KubeObject): Promise<KubeObject[]> {
  const { apiVersion, kind } = expected;
  const namespace = await namespaceOf(place, expected);
  const name = expected.metadata?.name;
  try {
    if (name) {
      const found = await place.client.find({ apiVersion, kind, name, ...namespace });
      return found ? [found] : [];
    }
    const labels = Object.entries(expected.metadata?.labels ?? {}).map(([key, value]) => `${key}=${value}`);
    const list = await place.client.list({ apiVersion, kind }, { labelSelector: labels.join(','), ...namespace });
    return list.items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function namespaceOf(place: Place, object: KubeObject): Promise<{ namespace?: string }> {
  if (object.metadata?.namespace) return { namespace: object.metadata.namespace };
  return (await place.isNamespaced(object)) ? { namespace: place.namespace } : {};
}

async function applyObject(place: Place, object: KubeObject): Promise<void> {
  const { apiVersion, kind } = object;
  const metadata = { ...object.metadata, ...(await namespaceOf(place, object)) };
  const ref: ObjectRef = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
  const found = metadata.name ? await place.client.find(ref) : undefined;
  if (!found) await place.client.create({ ...object, metadata });
  else await place.client.patch(ref, { type: 'merge', body: { ...object, metadata } });
}

async function deleteAll(place: Place, ref: DeleteRef, timeoutMs: number): Promise<void> {
  const { name, namespace, labels } = ref;
  const metadata = { name, namespace, labels } as KubeObject['metadata'];
  const found = await find(place, { apiVersion: ref.apiVersion, kind: ref.kind, metadata });
  for (const { metadata } of found) {
    const { name, namespace } = metadata;
    await deleteAndWait(place.client, { apiVersion: ref.apiVersion, kind: ref.kind, name, namespace }, timeoutMs);
  }
}

async function deleteAndWait(client: Client, ref: ObjectRef, timeoutMs: number): Promise<void> {
  await client.delete(ref).catch(error => {
    if (!isNotFound(error)) throw error;
  });
  const left = await until(timeoutMs, async () => {
    const object = await client.find(ref);
    return object ? [`${describe(object)} is still being deleted: ${JSON.stringify(object.status ?? {})}`] : [];
  });
  if (left.length > 0) throw new Error(left.join('\n'));
}

function describe(object: KubeObject): string {
  return `${object.kind} ${object.metadata?.name ? keyOf(object) : '(any)'}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
