/**
 * `backup.info`: what a backup is. Written with keys that barman 3.4.0 knows and no others, since a key that a barman doesn't know hides
 * this backup, or all of a server's backups, from it. Read from anybody: newer barman, other tools, hostile hands.
 */
import { parseLiteral, printText, type Literal } from './python-literal.ts';

export interface Tablespace {
  name: string;
  oid: number;
  location: string;
}

/** A backup as its file says; what is absent there, `None`, or makes no sense is absent here. */
export interface BackupInfo {
  status?: string;
  beginTime?: Date;
  endTime?: Date;
  beginWal?: string;
  endWal?: string;
  beginLsn?: string;
  endLsn?: string;
  timeline?: number;
  /** `server_version_num`, as 170010. */
  version?: number;
  systemIdentifier?: string;
  serverName?: string;
  tablespaces: Tablespace[];
  backupLabel?: string;
  backupName?: string;
  segmentSize: number;
  beginOffset?: number;
  endOffset?: number;
  pgdata?: string;
  /** Of the database's files, before compression (bytes). */
  size?: number;
  /** Taken by disk snapshots, not by files in a bucket. */
  snapshots: boolean;
}

export class InvalidBackupInfoError extends Error {
  override name = 'InvalidBackupInfoError';
}

/** All that our own backups say. */
export type CompleteBackupInfo = Required<Omit<BackupInfo, 'backupName' | 'snapshots' | 'serverName' | 'status'>> &
  Pick<BackupInfo, 'backupName'>;

const LONGEST = 1 << 20;
const DEFAULT_SEGMENT = 16 * 1024 * 1024;
const WAL_NAME = /^[0-9A-F]{24}$/;
const LSN = /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/;

