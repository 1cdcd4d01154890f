/**
 * Makes a data directory out of a backup, step by step, so that nothing of the server it came from acts: it is fetched, recovered by a
 * server that nobody can reach, secured, and shut down. It may be killed at any instant and begun again.
 */
import { access, chmod, chown, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  endedBeforeTarget,
  fetchBackup,
  firstStartAccess,
  firstStartSettings,
  lastReplayedCommit,
  openStore,
  readControlFile,
  recoverySettings,
  restoreCommand,
  startWalFetcher,
  type RecoveryTarget,
} from '@larder/archive';
import {
  observeServer,
  PLANE_ROLE,
  processesIn,
  renderSettings,
  signalProcess,
  startServer,
  stopServer,
  syncTree,
  waitUntilReady,
  writeDurably,
} from '@larder/postgres';
import {
  findRestoreState,
  writeRestoreState,
  type RestoreOrder,
  type RestoreProgress,
  type RestoreState,
} from './order.ts';
import { givePlaneItsRole, secure } from './secure.ts';

export interface Performing {
  order: RestoreOrder;
  tell: (progress: RestoreProgress) => void;
  signal: AbortSignal;
  /** What the server's process must go through before it becomes one. */
  admit?: (pid: number) => Promise<void>;
  /** Whether the owner is let in too, through the socket, once it has a password. */
  letsOwnerIn?: boolean;
}

/** @throws Error in words; what was fetched stays, and the next trial goes on from there */
export async function performRestore(work: Performing): Promise<void> {
  const { order, signal } = work;
  await endLeftovers(order);
  let state = await findRestoreState(order.folder);
  if (!state || state.backupId !== order.backupId || (await wasCut(order, state))) state = await fetch(work);
  if (state.phase === 'recovering') state = await recover(work, state);
  if (state.phase === 'securing') {
    work.tell({ phase: 'securing' });
    await givePlaneItsRole(order, await singleSettings(order));
    await serving(work, {}, () => secure(order));
    signal.throwIfAborted();
    await syncTree(order.staging);
    await writeRestoreState(order.folder, { ...state, phase: 'done' });
  }
}

/**
 * Whether a server was killed while it ended its recovery. Without the sign it would replay whatever log lies beside it, also what is
 * later than the moment that was asked for.
 */
async function wasCut({ staging }: RestoreOrder, { phase }: RestoreState): Promise<boolean> {
  if (phase !== 'recovering') return false;
  return access(join(staging, RECOVERY_SIGN)).then(
    () => false,
    () => true,
  );
}

