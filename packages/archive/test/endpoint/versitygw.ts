/** A public S3 server on a folder, as one that somebody else runs. It isn't there everywhere: `hack/tools/install.sh versitygw`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EndpointAccess } from '../../src/index.ts';

const program = process.env.LARDER_VERSITYGW ?? join(homedir(), '.cache/larder/tools/bin/versitygw');

/** Why no test can use it, for node's `skip`. */
export const missing = existsSync(program) ? false : 'versitygw is not installed: hack/tools/install.sh versitygw';

export interface Versitygw {
  access: EndpointAccess;
  /** One folder a bucket. */
  buckets: string;
  /** Ends the process; `start` begins another on the same port and folder. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface VersitygwOptions {
  /** PEM files. @default no TLS */
  tls?: { certificate: string; key: string; ca: string };
  /** Whether it knows accounts. @default true */
  accounts?: boolean;
  /** Below which a bucket's name may stand in the host's; its port is added. @default in no name */
  virtualDomain?: string;
}

export async function startVersitygw({
  tls,
  accounts = true,
  virtualDomain,
}: VersitygwOptions = {}): Promise<Versitygw> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-versitygw-'));
  const buckets = join(folder, 'buckets');
  const iam = join(folder, 'iam');
  for (const each of [buckets, iam]) await mkdir(each);
  let port = await freePort();
  const key = { accessKeyId: 'ROOTOFTHEENDPOINT', secretAccessKey: randomBytes(20).toString('hex') };
  const spawnOn = (at: number): ChildProcess => {
    const args = [
      ...['--port', `127.0.0.1:${at}`, '--quiet'],
      ...(tls ? ['--cert', tls.certificate, '--key', tls.key] : []),
      ...(accounts ? ['--iam-dir', iam] : []),
      ...(virtualDomain === undefined ? [] : ['--virtual-domain', `${virtualDomain}:${at}`]),
      ...['posix', buckets],
    ];
    const env = { PATH: process.env.PATH, ROOT_ACCESS_KEY: key.accessKeyId, ROOT_SECRET_KEY: key.secretAccessKey };
    return spawn(program, args, { env, stdio: 'ignore' });
  };
  let child: ChildProcess | undefined;
  let begun = false;
  const start = async (): Promise<void> => {
    for (let left = 1_200; !child || child.exitCode !== null || !(await answers(port)); left--) {
      if (left === 0) throw new Error('versitygw does not serve');
      // Somebody was quicker to have the port: another one as long as nobody knows it, else it is waited for.
      if (child && child.exitCode !== null && !begun) port = await freePort();
      if (!child || child.exitCode !== null) child = spawnOn(port);
      await delay(50);
    }
    begun = true;
  };
  const stop = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, 'exit');
    ending.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    access: {
      endpoint: `${tls ? 'https' : 'http'}://${virtualDomain ?? '127.0.0.1'}:${port}`,
      region: 'us-east-1',
      ...key,
      ca: tls?.ca,
    },
    buckets,
    start,
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
