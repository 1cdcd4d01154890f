/** Users of one instance: from claim to a working login beside the bare statements, five hundred at once, and looking at them again. */
import { scramVerifier, withSession, type Endpoint } from '@larder/driver';
import { waitFor, type HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { startTemporaryPlane } from '../hack/temporary-plane.ts';
import { applyClaims, connectTo, firstLogin, isReady } from './lib/claims.ts';
import { distribution, printTable, short, timed } from './lib/report.ts';
import { cpuSeconds } from './lib/process.ts';
import { measureResync } from './lib/resync.ts';

const USER = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLUser' };
const ONE_BY_ONE = 50;
const AT_ONCE = Number(process.env.LARDER_BENCH_USERS ?? 500);
const WAIT_MS = 180_000;

const plane = await startTemporaryPlane();
try {
  const client = await connectTo(plane.kubeconfig);
  await firstLogin(client, await applyClaims(client, ['server'], { access: { superuser: true } }));
  await claimAndLogin(client, 'warm-up');
  const samples: number[] = [];
  for (let index = 0; index < ONE_BY_ONE; index++)
    samples.push(await timed(() => claimAndLogin(client, `one-${index}`)));
  const floor = await statementsAlone(client);
  const names = Array.from({ length: AT_ONCE }, (_, index) => `many-${index}`);
  const cpuBefore = cpuSeconds(plane.pid);
  const connections = watchConnections(client);
  const many = await timed(async () => {
    await Promise.all(names.map(name => client.create(user(name))));
    await untilAllReady(client, names);
  });
  const cpu = 1_000 * (cpuSeconds(plane.pid) - cpuBefore);
  const most = await connections.stop();
  client.close();
  const { p50, p99 } = distribution(samples);
  const bare = distribution(floor);
  printTable([
    { what: `claim to a login that worked, of ${ONE_BY_ONE}`, p50: short(p50), p99: short(p99) },
    { what: 'floor: its statements on a warm connection, and a login', p50: short(bare.p50), p99: short(bare.p99) },
    { what: `${AT_ONCE} users at once, all Ready; CPU of the plane`, p50: short(many), p99: short(cpu) },
    { what: 'most connections of the plane and its proofs meanwhile', p50: String(most), p99: '' },
  ]);
} finally {
  await plane.stop();
}
const resync = await measureResync(AT_ONCE);
printTable([
  { what: `looking again at ${AT_ONCE} users that are as they should be`, p50: short(resync.ms), p99: '' },
  { what: 'floor: one query for all of them on a warm connection', p50: short(resync.floorMs), p99: '' },
  { what: 'rows of the catalogue written meanwhile', p50: String(resync.rowsWritten), p99: '' },
]);

async function claimAndLogin(client: HttpClient, name: string): Promise<void> {
  await client.create(user(name));
  await untilReady(client, name);
  await logIn(await secretOf(client, `${name}-credentials`));
}

function untilReady(client: HttpClient, name: string): Promise<unknown> {
  return waitFor(client, { ...USER, name, namespace: 'default' }, isReady, { timeoutMs: WAIT_MS });
}

async function untilAllReady(client: HttpClient, names: string[]): Promise<void> {
  const left = new Set(names);
  const signal = AbortSignal.timeout(WAIT_MS);
  for await (const { object } of client.watch(USER, { namespace: 'default', signal })) {
    if (isReady(object)) left.delete(object.metadata.name);
    if (left.size === 0) return;
  }
  throw new Error(`${left.size} users are not Ready in time`);
}

/** Counts what is connected, other than itself, for as long as it runs. */
function watchConnections(client: HttpClient): { stop(): Promise<number> } {
  let running = true;
  const counting = (async () => {
    const secret = await secretOf(client, 'server-connection');
    const { superuserUsername: user = '', superuserPassword: password = '' } = secret;
    return withSession(endpointOf(secret), { user, password, database: 'app' }, async session => {
      let most = 0;
      while (running) {
        const [row] = await session.rows<{ count: number }>(
          "SELECT count(*)::int AS count FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        );
        most = Math.max(most, row?.count ?? 0);
        await new Promise(resolve => setTimeout(resolve, 20));
      }
      return most;
    });
  })();
  return {
    stop: () => {
      running = false;
      return counting;
    },
  };
}

function user(name: string): KubeObject {
  const parameters = { secretName: 'server-connection', username: name, database: 'app', privilege: 'readwrite' };
  return { ...USER, metadata: { name, namespace: 'default' }, spec: { parameters } };
}

async function secretOf(client: HttpClient, name: string): Promise<Record<string, string>> {
  const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', name, namespace: 'default' });
  const data = Object.entries(secret.data as Record<string, string>);
  return Object.fromEntries(data.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
}

function endpointOf(secret: Record<string, string>): Endpoint {
  return { host: secret.endpoint ?? '', port: Number(secret.port), ca: secret['ca.crt'] };
}

async function logIn(secret: Record<string, string>): Promise<void> {
  const { username = '', password = '', database = '' } = secret;
  await withSession(endpointOf(secret), { user: username, password, database }, session => session.rows('SELECT 1'));
}

/** What any way to make a user has to do: the statements, as a superuser who is connected already, and the login. */
async function statementsAlone(client: HttpClient): Promise<number[]> {
  const secret = await secretOf(client, 'server-connection');
  const { superuserUsername: admin = '', superuserPassword = '' } = secret;
  const login = { user: admin, password: superuserPassword, database: 'app' };
  return withSession(endpointOf(secret), login, async session => {
    const [group] = await session.rows<{ name: string }>(
      "SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'larder_readwrite_%'",
    );
    const samples: number[] = [];
    for (let index = 0; index < ONE_BY_ONE; index++) {
      const name = `bare_${index}`;
      samples.push(
        await timed(async () => {
          const verifier = await scramVerifier('password');
          await session.rows(`CREATE ROLE ${name} LOGIN PASSWORD '${verifier}'; GRANT ${group?.name} TO ${name}`);
          await logIn({ ...secret, username: name, password: 'password' });
        }),
      );
    }
    return samples;
  });
}
