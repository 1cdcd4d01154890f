/**
 * What the probes of the service level cost: fifty of them against one server, a question each second and a new login each minute, the
 * server's own processes counted. Goal: 3 % of a core.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { scramVerifier } from '@larder/driver';
import { Prober } from '../packages/local/src/monitor/service-level/prober.ts';
import { makeMeasuring, postmasterOf } from '../packages/monitor/test/rig.ts';

const PROBES = 50;
const SECONDS = Number(process.env.SECONDS ?? 120);
const undos: (() => unknown)[] = [];
const rig = (await makeMeasuring({ defer: undo => undos.push(undo) }))!;
try {
  await rig.sql(`CREATE ROLE probes LOGIN PASSWORD '${await scramVerifier('of the probe')}'`);
  const { port, ca } = rig.server;
  const probe = { host: 'localhost', port, ca, user: 'probes', password: 'of the probe', database: 'postgres' };
  let up = 0;
  let other = 0;
  const probers = Array.from(
    { length: PROBES },
    () =>
      new Prober({
        probe: () => probe,
        isMaintained: () => false,
        isAnswering: () => false,
        hasBegun: false,
        count: (_at, state) => (state === 'up' ? (up += 1) : (other += 1)),
      }),
  );
  undos.push(() => Promise.all(probers.map(prober => prober.stop())));
  await delay(5_000);
  [up, other] = [0, 0];
  const postmaster = await postmasterOf(rig.server);
  const [own, server, began] = [process.cpuUsage(), serverSeconds(postmaster), performance.now()];
  await delay(SECONDS * 1_000);
  const took = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(own);
  const probing = (user + system) / 1e6 / took;
  const serving = (serverSeconds(postmaster) - server) / took;
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  console.log(`${PROBES} probes for ${took.toFixed(0)} s: ${up} seconds up, ${other} others`);
  console.log(
    `of a core: probes ${percent(probing)}, servers ${percent(serving)}, together ${percent(probing + serving)}`,
  );
} finally {
  for (const undo of undos.reverse()) await undo();
}

/** Processor time of a server's processes, those that have ended included (s). */
function serverSeconds(postmaster: number): number {
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = timesOf(postmaster);
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ');
  const living = children.reduce((sum, pid) => sum + livingOf(pid), 0);
  return (user + system + endedUser + endedSystem + living) / 100;
}

/** None for one that has ended meanwhile. */
function livingOf(pid: string): number {
  try {
    return timesOf(pid)
      .slice(0, 2)
      .reduce((one, other) => one + other, 0);
  } catch {
    return 0;
  }
}

/** Its own, and that of its children that have ended, in user and system mode. */
function timesOf(pid: string | number): number[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '');
  return text.split(' ').slice(11, 15).map(Number);
}
