/**
 * Unpacks one tar of a data directory into a folder that nobody else can reach. The tar is foreign: a name that leads elsewhere, a link
 * or a device is refused, so nothing but plain files and folders below the folder is ever made.
 */
import { constants, fchmodSync, fchownSync, lchownSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import { isOwnedByServer, relationFile } from '../backup/data-files.ts';
import { PAGE_BYTES, PageChecker } from '../backup/page-checksum.ts';
import { FileWriter } from './file-writer.ts';

export interface Unpacked {
  files: number;
  bytes: number;
  /** What isn't part of a database and wasn't made. */
  skipped: string[];
  /** Files with pages whose checksum is wrong. */
  damaged: string[];
}

export interface UnpackOptions {
  /** Exists, empty or with earlier parts of the same backup. */
  folder: string;
  account?: { uid: number; gid: number };
  /** Where the backup's log begins: older pages must be whole. @default pages aren't looked at */
  checkFrom?: bigint;
  onBytes?: (bytes: number) => void;
}

export class HostileArchiveError extends Error {
  override name = 'HostileArchiveError';
}

const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
const SEGMENT_BLOCKS = 131_072;

/** @throws HostileArchiveError; Error for a tar that is cut or damaged */
export async function unpack(archive: Readable, options: UnpackOptions): Promise<Unpacked> {
  const done: Unpacked = { files: 0, bytes: 0, skipped: [], damaged: [] };
  const entries = extract();
  const feeding = pipeline(archive, entries);
  // Awaited at the end; a failure shows in the entries before.
  feeding.catch(() => undefined);
  for await (const entry of entries) {
    const { header } = entry;
    const parts = partsOf(header.name);
    const kind = kindOf(header, parts.join('/'));
    if (kind === 'folder') makeFolder(options, parts);
    else if (kind === 'skip') done.skipped.push(parts.join('/'));
    else await makeFile({ parts, body: entry as unknown as AsyncIterable<Buffer>, options, done });
    entry.resume();
  }
  await feeding;
  return done;
}

/** @throws HostileArchiveError for a name that leads elsewhere */
function partsOf(name: string): string[] {
  if (name.startsWith('/') || /\p{Cc}/u.test(name)) throw hostile(name, 'is no path below the data directory');
  const parts = name.split('/').filter(part => part !== '' && part !== '.');
  if (parts.includes('..') || parts.some(part => Buffer.byteLength(part) > 255)) {
    throw hostile(name, 'is no path below the data directory');
  }
  return parts;
}

function kindOf({ type, name, linkname }: Header, path: string): 'file' | 'folder' | 'skip' {
  switch (type ?? 'file') {
    case 'file':
    case 'contiguous-file':
      if (path === '') throw hostile(name, 'is no name of a file');
      return 'file';
    case 'directory':
      return 'folder';
    case 'symlink':
      return kindOfLink(name, path, linkname ?? '');
    case 'fifo':
    case 'character-device':
    case 'block-device':
      if (isOwnedByServer(path)) throw hostile(name, 'is no plain file');
      return 'skip';
    case 'link':
    default:
      throw hostile(name, `is a ${type}, which no data directory has`);
  }
}

function kindOfLink(name: string, path: string, to: string): 'folder' | 'skip' {
  // Where the log lay elsewhere, it gets a folder of its own.
  if (/^pg_(wal|xlog)$/.test(path)) return 'folder';
  if (/^pg_tblspc\//.test(path))
    throw hostile(name, 'is a tablespace; a data directory with tablespaces is not restored');
  if (isOwnedByServer(path)) throw hostile(name, `is a link to ${JSON.stringify(to.slice(0, 200))}`);
  return 'skip';
}

function makeFolder({ folder, account }: UnpackOptions, parts: string[]): void {
  let path = folder;
  for (const part of parts) {
    path = join(path, part);
    try {
      mkdirSync(path, 0o700);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw wrap(error, parts);
      continue;
    }
    if (account) lchownSync(path, account.uid, account.gid);
  }
}

interface NewFile {
  parts: string[];
  body: AsyncIterable<Buffer>;
  options: UnpackOptions;
  done: Unpacked;
}

async function makeFile({ parts, body, options, done }: NewFile): Promise<void> {
  const { folder, account, checkFrom, onBytes } = options;
  const path = join(folder, ...parts);
  const file = create(path, options, parts);
  const writer = new FileWriter(file);
  const relation = checkFrom === undefined ? undefined : relationFile(parts.join('/'));
  const pages = relation && new PageStream(new PageChecker(checkFrom!), relation.segment * SEGMENT_BLOCKS);
  try {
    if (account) fchownSync(file, account.uid, account.gid);
    fchmodSync(file, 0o600);
    for await (const chunk of body) {
      await writer.write(chunk);
      pages?.push(chunk);
      done.bytes += chunk.length;
      onBytes?.(chunk.length);
    }
  } catch (error) {
    await writer.close().catch(() => undefined);
    throw error;
  }
  await writer.close();
  done.files++;
  if (pages?.damaged === true) done.damaged.push(parts.join('/'));
}

function create(path: string, options: UnpackOptions, parts: string[]): number {
  const open = (): number => openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    return open();
  } catch (error) {
    // A part may begin within a folder that an earlier part, unpacked beside it, has yet to make.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === options.folder)
      throw wrap(error, parts);
    makeFolder(options, parts.slice(0, -1));
    return open();
  }
}

/** Cuts a stream into pages and judges them. */
class PageStream {
  readonly #checker: PageChecker;
  /** A page of which the beginning has come. */
  readonly #begun = Buffer.allocUnsafe(PAGE_BYTES);
  #has = 0;
  #block: number;
  damaged = false;

  constructor(checker: PageChecker, firstBlock: number) {
    this.#checker = checker;
    this.#block = firstBlock;
  }

  push(chunk: Buffer): void {
    let at = 0;
    if (this.#has > 0) {
      at = chunk.copy(this.#begun, this.#has);
      this.#has += at;
      if (this.#has < PAGE_BYTES) return;
      this.#judge(this.#begun, 0);
    }
    for (; at + PAGE_BYTES <= chunk.length; at += PAGE_BYTES) this.#judge(chunk, at);
    this.#has = chunk.copy(this.#begun, 0, at);
  }

  #judge(bytes: Buffer, at: number): void {
    if (this.#checker.judge(bytes, at, this.#block++) === 'damaged') this.damaged = true;
  }
}

function wrap(error: unknown, parts: string[]): Error {
  const { code } = error as NodeJS.ErrnoException;
  const wrong = ['EEXIST', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'].includes(code ?? '');
  return wrong ? hostile(parts.join('/'), `can't be where it says (${code})`) : (error as Error);
}

function hostile(name: string, why: string): HostileArchiveError {
  return new HostileArchiveError(
    `cannot restore: the entry ${JSON.stringify(name.slice(0, 200))} of the backup ${why}`,
  );
}
