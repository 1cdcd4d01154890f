/** Objects that the plane itself keeps in the API: its namespace, and the facts about this machine that compositions read. */
import { availableParallelism } from 'node:os';
import { statfs } from 'node:fs/promises';
import type { Client } from '@larder/kube';
import type { Home } from '../home/home.ts';
import { canSeparateUsers, capacityHere } from '../servers/machine.ts';

export const SYSTEM_NAMESPACE = 'larder-system';

/** May run twice; facts that changed since are brought up to date. */
export async function ensureSystemObjects({ client, home }: { client: Client; home: Home }): Promise<void> {
  await apply(client, { apiVersion: 'v1', kind: 'Namespace', name: SYSTEM_NAMESPACE }, {});
  const facts = { apiVersion: 'v1', kind: 'ConfigMap', name: 'larder-machine', namespace: SYSTEM_NAMESPACE };
  await apply(client, facts, { data: await machineFacts(home) });
}

async function machineFacts(home: Home): Promise<Record<string, string>> {
  const disk = await statfs(home.folder);
  return {
    memoryBytes: String(capacityHere().memoryBytes),
    cpus: String(availableParallelism()),
    diskBytes: String(disk.blocks * disk.bsize),
    separateUsers: String(await canSeparateUsers(home)),
    listen: '127.0.0.1',
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
