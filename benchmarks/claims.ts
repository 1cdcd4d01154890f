/** From `apply` to Ready and the first login with the secret's own credentials: one claim at a time. */
import { startTemporaryPlane } from '../hack/temporary-plane.ts';
import { applyClaims, connectTo, firstLogin, remove } from './lib/claims.ts';
import { distribution, printTable, short, timed } from './lib/report.ts';

const CLAIMS = Number(process.env.LARDER_BENCH_CLAIMS ?? 30);

const plane = await startTemporaryPlane();
try {
  const client = await connectTo(plane.kubeconfig);
  const cold = await timed(async () => firstLogin(client, await applyClaims(client, ['cold'])));
  const samples: number[] = [];
  for (let index = 0; index < CLAIMS; index++) {
    samples.push(await timed(async () => firstLogin(client, await applyClaims(client, [`claim-${index}`]))));
    await remove(client, `claim-${index}`);
  }
  client.close();
  const { p50, p99 } = distribution(samples);
  printTable([
    { what: 'first claim of a new home (fetch, template)', ms: short(cold) },
    { what: `apply to first login, p50 of ${CLAIMS}`, ms: short(p50) },
    { what: `apply to first login, p99 of ${CLAIMS}`, ms: short(p99) },
  ]);
} finally {
  await plane.stop();
}
