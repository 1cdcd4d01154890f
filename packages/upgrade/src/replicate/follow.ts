/** A whole server follows another: every database of it, with what has to be changed for that on the one that is followed. */
import type { Link } from '../host.ts';
import { inDatabase, listDatabases, type Side } from '../side.ts';
import { copyGrants } from '../roles/grants.ts';
import { copyRoles } from '../roles/copy.ts';
import { copySchema, type CopySchemaOptions } from '../schema/apply.ts';
import {
  ensurePublication,
  ensureReplicationRole,
  ensureSlot,
  ensureSubscription,
  slotName,
  type Way,
} from './start.ts';
import { keylessOf, listTables, recogniseRows, type Keyless } from './tables.ts';

/** By database. */
export type KeylessTables = Record<string, Keyless[]>;

/** Everything but the rows. Not to be repeated on a server that has part of it. */
export async function copyEverythingButRows(
  source: Side,
  target: Side,
  options: Pick<CopySchemaOptions, 'major' | 'signal' | 'timeoutMs' | 'lockMs'>,
): Promise<void> {
  await copyRoles(source, target);
  for (const database of await listDatabases(source)) {
    await copySchema({ ...options, source, target, database });
    await copyGrants(source, target, database);
  }
}

/** To be written down before `follow` changes them. */
export async function findKeyless(side: Side): Promise<KeylessTables> {
  const found: KeylessTables = {};
  for (const database of await listDatabases(side)) {
    const keyless = keylessOf(await inDatabase(side, database, listTables));
    if (keyless.length > 0) found[database] = keyless;
  }
  return found;
}

export interface FollowOptions {
  /** Who serves. */
  from: Side;
  /** Who follows. */
  to: Side;
  way: Way;
  link: Link;
  keyless: KeylessTables;
  /** For each lock on a table (ms): others wait behind it. @default 2_000 */
  lockMs?: number;
  /** For the transactions that are open (ms). @default 20_000 */
  slotMs?: number;
}

/** The databases that follow now: those with tables. May run twice. @throws BusyError where somebody is in the way */
export async function follow(options: FollowOptions): Promise<string[]> {
  const { from, to, way, link, keyless, lockMs = 2_000, slotMs = 20_000 } = options;
  await ensureReplicationRole(from);
  const following: string[] = [];
  for (const database of await listDatabases(from)) {
    const slot = await inDatabase(from, database, async session => {
      await recogniseRows(session, keyless[database] ?? [], lockMs);
      if ((await ensurePublication(session, way, lockMs)) === 0) return undefined;
      const name = await slotName(session, way);
      await ensureSlot(session, name, slotMs);
      return name;
    });
    if (slot === undefined) continue;
    await inDatabase(to, database, session => ensureSubscription(session, { way, slot, link, database, copy: true }));
    following.push(database);
  }
  return following;
}

/** The old server follows the new one. Its slots and publications are there: only what is new goes back. May run twice. */
export async function followBack(
  { from, to, link }: Pick<FollowOptions, 'from' | 'to' | 'link'>,
  following: string[],
): Promise<void> {
  const way = 'larder_return';
  for (const database of following) {
    const slot = await inDatabase(from, database, session => slotName(session, way));
    await inDatabase(to, database, session => ensureSubscription(session, { way, slot, link, database, copy: false }));
  }
}
