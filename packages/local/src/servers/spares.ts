/**
 * One instance made before anybody asks for it: folder, account, data directory and certificate, all but what only an object can
 * say. Taking it is a rename, so a claim waits for no copy. Nothing ever ran in a spare; those that a plane left are removed at the next start.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pause } from '@larder/controller';
import { createDataDirectory, syncFolder, syncTree, type Binaries, type NewDataDirectory } from '@larder/postgres';
import { claimAccount, passAccount, releaseAccount } from './accounts.ts';
import { makeFolders, writeCertificate } from './files.ts';
import { placeIn, type InstancePlace } from './place.ts';
import { writeRecord, type InstanceRecord } from './record.ts';
import type { Plane } from './work.ts';

/** What an instance must have in common with a spare. */
export interface SpareKind {
  binaries: Binaries;
  database: string;
  owner: string;
}

interface Spare extends SpareKind {
  place: InstancePlace;
  account: InstanceRecord['account'];
  made: NewDataDirectory;
}

export interface SparesOptions extends Pick<Plane, 'home' | 'accounts' | 'listen' | 'pki' | 'log' | 'signal'> {
  /** Resolves when no server is being worked on: a spare is nobody's hurry. */
  idle(): Promise<void>;
}

const PREFIX = '.spare-';
/** What is made for nobody yet must not take the last of the disk. */
const LEAST_FREE = 2 ** 30;
/** The claim that took the last one comes first. */
const AFTER_MS = 300;

export class Spares {
  readonly #options: SparesOptions;
  #spare: Spare | undefined;
  #making: Promise<void> | undefined;
  /** What is being copied now. */
  #underway: SpareKind | undefined;

  constructor(options: SparesOptions) {
    this.#options = options;
  }

  /** Removes what an earlier plane left. */
  async clear(): Promise<void> {
    const { home } = this.#options;
    const names = (await readdir(home.instances)).filter(name => name.startsWith(PREFIX));
    for (const name of names) await rm(join(home.instances, name), { recursive: true, force: true });
  }

  /** Whether there is one that fits, or will be soon. */
  has(kind: SpareKind): boolean {
    const next = this.#spare ?? this.#underway;
    return next !== undefined && fits(next, kind);
  }

  /** Makes the spare, if there is one that fits, the instance at `place`, with a record of its own in it. */
  async take(
    kind: SpareKind,
    place: InstancePlace,
    own: Omit<InstanceRecord, 'account'>,
  ): Promise<InstanceRecord | undefined> {
    // One that is half made is still sooner there than another copy.
    if (this.#underway) await this.#making;
    const spare = this.#spare;
    if (!spare || !fits(spare, kind)) return undefined;
    this.#spare = undefined;
    this.refill(kind);
    const { account, made } = spare;
    // A folder is renamed onto an empty one, which holds the account until then.
    await mkdir(place.folder, { recursive: true, mode: 0o711 });
    if (account)
      await passAccount({ uid: account.uid, from: spare.place.folder, to: place.folder }, this.#options.accounts);
    const { systemIdentifier, password: firstPassword } = made;
    const record = await writeRecord(spare.place, { ...own, account, systemIdentifier, firstPassword });
    try {
      await rename(spare.place.folder, place.folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
      // An attempt that was cut short left something there: whoever asked makes it whole, with the account that the folder has now.
      await rm(spare.place.folder, { recursive: true, force: true });
      return undefined;
    }
    await syncFolder(dirname(place.folder));
    return record;
  }

  /** Makes one when there is time. Nobody waits for it, and failing is only said in the log. */
  refill(kind: SpareKind): void {
    if (this.has(kind)) return;
    this.#making ??= this.#make(kind)
      .catch((error: Error) => this.#options.log.debug('cannot make a spare instance', { error: error.message }))
      .finally(() => (this.#making = undefined));
  }

  /** Resolves when nothing is being made any more. */
  async settled(): Promise<void> {
    await this.#making;
  }

  async #make(kind: SpareKind): Promise<void> {
    const { signal, home } = this.#options;
    await pause(AFTER_MS, signal);
    await this.#options.idle();
    if (signal.aborted || (await freeBytes(home.folder)) < LEAST_FREE) return;
    await this.#drop();
    this.#underway = kind;
    try {
      this.#spare = await makeSpare(this.#options, kind);
    } finally {
      this.#underway = undefined;
    }
  }

  /** One of another version makes room. */
  async #drop(): Promise<void> {
    const old = this.#spare;
    this.#spare = undefined;
    if (!old) return;
    await rm(old.place.folder, { recursive: true, force: true });
    if (old.account) await releaseAccount({ uid: old.account.uid, holder: old.place.folder }, this.#options.accounts);
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function makeSpare(options: SparesOptions, kind: SpareKind): Promise<Spare> {
  const { home, accounts } = options;
  const place = placeIn(join(home.instances, `${PREFIX}${randomBytes(6).toString('hex')}`));
  await mkdir(place.folder, { mode: 0o711 });
  await chmod(place.folder, 0o711);
  try {
    const account = (await claimAccount({ holder: place.folder, folder: accounts })) ?? null;
    await makeFolders(place, account);
    await writeCertificate(options, place, account);
    const templates = home.templates;
    const made = await createDataDirectory({ ...kind, data: place.data, templates, account: account ?? undefined });
    await syncTree(place.folder);
    return { ...kind, place, account, made };
  } catch (error) {
    await rm(place.folder, { recursive: true, force: true });
    throw error;
  }
}

function fits(spare: SpareKind, { binaries, database, owner }: SpareKind): boolean {
  const { source, version, packageVersion } = spare.binaries;
  return (
    source === binaries.source &&
    version === binaries.version &&
    packageVersion === binaries.packageVersion &&
    spare.database === database &&
    spare.owner === owner
  );
}
