/** Objects that the plane itself keeps in the API: its namespace, and the facts about this machine that compositions read. */
import { availableParallelism } from 'node:os';
import { statfs } from 'node:fs/promises';
import type { Client } from '@larder/kube';
import type { Home } from '../home/home.ts';
import { canSeparateUsers, capacityHere } from '../servers/machine.ts';
import { isLoopback } from '../servers/network.ts';
import type { Listen } from '../servers/options.ts';

export const SYSTEM_NAMESPACE = 'larder-system';

export interface SystemObjectsOptions {
  client: Client;
  home: Home;
  listen: Listen;
}

/** May run twice; facts that changed since are brought up to date. */
export async function ensureSystemObjects({ client, home, listen }: SystemObjectsOptions): Promise<void> {
  await apply(client, { apiVersion: 'v1', kind: 'Namespace', name: SYSTEM_NAMESPACE }, {});
  const facts = { apiVersion: 'v1', kind: 'ConfigMap', name: 'larder-machine', namespace: SYSTEM_NAMESPACE };
  await apply(client, facts, { data: await machineFacts(home, listen) });
}

async function machineFacts(home: Home, { addresses }: Listen): Promise<Record<string, string>> {
  const disk = await statfs(home.folder);
  return {
    memoryBytes: String(capacityHere().memoryBytes),
    cpus: String(availableParallelism()),
    diskBytes: String(disk.blocks * disk.bsize),
    separateUsers: String(await canSeparateUsers(home)),
    listen: addresses.find(address => !isLoopback(address)) ?? '127.0.0.1',
  };
}

type Ref = Parameters<Client['get']>[0];

async function apply(client: Client, ref: Ref, body: Record<string, unknown>): Promise<void> {
  const { apiVersion, kind, ...metadata } = ref;
  await client.patch(
    ref,
    { type: 'apply', body: { apiVersion, kind, metadata, ...body }, force: true },
    { fieldManager: 'larder' },
  );
}
