/** What a process of ours says of itself, in a file that outlives it. */
import { isAlive, observeProcess, type ProcessRef } from '@larder/postgres';
import { findText, writeFileAtomic } from '../home/files.ts';

export interface ProcessRecord extends ProcessRef {
  phase: 'starting' | 'serving' | 'stopped';
  version: string;
  /** For life: secrets name it. */
  port?: number;
}

export type ServingProcess = ProcessRecord & { port: number };

/** Of the last process, running or not. */
export function findProcessRecord(path: string): ProcessRecord | undefined {
  try {
    const record = JSON.parse(findText(path) ?? 'null') as ProcessRecord | null;
    return typeof record?.pid === 'number' && typeof record.startTicks === 'number' ? record : undefined;
  } catch {
    return undefined; // half of what nobody wrote that way: a damaged disk
  }
}

/** Of the process that serves now. */
export function findServingProcess(path: string): ServingProcess | undefined {
  const record = findProcessRecord(path);
  if (record?.phase !== 'serving' || record.port === undefined || !isAlive(record)) return undefined;
  return { ...record, port: record.port };
}

export function writeProcessRecord(path: string, record: ProcessRecord): void {
  writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** This process. @throws Error without /proc */
export function ownProcess(): ProcessRef {
  const seen = observeProcess(process.pid);
  if (!seen) throw new Error('cannot see the own process in /proc: Larder needs it mounted');
  const { pid, startTicks, bootId } = seen;
  return { pid, startTicks, bootId };
}
