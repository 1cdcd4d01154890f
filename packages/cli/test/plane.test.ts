/** The whole life of a plane through the command: real processes, a real PostgreSQL server, a home of the test's own. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const larderPath = fileURLToPath(new URL('../bin/larder.js', import.meta.url));
const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'larder-cli-'));
chmodSync(scratch, 0o711); // as root, servers run as users of their own
const home = join(scratch, 'home');
const kubeconfig = join(scratch, 'kube', 'config');

interface Ran {
  code: number;
  out: string;
  err: string;
}

function larder(...args: string[]): Promise<Ran> {
  const env = { ...process.env, LARDER_HOME: home, KUBECONFIG: kubeconfig };
  return new Promise(resolve => {
    const child = execFile(process.execPath, [larderPath, ...args], { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err });
    });
    child.stdin?.end();
  });
}

async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await larder(...args);
  assert.equal(code, 0, `larder ${args.join(' ')}: ${out}${err}`);
  return out;
}

interface Status {
  pid: number | null;
  phase: string;
  endpoints: { api: string | null; metrics: string | null; s3: string | null };
  servers: { pid: number }[];
}

async function status(): Promise<Status> {
  return JSON.parse((await larder('status', '-o', 'json')).out) as Status;
}

before(() => larder('clean'));
after(async () => {
  await larder('clean');
  rmSync(scratch, { recursive: true, force: true });
});

test('without a plane a command says how to get one, with exit code 4', async () => {
  const { code, err } = await larder('get', 'secrets');
  assert.equal(code, 4);
  assert.match(err, /none runs in ".*"\n {2}start it with: larder up/);
  const { pid, phase, endpoints } = await status();
  assert.deepEqual(
    { pid, phase, endpoints },
    { pid: null, phase: 'never started', endpoints: { api: null, metrics: null, s3: null } },
  );
});

test('a port in use is reported with who holds it, and nothing is left running', async t => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { code, err } = await larder('up', '--api-port', String(port));
  assert.equal(code, 1);
  assert.match(err, new RegExp(`cannot listen on port ${port}: process ${process.pid} `));
  assert.equal((await status()).pid, null);
});

test('two at once make one plane; a further one finds it', async () => {
  await Promise.all([ok('up'), ok('up')]);
  const { pid, phase } = await status();
  assert.equal(phase, 'serving');
  assert.match(await ok('up'), new RegExp(`serves already at https://127\\.0\\.0\\.1:\\d+ \\(process ${pid}\\)`));
  assert.equal(statSync(join(home, 'kubeconfig')).mode & 0o777, 0o600);
});

test('provision makes an instance and a user, as whom a job logs in, and may run twice', async () => {
  for (let time = 0; time < 2; time++) {
    const out = await ok('provision');
    assert.match(out, /logged in as app-user1-[a-z0-9]{5}, acting as app, to database app/);
    assert.match(out, /wrote and read 1000 rows/);
    assert.match(out, /job\.batch\/connection-tests complete/);
  }
});

test('deprovision-user takes that login away, provision-user makes it anew; both may run twice', async () => {
  assert.match(await ok('deprovision-user'), /postgresqluser\.syn\.tools\/user1 deleted/);
  assert.equal((await larder('get', 'secret/user1-credentials', '-n', 'my-app')).code, 1);
  assert.match(await ok('deprovision-user'), /postgresqluser\.syn\.tools\/user1 is not there/);
  await ok('provision-user');
  const out = await ok('provision-user');
  assert.match(out, /logged in as app-user1-[a-z0-9]{5}, acting as app, to database app/);
  const command = /Connect: +LARDER_HOME=(\S+) npx larder psql --user user1 -n my-app/.exec(out);
  assert.equal(command?.[1], home);
});

test("psql logs in as the owner, and an error's exit code comes through", async () => {
  assert.match(await ok('psql', 'postgres1', '-n', 'my-app', '-c', 'select current_user'), /\bapp\b/);
  assert.notEqual((await larder('psql', 'postgres1', '-n', 'my-app', '-c', 'select 1/0')).code, 0);
});

test('without psql there is a small client: -c, -f and a pipe, with psql’s exit codes', async () => {
  const path = process.env.PATH;
  process.env.PATH = scratch; // nothing is there
  try {
    const psql = (...args: string[]): Promise<Ran> => larder('psql', 'postgres1', '-n', 'my-app', ...args);
    const script = join(scratch, 'script.sql');
    writeFileSync(script, 'create temp table t (a int);\ncopy t from stdin;\n1\n2\n\\.\nselect sum(a) from t;\n');
    const done = await psql('-c', 'select 40', '-f', script, '-c', 'select 50', '--', '-tA');
    assert.deepEqual([done.code, done.out], [0, '40\nCREATE\nCOPY 2\n3\n50\n'], done.err);
    const wrong = await psql('-c', 'select 1/0', '-c', 'select 7');
    assert.deepEqual([wrong.code, wrong.out], [1, '']);
    assert.match(wrong.err, /division by zero/);
    writeFileSync(script, 'select 1;\n\nselect 1/0;\nselect 7;\n');
    const half = await psql('-f', script, '--', '-tA');
    assert.deepEqual([half.code, half.out], [3, '1\n']);
    assert.match(half.err, /script\.sql:3: ERROR: {2}division by zero/);
    assert.equal((await psql('-f', join(scratch, 'none.sql'))).code, 1);
    assert.equal((await psql()).code, 0, 'an empty pipe is an empty script');
    assert.match((await psql('--', '--nope')).err, /larder psql: Unknown option '--nope'/);
  } finally {
    rmSync(join(scratch, 'script.sql'), { force: true });
    process.env.PATH = path;
  }
});

test('get prints tables, objects and names; describe speaks of the claim', async () => {
  assert.match(await ok('get', 'postgresqlinstances', '-A'), /^NAMESPACE +NAME .*\nmy-app +postgres1 /);
  assert.equal(
    await ok('get', 'secret/postgres1-connection', '-n', 'my-app', '-o', 'name'),
    'secret/postgres1-connection\n',
  );
  const claim = JSON.parse(await ok('get', 'postgresqlinstance', 'postgres1', '-n', 'my-app', '-o', 'json')) as {
    kind: string;
  };
  assert.equal(claim.kind, 'PostgreSQLInstance');
  assert.match(await ok('describe', 'postgres1', '-n', 'my-app'), /State +Ready\nVersion +17\./);
  assert.match(await ok('logs', 'postgres1', '-n', 'my-app'), /database system is ready to accept connections/);
});

test('a name that leads nowhere: where it is, or what was meant', async () => {
  for (const [args, words] of [
    [
      ['describe', 'postgres1'],
      /no claim "postgres1" in namespace "default"\n {2}it is in namespace "my-app": add -n my-app/,
    ],
    [['psql', 'postgre1', '-n', 'my-app', '-c', 'select 1'], /did you mean "postgres1"\?/],
    [['get', 'secert'], /doesn't have a kind "secert"\n {2}did you mean "secret" or "secrets"\?/],
    [['delete', 'secret', 'nope', '-n', 'my-ap'], /namespace "my-ap" does not exist; did you mean "my-app"\?/],
    [['describe', 'nowhere'], /larder get postgresql.*,postgresqlinstances,.* -A lists those there are/],
    [['get', 'zzzzzz'], /\n {2}it has ((?!review|events, events).)*$/m],
  ] as const) {
    const { code, err } = await larder(...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, words);
  }
  const { code, err } = await larder('describe', 'secret');
  assert.equal(code, 2);
  assert.match(err, /no name is given for secrets\n {2}larder get secrets -A lists them/);
});

test('a wait that was in vain says what there is instead, how to look at it, and ends with exit code 3', async () => {
  const { code, err } = await larder('wait', 'postgres1', '-n', 'my-app', '--for', 'condition=Nope', '--timeout', '1s');
  assert.equal(code, 3);
  assert.match(err, /it has the conditions Synced and Ready only, each of them True/);
  assert.match(err, /larder describe postgresqlinstance\/postgres1 -n my-app tells more/);
});

test('get -w shows what is there, then what changes', async t => {
  const env = { ...process.env, LARDER_HOME: home };
  const watching = spawn(process.execPath, [larderPath, 'get', 'configmaps', '-w'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => watching.kill());
  const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  assert.match(await next(), /^NAME +DATA +AGE$/);
  const file = join(scratch, 'watched.yaml');
  writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: watched}\ndata: {a: b}\n');
  await ok('apply', '-f', file);
  assert.match(await next(), /^watched +1 +\d+s$/);
  await ok('delete', '-f', file);
  assert.match(await next(), /^watched +1 +\d+s$/);
  rmSync(file);
});

test('an unknown field is refused by name, and nothing is changed', async () => {
  const file = join(scratch, 'typo.yaml');
  writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typo}\ndatas: {a: b}\n');
  const { code, err } = await larder('apply', '-f', file);
  assert.equal(code, 1);
  assert.match(err, /cannot apply .*typo\.yaml: .*datas/);
  assert.equal((await larder('get', 'configmap', 'typo')).code, 1);
});

test('kubeconfig --merge keeps what is there and adds a context', async () => {
  await ok('kubeconfig', '--merge');
  await ok('kubeconfig', '--merge');
  const text = readFileSync(kubeconfig, 'utf8');
  assert.equal(text.match(/certificate-authority-data/g)?.length, 1);
  assert.equal(statSync(kubeconfig).mode & 0o777, 0o600);
});

test('kill -9 of the plane: the server goes on and is adopted; the port stays', async () => {
  const before = await status();
  process.kill(before.pid!, 'SIGKILL');
  const deadline = performance.now() + 30_000;
  while ((await status()).pid !== null) assert.ok(performance.now() < deadline, 'the plane was killed');
  assert.match(await ok('logs'), /"level":|offered|API/i);
  assert.match(await ok('logs', 'postgres1', '-n', 'my-app'), /database system is ready to accept connections/);
  assert.match(
    (await larder('logs', 'postgres2', '-n', 'my-app')).err,
    /no plane runs, and no instance .* is called so/,
  );
  await ok('up');
  const now = await status();
  assert.deepEqual(now.servers, before.servers);
  assert.deepEqual(now.endpoints, before.endpoints);
  assert.notEqual(now.pid, before.pid);
});

test('down leaves the server running and says so; down --databases stops it', async () => {
  assert.match(await ok('down'), /1 PostgreSQL server is still running.*larder down --databases/);
  assert.equal((await status()).servers.length, 1);
  assert.match(await ok('down', '--databases'), /1 PostgreSQL server is stopped; the data is kept/);
  assert.deepEqual((await status()).servers, []);
});

test('a plane that comes back starts the server again, with its data', async () => {
  await ok('up');
  // Ready is no longer what it was before.
  await ok('wait', 'postgres1', '-n', 'my-app');
  assert.match(await ok('psql', 'postgres1', '-n', 'my-app', '-c', 'select 1'), /1/);
});

test('deprovision brings a plane back that was killed, for it alone takes servers down in order; and may run twice', async () => {
  process.kill((await status()).pid!, 'SIGKILL');
  assert.match(await ok('deprovision'), /postgresqlinstance\.syn\.tools\/postgres1 deleted/);
  assert.deepEqual((await status()).servers, []);
  assert.match(await ok('deprovision'), /postgresqlinstance\.syn\.tools\/postgres1 is not there/);
});

test('clean removes all of it, also when the plane was killed before; and may run twice', async () => {
  await ok('apply', '-f', join(checkout, 'service', 'prototype-instance.yaml'));
  await ok('wait', 'postgres1', '-n', 'my-app');
  const { pid, servers } = await status();
  assert.equal(servers.length, 1);
  process.kill(pid!, 'SIGKILL');
  await ok('clean');
  assert.equal(existsSync(home), false);
  // A process that nobody has reaped yet still has its number, and no program any more.
  for (const server of servers) assert.equal(existsSync(`/proc/${server.pid}/exe`), false);
  assert.match(await ok('clean'), /Nothing to remove/);
  assert.match(await ok('deprovision'), /Nothing to deprovision: no plane was ever started in/);
  assert.equal(existsSync(home), false);
  assert.deepEqual(readdirSync(scratch).sort(), ['kube', 'typo.yaml']);
});
