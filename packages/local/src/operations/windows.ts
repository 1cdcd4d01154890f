/**
 * Makes the change that a maintenance window is for, once a window: it is named by the moment that the window opened, so neither a plane
 * that comes back nor a clock that was set back makes a second one. A window that passed while the plane was down is past.
 */
import { holdOf, LOCAL_API_VERSION, POLICY, type PostgresServer } from '@larder/catalog';
import { refOfKey, type ReconcileResult } from '@larder/controller';
import { isAlreadyExists } from '@larder/kube';
import { changeLabels } from './executor.ts';
import type { OperationsPlane } from './step.ts';
import { isOpen, windowAt } from './window.ts';

const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };

/** Timers hold 24 days at most, and the clock may be set meanwhile. */
const LONGEST_WAIT_MS = 600_000;

export async function reconcileWindow(plane: OperationsPlane, key: string): Promise<ReconcileResult | undefined> {
  const { client, clock } = plane;
  const server = await client.find<PostgresServer>(refOfKey(SERVER, key));
  const { updates, apply } = server?.spec ?? {};
  if (!server || !updates || apply !== 'Scheduled' || server.metadata.deletionTimestamp !== undefined) return undefined;
  const now = clock();
  const window = windowAt(updates, now);
  if (!window) return undefined;
  if (isOpen(window, now) && (await isWanted(plane, server, now))) await begin(plane, server, window);
  const moment = window.opens > now.toISOString() ? window.opens : window.closes;
  return { requeueAfterMs: Math.min(LONGEST_WAIT_MS, Math.max(50, Date.parse(moment) - now.getTime())) };
}

async function isWanted({ client }: OperationsPlane, { status }: PostgresServer, now: Date): Promise<boolean> {
  const waits = (status?.pendingChanges ?? []).some(({ needs }) => needs === 'Restart' || needs === 'NewServer');
  return waits && holdOf(await client.find(POLICY), now.toISOString()) === undefined;
}

async function begin(
  { client }: OperationsPlane,
  server: PostgresServer,
  { opens, closes }: { opens: string; closes: string },
): Promise<void> {
  const { apiVersion, kind, metadata } = server;
  const name = `${metadata.name}-${opens.slice(0, 16).replaceAll(/[-:]/g, '').toLowerCase()}`;
  const change = {
    apiVersion: LOCAL_API_VERSION,
    kind: 'PostgresChange',
    metadata: {
      name,
      labels: changeLabels(metadata.name),
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }],
    },
    spec: { server: metadata.name, operation: 'Maintenance', until: closes },
  };
  await client.create(change).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
