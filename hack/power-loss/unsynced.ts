/**
 * What a power loss would take: reads the system calls that strace recorded and says what a process had not yet made durable when it answered.
 *
 * A file's bytes are durable once an fsync or fdatasync of it, begun after they were written, has succeeded; a name (made, renamed, linked,
 * removed) once its folder was synced likewise (fsync(2): "Calling fsync() does not necessarily ensure that the entry in the
 * directory containing the file has also reached disk").
 */
import { dirname } from 'node:path';

export interface Durability {
  /** Whether bytes that begin so are an answer, when they are written to what is no file: a pipe, a socket. */
  isAnswer(beginning: string): boolean;
  /** Whether this must be durable before an answer. */
  matters(path: string, what: Finding['lost']): boolean;
}

export interface Finding {
  /** Which answer, from 1. */
  answer: number;
  path: string;
  /** Its bytes would be gone, its name would be gone, or what was removed would be there again. */
  lost: 'bytes' | 'name' | 'removal';
}

/** The changes of one file's bytes or of one name, and how many of them were synced. */
interface Counted {
  changes: number;
  synced: number;
  /** What the last change was. */
  last: Finding['lost'];
}

/** The calls that `readTrace` understands: what strace is to record. */
export const CALLS = [
  ...['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'copy_file_range', 'ftruncate', 'fsync', 'fdatasync'],
  ...['openat', 'mkdir', 'mkdirat', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat'],
];

/** Reads a recording of `strace -f -y`: how many answers there were, and what was not durable at each. */
export function readTrace(trace: string, durability: Durability): { answers: number; findings: Finding[] } {
  const reader = new Reader(durability);
  for (const line of trace.split('\n')) reader.read(line);
  return { answers: reader.answers, findings: reader.findings };
}

class Reader {
  answers = 0;
  readonly findings: Finding[] = [];
  readonly #durability: Durability;
  readonly #bytes = new Map<string, Counted>();
  readonly #names = new Map<string, Counted>();
  /** By thread: what its unfinished call does once it has succeeded. */
  readonly #unfinished = new Map<string, () => void>();

  constructor(durability: Durability) {
    this.#durability = durability;
  }

  read(line: string): void {
    const resumed = /^(\d+) +<\.\.\. \w+ resumed>.* = (-?\d+)/.exec(line);
    if (resumed) {
      const [, thread = '', result] = resumed;
      if (Number(result) >= 0) this.#unfinished.get(thread)?.();
      this.#unfinished.delete(thread);
      return;
    }
    const call = /^(\d+) +(\w+)\((.*?)(?:\) += (-?\d+).*| <unfinished \.\.\.>)$/.exec(line);
    if (!call) return;
    const [, thread = '', name = '', text = '', result] = call;
    const whenDone = this.#begin(name, text);
    if (result === undefined) this.#unfinished.set(thread, whenDone);
    else if (Number(result) >= 0) whenDone();
  }

  /** Notes what holds as soon as a call begins; gives back what holds once it has succeeded. */
  #begin(name: string, text: string): () => void {
    const descriptor = /^\d+<(.*?)>(?:, |$)/.exec(text)?.[1] ?? '';
    const names = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(found => found[1] ?? '');
    if (name === 'fsync' || name === 'fdatasync') return this.#sync(descriptor);
    if (/write|copy_file_range|ftruncate/.test(name)) {
      this.#written(name === 'copy_file_range' ? (/, \d+<(.*?)>, /.exec(text)?.[1] ?? '') : descriptor, names[0] ?? '');
      return nothing;
    }
    if (name === 'openat') return text.includes('O_CREAT') ? () => this.#made(names[0] ?? '') : nothing;
    return () => this.#named(name, names);
  }

  /** What a sync of this file or folder makes durable: what was changed before it began. */
  #sync(path: string): () => void {
    const inside = [...this.#names].filter(([name]) => dirname(name) === path).map(([, counted]) => counted);
    const all = [this.#bytes.get(path) ?? [], inside].flat().map(counted => ({ counted, changes: counted.changes }));
    return () => {
      for (const { counted, changes } of all) counted.synced = Math.max(counted.synced, changes);
    };
  }

  #written(descriptor: string, beginning: string): void {
    if (descriptor.startsWith('/')) return changed(this.#bytes, descriptor, 'bytes');
    if (!this.#durability.isAnswer(beginning)) return;
    this.answers++;
    for (const [path, { changes, synced, last }] of [...this.#bytes, ...this.#names]) {
      if (synced === changes || !this.#durability.matters(path, last)) continue;
      this.findings.push({ answer: this.answers, path, lost: last });
    }
  }

  /** A file that was opened with O_CREAT: new as far as we know unless we have seen it before. */
  #made(path: string): void {
    if (!this.#names.has(path)) changed(this.#names, path, 'name');
  }

  #named(name: string, [from = '', to = '']: string[]): void {
    const goes = /^(rename|unlink)/.test(name);
    const bytes = this.#bytes.get(from);
    if (bytes && to !== '') this.#bytes.set(to, bytes);
    if (goes) this.#bytes.delete(from);
    if (goes) changed(this.#names, from, 'removal');
    else if (to === '') changed(this.#names, from, 'name');
    if (to !== '') changed(this.#names, to, 'name');
  }
}

function changed(all: Map<string, Counted>, path: string, last: Finding['lost']): void {
  const counted = all.get(path) ?? { changes: 0, synced: 0, last };
  counted.changes++;
  counted.last = last;
  all.set(path, counted);
}

function nothing(): void {}
