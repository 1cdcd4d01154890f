/** Something done once to an instance, by a PostgreSQLOperation of its own: asked for, waited for, and told about meanwhile. */
import { randomInt } from 'node:crypto';
import { waitFor, type HttpClient } from '@larder/controller';
import type { KubeObject, ObjectRef } from '@larder/kube';
import { CommandError } from './failure.ts';
import type { changeOperations, DrillReport } from '@larder/catalog';
import type { Surroundings } from './surroundings.ts';
import { inTime } from './waiting.ts';

const OPERATION = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLOperation' };

export interface Deed {
  instance: string;
  namespace: string;
  operation: 'Backup' | 'Drill' | (typeof changeOperations)[number];
  /** What it is called: `backup`, `restore drill`. */
  noun: string;
  /** ms */
  timeout: number;
}

export interface OperationStatus {
  phase?: string;
  backupName?: string;
  drill?: DrillReport;
  done?: string[];
  downtime?: string;
  startedAt?: string;
  completedAt?: string;
  message?: string;
  conditions?: { type: string; status: string; message?: string }[];
}

/** How it ended, well or not. @throws CommandError when it was refused, or isn't over in time */
export async function runOperation(
  { note }: Pick<Surroundings, 'note'>,
  client: HttpClient,
  { instance, namespace, operation, noun, timeout }: Deed,
): Promise<OperationStatus> {
  const name = `${instance.slice(0, 24).replace(/-$/, '')}-${operation.toLowerCase()}-${letters(5)}`;
  const ref: ObjectRef = { ...OPERATION, namespace, name };
  await client.create({ ...OPERATION, metadata: { name, namespace }, spec: { parameters: { instance, operation } } });
  let told = '';
  const onChange = (object: KubeObject | undefined): void => {
    const words = isOver(object) ? '' : wordsOf(object);
    if (words !== '' && words !== told) note(`${noun} of ${instance}: ${words}`);
    told = words;
  };
  const waiting = waitFor(client, ref, object => isOver(object), { timeoutMs: timeout, onChange });
  const done = await inTime(waiting, last => ({
    message: `the ${noun} of ${instance} was not over within ${timeout / 1000} s: ${wordsOf(last)}`,
    remedy: `it goes on; larder describe postgresqloperation/${name} -n ${namespace} tells how far it is`,
  }));
  const status = operationStatus(done);
  if (status.phase === 'Succeeded' || status.drill) return status;
  throw new CommandError(
    `the ${noun} of ${instance} failed: ${status.message ?? refusalOf(done) ?? 'it was deleted'}`,
    { remedy: `larder describe ${instance} -n ${namespace} tells more` },
  );
}

export function operationStatus(object: KubeObject | undefined): OperationStatus {
  return object?.status ?? {};
}

function isOver(object: KubeObject | undefined): boolean {
  const { phase } = operationStatus(object);
  const ended = ['Succeeded', 'Failed', 'Cancelled', 'Skipped'].includes(phase ?? '');
  return object === undefined || ended || refusalOf(object) !== undefined;
}

function refusalOf(object: KubeObject | undefined): string | undefined {
  const { conditions = [] } = operationStatus(object);
  return conditions.find(({ type, status }) => type === 'Accepted' && status === 'False')?.message;
}

function wordsOf(object: KubeObject | undefined): string {
  const { phase, message } = operationStatus(object);
  return message ?? refusalOf(object) ?? (phase === 'Pending' ? 'it waits' : '');
}

function letters(count: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('');
}
