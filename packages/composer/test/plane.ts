/** A real API server on a temporary store, and composers on it that can be killed. */
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { openStore, startApiServer } from '@larder/apiserver';
import type { Service } from '@larder/catalog';
import { runController, startEventRecorder, waitFor } from '@larder/controller';
import { admissionRules, label as labels, startComposer, type Composer } from '../src/index.ts';
import {
  isConflict,
  isNotFound,
  refOf,
  type Client,
  type KindRef,
  type KubeObject,
  type ObjectRef,
} from '@larder/kube';
import { boxes, configMapKind } from './boxes.ts';

const PATIENCE_MS = 60_000;

export type Ending = Pick<TestContext, 'after'>;

/** Serves until the test ends. */
export async function startApi(t: Ending, service = boxes()): Promise<Client> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-composer-'));
  const store = await openStore({ folder });
  const tls = await selfSigned();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serviceAccountKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const server = await startApiServer({
    ...{ store, tls, clientCa: tls.cert, serviceAccountKey, host: '127.0.0.1', port: 0, version: '0.1.0' },
    admission: admissionRules([service]),
    onError: error => console.error('server failure', error),
  });
  t.after(async () => {
    await server.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return server.client;
}

/** A composer that the test's end stops. */
export async function startComposing(t: Ending, client: Client, service: Service): Promise<Composer> {
  const ending = new AbortController();
  const events = startEventRecorder({ client, component: 'larder-composer' });
  const composer = await startComposer({ client, services: [service], signal: ending.signal, events });
  t.after(async () => {
    ending.abort();
    await composer.stopped;
    await events.flush();
  });
  return composer;
}

/** Gives every composed ConfigMap a password and readiness, as those who run real things do. */
export function startBackend(t: Ending, client: Client): void {
  const ending = new AbortController();
  const controller = runController({
    client,
    name: 'backend',
    watches: [{ kind: configMapKind, labelSelector: labels.composite }],
    signal: ending.signal,
    reconcile: async key => {
      const [namespace, name = ''] = key.split('/');
      const ref = { ...configMapKind, namespace, name };
      const found = await client.find(ref);
      if (found === undefined || found.metadata.labels?.ready !== undefined) return;
      const body = { metadata: { labels: { ready: 'yes' } }, data: { password: `of ${name}` } };
      await client.patch(ref, { type: 'merge', body }, { fieldManager: 'backend' }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    },
  });
  t.after(async () => {
    ending.abort();
    await controller.stopped;
  });
}

/** The object once it is as wanted; fails with what it is instead. */
export async function until<T extends KubeObject>(
  client: Client,
  ref: ObjectRef,
  wanted: (object: T) => boolean,
): Promise<T> {
  const seen: { last?: T } = {};
  const is = (object: T | undefined): boolean => {
    seen.last = object;
    return object !== undefined && wanted(object);
  };
  try {
    return (await waitFor<T>(client, ref, is, { timeoutMs: PATIENCE_MS })) as T;
  } catch (error) {
    const { metadata, ...rest } = seen.last ?? { metadata: undefined };
    throw new Error(
      `${String(error)}: ${JSON.stringify({ ...rest, metadata: { ...metadata, managedFields: undefined } })}`,
      { cause: error },
    );
  }
}

export async function untilGone(client: Client, ref: ObjectRef): Promise<void> {
  await waitFor(client, ref, object => object === undefined, { timeoutMs: PATIENCE_MS });
}

/** Changes an object as somebody at a keyboard would: again when somebody else was quicker. */
export async function edit<T extends KubeObject>(
  client: Client,
  ref: ObjectRef,
  change: (object: T) => void,
): Promise<T> {
  for (;;) {
    const object = await client.get<T>(ref);
    change(object);
    try {
      return await client.update(object, { fieldManager: 'somebody' });
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

export async function allOf<T extends KubeObject>(client: Client, kind: KindRef, labelSelector?: string): Promise<T[]> {
  return (await client.list<T>(kind, { labelSelector })).items;
}

export { refOf };

let certificate: Promise<{ cert: string; key: string }> | undefined;

function selfSigned(): Promise<{ cert: string; key: string }> {
  return (certificate ??= makeCertificate());
}

async function makeCertificate(): Promise<{ cert: string; key: string }> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const options = { name: 'CN=localhost', signingAlgorithm: algorithm, keys };
  const made = await x509.X509CertificateGenerator.createSelfSigned(options);
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { cert: made.toString('pem'), key };
}
