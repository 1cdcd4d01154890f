/** Removing a server and all it had. Needs no database that answers, and may be interrupted anywhere. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { processesIn, processesOf, run, signalProcess, stopServer, observeProcess } from '@larder/postgres';
import { releaseAccount } from './accounts.ts';
import { waitForLastWal } from './archiving.ts';
import { removeCredentials } from './credentials.ts';
import { uidOf } from './observe.ts';
import { placeIn, SEAT, socketFolder, type InstancePlace } from './place.ts';
import { stagingOf } from './restore/order.ts';
import { endRestore } from './restore/run.ts';
import { removeOrder } from '../storage/archives.ts';
import { findRecord, type InstanceRecord } from './record.ts';
import { orderBefore } from './upgrade-file.ts';
import type { Work } from './work.ts';

export async function removeInstance(work: Work): Promise<void> {
  const { plane, place } = work;
  const record = await findRecord(place);
  await removeCredentials(work);
  await endRestore(work);
  if (record) {
    await endProcesses(place.data, record);
    await waitForLastWal(work, record);
    await endProcesses(stagingOf(place.data), record);
    removeOrder(plane.home, 'archives', orderBefore(work.object.metadata.name));
    for (const each of await seatsOf(place.root)) {
      await endProcesses(each.data, record);
      for (const folder of [each.data, stagingOf(each.data), each.log]) await emptyAs(folder, record);
    }
    await rm(socketFolder(plane.socketRoot, record.port), { recursive: true, force: true });
  }
  await plane.limits.remove(work.object.metadata.name);
  // What is left is ours alone; the record goes with it, and with the record the claim to the port.
  await rm(place.root, { recursive: true, force: true });
  if (record?.account) await releaseAccount({ uid: record.account.uid, holder: place.root }, plane.accounts);
}

/** Of an instance that is upgraded there are two. */
async function seatsOf(root: string): Promise<InstancePlace[]> {
  const names = await readdir(root).catch(() => []);
  return [placeIn(root), ...names.filter(name => SEAT.test(name)).map(name => placeIn(root, name))];
}

/** Also what isn't a server any more: a tenant with superuser rights may have started anything under its account. */
async function endProcesses(data: string, record: InstanceRecord): Promise<void> {
  const uid = uidOf(record);
  const account = record.account ?? undefined;
  const all = processesIn(data, uid);
  const postmaster = all.find(({ pid, parent }) => !all.some(other => other.pid === parent && other.pid !== pid));
  if (postmaster) await stopServer(postmaster, account, { fastMs: 10_000 });
  for (const left of processesIn(data, uid)) await signalProcess(left, 'KILL', account);
  if (!account) return;
  for (const pid of processesOf(uid)) {
    const found = observeProcess(pid);
    if (found) await signalProcess(found, 'KILL', account);
  }
}

/** Deletes as the account that owns what is there: whatever it planted, it can only lead to what is its own. */
async function emptyAs(folder: string, { account }: InstanceRecord): Promise<void> {
  const there = await lstat(folder).catch(() => undefined);
  if (!there?.isDirectory()) return;
  await run('find', [folder, '-mindepth', '1', '-delete'], { account: account ?? undefined, timeoutMs: 600_000 });
}
