/**
 * Reads a data directory while its server runs, and writes PAX tars of it as frames. It runs as the server's own account, so that
 * nothing planted there can lead it to what that account may not read; it holds no key and no password.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync, type Stats } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pack, type Pack } from 'tar-stream';
import { isEmptied, isOwnedByServer, relationFile, storedNames, type RelationFile } from './data-files.ts';
import { encodeFrame, type Frame } from './frames.ts';
import { PAGE_BYTES, PageChecker } from './page-checksum.ts';

export interface ReadOrder {
  data: string;
  /** Where the backup's log begins; absent: the server keeps no checksums. */
  checkFrom?: string;
  /** After so many bytes a new archive begins. */
  partBytes: number;
  /** Stored at the top in place of the directory's own files of these names. */
  replaced: Record<string, string>;
}

type Sink = ReturnType<Pack['entry']>;

const CHUNK = 32 * PAGE_BYTES;
/** Blocks in a segment of a relation: 1 GB, what every PostgreSQL that anybody ships has. */
const SEGMENT_BLOCKS = 131_072;
/** How often a page that looks damaged is read again: the server may be in the middle of writing it. */
const READS = 10;
const BETWEEN_READS_MS = 20;
/** Damaged blocks that are named for a file. */
const NAMED = 5;

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** @param label resolves with the label's text when the backup has ended in the server */
export async function readDataDirectory(
  order: ReadOrder,
  output: Writable,
  label: () => Promise<string>,
): Promise<void> {
  await new Reader(order, output).read(label);
}

class Reader {
  readonly #order: ReadOrder;
  readonly #output: Writable;
  readonly #checker: PageChecker | undefined;
  readonly #buffer = Buffer.allocUnsafe(CHUNK);
  #pack!: Pack;
  #flushed!: Promise<void>;
  #inPart = 0;
  #files = 0;
  #bytes = 0;
  #pages = 0;

  constructor(order: ReadOrder, output: Writable) {
    this.#order = order;
    this.#output = output;
    this.#checker = order.checkFrom === undefined ? undefined : new PageChecker(BigInt(order.checkFrom));
  }

