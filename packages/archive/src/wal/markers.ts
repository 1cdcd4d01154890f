/**
 * What the server's `archive_command` looks at: a folder of the plane, in which a name says that this file is durable in the bucket.
 * It isn't synced: a marker that a power cut takes costs one comparison.
 */
import { chown, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseWalName } from '../layout/wal-name.ts';

/** Says that who asks need not wait. */
const LATE = '.late';

/** The folder of an instance that holds its markers. */
export function markerFolder(instance: string): string {
  return join(instance, 'archived');
}

/** How long `archive_command` waits for a file that isn't there yet, in steps (s). */
const STEP = '0.05';
const STEPS = 40;

/**
 * The `archive_command` of an instance: succeeds when the file is durable. A segment that was finished just now is under way: it is waited
 * for up to two seconds, since an attempt that fails is counted and alerted upon. While the archiver is behind it fails at once.
 */
export function archiveCommand(instance: string): string {
  const folder = quote(markerFolder(instance)).replaceAll('%', '%%');
  return (
    `cd ${folder} || exit 1; n=0; until test -e %f; do ` +
    `if test -e ${LATE} || test $n -ge ${STEPS}; then exit 1; fi; n=$((n+1)); sleep ${STEP} || exit 1; done`
  );
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export class Markers {
  readonly #folder: string;
  readonly #account: { uid: number; gid: number };
  #names: Set<string> | undefined;
  #late: boolean | undefined;

  constructor(instance: string, account: { uid: number; gid: number }) {
    this.#folder = markerFolder(instance);
    this.#account = account;
  }

  /** The files that are acknowledged. Makes the folder. May run again. */
  async names(): Promise<ReadonlySet<string>> {
    if (this.#names) return this.#names;
    await mkdir(this.#folder, { mode: 0o750 }).catch(ignore('EEXIST'));
    if (process.geteuid?.() === 0) await chown(this.#folder, 0, this.#account.gid);
    const names = await readdir(this.#folder);
    this.#late = names.includes(LATE);
    return (this.#names = new Set(names.filter(name => parseWalName(name))));
  }

  /** May run twice. */
  async add(name: string): Promise<void> {
    await this.#write(name);
    this.#names?.add(name);
  }

  /** May run twice. */
  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
    this.#names?.delete(name);
  }

  /** Whether who asks need not wait. */
  async setLate(late: boolean): Promise<void> {
    if (late === this.#late) return;
    if (late) await this.#write(LATE);
    else await rm(join(this.#folder, LATE), { force: true });
    this.#late = late;
  }

  async #write(name: string): Promise<void> {
    const file = await open(join(this.#folder, name), 'wx', 0o640).catch(ignore('EEXIST'));
    await file?.close();
  }
}

function ignore(code: string): (error: NodeJS.ErrnoException) => undefined {
  return error => {
    if (error.code === code) return undefined;
    throw error;
  };
}
