/** The ServiceAccount `default` in every namespace, as Kubernetes has it: tools wait for it before they use a namespace. */
import { runController, type EventRecorder, type Logger } from '@larder/controller';
import { isAlreadyExists, isNotFound, StatusError, type Client } from '@larder/kube';

const NAME = 'default';
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' };
const SERVICE_ACCOUNT = { apiVersion: 'v1', kind: 'ServiceAccount' };

export interface ServiceAccountsOptions {
  client: Client;
  log: Logger;
  events: EventRecorder;
  signal: AbortSignal;
}

/** Ends after the signal aborted. */
export async function runServiceAccounts(options: ServiceAccountsOptions): Promise<void> {
  const controller = runController({
    ...options,
    name: 'service-accounts',
    watches: [
      { kind: NAMESPACE },
      {
        kind: SERVICE_ACCOUNT,
        fieldSelector: `metadata.name=${NAME}`,
        map: ({ metadata }) => [metadata.namespace ?? ''],
      },
    ],
    reconcile: name => ensureDefault(options.client, name),
  });
  await controller.stopped;
}

async function ensureDefault(client: Client, name: string): Promise<void> {
  const namespace = await client.find({ ...NAMESPACE, name });
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
  if (await client.find({ ...SERVICE_ACCOUNT, namespace: name, name: NAME })) return;
  await client.create({ ...SERVICE_ACCOUNT, metadata: { name: NAME, namespace: name } }).catch((error: unknown) => {
    // Made by another, or the namespace has begun to go.
    const isLeaving = error instanceof StatusError && error.reason === 'Forbidden';
    if (!isAlreadyExists(error) && !isNotFound(error) && !isLeaving) throw error;
  });
}