  async read(label: () => Promise<string>): Promise<void> {
    this.#begin();
    await this.#folder('');
    for (const [name, text] of Object.entries(this.#order.replaced)) await this.#text(name, text, 0o600, new Date());
    await this.#file('global/pg_control', { required: true });
    await this.#say({ kind: 'copied' });
    await this.#text('backup_label', await label(), 0o644, new Date(0));
    await this.#finishPart();
    await this.#say({ kind: 'end', files: this.#files, bytes: this.#bytes, pages: this.#pages });
  }

  async #folder(path: string): Promise<void> {
    const seen = this.#look(path);
    if (!seen) return;
    const owner = { uid: seen.uid, gid: seen.gid, mtime: seen.mtime };
    await this.#entry({ name: path === '' ? './' : path, type: 'directory', mode: seen.mode & 0o7777, ...owner });
    const names = listed(join(this.#order.data, path));
    if (path === 'pg_tblspc' && names.length > 0) throw new Error(TABLESPACES);
    if (isEmptied(path)) return;
    for (const name of storedNames(path, names)) {
      if (path === '' && name in this.#order.replaced) continue;
      await this.#any(path === '' ? name : `${path}/${name}`);
    }
  }

  async #any(path: string): Promise<void> {
    const seen = this.#look(path);
    if (!seen) return;
    if (seen.isDirectory()) return this.#folder(path);
    if (seen.isFile()) return this.#file(path);
    // Where the log lies elsewhere, a restored server has it in its own folder.
    if (seen.isSymbolicLink() && /^pg_(wal|xlog)$/.test(path)) {
      return this.#entry({
        name: path,
        type: 'directory',
        mode: 0o700,
        uid: seen.uid,
        gid: seen.gid,
        mtime: seen.mtime,
      });
    }
    const what = seen.isSymbolicLink() ? 'a symbolic link' : 'no plain file';
    if (seen.isSymbolicLink() && isOwnedByServer(path)) {
      throw new Error(`"${path}" is ${what}: a backup would lack what it leads to; put the data in its place`);
    }
    await this.#say({ kind: 'skipped', path, why: `it is ${what}` });
  }

  #look(path: string): Stats | undefined {
    return unlessGone(() => lstatSync(join(this.#order.data, path)));
  }

  async #file(path: string, { required = false } = {}): Promise<void> {
    const file = unlessGone(() => openSync(join(this.#order.data, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    if (file === undefined) {
      if (required) throw new Error(`"${path}" is not there: this is no data directory`);
      return;
    }
    try {
      const seen = fstatSync(file);
      if (!seen.isFile()) return await this.#say({ kind: 'skipped', path, why: 'it is no plain file' });
      await this.#roll(seen.size);
      const owner = { uid: seen.uid, gid: seen.gid, mtime: seen.mtime };
      const sink = this.#pack.entry({ name: path, size: seen.size, mode: seen.mode & 0o7777, ...owner });
      await this.#content(path, file, seen.size, sink);
      this.#files++;
      this.#bytes += seen.size;
    } finally {
      closeSync(file);
    }
  }

  /** Exactly `size` bytes, as the archive has announced: what grew is left out, and what shrank is filled; the log has both. */
  async #content(path: string, file: number, size: number, sink: Sink): Promise<void> {
    const relation = this.#checker && relationFile(path);
    const damaged: number[] = [];
    for (let at = 0; at < size;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
      const got = fill(file, chunk, at);
      chunk.fill(0, got);
      if (relation) this.#check(relation, { file, chunk: chunk.subarray(0, got), at, damaged });
      if (!sink.write(chunk)) await once(sink, 'drain');
      at += chunk.length;
    }
    const ended = once(sink, 'finish');
    sink.end(undefined);
    await ended;
    if (damaged.length === 0) return;
    await this.#say({ kind: 'damaged', path, blocks: damaged.slice(0, NAMED), count: damaged.length });
  }

  #check(relation: RelationFile, read: { file: number; chunk: Buffer; at: number; damaged: number[] }): void {
    const { file, chunk, at, damaged } = read;
    for (let offset = 0; offset + PAGE_BYTES <= chunk.length; offset += PAGE_BYTES) {
      const block = relation.segment * SEGMENT_BLOCKS + (at + offset) / PAGE_BYTES;
      this.#pages++;
      if (this.#checker!.judge(chunk, offset, block) !== 'damaged') continue;
      if (!this.#readAgain(file, at + offset, chunk.subarray(offset, offset + PAGE_BYTES), block)) damaged.push(block);
    }
  }

  /** True when the page was only being written: then `page` holds it whole. */
  #readAgain(file: number, position: number, page: Buffer, block: number): boolean {
    const again = this.#buffer.subarray(0, PAGE_BYTES);
    for (let read = 1; read < READS; read++) {
      Atomics.wait(PAUSE, 0, 0, BETWEEN_READS_MS);
      if (fill(file, again, position) < PAGE_BYTES) return true; // the file was cut there
      if (this.#checker!.judge(again, 0, block) === 'damaged') continue;
      again.copy(page);
      return true;
    }
    return false;
  }

  async #text(name: string, text: string, mode: number, mtime: Date): Promise<void> {
    const { uid, gid } = lstatSync(this.#order.data);
    await new Promise<void>((resolve, reject) => {
      this.#pack.entry({ name, mode, mtime, uid, gid }, text, error => (error ? reject(error) : resolve()));
    });
  }

  async #entry(header: Parameters<Pack['entry']>[0]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#pack.entry(header, error => (error ? reject(error) : resolve()));
    });
  }

  #begin(): void {
    const archive = pack({ highWaterMark: 4 * CHUNK });
    this.#pack = archive;
    this.#inPart = 0;
    this.#flushed = this.#send(archive);
    // Awaited when the part ends; until then a failure shows in the entries.
    this.#flushed.catch(() => undefined);
  }

  async #roll(size: number): Promise<void> {
    if (this.#inPart > 0 && this.#inPart + size > this.#order.partBytes) {
      await this.#finishPart();
      await this.#say({ kind: 'part' });
      this.#begin();
    }
    this.#inPart += size;
  }

  async #finishPart(): Promise<void> {
    this.#pack.finalize();
    await this.#flushed;
  }

  async #send(archive: Pack): Promise<void> {
    for await (const chunk of archive as AsyncIterable<Buffer>) await this.#say({ kind: 'bytes', bytes: chunk });
  }

  async #say(frame: Frame): Promise<void> {
    const [header, body] = encodeFrame(frame);
    this.#output.cork();
    this.#output.write(header);
    const more = this.#output.write(body);
    this.#output.uncork();
    if (!more) await once(this.#output, 'drain');
  }
}

const TABLESPACES =
  'the server has tablespaces, and a backup holds the data directory only; move what is in them to pg_default and drop them';

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

function listed(folder: string): string[] {
  return (unlessGone(() => readdirSync(folder)) ?? []).sort();
}

/** As many bytes as there are. */
function fill(file: number, buffer: Buffer, position: number): number {
  let got = 0;
  while (got < buffer.length) {
    const read = readSync(file, buffer, got, buffer.length - got, position + got);
    if (read === 0) break;
    got += read;
  }
  return got;
}

/** Files come and go while a server runs; one that was replaced by a link is none of the server's. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
