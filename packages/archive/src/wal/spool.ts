/**
 * How a server in recovery gets files of its log without ever seeing the key to the bucket: it puts a wish into a folder of its own, and
 * finds the file, or an answer, in a folder of the plane. A wish is `<file>.<process>`; an answer is for this very wish.
 */
import { chown, lstat, mkdir, open, readdir, rename, rm, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { parseWalName } from '../layout/wal-name.ts';
import { quote } from './markers.ts';
import { eachName, openFolder } from './untrusted.ts';

export interface Wish {
  /** As it lies in the folder. */
  entry: string;
  /** The file of the log. */
  name: string;
}

/** How long the command waits for an answer of any kind, in steps (s). */
const STEP = '0.02';
const STEPS = 15_000;

/**
 * The `restore_command` of an instance. 0: the file is in place, whole. 1: it is proven that there is none. More than 125: anything else,
 * so that recovery stops instead of ending early.
 */
export function restoreCommand(instance: string): string {
  const [wanted, restored] = [wishFolder(instance), spoolFolder(instance)].map(path =>
    quote(path).replaceAll('%', '%%'),
  );
  return (
    // A shell that fails by itself ends with 2, which would be the end of the log: the trap makes it 255.
    `r=255; trap 'exit $r' EXIT; w=${wanted}/%f.$$; s=${restored}; n=0; true 2>/dev/null >"$w" || exit; while :; do ` +
    `if test -e "$s"/%f; then if cp "$s"/%f %p.part && mv -f %p.part %p; then r=0; break; fi; test -e "$s"/%f && break; fi; ` +
    `if test -e "$s"/.missing.%f.$$; then r=1; break; fi; if test -e "$s"/.failed.%f.$$; then break; fi; ` +
    `n=$((n+1)); test $n -le ${STEPS} || break; sleep ${STEP} || break; done; rm -f "$w"`
  );
}

function wishFolder(instance: string): string {
  return join(instance, 'wanted');
}

function spoolFolder(instance: string): string {
  return join(instance, 'restored');
}

export function parseWish(entry: string): Wish | undefined {
  const match = /^(.{1,60})\.[0-9]{1,10}$/.exec(entry);
  const name = match?.[1];
  return name !== undefined && parseWalName(name) ? { entry, name } : undefined;
}

/** Wishes that a tenant may put there by the million: no more are looked at, and for no more is a file kept. */
const MOST_WISHES = 16;

export class Spool {
  readonly folder: string;
  readonly wishes: string;
  readonly #instance: string;
  readonly #account: { uid: number; gid: number };

  constructor(instance: string, account: { uid: number; gid: number }) {
    this.folder = spoolFolder(instance);
    this.wishes = wishFolder(instance);
    this.#instance = instance;
    this.#account = account;
  }

  /** Both folders, empty of what an earlier process left half done. May run twice. */
  async prepare(): Promise<void> {
    const { uid, gid } = this.#account;
    const isRoot = process.geteuid?.() === 0;
    for (const path of [this.folder, this.wishes]) await mkdir(path, { mode: 0o750 }).catch(ignoreExisting);
    if (isRoot) await chown(this.folder, 0, gid);
    if (isRoot) await chown(this.wishes, uid, gid);
    for (const name of await readdir(this.folder))
      if (name.startsWith('.')) await rm(join(this.folder, name), { force: true });
  }

  /** The first ones; what isn't a wish is left alone. */
  async read(): Promise<Wish[]> {
    const found: Wish[] = [];
    const folder = await openFolder(this.#instance, ['wanted']);
    try {
      await eachName(folder, entry => {
        const wish = found.length < MOST_WISHES ? parseWish(entry) : undefined;
        if (wish) found.push(wish);
      });
    } finally {
      await folder.handle.close();
    }
    return found;
  }

  /** The files that are there whole. */
  async files(): Promise<string[]> {
    return (await readdir(this.folder)).filter(name => parseWalName(name));
  }

  async answers(): Promise<{ path: string; entry: string }[]> {
    return (await readdir(this.folder)).flatMap(name => {
      const entry = /^\.(?:missing|failed)\.(.+)$/.exec(name)?.[1];
      return entry === undefined ? [] : [{ path: join(this.folder, name), entry }];
    });
  }

  async answer(wish: Wish, kind: 'missing' | 'failed'): Promise<void> {
    const file = await open(join(this.folder, `.${kind}.${wish.entry}`), 'w', 0o640);
    await file.close();
  }

  /** A file in the making: `fill` writes it; it is there whole, or not at all. */
  async add(name: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
    const draft = join(this.folder, `.draft.${name}`);
    const file = await open(draft, 'w', 0o640);
    try {
      await fill(file);
      if (process.geteuid?.() === 0) await file.chown(0, this.#account.gid);
      await file.close();
      await rename(draft, join(this.folder, name));
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(draft, { force: true });
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
  }

  /** Wishes that nobody waits for any more: who asked was killed. */
  async removeStale(wish: Wish, olderThanMs: number): Promise<void> {
    const folder = await openFolder(this.#instance, ['wanted']);
    try {
      const path = `${folder.path}/${wish.entry}`;
      const seen = await lstat(path).catch(() => undefined);
      if (seen && Date.now() - seen.mtimeMs > olderThanMs) await unlink(path).catch(() => undefined);
    } finally {
      await folder.handle.close();
    }
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
