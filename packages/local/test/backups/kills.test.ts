/**
 * A hundred kills at random points, while a database is written to, backed up and restored: what was acknowledged before the moment that
 * is asked for is there, and nothing that was sent after it. `LARDER_SEED` plans the same kills again.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore, readCatalogue } from '@larder/archive';
import type { Client, KubeObject } from '@larder/kube';
import { connect, withSession } from '@larder/postgres';
import { bucketOwnerKey } from '../../src/buckets/access.ts';
import { openHome, type Home } from '../../src/home/home.ts';
import { findOwnProcesses, stopOwnProcesses } from '../../src/lifecycle/stop.ts';
import { findRecord, placeOf, socketFolder, socketRoot } from '../../src/servers/index.ts';
import { findOrder } from '../../src/storage/archives.ts';
import { scratchFolder } from '../scratch.ts';
import { planKills, randomOf, type Kill } from './kill-plan.ts';
import { startKillable, type Killable } from './killable.ts';
import { Ledger } from './ledger.ts';
import { asOwner, claimObject, conditions, NAMESPACE, refOfClaim, secretOf, statusOf } from './rig.ts';

const KILLS = Number(process.env.LARDER_KILLS ?? 100);
const ROUNDS = Math.max(1, Math.round(KILLS / 25));
const skip = process.env.LARDER_FULL === '1' ? false : 'not run: takes half an hour; LARDER_FULL=1 runs it';

interface Bench {
  context: TestContext;
  home: Home;
  killable: Killable;
  ledger: Ledger;
  random: () => number;
  /** The server of the claim that is written to. */
  server: string;
}

test(
  'what was acknowledged survives a hundred kills and is there at any moment',
  { skip, timeout: 7_200_000 },
  async context => {
    const seed = Number(process.env.LARDER_SEED ?? randomInt(2 ** 31));
    context.diagnostic(`LARDER_SEED=${seed}`);
    const bench = await begin(context, randomOf(seed));
    const { killable, ledger, random } = bench;
    const sum = (): number => Object.values(killable.killed).reduce((all, each) => all + each, 0);
    for (let round = 1; sum() < KILLS; round++) {
      const share = Math.ceil((KILLS - sum()) / Math.max(1, ROUNDS - round + 1));
      const before = ledger.acknowledged;
      const wake = (n: number): Promise<void> => requestBackup(bench, `now-${round}-${n}`);
      await perform(bench, planKills(random, Math.ceil(share * 0.6), 5_000), wake);
      await untilMore(bench, ledger.acknowledged + 20);
      const moment = ledger.momentAfter(before, random);
      await untilRecoverable(bench, moment);
      const name = `again-${round}`;
      const restore = { claimName: 'ledger', pointInTime: moment.toISOString() };
      await killable.create(claimObject(name, { backup: { enabled: false }, restore }));
      await perform(bench, planKills(random, Math.floor(share * 0.4), 4_000));
      await untilReady(killable, name);
      const seen = await killable.ask(`${name} is read`, client =>
        asOwner(client, name, async session => ({
          ...(await ledger.check(session, moment).catch((error: Error) => ({ error }))),
        })),
      );
      if ('error' in seen) throw seen.error;
      context.diagnostic(`round ${round}: ${sum()} kills ${JSON.stringify(killable.killed)}, ${JSON.stringify(seen)}`);
      await killable.ask(`${name} is deleted`, async client => {
        await client.delete(refOfClaim(name)).catch(() => undefined);
        return (await client.find(refOfClaim(name))) === undefined;
      });
    }
    await assertClean(bench);
  },
);

