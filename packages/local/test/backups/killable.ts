/** A plane as a process of its own that is started again whenever it ends, and whose parts can be killed. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { httpClient } from '@larder/controller';
import { isAlreadyExists, type Client, type KubeObject } from '@larder/kube';
import { observeProcess, processesIn } from '@larder/postgres';
import type { Home } from '../../src/home/home.ts';
import { adminCredentials, findRunningPlane } from '../../src/index.ts';
import { findServingStorage, storagePlace } from '../../src/storage/place.ts';
import type { Target } from './kill-plan.ts';

const LARDER = fileURLToPath(new URL('../../../cli/bin/larder.js', import.meta.url));
const WORKER = /larder-(?:backup|restore)\.js|backups\/worker\/main\.ts|servers\/restore\/main\.ts/;

export interface Killable {
  /** The answer of a plane that serves, asked again until there is one. */
  ask<T>(what: string, question: (client: Client) => Promise<T | undefined | false>): Promise<T>;
  create(object: KubeObject): Promise<void>;
  /** False when there was nothing of the kind to kill. */
  kill(target: Target, random: () => number): boolean;
  /** Of all nodes that were killed, by what they were. */
  killed: Record<Target, number>;
  close(): Promise<void>;
}

export function startKillable(home: Home): Killable {
  let isClosed = false;
  let plane: ChildProcess | undefined;
  const run = (): void => {
    const env = { ...process.env, LARDER_HOME: home.folder };
    const output = openSync(join(home.folder, 'plane.out'), 'a', 0o600);
    plane = spawn(process.execPath, [LARDER, 'up', '--foreground'], { env, stdio: ['ignore', output, output] });
    closeSync(output);
    plane.once('exit', () => isClosed || setTimeout(run, 50));
  };
  run();
  const killed: Killable['killed'] = { plane: 0, storage: 0, server: 0, worker: 0 };
  const killable: Killable = {
    killed,
    async ask(what, question) {
      let last: unknown;
      for (const deadline = performance.now() + 900_000; performance.now() < deadline; await delay(250)) {
        const found = await once(home, question).catch((error: unknown) => void (last = error));
        if (found) return found;
      }
      throw new Error(
        `it was not so within 15 minutes: ${what}; the last fault was ${String(last)}; the plane said ${saidBy(home)}`,
      );
    },
    async create(object) {
      await killable.ask(`${object.metadata.name} is created`, async client => {
        await client.create(object).catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
        });
        return true;
      });
    },
    kill(target, random) {
      const pids = pidsOf(home, target, plane?.pid ?? -1);
      const pid = pids[Math.floor(random() * pids.length)];
      if (pid === undefined) return false;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        return false;
      }
      killed[target]++;
      return true;
    },
    async close() {
      isClosed = true;
      const ended = plane && plane.exitCode === null && new Promise(resolve => plane?.once('exit', resolve));
      plane?.kill('SIGKILL');
      await ended;
    },
  };
  return killable;
}

/** The last lines of the plane's log. */
function saidBy({ folder }: Home): string {
  return readFileSync(join(folder, 'plane.out'), 'utf8').slice(-4_000);
}

async function once<T>(home: Home, question: (client: Client) => Promise<T>): Promise<T> {
  const api = findRunningPlane(home)?.endpoints.api;
  assert.ok(api, 'no plane serves');
  const client = httpClient({ server: api, ...adminCredentials(home) });
  try {
    return await question(client);
  } finally {
    client.close();
  }
}

function pidsOf(home: Home, target: Target, plane: number): number[] {
  switch (target) {
    case 'plane':
      return plane > 0 ? [plane] : [];
    case 'storage':
      return [findServingStorage(storagePlace(home))?.pid ?? []].flat();
    case 'server':
      return serversOf(home);
    case 'worker':
      return all().filter(pid => observeProcess(pid)?.parent === plane && WORKER.test(commandOf(pid)));
  }
}

/** Postmasters and their children, also of servers that are being restored. */
function serversOf(home: Home): number[] {
  const instances = readdirSync(home.instances, { withFileTypes: true }).filter(entry => entry.isDirectory());
  const folders = instances.flatMap(({ name }) => [
    join(home.instances, name, 'data'),
    join(home.instances, name, 'data.restored'),
  ]);
  const owners = new Set(all().flatMap(pid => observeProcess(pid)?.uid ?? []));
  return folders.flatMap(folder => [...owners].flatMap(uid => processesIn(folder, uid).map(({ pid }) => pid)));
}

function all(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}