/** The bytes of a finished backup's file. `notes` become comments, which every reader skips. */
export function printBackupInfo(info: CompleteBackupInfo, notes: string[] = []): string {
  const tablespaces = info.tablespaces.map(
    ({ name, oid, location }) => `(${printText(name)}, ${oid}, ${printText(location)})`,
  );
  const lines: Record<string, string | number | undefined> = {
    backup_label: printText(info.backupLabel),
    backup_name: info.backupName,
    begin_offset: info.beginOffset,
    begin_time: printTime(info.beginTime),
    begin_wal: info.beginWal,
    begin_xlog: info.beginLsn,
    end_offset: info.endOffset,
    end_time: printTime(info.endTime),
    end_wal: info.endWal,
    end_xlog: info.endLsn,
    pgdata: info.pgdata,
    // The tools take it for the key of their answers, whatever the server is called.
    server_name: 'cloud',
    size: info.size,
    status: 'DONE',
    systemid: info.systemIdentifier,
    tablespaces: tablespaces.length > 0 ? `[${tablespaces.join(', ')}]` : 'None',
    timeline: info.timeline,
    version: info.version,
    xlog_segment_size: info.segmentSize,
  };
  const comments = notes.map(note => `# ${oneLine('a note', note)}`);
  const settings = Object.entries(lines)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${oneLine(key, String(value))}`);
  return [...comments, ...settings, ''].join('\n');
}

function oneLine(what: string, text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f]/.test(text)) throw new Error(`cannot write backup.info: ${what} holds a control character`);
  return text;
}

function printTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '000+00:00');
}

/** @throws InvalidBackupInfoError for what no barman could have written. Unknown keys are let pass: a newer barman has more */
export function parseBackupInfo(text: string): BackupInfo {
  if (text.length > LONGEST) throw new InvalidBackupInfoError(`it has ${text.length} characters`);
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const equals = trimmed.indexOf('=');
    if (equals < 1) throw new InvalidBackupInfoError(`${JSON.stringify(trimmed.slice(0, 60))} is no "key=value"`);
    const value = trimmed.slice(equals + 1).trim();
    if (value === 'None') values.delete(trimmed.slice(0, equals).trim());
    else values.set(trimmed.slice(0, equals).trim(), value);
  }
  return read(values);
}

function read(values: Map<string, string>): BackupInfo {
  const text = (key: string): string | undefined => values.get(key) || undefined;
  const found: BackupInfo = {
    status: text('status'),
    beginTime: time(values, 'begin_time'),
    endTime: time(values, 'end_time'),
    beginWal: matching(values, 'begin_wal', WAL_NAME),
    endWal: matching(values, 'end_wal', WAL_NAME),
    beginLsn: matching(values, 'begin_xlog', LSN),
    endLsn: matching(values, 'end_xlog', LSN),
    timeline: integer(values, 'timeline'),
    version: integer(values, 'version'),
    systemIdentifier: matching(values, 'systemid', /^\d{1,20}$/),
    serverName: text('server_name'),
    tablespaces: tablespacesOf(values),
    backupLabel: labelOf(values),
    backupName: text('backup_name'),
    segmentSize: integer(values, 'xlog_segment_size') ?? DEFAULT_SEGMENT,
    beginOffset: integer(values, 'begin_offset'),
    endOffset: integer(values, 'end_offset'),
    pgdata: text('pgdata'),
    size: integer(values, 'size'),
    snapshots: values.has('snapshots_info'),
  };
  const { segmentSize } = found;
  // A power of two from 1 MB to 1 GB: PostgreSQL makes no others.
  if (segmentSize < 2 ** 20 || segmentSize > 2 ** 30 || !Number.isInteger(Math.log2(segmentSize))) {
    throw new InvalidBackupInfoError(`xlog_segment_size: ${segmentSize} is no size of a WAL segment`);
  }
  return withoutAbsent(found);
}

function withoutAbsent(info: BackupInfo): BackupInfo {
  return Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined)) as unknown as BackupInfo;
}

function integer(values: Map<string, string>, key: string): number | undefined {
  const text = values.get(key);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw unreadable(key, text, 'a number');
  return number;
}

function matching(values: Map<string, string>, key: string, pattern: RegExp): string | undefined {
  const text = values.get(key);
  if (text !== undefined && !pattern.test(text)) throw unreadable(key, text, String(pattern));
  return text;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?\s*(Z|[-+]\d\d:?\d\d(?::?\d\d)?)?$/;

/** Without an offset it is meant in the reader's zone, as barman reads it. */
function time(values: Map<string, string>, key: string): Date | undefined {
  const text = values.get(key);
  if (text === undefined) return undefined;
  const [whole, year, month, day, hour, minute, second, fraction = '', zone = ''] = TIME.exec(text) ?? [];
  const offset = zone === '' || zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.replace(':', '').slice(3, 5)}`;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  const parsed = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${offset}`);
  if (whole === undefined || Number.isNaN(parsed.getTime())) throw unreadable(key, text, 'a time');
  return parsed;
}

function tablespacesOf(values: Map<string, string>): Tablespace[] {
  const list = literal(values, 'tablespaces') ?? [];
  if (!Array.isArray(list)) throw unreadable('tablespaces', values.get('tablespaces')!, 'a list');
  return list.map(entry => {
    const [name, oid, location] = Array.isArray(entry) ? entry : [];
    if (typeof name !== 'string' || !Number.isInteger(oid) || typeof location !== 'string') {
      throw unreadable('tablespaces', values.get('tablespaces')!, 'a list of (name, oid, location)');
    }
    return { name, oid: oid as number, location };
  });
}

function labelOf(values: Map<string, string>): string | undefined {
  const label = literal(values, 'backup_label');
  if (label === undefined || typeof label === 'string') return label;
  throw unreadable('backup_label', values.get('backup_label')!, 'a text');
}

function literal(values: Map<string, string>, key: string): Literal | undefined {
  const text = values.get(key);
  if (text === undefined) return undefined;
  try {
    return parseLiteral(text) ?? undefined;
  } catch (error) {
    throw new InvalidBackupInfoError(`${key}: ${(error as Error).message}`, { cause: error });
  }
}

function unreadable(key: string, text: string, wanted: string): InvalidBackupInfoError {
  return new InvalidBackupInfoError(`${key}: ${JSON.stringify(text.slice(0, 60))} is not ${wanted}`);
}
