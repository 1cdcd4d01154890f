/** Where things lie in a bucket: the keys of one server's archive below a prefix. Pure. */
import { isBackupId } from './backup-id.ts';
import { COMPRESSIONS, parseWalName, type Compression } from './wal-name.ts';

export interface ArchivePlace {
  /** `''`, `a` or `a/b`: without a slash at either end. */
  prefix: string;
  /** One server, or one incarnation of it. */
  serverName: string;
}

export interface ArchiveKeys {
  /** `PREFIX/SERVER/` */
  root: string;
  /** `PREFIX/SERVER/base/` */
  base: string;
  /** `PREFIX/SERVER/wals/` */
  wals: string;
  /** Of one backup, with a slash at its end. @throws Error when that is no backup id */
  backupFolder(backupId: string): string;
  /** @throws Error when that is no backup id */
  backupInfo(backupId: string): string;
  /** The folder of a file of the log, with a slash at its end. @throws Error when PostgreSQL archives no such file */
  walFolder(walName: string): string;
  /** @throws Error when PostgreSQL archives no such file */
  wal(walName: string, compression?: Compression): string;
}

/** Metadata of a file of the log: when the server wrote to it last, as RFC 3339. What was committed before is in it or before it. */
export const WRITTEN = 'written';

/** @throws Error for a prefix or a name that would lead elsewhere */
export function archiveKeys({ prefix, serverName }: ArchivePlace): ArchiveKeys {
  if (prefix !== '') for (const part of prefix.split('/')) checkPart(part, 'prefix', prefix);
  checkPart(serverName, 'server name', serverName);
  if (serverName.includes('/')) throw unusable('server name', serverName);
  const root = prefix === '' ? `${serverName}/` : `${prefix}/${serverName}/`;
  const walFolder = (name: string): string => `${root}wals/${hashFolder(name)}`;
  const backupFolder = (id: string): string => {
    if (!isBackupId(id)) throw new Error(`cannot name a backup ${JSON.stringify(id)}: it is like "20261123T001148"`);
    return `${root}base/${id}/`;
  };
  return {
    root,
    base: `${root}base/`,
    wals: `${root}wals/`,
    backupFolder,
    backupInfo: id => `${backupFolder(id)}backup.info`,
    walFolder,
    wal: (name, compression = 'none') => `${walFolder(name)}${name}${COMPRESSIONS[compression]}`,
  };
}

/** `0000000100000000/` for a segment, nothing for a history file. @throws Error when PostgreSQL archives no such file */
export function hashFolder(walName: string): string {
  const parsed = parseWalName(walName);
  if (!parsed) throw new Error(`cannot archive ${JSON.stringify(walName)}: that is no file of the write-ahead log`);
  return parsed.kind === 'history' ? '' : `${walName.slice(0, 16)}/`;
}

function checkPart(part: string, what: string, whole: string): void {
  const control = /[\p{Cc}\p{Cs}]/u.test(part);
  if (part === '' || part === '.' || part === '..' || control) throw unusable(what, whole);
}

function unusable(what: string, value: string): Error {
  return new Error(
    `cannot use ${JSON.stringify(value)} as the ${what} of an archive: empty parts, dots and control characters are not allowed`,
  );
}
