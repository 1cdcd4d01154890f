/** The plane itself: how soon it serves, what it keeps in memory with 0 and with 50 instances, what it uses while all are idle. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@larder/controller';
import type { Client, KubeObject } from '@larder/kube';
import { larder } from '../hack/temporary-plane.ts';
import { applyClaims, connectTo, firstLogin } from './lib/claims.ts';
import { cpuSeconds, residentMegabytes } from './lib/process.ts';
import { distribution, printTable, short, timed } from './lib/report.ts';

const INSTANCES = Number(process.env.LARDER_BENCH_INSTANCES ?? 50);
const IDLE_SECONDS = 60;

const home = mkdtempSync(join(tmpdir(), 'larder-bench-'));
chmodSync(home, 0o755);
const env = { ...process.env, LARDER_HOME: home };
const run = (...args: string[]): string => execFileSync(process.execPath, [larder, ...args], { env, encoding: 'utf8' });
const pidOf = (): number => (JSON.parse(run('status', '-o', 'json')) as { pid: number }).pid;

try {
  const node = await timed(async () => execFileSync(process.execPath, ['-e', '0']));
  const first = await timed(async () => run('up'));
  const starts: number[] = [];
  for (let round = 0; round < 5; round++) {
    run('down');
    starts.push(await timed(async () => run('up')));
  }
  await settle();
  const empty = residentMegabytes(pidOf());
  const client = await connectTo(join(home, 'kubeconfig'));
  // The first claim prepares the template; the figures are with a warm cache.
  await firstLogin(client, await applyClaims(client, ['warm']));
  const all = await timed(async () => firstLogin(client, await applyClaims(client, names(INSTANCES))));
  const backedUp = await timed(() => everyBackup(client, names(INSTANCES)));
  await everyServiceLevel(client, names(INSTANCES));
  client.close();
  await settle();
  const full = residentMegabytes(pidOf());
  const before = cpuSeconds(pidOf());
  await new Promise(resolve => setTimeout(resolve, IDLE_SECONDS * 1000));
  const idle = ((cpuSeconds(pidOf()) - before) / IDLE_SECONDS) * 100;
  printTable([
    { what: 'node -e 0 (floor)', value: `${short(node)} ms` },
    { what: 'larder up, first time', value: `${short(first)} ms` },
    { what: 'larder up again, p50 of 5', value: `${short(distribution(starts).p50)} ms` },
    { what: 'resident, no instance', value: `${short(empty)} MB` },
    { what: `${INSTANCES} claims at once to every first login`, value: `${short(all / 1000)} s` },
    { what: 'from then to the last of their first backups', value: `${short(backedUp / 1000)} s` },
    { what: `resident, ${INSTANCES} instances`, value: `${short(full)} MB` },
    { what: `CPU of the plane, ${INSTANCES} idle instances`, value: `${short(idle)} % of a core` },
  ]);
} finally {
  run('clean');
  rmSync(home, { recursive: true, force: true });
}

interface Status {
  backups?: unknown[];
  serviceLevel?: object;
}

/** Resolves when each claim has a backup: before, nothing is idle. */
function everyBackup(client: Client, claims: string[]): Promise<void> {
  return everyOne(client, claims, ({ backups = [] }) => backups.length > 0);
}

/** Resolves when the first service level of each was told: until then each new instance's status is still written. */
function everyServiceLevel(client: Client, claims: string[]): Promise<void> {
  return everyOne(client, claims, ({ serviceLevel }) => serviceLevel !== undefined);
}

async function everyOne(client: Client, claims: string[], holds: (status: Status) => boolean): Promise<void> {
  for (const name of claims) {
    const ref = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', namespace: 'default', name };
    const doesHold = (object: KubeObject | undefined): boolean => holds(object?.status ?? {});
    await waitFor(client, ref, doesHold, { timeoutMs: 600_000 });
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench-${index}`);
}

/** Lets start-up work end before measuring what stays. */
function settle(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 15_000));
}