/** Ends what an earlier trial left running. */
export async function endLeftovers({ staging, account }: Pick<RestoreOrder, 'staging' | 'account'>): Promise<void> {
  const { uid } = ownerOf({ account });
  for (let left = processesIn(staging, uid); left.length > 0; left = processesIn(staging, uid)) {
    for (const each of left) await signalProcess(each, 'KILL', account ?? undefined);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

async function fetch({ order, tell, signal }: Performing): Promise<RestoreState> {
  const { staging, account, destination, backupId, major } = order;
  // No server ever ran on what isn't whole.
  await rm(staging, { recursive: true, force: true });
  const store = openStore(destination);
  try {
    const { info } = await fetchBackup({
      ...{ store, backupId, folder: staging, signal },
      ...(account ? { account } : {}),
      progress: ({ bytes, total }) => tell({ phase: 'fetching', bytes, total }),
    });
    const made = Math.floor(info.version / 10_000);
    if (made !== major) {
      throw new Error(
        `the backup ${backupId} is PostgreSQL ${made}'s, and this server is ${major}; ask for a ${made}.x`,
      );
    }
  } finally {
    store.close();
  }
  const control = readControlFile(await readFile(join(staging, 'global/pg_control')));
  if (!control) throw new Error(`cannot restore the backup ${backupId}: its pg_control is of no known layout`);
  for (const [name, text] of Object.entries(REPLACED)) await writeOwn(order, name, text);
  await syncTree(staging);
  return writeRestoreState(order.folder, { phase: 'recovering', backupId, systemIdentifier: control.systemIdentifier });
}

const RECOVERY_SIGN = 'recovery.signal';

/** What would act in place of the plane's own files, and the sign that there is something to recover. */
const REPLACED = {
  'postgresql.auto.conf': '',
  'postgresql.conf': '# The settings are in a folder of the plane.\n',
  'pg_hba.conf': 'local all all reject\n',
  'pg_ident.conf': '',
  [RECOVERY_SIGN]: '',
};

async function writeOwn({ staging, account }: RestoreOrder, name: string, text: string): Promise<void> {
  const path = join(staging, name);
  await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  if (account) await chown(path, account.uid, account.gid);
}

async function recover(work: Performing, state: RestoreState): Promise<RestoreState> {
  const { order, tell } = work;
  tell({ phase: 'recovering' });
  const missing = await replay(work, state);
  if (missing) return recover(work, await writeRestoreState(order.folder, { ...state, missing }));
  await checkMoment(order);
  return writeRestoreState(order.folder, { ...state, phase: 'securing' });
}

/** @returns what lacked of the log, when it ended before the moment that was asked for */
async function replay(work: Performing, state: RestoreState): Promise<string[] | undefined> {
  const { order, tell } = work;
  const fetcher = await startWalFetcher({
    ...{ folder: order.folder, destination: order.destination, systemIdentifier: state.systemIdentifier },
    ...{ ...ownerOf(order), missing: state.missing },
    onState: ({ lastFetchedWal: wal, lastError: trouble }) => tell({ phase: 'recovering', wal, trouble }),
  });
  try {
    const restore = restoreCommand(order.folder);
    await serving(work, recoverySettings({ restoreCommand: restore, target: targetOf(order, state) }));
    return undefined;
  } catch (error) {
    if (endedBeforeTarget((error as Error).message) && !state.missing) return fetcher.missing();
    throw withTrouble(error, fetcher.state().lastError);
  } finally {
    await fetcher.stop();
  }
}

function targetOf({ targetTime, targetName }: RestoreOrder, { missing }: RestoreState): RecoveryTarget {
  if (targetName !== undefined && !missing) return { kind: 'name', name: targetName };
  return missing || targetTime === undefined ? { kind: 'newest' } : { kind: 'time', time: new Date(targetTime) };
}

/** @throws Error when the server replayed what is later than the moment that was asked for; the next trial fetches anew */
async function checkMoment({ folder, targetTime }: RestoreOrder): Promise<void> {
  if (targetTime === undefined) return;
  const last = lastReplayedCommit(await readFile(startLogOf(folder), 'utf8'));
  if (last && last > new Date(targetTime))
    throw new Error(`the log was replayed up to ${last.toISOString()}, which is later than ${targetTime}`);
}

function ownerOf({ account }: Pick<RestoreOrder, 'account'>): { uid: number; gid: number } {
  return account ?? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

function withTrouble(error: unknown, trouble: string | undefined): Error {
  return trouble === undefined
    ? (error as Error)
    : new Error(`${(error as Error).message}: ${trouble}`, { cause: error });
}

function startLogOf(folder: string): string {
  return join(folder, 'restore.log');
}

/** Runs the server, reachable by nobody else, until it takes connections and `meanwhile` is over; then shuts it down. */
export async function serving(
  work: Performing,
  recovery: Record<string, string>,
  meanwhile?: () => Promise<void>,
): Promise<void> {
  const { order, signal } = work;
  const { staging: data, bin, port, socketFolder } = order;
  const account = order.account ?? undefined;
  const { uid } = ownerOf(order);
  const startLog = startLogOf(order.folder);
  const configuration = await configure(work, recovery);
  const { process: server, exited } = await startServer({
    bin,
    data,
    configuration,
    socketFolder,
    port,
    account,
    startLog,
    admit: work.admit,
  });
  const end = exited.catch((error: Error) => error.message);
  try {
    for (;;) {
      const readiness = await waitUntilReady(
        { data, uid, process: server },
        { timeoutMs: 10_000, exited: end, signal },
      );
      signal.throwIfAborted();
      if (readiness === 'dead')
        throw new Error(`the server ${await end} while it recovered: ${await complaints(startLog)}`);
      if (readiness === 'ready') break;
    }
    await meanwhile?.();
    await stopServer(server, account, { fastMs: 600_000 });
  } catch (error) {
    const running = await observeServer({ data, uid, recorded: server }).catch(() => undefined);
    if (running?.kind === 'running') await stopServer(running.process, account, { fastMs: 1 });
    await endLeftovers(order);
    throw error;
  }
}

/** The folder with the server's configuration; its account can read it, and not write there. */
async function configure(work: Performing, recovery: Record<string, string>): Promise<string> {
  const { order } = work;
  const { folder, account, database, owner } = order;
  const path = join(folder, 'restore-conf');
  await mkdir(path, { recursive: true, mode: 0o711 });
  await chmod(path, 0o711);
  const text = renderSettings(await settingsFor(order, recovery));
  const options = account ? { mode: 0o640, uid: 0, gid: account.gid } : { mode: 0o600 };
  await writeDurably(join(path, 'postgresql.conf'), text, options);
  const owners = work.letsOwnerIn ? `local  "${database}"  "${owner}"  scram-sha-256\n` : '';
  await writeDurably(join(path, 'pg_hba.conf'), owners + firstStartAccess(PLANE_ROLE), options);
  await writeDurably(join(path, 'pg_ident.conf'), '', options);
  return path;
}

async function settingsFor(order: RestoreOrder, recovery: Record<string, string>): Promise<Record<string, string>> {
  const control = readControlFile(await readFile(join(order.staging, 'global/pg_control')));
  const version = order.major * 10_000;
  const settings = firstStartSettings({ settings: order.settings, control: control?.settings, version, recovery });
  return { ...settings, ssl: 'off', logging_collector: 'off' };
}

/** Single-user mode reads no file that another account can't; the directory's own one is empty. */
async function singleSettings(order: RestoreOrder): Promise<Record<string, string>> {
  const { max_prepared_transactions = '0', shared_buffers = '16MB' } = await settingsFor(order, {});
  return { max_prepared_transactions, shared_buffers };
}

/** What the server said it gave up for. Statements are left out: they may hold secrets. */
async function complaints(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const lines = (await handle.readFile('utf8')).split('\n');
    const fatal = lines.filter(line => / (FATAL|PANIC): /.test(line)).slice(-2);
    return (
      fatal
        .map(line => line.replace(/^.*?(FATAL|PANIC): +/, ''))
        .join('; ')
        .slice(0, 400) || 'it said nothing'
    );
  } finally {
    await handle.close();
  }
}
