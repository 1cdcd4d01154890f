/** What can go wrong with the store, one class for each thing that a caller would do differently. */
import type { Stored, StoreKey } from './store.ts';

/** The object isn't what the change expected; nothing of the commit happened. Read again, decide again. */
export class StoreConflictError extends Error {
  override name = 'StoreConflictError';
  readonly key: StoreKey;
  /** The revision that the change expected; 0: that nothing is there; absent: that something is there. */
  readonly expected: number | undefined;
  /** What is there, durable by the time this error is seen; absent when nothing is. */
  readonly current: Stored | undefined;

  constructor(key: StoreKey, expected: number | undefined, current: Stored | undefined) {
    super(`cannot write ${spell(key)}: ${reasonOf(expected, current)}`);
    this.key = key;
    this.expected = expected;
    this.current = current;
  }
}

/** The asked events are no longer kept, or never were in this store. List again, then watch from that list's revision. */
export class CompactedError extends Error {
  override name = 'CompactedError';
  readonly since: number;
  readonly compactedRevision: number;

  constructor(since: number, compactedRevision: number, revision: number) {
    const kept = `events after ${compactedRevision} up to ${revision} are kept`;
    super(`cannot watch from revision ${since}: ${kept}; list again and watch from there`);
    this.since = since;
    this.compactedRevision = compactedRevision;
  }
}

/** The disk refused: full, read-only or broken. What was answered before is safe, reads go on; the change may be tried again. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}

/** The store was closed before the change was durable. */
export class StoreClosedError extends Error {
  override name = 'StoreClosedError';
  constructor() {
    super('cannot use the store: it is closed');
  }
}

/** Another process has the store open. */
export class StoreLockedError extends Error {
  override name = 'StoreLockedError';
  /** The process that holds it, as far as it left its name. */
  readonly pid: number | undefined;

  constructor(folder: string, pid: number | undefined) {
    const holder = pid === undefined ? 'another process' : `process ${pid}`;
    super(`cannot open the store in "${folder}": ${holder} has it open; stop that one first`);
    this.pid = pid;
  }
}

/** The last whole copy of the store. */
export interface StoreCopy {
  path: string;
  /** When it was made. */
  time: Date;
}

/** The files can't be trusted. Nothing was changed; the message says which file, what is wrong, and what to do. */
export class StoreDamagedError extends Error {
  override name = 'StoreDamagedError';
  readonly path: string;
  readonly problem: string;
  readonly copy: StoreCopy | undefined;

  constructor(path: string, problem: string, copy?: StoreCopy) {
    const remedy =
      copy === undefined
        ? 'there is no copy beside it: bring the folder back from a backup'
        : `there is a copy of ${copy.time.toISOString()}, "${copy.path}": larder restore-store goes back to it (later changes are lost)`;
    super(`cannot trust "${path}": ${problem}; nothing was changed; ${remedy}`);
    this.path = path;
    this.problem = problem;
    this.copy = copy;
  }
}

/** The files were written by a newer Larder. Nothing was changed. */
export class StoreTooNewError extends Error {
  override name = 'StoreTooNewError';
  constructor(file: string, found: number, known: number) {
    super(
      `cannot open "${file}": it has layout ${found}, this version of Larder knows ${known}; use the newer Larder that wrote it`,
    );
  }
}

/** `resource/namespace/name` as messages spell it. */
export function spell(key: StoreKey): string {
  return [key.resource, ...(key.namespace === '' ? [] : [key.namespace]), key.name].map(part => `"${part}"`).join('/');
}

function reasonOf(expected: number | undefined, current: Stored | undefined): string {
  if (current === undefined) return 'it does not exist';
  if (expected === 0) return `it exists already, at revision ${current.revision}`;
  return `it is at revision ${current.revision}, not ${expected ?? 'any'}`;
}
