/** What the plane must know of a server whatever happens: written before it is acted on, readable by the plane alone. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { writeDurably, type Account, type ProcessRef } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { placeOf, type InstancePlace } from './place.ts';

export interface InstanceRecord {
  /** The object's: a new object of the same name is another server. */
  objectUid: string;
  /** Null: the plane's own account. */
  account: NonNullable<Account> | null;
  /** For life. */
  port: number;
  /** Tells the server from every other. */
  incarnation: string;
  /** Of the plane's role. */
  planePassword: string;
  /** Of the plane's role until the first login has set the one above. */
  firstPassword?: string;
  /** Of the role that measures; absent until there is one. */
  metricsPassword?: string;
  /** Of the role that probes; absent until there is one. */
  probePassword?: string;
  /** Absent until the data directory is whole: what lies there before is nobody's data. */
  systemIdentifier?: string;
  /** What it was started with last. */
  binaries?: RecordedBinaries;
  /** The process that was started last. */
  process?: ProcessRef;
  /** The settings that its file holds. */
  settings?: Record<string, string>;
  /** The last restart that was no accident; while it isn't completed, it is under way. */
  restart?: RestartRecord;
  /** What was accepted of its wishes for the machine. */
  requests?: { memoryBytes?: number; milliCpu?: number };
  /** New sessions begin read-only, since the storage is all but used up. */
  readOnly?: boolean;
  /** The folder of the server that has the port, where that isn't the instance's own: see place.ts. */
  seat?: string;
  /** It went back from this version, and runs with these settings of its object until those for its own major come. */
  wentBack?: { from: string; settings: Record<string, string> };
  /** Its WAL is archived: no WAL file may go before its mark is there. */
  archiving?: boolean;
}

export interface RestartRecord {
  /** The uid of the PostgresChange that asked; absent where the policy let it happen. */
  by?: string;
  /** The one that is to end. */
  process: ProcessRef;
  /** When new connections were kept out; RFC 3339. */
  startedAt: string;
  /** When it took connections again. */
  completedAt?: string;
  from: { version: string; settings: Record<string, string> };
  /** The version that it starts with. */
  to: string;
  /** Why it runs as before. */
  failure?: string;
  /** Nothing was ended: there was nothing to do, or it could not be done. */
  idle?: boolean;
}

export interface RecordedBinaries {
  version: string;
  source: 'npm' | 'system';
  package: string;
  packageVersion?: string;
  openssl?: string;
  icu?: string;
  collation?: string;
}

/** @throws Error when there is one that can't be read: acting without it could destroy data */
export async function findRecord(place: InstancePlace): Promise<InstanceRecord | undefined> {
  return findRecordNow(place);
}

/** The same at once. */
export function findRecordNow(place: Pick<InstancePlace, 'record'>): InstanceRecord | undefined {
  const content = textIn(place.record);
  if (content === undefined) return undefined;
  try {
    return JSON.parse(content) as InstanceRecord;
  } catch (error) {
    throw new Error(`cannot read ${place.record}: it is damaged; restore it from a copy of the home folder`, {
      cause: error,
    });
  }
}

/** Read many times a minute, and small: a turn of the thread pool for each of its steps would cost ten times as much. */
function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

export async function writeRecord(place: InstancePlace, record: InstanceRecord): Promise<InstanceRecord> {
  await writeDurably(place.record, JSON.stringify(record, undefined, 2));
  return record;
}

/** All that are recorded in this home; those that can't be read are left out. */
export async function listRecords(home: Home): Promise<InstanceRecord[]> {
  const names = await readdir(home.instances).catch(() => []);
  const records = await Promise.all(names.map(name => readListed(home, name)));
  return records.filter(record => record !== undefined);
}

async function readListed(home: Home, name: string): Promise<InstanceRecord | undefined> {
  try {
    return await findRecord(placeOf(home, name));
  } catch {
    return undefined;
  }
}
