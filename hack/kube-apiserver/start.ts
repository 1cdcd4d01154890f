/** A real kube-apiserver with etcd on loopback, as judge and as peer in benchmarks. Needs `hack/tools/install.sh kube-apiserver etcd`. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { request } from 'node:https';
import { issueAuthority, issueCertificate, kubeconfigText } from '@larder/local';

export interface KubeApiserver {
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string;
  /** Ids of kube-apiserver and etcd, for measuring. */
  pids: number[];
  stop(): Promise<void>;
}

const bin = join(
  process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools'),
  'bin',
);

/** Whether both programs are installed. */
export function hasKubeApiserver(): boolean {
  return existsSync(join(bin, 'kube-apiserver')) && existsSync(join(bin, 'etcd'));
}

/**
 * @param durable whether etcd syncs each write, as in production. @default true
 * @param flags of kube-apiserver, beside its own
 */
export async function startKubeApiserver(durable = true, flags: string[] = []): Promise<KubeApiserver> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-kube-'));
  const [api, etcdClient, etcdPeer] = await freePorts(3);
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.reverse().map(end));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { kubeconfig, ca } = await writeKeys(folder, api);
    children.push(run('etcd', etcdFlags(folder, etcdClient, etcdPeer, durable)));
    children.push(run('kube-apiserver', [...apiserverFlags(folder, api, etcdClient), ...flags]));
    await ready(api, ca, children);
    return { kubeconfig, pids: children.map(child => child.pid ?? 0), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeKeys(folder: string, port: number): Promise<{ kubeconfig: string; ca: string }> {
  const now = new Date();
  const ca = await issueAuthority('kubernetes', now);
  const names = {
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default'],
    ipAddresses: ['127.0.0.1', '10.96.0.1'],
  };
  const server = await issueCertificate(ca, { commonName: 'kube-apiserver', usage: 'server', days: 2, ...names }, now);
  const admin = await issueCertificate(
    ca,
    { commonName: 'admin', organization: 'system:masters', usage: 'client', days: 2 },
    now,
  );
  const sa = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kubeconfig = join(folder, 'kubeconfig');
  const files = {
    'ca.crt': ca.cert,
    'server.crt': server.cert,
    'server.key': server.key,
    'sa.key': sa.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    'sa.pub': sa.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    kubeconfig: kubeconfigText({ server: `https://127.0.0.1:${port}`, ca: ca.cert, client: admin }),
  };
  await mkdir(join(folder, 'etcd'), { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  return { kubeconfig, ca: ca.cert };
}

function etcdFlags(folder: string, client: number, peer: number, durable: boolean): string[] {
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ...(durable ? [] : ['--unsafe-no-fsync']),
  ];
}

function apiserverFlags(folder: string, port: number, etcd: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
    `--client-ca-file=${join(folder, 'ca.crt')}`,
    `--tls-cert-file=${join(folder, 'server.crt')}`,
    `--tls-private-key-file=${join(folder, 'server.key')}`,
    `--cert-dir=${folder}`,
    '--authorization-mode=RBAC',
    // No controller makes the default ServiceAccounts here.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

function run(program: string, flags: string[]): ChildProcess {
  return spawn(join(bin, program), flags, { stdio: process.env.LARDER_DEBUG ? 'inherit' : 'ignore' });
}

async function ready(port: number, ca: string, children: ChildProcess[]): Promise<void> {
  const end = Date.now() + 180_000;
  while (!(await answers(port, ca))) {
    const dead = children.find(child => child.exitCode !== null);
    if (dead) throw new Error(`cannot start ${dead.spawnfile}: exit ${dead.exitCode}; LARDER_DEBUG=1 shows its output`);
    if (Date.now() > end) throw new Error('cannot start kube-apiserver: not ready within 180 s');
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

function answers(port: number, ca: string): Promise<boolean> {
  return new Promise(resolve => {
    const asked = request({ host: '127.0.0.1', port, ca, path: '/readyz', timeout: 2000, agent: false }, response => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(kill);
}

async function freePorts(count: number): Promise<[number, number, number]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      server =>
        new Promise<number>(resolve => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports as [number, number, number];
}
