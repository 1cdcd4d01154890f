/** From `apply` to Ready and the first login with the secret's own credentials: one claim at a time, each after its floor. */
import { startTemporaryPlane } from '../hack/temporary-plane.ts';
import { applyClaims, connectTo, firstLogin, remove } from './lib/claims.ts';
import { claimFloor } from './lib/floor.ts';
import { cpuSeconds } from './lib/process.ts';
import { distribution, printTable, short, timed } from './lib/report.ts';

const CLAIMS = Number(process.env.LARDER_BENCH_CLAIMS ?? 30);

const plane = await startTemporaryPlane();
try {
  const client = await connectTo(plane.kubeconfig);
  const cold = await timed(async () => firstLogin(client, await applyClaims(client, ['cold'])));
  const [samples, floors, cpu]: [number[], number[], number[]] = [[], [], []];
  for (let index = 0; index < CLAIMS; index++) {
    floors.push(await claimFloor(plane.home));
    const before = cpuSeconds(plane.pid);
    samples.push(await timed(async () => firstLogin(client, await applyClaims(client, [`claim-${index}`]))));
    cpu.push((cpuSeconds(plane.pid) - before) * 1000);
    await remove(client, `claim-${index}`);
  }
  client.close();
  const [claim, floor] = [distribution(samples), distribution(floors)];
  const row = (what: string, one: number, least: number) => ({
    what,
    ms: short(one),
    'floor ms': short(least),
    ratio: short(one / least),
  });
  printTable([
    { what: 'first claim of a new home', ms: short(cold), 'floor ms': '-', ratio: '-' },
    row(`apply to first login, p50 of ${CLAIMS}`, claim.p50, floor.p50),
    row(`apply to first login, p99 of ${CLAIMS}`, claim.p99, floor.p99),
    { what: 'CPU of the plane in a claim, p50', ms: short(distribution(cpu).p50), 'floor ms': '-', ratio: '-' },
  ]);
  console.log('floor: template copied and server started through @larder/postgres, nothing else');
} finally {
  await plane.stop();
}
