/**
 * Where a drill lives while it lasts: a folder of its own beside the instances, named as none of them, with the record of its process. What
 * a killed plane left there is found by that name, and goes.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably, type ProcessRef } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { endProcess } from '../process/end.ts';
import { claimAccount, releaseAccount } from '../servers/accounts.ts';
import { openLimits } from '../servers/limits.ts';
import { socketRoot } from '../servers/place.ts';
import { endLeftovers } from '../servers/restore/perform.ts';
import { DRILL_GROUP, STAGING } from './worker/protocol.ts';

const PREFIX = '.drill-';

/** An empty folder for one drill, which the account of its server can pass, and nobody can list. */
export async function makeDrillFolder({ instances }: Home): Promise<string> {
  await mkdir(instances, { recursive: true, mode: 0o711 });
  const folder = await mkdtemp(join(instances, PREFIX));
  await chmod(folder, 0o711);
  return folder;
}

/** Whether one is held now, or was cut short and isn't cleared yet. */
export function isDrillUnderWay(home: Pick<Home, 'folder'>): boolean {
  return existsSync(drillSocketFolder(home));
}

/** For the socket of the side server. */
export function drillSocketFolder(home: Pick<Home, 'folder'>): string {
  return join(socketRoot(home.folder), 'drill');
}

/** Must be durable before the process is told anything: what has no record has done nothing. */
export async function recordProcess(folder: string, { pid, startTicks, bootId }: ProcessRef): Promise<void> {
  await writeDurably(join(folder, PROCESS), JSON.stringify({ pid, startTicks, bootId }));
}

const PROCESS = 'process.json';

/** Ends and removes whatever drills have left. May run twice; no drill of this plane may be under way. */
export async function clearDrills(home: Home, accounts?: string): Promise<void> {
  const names = (await readdir(home.instances).catch(() => [])).filter(name => name.startsWith(PREFIX));
  for (const name of names) {
    const folder = join(home.instances, name);
    const worker = await findProcess(folder);
    if (worker) await endProcess(worker);
    const account = await claimAccount({ holder: folder, folder: accounts });
    await endLeftovers({ staging: join(folder, STAGING), account: account ?? null });
    await rm(folder, { recursive: true, force: true });
    if (account) await releaseAccount({ uid: account.uid, holder: folder }, accounts);
  }
  await rm(drillSocketFolder(home), { recursive: true, force: true });
  await (await openLimits(home)).remove(DRILL_GROUP);
}

async function findProcess(folder: string): Promise<ProcessRef | undefined> {
  const text = await readFile(join(folder, PROCESS), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ProcessRef);
}
