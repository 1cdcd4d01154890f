/**
 * One pod's process: started once, found again by whoever comes after a crash. Its folder says how far it came: `progress` is written
 * by the process itself, through a descriptor that it inherits, so what it says is true whatever happened to the plane meanwhile.
 */
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { observeProcess, type ProcessRef } from '@larder/postgres';
import { findText } from '../home/files.ts';
import type { Home } from '../home/home.ts';
import { endProcess } from '../process/end.ts';
import { ownProgram } from '../process/own-program.ts';
import type { Launch, VolumeFiles } from './launch.ts';
import type { Pod } from './types.ts';

export type RunState =
  | { state: 'new' }
  | { state: 'running'; startedAt: string; process: ProcessRef }
  | { state: 'ended'; startedAt?: string; exitCode: number; endedAt: string };

/** The folder of a pod. The API has checked both names; a stored one that would lead elsewhere even so is a fault. */
export function podFolder(home: Pick<Home, 'jobs'>, pod: { metadata: { namespace?: string; name: string } }): string {
  const { namespace = 'default', name } = pod.metadata;
  const odd = [namespace, name].find(part => !FOLDER_NAME.test(part));
  if (odd !== undefined) throw new Error(`cannot use ${JSON.stringify(odd)} as a pod's folder: it is no DNS name`);
  return join(home.jobs, namespace, name);
}

/** Begins with a letter or digit, so that it is neither `.` nor `..`. */
const FOLDER_NAME = /^[a-z0-9][-.a-z0-9]*$/;

export function logOf(folder: string): string {
  return join(folder, 'log');
}

/** How far the pod's process came. */
export function observeRun(folder: string): RunState {
  const process = findProcessIn(folder);
  const progress = findText(join(folder, 'progress')) ?? '';
  const [, startedAt] = /^started (\S+)$/m.exec(progress) ?? [];
  const [, code, endedAt] = /^ended (\d+) (\S+)$/m.exec(progress) ?? [];
  if (code !== undefined && endedAt !== undefined)
    return { state: 'ended', startedAt, exitCode: Number(code), endedAt };
  if (process) return { state: 'running', startedAt: startedAt ?? new Date().toISOString(), process };
  // It had begun and is gone without a word: killed. What it did before is unknown, so it isn't begun again.
  if (startedAt !== undefined) return { state: 'ended', startedAt, exitCode: 137, endedAt: new Date().toISOString() };
  return { state: 'new' };
}

export interface StartRunOptions {
  launch: Launch;
  volumes: VolumeFiles;
  /** Called when the process ends while this plane lives. */
  onExit: () => void;
}

/** Starts the process. The folder is made anew; whatever an earlier, unfinished start left is gone. */
export function startRun(folder: string, { launch, volumes, onExit }: StartRunOptions): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { account } = launch;
  const mounts = launch.mounts.map(mount => ({ ...mount, folder: join(folder, 'volumes', mount.folder) }));
  for (const [name, files] of Object.entries(volumes)) writeVolume(join(folder, 'volumes', name), files, account);
  const log = openSync(logOf(folder), 'a', 0o600);
  const progress = openSync(join(folder, 'progress'), 'a', 0o600);
  const [program, ...args] = ownProgram('larder-sql', new URL('../tools/larder-sql.ts', import.meta.url));
  const child = spawn(program!, args, {
    cwd: folder,
    detached: true,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    stdio: ['pipe', log, log, progress],
  });
  closeSync(log);
  closeSync(progress);
  child.once('exit', onExit);
  child.once('error', onExit);
  child.stdin!.on('error', () => undefined); // it ended before it had read everything: its progress says so
  child.stdin!.end(JSON.stringify({ ...launch, mounts }));
  child.unref();
}

/** Ends the process and removes the folder. May run twice. */
export async function removeRun(folder: string): Promise<void> {
  await stopRun(folder);
  rmSync(folder, { recursive: true, force: true });
}

export async function stopRun(folder: string): Promise<void> {
  const found = findProcessIn(folder);
  if (found) await endProcess(found, { graceMs: 5_000 });
}

/** Pods that have a folder. */
export function podsWithFolder(home: Home): Pick<Pod, 'metadata'>[] {
  return list(home.jobs).flatMap(namespace =>
    list(join(home.jobs, namespace)).map(name => ({ metadata: { namespace, name } })),
  );
}

function findProcessIn(folder: string): ProcessRef | undefined {
  const found = list('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => observeProcess(Number(pid)))
    .find(facts => facts?.folder === folder);
  return found && { pid: found.pid, startTicks: found.startTicks, bootId: found.bootId };
}

function writeVolume(folder: string, files: Record<string, Buffer>, account: Launch['account']): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, normalize(path));
    if (!file.startsWith(folder + sep)) throw new Error(`cannot write "${path}": it leads out of its volume`);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, content, { mode: 0o400 });
    if (account) chownSync(file, account.uid, account.gid);
  }
  if (account) chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o700);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
