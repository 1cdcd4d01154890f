/** Brings the cluster up and takes it away. Every step looks first, so that both may be repeated, also after they were interrupted. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { httpClient, loadConnection } from '@larder/controller';
import type { HttpClient } from '@larder/controller';
import { endProcess } from '@larder/local';
import { API_PORT, NODE_NAME, REGISTRY_PORT } from './addresses.ts';
import { removeCgroups, ensureCgroups } from './cgroups.ts';
import { control, foundation } from './components.ts';
import { configurationFiles } from './configuration.ts';
import { ensureKeys } from './keys.ts';
import {
  besideNode,
  ensureNode,
  ensureOutside,
  ensureProcess,
  findNode,
  findProcess,
  inNode,
  logOf,
  stopNode,
} from './node.ts';
import type { Node } from './node.ts';
import { tools } from './place.ts';
import type { Place } from './place.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** Ports on loopback, the same for the cluster's life. */
export interface Ports {
  api: number;
  registry: number;
}

export interface Cluster {
  node: Node;
  ports: Ports;
  client: HttpClient;
}

export type Tell = (line: string) => void;

/** The programs, without anything that runs on them. Ends when the API answers and the registry takes images. */
export async function ensureControlPlane(place: Place, tell: Tell): Promise<Cluster> {
  refuseHiddenFolders(place);
  mkdirSync(place.folder, { recursive: true });
  const ports = await ensurePorts(place);
  await ensureKeys(place, ports.api);
  writeFiles(place);
  ensureCgroups();
  const node = await ensureNode(place);
  tell(`node: process ${node.process.pid}, with a network, processes and mounts of its own`);
  for (const { name, command } of foundation(place)) ensureProcess(node, name, command);
  ensureRelays(node, ports);
  const client = httpClient(await loadConnection(place.kubeconfig));
  await until('the API', () => answers(client), { seconds: 300, look: logOf(place, 'kube-apiserver') });
  tell(`API: https://127.0.0.1:${ports.api}, kubeconfig ${place.kubeconfig}`);
  return { node, ports, client };
}

/** The rest: controllers, scheduler, proxy, kubelet. Ends when the node is Ready. */
export async function ensureWorkers({ node, client }: Cluster, tell: Tell): Promise<void> {
  const { place } = node;
  const socket = '/run/containerd/containerd.sock';
  const [enter, ...words] = inNode(node, ['test', '-S', socket]);
  const listens = (): Promise<boolean> =>
    run(enter, words).then(
      () => true,
      () => false,
    );
  await until('containerd', listens, { seconds: 300, look: logOf(place, 'containerd') });
  for (const { name, command } of control(place)) ensureProcess(node, name, command);
  const provisioner = [...script('provisioner.ts'), join(place.keys, 'admin.kubeconfig'), join(place.state, 'volumes')];
  ensureOutside(place, 'provisioner', besideNode(node, provisioner));
  await until('the node to be Ready', () => nodeIsReady(client), { seconds: 300, look: logOf(place, 'kubelet') });
  tell(`node ${NODE_NAME} is Ready`);
}

/** Ends everything and removes every trace outside the cache of programs. */
export async function removeCluster(place: Place): Promise<void> {
  const node = findNode(place);
  if (node) await stopNode(node);
  for (const name of ['relay-outside', 'node']) {
    const left = findProcess(place, name);
    if (left) await endProcess(left);
  }
  await until('the control groups to be empty', removedCgroups, { seconds: 180 });
  rmSync(place.folder, { recursive: true, force: true });
}

function removedCgroups(): boolean {
  try {
    removeCgroups();
    return true;
  } catch {
    return false; // the kernel takes a moment to forget a killed process
  }
}

function ensureRelays(node: Node, ports: Ports): void {
  const socket = (name: string): string => `unix:${join(node.place.folder, `${name}.sock`)}`;
  const program = script('relay.ts');
  const inside = [`${socket('api')}=tcp:127.0.0.1:${API_PORT}`, `${socket('registry')}=tcp:127.0.0.1:${REGISTRY_PORT}`];
  ensureOutside(node.place, 'relay-inside', besideNode(node, [...program, ...inside]));
  ensureOutside(node.place, 'relay-outside', [
    ...program,
    `tcp:127.0.0.1:${ports.api}=${socket('api')}`,
    `tcp:127.0.0.1:${ports.registry}=${socket('registry')}`,
  ]);
}

/** The words that run a file of this folder. */
function script(name: string): [string, ...string[]] {
  return [process.execPath, '--import', import.meta.resolve('tsx'), join(import.meta.dirname, name)];
}

async function answers(client: HttpClient): Promise<boolean> {
  try {
    return (await client.transport.request({ method: 'GET', path: '/readyz' })).status === 200;
  } catch {
    return false;
  }
}

async function nodeIsReady(client: HttpClient): Promise<boolean> {
  const node = await client.find({ apiVersion: 'v1', kind: 'Node', name: NODE_NAME });
  const conditions = (node?.status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions;
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function writeFiles(place: Place): void {
  for (const [name, text] of Object.entries(configurationFiles(place))) {
    const path = join(place.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** The node covers these with folders of its own. */
function refuseHiddenFolders({ folder }: Place): void {
  for (const [name, path] of Object.entries({ LARDER_CLUSTER: folder, LARDER_TOOLS: tools })) {
    const hidden = ['/run', '/tmp', '/var/lib', '/var/log'].find(each => `${path}/`.startsWith(`${each}/`));
    if (hidden)
      throw new Error(`cannot use ${name}="${path}": the node has its own ${hidden}; choose a folder elsewhere`);
  }
}

async function ensurePorts(place: Place): Promise<Ports> {
  const file = join(place.folder, 'ports.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Ports;
  const ports = { api: await freePort(), registry: await freePort() };
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
