/**
 * Controllers over real HTTPS, with client certificates, while the API server's process is killed and comes back on the same folder:
 * informers go on where they were, a start that is too old means a new list, and nobody asks in a busy loop.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { isConflict, type KubeObject } from '@larder/kube';
import { httpClient, loadConnection, runController, startInformer, type HttpClient } from '../src/index.ts';

const program = new URL('serve-api.ts', import.meta.url).pathname;
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' };
const namespace = 'default';
const isFast = process.env['LARDER_FULL'] !== '1' && 'starts many processes: LARDER_FULL=1';

/** A server at one address that can be killed and started again. */
class Server {
  readonly #folder: string;
  readonly #keepEvents: number;
  #process: ChildProcess | undefined;
  #port = 0;
  kubeconfig = '';

  constructor(folder: string, keepEvents: number) {
    this.#folder = folder;
    this.#keepEvents = keepEvents;
  }

  async begin(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const args = [this.#folder, String(this.#port), String(this.#keepEvents)];
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    for await (const line of createInterface(child.stdout)) {
      this.kubeconfig = line;
      return;
    }
    throw new Error('the server ended before it served');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function start(t: TestContext, keepEvents = 10_000): Promise<{ server: Server; client: HttpClient }> {
  const folder = mkdtempSync(join(tmpdir(), 'larder-restarts-'));
  chmodSync(folder, 0o711);
  const server = new Server(folder, keepEvents);
  t.after(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await server.begin();
  const client = httpClient(await loadConnection(server.kubeconfig));
  t.after(() => client.close());
  return { server, client };
}

const configMap = (name: string, value = '0'): KubeObject => ({
  ...CONFIG_MAP,
  metadata: { name, namespace },
  data: { value },
});
const valueOf = (object: KubeObject | undefined): string | undefined =>
  (object?.data as { value?: string } | undefined)?.value;

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`cannot wait any longer until ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

test(
  'an informer goes on after the server was killed, and misses nothing',
  { timeout: 240_000, skip: isFast },
  async t => {
    const { server, client } = await start(t);
    const stop = new AbortController();
    let lists = 0;
    const counted = countLists(client, () => lists++);
    const informer = startInformer({ client: counted, kind: CONFIG_MAP, namespace, signal: stop.signal });
    await informer.synced;
    await client.create(configMap('kept'));
    await until('it is seen', () => valueOf(informer.get(`${namespace}/kept`)) === '0');
    for (const value of ['1', '2']) {
      await server.kill();
      await server.begin();
      await client.update(configMap('kept', value));
      await until(`${value} is seen`, () => valueOf(informer.get(`${namespace}/kept`)) === value);
    }
    stop.abort();
    await informer.stopped;
    assert.equal(lists, 1, 'a broken connection is taken up where it broke');
  },
);

test(
  'an informer that comes back too late lists again, and sees what went meanwhile',
  { timeout: 240_000, skip: isFast },
  async t => {
    const { server, client } = await start(t, 5);
    const stop = new AbortController();
    let lists = 0;
    const gate = { closed: false };
    const counted = countLists(client, () => lists++, gate);
    const informer = startInformer({ client: counted, kind: CONFIG_MAP, namespace, signal: stop.signal });
    await informer.synced;
    await client.create(configMap('goes'));
    await until('it is seen', () => informer.get(`${namespace}/goes`) !== undefined);
    gate.closed = true;
    await server.kill();
    await server.begin();
    await client.delete({ ...CONFIG_MAP, name: 'goes', namespace });
    for (let count = 0; count < 60; count++) await client.create(configMap(`more${count}`));
    gate.closed = false;
    await until(
      'all is seen',
      () => informer.list(namespace).length >= 60 && informer.get(`${namespace}/goes`) === undefined,
    );
    stop.abort();
    await informer.stopped;
    assert.ok(lists >= 2);
  },
);

test('while the server is gone nobody asks in a busy loop', { timeout: 240_000, skip: isFast }, async t => {
  const { server, client } = await start(t);
  const stop = new AbortController();
  let watches = 0;
  const counted = countLists(
    client,
    () => undefined,
    { closed: false },
    () => watches++,
  );
  const informer = startInformer({ client: counted, kind: CONFIG_MAP, namespace, signal: stop.signal });
  await informer.synced;
  await until('it watches', () => watches === 1);
  await server.kill();
  await new Promise(resolve => setTimeout(resolve, 3_000));
  const attempts = watches;
  assert.ok(attempts < 100, `${attempts} attempts in 3 s`);
  await server.begin();
  await client.create(configMap('after'));
  await until('it is seen', () => informer.get(`${namespace}/after`) !== undefined);
  stop.abort();
  await informer.stopped;
});

test(
  'a storm of conflicts ends with every change made, one turn at a time for each key',
  { timeout: 240_000 },
  async t => {
    const { client } = await start(t);
    const stop = new AbortController();
    const names = ['a', 'b', 'c'];
    const busy = new Set<string>();
    let overlaps = 0;
    let conflicts = 0;
    const controller = runController({
      client,
      name: 'storm',
      watches: [{ kind: CONFIG_MAP, namespace }],
      concurrency: 4,
      signal: stop.signal,
      async reconcile(key) {
        if (busy.has(key)) overlaps++;
        busy.add(key);
        try {
          const [, name = ''] = key.split('/');
          const object = await client.find({ ...CONFIG_MAP, name, namespace });
          if (object === undefined || !names.includes(name) || object.metadata.annotations?.seen === valueOf(object))
            return;
          await client.update({
            ...object,
            metadata: { ...object.metadata, annotations: { seen: valueOf(object) ?? '' } },
          });
        } catch (error) {
          if (isConflict(error)) conflicts++;
          throw error;
        } finally {
          busy.delete(key);
        }
      },
    });
    for (const name of names) await client.create(configMap(name));
    const edits = names.map(async name => {
      for (let value = 1; value <= 30; value++) {
        const body = { data: { value: String(value) } };
        await client.patch({ ...CONFIG_MAP, name, namespace }, { type: 'merge', body });
      }
    });
    await Promise.all(edits);
    const settled = async (): Promise<boolean> => {
      const { items } = await client.list(CONFIG_MAP, { namespace });
      return names.every(name => {
        const object = items.find(({ metadata }) => metadata.name === name);
        return valueOf(object) === '30' && object?.metadata.annotations?.seen === '30';
      });
    };
    for (const deadline = performance.now() + 90_000; !(await settled());) assert.ok(performance.now() < deadline);
    t.diagnostic(`${conflicts} conflicts`);
    stop.abort();
    await controller.stopped;
    assert.equal(overlaps, 0);
  },
);

test('many watches at once leave room for requests', { timeout: 240_000 }, async t => {
  const { client } = await start(t);
  const stop = new AbortController();
  const watching = Array.from({ length: 80 }, () =>
    startInformer({ client, kind: CONFIG_MAP, namespace, signal: stop.signal }),
  );
  await Promise.all(watching.map(({ synced }) => synced));
  await client.create(configMap('seen-by-all'));
  await until('all see it', () => watching.every(each => each.get(`${namespace}/seen-by-all`) !== undefined));
  stop.abort();
  await Promise.all(watching.map(({ stopped }) => stopped));
});

/** The client, with its lists and watches counted; while the gate is closed it has no connection to watch with. */
function countLists(
  client: HttpClient,
  onList: () => unknown,
  gate = { closed: false },
  onWatch: () => unknown = () => 0,
): HttpClient {
  return new Proxy(client, {
    get(target, name) {
      if (name === 'list') {
        return (...args: Parameters<HttpClient['list']>) => {
          onList();
          return target.list(...args);
        };
      }
      if (name === 'watch') {
        return (...args: Parameters<HttpClient['watch']>) => {
          onWatch();
          if (gate.closed) throw new Error('no connection');
          return target.watch(...args);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
