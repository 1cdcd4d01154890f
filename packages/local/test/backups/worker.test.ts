/** A backup's worker that is killed, paused or left alone: nothing half-made is listed, and the next one cleans up and is whole. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { archiveKeys, readCatalogue } from '@larder/archive';
import { makeBench, type Bench } from '../../../archive/test/backup/rig.ts';
import { faultsOf, startProxy, type Fault, type Proxy } from '../../../archive/test/proxy.ts';
import { scopeOfSuite } from '../../../postgres/test/machine.ts';
import type { Holdings, WorkerLine, WorkerOrder } from '../../src/backups/worker/protocol.ts';

const WORKER = fileURLToPath(new URL('../../src/backups/worker/main.ts', import.meta.url));

interface Started {
  child: ChildProcess;
  done: Promise<Holdings>;
  /** Resolves when it has found another at work. */
  waits: Promise<void>;
}

const skip = process.env.LARDER_FULL === '1' ? false : 'not run: slow; LARDER_FULL=1 runs it';

describe('the worker of a base backup', { timeout: 900_000 }, () => {
  const scope = scopeOfSuite();
  let bench: Bench;
  let proxy: Proxy;
  let client: S3Client;

  before(async () => {
    bench = await makeBench(scope, 'wk');
    proxy = await startProxy(bench.objects.store.port);
    scope.defer(() => proxy.close());
    client = bench.objects.client();
    const session = await bench.session('app');
    // Too much for one part of an upload, however well it is packed.
    await session.rows(`CREATE TABLE public.bulk AS SELECT i, (SELECT string_agg(sha256((i * 1000 + j)::text::bytea), '') FROM generate_series(1, 200) AS j)
      FROM generate_series(1, 4000) AS i`);
    await session.close();
  });

  const moments: [string, (request: IncomingMessage) => boolean][] = [
    ['while it copies', request => /partNumber=2/.test(request.url ?? '')],
    ['while it waits for its log', request => request.method === 'GET' && /prefix=[^&]*wals/.test(request.url ?? '')],
    ['while it writes backup.info', request => request.method === 'PUT' && /backup\.info/.test(request.url ?? '')],
  ];
  for (const [moment, isNow] of moments) {
    it(`killed ${moment} leaves no backup`, { skip }, async () => {
      const known = await listed();
      const first = start();
      proxy.fault = request => {
        if (!isNow(request)) return undefined;
        first.child.kill('SIGKILL');
        return { cutRequest: 0 };
      };
      await assert.rejects(first.done, /SIGKILL/);
      proxy.fault = () => undefined;
      assert.deepEqual(await listed(), known);
    });
  }

  it('ends by itself when its plane is killed, and leaves no backup', { skip }, async () => {
    const known = await listed();
    const first = start();
    proxy.fault = request => {
      // All that a worker sees of it is that its standard input ends.
      if (/partNumber=2/.test(request.url ?? '')) first.child.stdin?.destroy();
      return undefined;
    };
    await assert.rejects(first.done, /abort/i);
    proxy.fault = () => undefined;
    assert.deepEqual(await listed(), known);
  });

  it('waits for one that is still at work, takes nothing away from it, and then removes what it left', async () => {
    const paused = start();
    const seen = new Promise<void>(resolve => {
      proxy.fault = request => {
        if (!/partNumber=2/.test(request.url ?? '')) return undefined;
        paused.child.kill('SIGSTOP');
        resolve();
        return { cutRequest: 0 };
      };
    });
    await seen;
    proxy.fault = () => undefined;
    const before = proxy.requests.length;
    const second = start();
    await second.waits;
    // What the first one sent before it was paused may still come in.
    const removals = proxy.requests.slice(before).filter(each => /^DELETE|^POST \/first\/?$/.test(each));
    assert.deepEqual(removals, []);
    paused.child.kill('SIGKILL');
    await assert.rejects(paused.done, /SIGKILL/);
    const { backups } = await second.done;
    assert.equal(backups.length, 1);
    await assertClean(backups.map(({ name }) => name));
  });

  it('does not take another server’s archive for its own', { skip }, async () => {
    const known = await listed();
    const other = { ...order(), server: { systemIdentifier: '1', incarnation: bench.server.incarnation } };
    await assert.rejects(
      start(other).done,
      /is the archive of another server: its backup .* archive under another name/,
    );
    assert.deepEqual(await listed(), known);
  });

  it('removes what no retention needs, and says which moments are left', { skip }, async () => {
    const { backups } = await start({ ...order(), retention: { count: 1 } }).done;
    assert.equal(backups.length, 1);
    await assertClean(backups.map(({ name }) => name));
    const segments = await walNames();
    assert.equal(segments[0], backups[0]?.firstWal);
  });

  it('has made its backup although the old ones could not be removed, and says why', { skip }, async () => {
    const known = await listed();
    const isRemoval = (request: IncomingMessage): boolean =>
      request.method === 'POST' && /\?delete/.test(request.url ?? '');
    const denied: Fault = { answer: 403, code: 'AccessDenied' };
    proxy.fault = faultsOf(isRemoval, Array<Fault>(20).fill(denied));
    const { backups, retentionError = '' } = await start({ ...order(), retention: { count: 1 } }).done;
    proxy.fault = () => undefined;
    assert.equal(backups.length, known.length + 1);
    assert.match(retentionError, /access key isn't accepted or may not do this/);
  });

  function order(): WorkerOrder {
    const { destination, server, objects } = bench;
    const { accessKeyId, secretAccessKey } = objects.owner;
    return {
      destination: { ...destination, endpoint: proxy.url },
      owner: { accessKeyId, secretAccessKey },
      session: {
        socketFolder: join(server.folder, 's'),
        port: server.port,
        user: server.login.user,
        password: server.login.password,
      },
      server: { systemIdentifier: server.made.systemIdentifier, incarnation: server.incarnation },
      ...(server.account ? { account: server.account } : {}),
      data: server.data,
      lock: join(server.folder, 'backup.lock'),
      retention: { count: 100 },
      now: new Date().toISOString(),
    };
  }

  function start(what = order()): Started {
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), WORKER], {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: '/',
    });
    scope.defer(() => child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stdin.on('error', () => undefined);
    child.stdin.write(`${JSON.stringify(what)}\n`);
    const ended = once(child, 'close') as Promise<[number | null, string | null]>;
    const done = ended.then(([code, by]) => {
      const last = JSON.parse(output.trim().split('\n').at(-1) || '{}') as WorkerLine;
      if ('done' in last) return last.done;
      throw new Error('failed' in last ? last.failed : `it ended with ${by ?? code}`);
    });
    done.catch(() => undefined);
    const waits = new Promise<void>(resolve => {
      child.stdout.on('data', () => output.includes('"inLine"') && resolve());
    });
    return { child, done, waits };
  }

  async function listed(): Promise<string[]> {
    return (await readCatalogue(bench.store)).backups.map(({ id }) => id);
  }

  async function walNames(): Promise<string[]> {
    const names: string[] = [];
    for await (const entry of bench.store.list(archiveKeys(bench.destination).wals))
      if (entry.kind === 'object') names.push(/([0-9A-F]{24})\.gz$/.exec(entry.key)?.[1] ?? '');
    return names.filter(Boolean).sort();
  }

  /** Nothing but these backups, not even in parts. */
  async function assertClean(names: string[]): Promise<void> {
    const { backups, unusable, unfinished } = await readCatalogue(bench.store);
    assert.deepEqual([backups.map(({ id }) => id).reverse(), unusable, unfinished], [names, [], []]);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bench.destination.bucket }));
    assert.deepEqual(Uploads, []);
  }
});
