/** Starting a server so that it outlives us: a session of its own, nothing inherited but its log. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../host/run.ts';
import { isAlive, observeProcess, type ProcessRef } from '../host/process.ts';
import { systemPath } from '../host/run.ts';
import { readPostmasterFile } from './postmaster-file.ts';

export interface StartOptions {
  /** Holds `postgres`. */
  bin: string;
  data: string;
  /** Holds `postgresql.conf`, `pg_hba.conf` and `pg_ident.conf`; the server's account must not be able to write there. */
  configuration: string;
  socketFolder: string;
  port: number;
  account: Account;
  /** What the server says before its own log is open; in a folder that only we may write to. */
  startLog: string;
  /** Does something to the process before it becomes a server: all that the server starts inherits it. */
  admit?: (pid: number) => Promise<void>;
  /** A dead server's id that another program has now: `postgres` must not take that one for its predecessor. */
  notAServer?: number;
}

/** A server that was just started, and may still fail to come up. */
export interface StartedServer {
  process: ProcessRef;
  /** Settles when the process has ended, with how; only known while we live. */
  exited: Promise<string>;
}

/** @throws Error when the program can't be run at all */
export async function startServer(options: StartOptions): Promise<StartedServer> {
  const { bin, data, configuration, socketFolder, port, account, startLog, notAServer, admit } = options;
  const log = openSync(
    startLog,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o600,
  );
  // What stands on the command line can't be changed by ALTER SYSTEM.
  const fixed = {
    config_file: join(configuration, 'postgresql.conf'),
    hba_file: join(configuration, 'pg_hba.conf'),
    ident_file: join(configuration, 'pg_ident.conf'),
    unix_socket_directories: socketFolder,
    port: String(port),
  };
  const args = ['-D', data, ...Object.entries(fixed).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const env: Record<string, string> = {
    PATH: systemPath,
    LC_ALL: 'C',
    TZ: 'UTC',
    PG_OOM_ADJUST_FILE: '/proc/self/oom_score_adj',
    PG_OOM_ADJUST_VALUE: '500',
    ...(notAServer === undefined ? {} : { PG_GRANDPARENT_PID: String(notAServer) }),
  };
  const [command = '', ...rest] = [...(admit ? WAITING : []), join(bin, 'postgres'), ...args];
  const child = spawn(command, rest, {
    cwd: '/',
    detached: true,
    stdio: [admit ? 'pipe' : 'ignore', log, log],
    env,
    ...account,
  });
  closeSync(log);
  const exited = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  });
  await Promise.race([new Promise(resolve => child.once('spawn', resolve)), exited]);
  if (admit && child.pid !== undefined) await letIn(child, admit);
  child.unref();
  const found = child.pid === undefined ? undefined : observeProcess(child.pid);
  const { pid = child.pid ?? 0, startTicks = 0, bootId = '' } = found ?? {};
  return { process: { pid, startTicks, bootId }, exited };
}

/** A shell that becomes the server when it is told to, and ends when we do first. */
const WAITING = ['/bin/sh', '-c', 'read -r go && exec "$@" </dev/null', 'sh'];

async function letIn({ pid = 0, stdin }: ChildProcess, admit: (pid: number) => Promise<void>): Promise<void> {
  // A child that ended meanwhile is told by its exit.
  stdin?.on('error', () => undefined);
  try {
    await admit(pid);
    stdin?.write('go\n');
  } finally {
    stdin?.end();
  }
}

export type Readiness = 'ready' | 'starting' | 'dead';

/**
 * Waits until the server accepts connections, or has died, or time is up (`starting`: recovery may take minutes). Looks when
 * the server writes, not at intervals.
 */
export async function waitUntilReady(
  { data, uid, process: server }: { data: string; uid: number; process: ProcessRef },
  { timeoutMs, exited, signal }: { timeoutMs: number; exited?: Promise<unknown>; signal?: AbortSignal },
): Promise<Readiness> {
  const look = async (): Promise<Readiness> => {
    if (!isAlive(server)) return 'dead';
    const file = await readPostmasterFile(data, uid);
    return file?.pid === server.pid && file.status === 'ready' ? 'ready' : 'starting';
  };
  return new Promise((resolve, reject) => {
    const settle = (readiness: Readiness): void => {
      watcher.close();
      clearTimeout(deadline);
      clearInterval(patrol);
      signal?.removeEventListener('abort', stop);
      resolve(readiness);
    };
    const check = (): void => {
      look().then(found => {
        if (found !== 'starting') settle(found);
      }, reject);
    };
    const stop = (): void => settle('starting');
    const watcher = watch(data, (_, name) => {
      if (name === null || name === 'postmaster.pid') check();
    });
    watcher.on('error', check);
    const deadline = setTimeout(stop, timeoutMs);
    // Adopted servers tell nobody when they end.
    const patrol = setInterval(check, 500);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
    void exited?.then(check, check);
    check();
  });
}
