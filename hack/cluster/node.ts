/**
 * The node: a set of Linux namespaces (processes, network, mounts, IPC, host name) instead of a container or a machine. Ending its first
 * process ends all that ran in it, by the kernel's own promise, so `stop` needs no list of what to undo.
 */
import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync, readFileSync, writeFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive, observeProcess } from '@larder/postgres';
import type { ProcessRef } from '@larder/postgres';
import { BRIDGE, NODE_ADDRESS, SERVICE_RANGE } from './addresses.ts';
import type { Place } from './place.ts';
import { until } from './until.ts';

const init = fileURLToPath(new URL('node-init.sh', import.meta.url));

export interface Node {
  place: Place;
  /** Its first process, as the machine numbers it. */
  process: ProcessRef;
}

/** The node that runs in `place`. */
export function findNode(place: Place): Node | undefined {
  const process = readRef(refFile(place, 'node'));
  return process && isAlive(process) ? { place, process } : undefined;
}

/** The running node, or a new one. */
export async function ensureNode(place: Place): Promise<Node> {
  const found = findNode(place);
  if (found) return found;
  for (const name of ['logs', 'state', 'tmp', 'processes']) mkdirSync(join(place.folder, name), { recursive: true });
  const ready = join(place.folder, 'node-ready');
  rmSync(ready, { force: true });
  const namespaces = ['--net', '--pid', '--mount', '--ipc', '--uts', '--mount-proc', '--fork', '--kill-child'];
  const outer = detached(place, 'node', 'unshare', [
    ...namespaces,
    ...[init, place.folder, BRIDGE, `${NODE_ADDRESS}/16`, SERVICE_RANGE],
  ]);
  await until('the node', () => existsSync(ready) || dead(outer), { seconds: 180, look: logOf(place, 'node') });
  const [first] = readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim().split(' ');
  const process = observeProcess(Number(first));
  if (!process) throw new Error(`cannot start the node: it ended at once; see ${logOf(place, 'node')}`);
  writeRef(refFile(place, 'node'), process);
  return { place, process };
}

/** Ends the node and everything in it. */
export async function stopNode({ process: { pid }, ...node }: Node): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until('the end of the node', () => !isAlive({ ...readRef(refFile(node.place, 'node'))! }), { seconds: 180 });
}

/** The words that run a command inside the node. */
export function inNode({ process: { pid } }: Node, command: string[]): [string, ...string[]] {
  return ['nsenter', '--target', String(pid), '--net', '--pid', '--mount', '--ipc', '--uts', '--', ...command];
}

/**
 * As `inNode`, with the machine's own files: for programs of this checkout, which may lie where the node has something else. They have
 * its network, and end with it.
 */
export function besideNode({ process: { pid } }: Node, command: string[]): [string, ...string[]] {
  return ['nsenter', '--target', String(pid), '--net', '--pid', '--', ...command];
}

/** Starts a long-lived program in the node unless it runs, its output in logs/NAME.log. @returns whether it was started now */
export function ensureProcess(node: Node, name: string, command: string[]): boolean {
  return ensureOutside(node.place, name, inNode(node, command));
}

/** As `ensureProcess`, with words that say themselves where they run. */
export function ensureOutside(place: Place, name: string, [file, ...words]: [string, ...string[]]): boolean {
  const ref = readRef(refFile(place, name));
  if (ref && isAlive(ref)) return false;
  const started = observeProcess(detached(place, name, file, words));
  if (started) writeRef(refFile(place, name), started);
  return true;
}

/** The process that was started as `name`, if it lives. */
export function findProcess(place: Place, name: string): ProcessRef | undefined {
  const ref = readRef(refFile(place, name));
  return ref && isAlive(ref) ? ref : undefined;
}

export function logOf(place: Place, name: string): string {
  return join(place.logs, `${name}.log`);
}

function detached(place: Place, name: string, file: string, words: string[]): number {
  const log = openSync(logOf(place, name), 'a');
  const child = spawn(file, words, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`cannot start ${name}: there is no ${file} on this machine`);
  return child.pid;
}

function dead(pid: number): boolean {
  return observeProcess(pid) === undefined;
}

function refFile(place: Place, name: string): string {
  return join(place.folder, 'processes', `${name}.json`);
}

function readRef(file: string): ProcessRef | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProcessRef) : undefined;
}

function writeRef(file: string, { pid, startTicks, bootId }: ProcessRef): void {
  writeFileSync(file, JSON.stringify({ pid, startTicks, bootId }));
}