async function begin(context: TestContext, random: () => number): Promise<Bench> {
  const home = openHome(scratchFolder());
  const killable = startKillable(home);
  context.after(async () => {
    await killable.close();
    await stopOwnProcesses(home);
    for (const { pid } of findOwnProcesses(home)) process.kill(pid, 'SIGKILL');
  });
  await killable.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await killable.create(claimObject('ledger'));
  const bucket = await killable.ask('the first backup is there', async client => {
    const { backups = [], backupStore } = statusOf(await client.find(refOfClaim('ledger')));
    return backups.length > 0 && backupStore?.destinationPath;
  });
  const secret = await killable.ask('the secret is there', client => secretOf(client, 'ledger-connection'));
  const { endpoint: host = '', port, username: user = '', password = '', database = '' } = secret;
  const at = { host, port: Number(port), ca: secret['ca.crt'] ?? '' };
  const ledger = new Ledger(() => connect(at, { user, password, database }));
  ledger.start();
  context.after(() => ledger.stop());
  const bench = { context, home, killable, ledger, random, server: bucket.slice('s3://'.length) };
  await untilMore(bench, 20);
  return bench;
}

/** A backup is under way while things are killed. */
async function requestBackup({ killable }: Bench, name: string): Promise<void> {
  await killable.create({
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLOperation',
    metadata: { name, namespace: NAMESPACE },
    spec: { parameters: { instance: 'ledger', operation: 'Backup' } },
  });
}

/** @param wake makes that there is a worker to be killed */
async function perform({ killable, random }: Bench, kills: Kill[], wake?: (n: number) => Promise<void>): Promise<void> {
  for (const [n, { target, afterMs }] of kills.entries()) {
    // The moment is the point of the test.
    await delay(afterMs);
    if (target === 'worker') await wake?.(n);
    const others = ['server', 'storage', 'plane'] as const;
    for (const deadline = performance.now() + 30_000; !killable.kill(target, random); await delay(50)) {
      // A restore may be over by now.
      if (performance.now() > deadline && others.some(each => killable.kill(each, random))) break;
    }
  }
}

async function untilMore({ killable, ledger }: Bench, count: number): Promise<void> {
  await killable.ask(`${count} commits are acknowledged`, async () => ledger.acknowledged >= count);
}

/** The server finishes its segment, and the claim says that the moment can be had back. */
async function untilRecoverable({ home, killable, ledger, server }: Bench, moment: Date): Promise<void> {
  await killable.ask(`${moment.toISOString()} can be had back`, async client => {
    const record = await findRecord(placeOf(home, server));
    const socket = { socketFolder: socketFolder(socketRoot(home.folder), record!.port), port: record!.port };
    const login = { user: 'larder', password: record!.planePassword, database: 'postgres' };
    await withSession(socket, login, session => session.rows('SELECT pg_switch_wal()'));
    const { recoverable } = statusOf(await client.find(refOfClaim('ledger')));
    if (recoverable && new Date(recoverable.to) > moment) return true;
    await untilMore({ killable, ledger } as Bench, ledger.acknowledged + 1);
    return false;
  });
}

async function untilReady(killable: Killable, name: string): Promise<void> {
  let seen: KubeObject | undefined;
  const isReady = async (client: Client): Promise<boolean> => {
    seen = await client.find(refOfClaim(name));
    const refused = conditions(seen).find(({ type, status }) => type === 'Accepted' && status === 'False');
    if (refused) throw new Error(`${name}: ${refused.message}`);
    return conditions(seen).some(({ type, status }) => type === 'Ready' && status === 'True');
  };
  await killable.ask(`${name} is ready`, isReady).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(conditions(seen))}`, { cause: error.cause });
  });
}

/** After one more backup nothing is there that isn't a whole one. */
async function assertClean(bench: Bench): Promise<void> {
  const { home, killable, server } = bench;
  await requestBackup(bench, 'last');
  const done = await killable.ask('the last backup is made', async client => {
    const found = await client.find({
      apiVersion: 'syn.tools/v1',
      kind: 'PostgreSQLOperation',
      name: 'last',
      namespace: NAMESPACE,
    });
    const status = found?.status as { phase?: string; message?: string } | undefined;
    return ['Succeeded', 'Failed'].includes(status?.phase ?? '') && status;
  });
  assert.equal(done.phase, 'Succeeded', done.message);
  const owner = await killable.ask('the bucket is served', client => bucketOwnerKey(client, server));
  const store = openStore({ ...findOrder(home, 'archives', server)!.destination, ...owner });
  const { backups, unusable, unfinished } = await readCatalogue(store);
  store.close();
  assert.deepEqual([unusable, unfinished], [[], []]);
  assert.ok(backups.length > 0);
}
