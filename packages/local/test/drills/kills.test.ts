/** A plane that is killed while a drill is held: everything of the drill ends and goes by itself, and the next plane holds it anew. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { httpClient } from '@larder/controller';
import type { Client } from '@larder/kube';
import { adminCredentials, findOwnProcesses, findRunningPlane, openHome, stopOwnProcesses } from '../../src/index.ts';
import { claimObject, NAMESPACE, statusOf } from '../backups/rig.ts';
import { scratchFolder } from '../scratch.ts';
import { askForDrill, isOver, refOfOperation, untilNothingIsLeft, type DrillOperation } from './rig.ts';

const skip = process.env.LARDER_FULL === '1' ? false : 'not run: slow; LARDER_FULL=1 runs it';
const LARDER = fileURLToPath(new URL('../../../cli/bin/larder.js', import.meta.url));

/** What a drill says of itself, step by step. */
const STEPS = [
  /it is prepared/,
  /the bucket is read|is asked what|is awaited/,
  /is fetched/,
  /is replayed/,
  /restored server is opened/,
  /checksums of all pages/,
  /indexes of database|catalogue/,
];

test('a plane that is killed at any step of a drill leaves nothing of it', { skip, timeout: 3_600_000 }, async () => {
  const home = openHome(scratchFolder());
  let plane: ChildProcess | undefined;
  const start = (): void => {
    const env = { ...process.env, LARDER_HOME: home.folder };
    plane = spawn(process.execPath, [LARDER, 'up', '--foreground'], { env, stdio: 'ignore' });
  };
  const kill = async (): Promise<void> => {
    const ended = new Promise(resolve => plane?.once('exit', resolve));
    plane?.kill('SIGKILL');
    await ended;
    plane = undefined;
  };
  after(async () => {
    if (plane) await kill();
    await stopOwnProcesses(home);
    for (const { pid } of findOwnProcesses(home)) process.kill(pid, 'SIGKILL');
  });
  const until = async <T>(what: string, ask: (client: Client) => Promise<T | undefined | false>): Promise<T> => {
    for (const deadline = performance.now() + 300_000; performance.now() < deadline; await delay(20)) {
      const api = findRunningPlane(home)?.endpoints.api;
      if (!api) continue;
      const client = httpClient({ server: api, ...adminCredentials(home) });
      const found = await ask(client).catch(() => undefined);
      client.close();
      if (found) return found;
    }
    throw new Error(`it was not so within five minutes: ${what}`);
  };
  start();
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await until('a namespace is there', client => client.create(namespace));
  const claim = claimObject('first');
  await until('a claim is there', client => client.create(claim));
  const ref = { ...claim, ...claim.metadata };
  await until('a backup is there', async client => (statusOf(await client.get(ref)).backups ?? []).length > 0);
  const operation = await until('a drill is asked for', client => askForDrill(client, 'first'));
  const look = async (client: Client): Promise<DrillOperation> =>
    ((await client.get(refOfOperation(operation))).status as DrillOperation | undefined) ?? {};
  let killed = 0;
  for (const step of STEPS) {
    const seen = await until(`the drill comes to ${step}`, async client => {
      const status = await look(client);
      return (isOver(status) || step.test(status.message ?? '')) && status;
    });
    if (isOver(seen)) break;
    await kill();
    killed++;
    await untilNothingIsLeft(home);
    start();
  }
  assert.ok(killed >= 4, `only ${killed} kills`);
  const ended = await until('the drill is over', async client => {
    const status = await look(client);
    return isOver(status) && status;
  });
  assert.equal(ended.phase, 'Succeeded', ended.message);
  await untilNothingIsLeft(home);
});
