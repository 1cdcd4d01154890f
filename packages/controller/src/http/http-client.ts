/** The client port over HTTPS: for commands, and for reconcilers that don't run inside the API server's process. */
import {
  isNotFound,
  type Client,
  type DeleteOptions,
  type KindRef,
  type KubeList,
  type KubeObject,
  type ListOptions,
  type ObjectRef,
  type Patch,
  type PatchOptions,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '@larder/kube';
import { objectOfAnswer } from './answers.ts';
import type { Connection } from './connection.ts';
import { discoveryOf, groupPath, type Discovery } from './discovery.ts';
import { httpTransport, readAll, type Transport, type TransportRequest } from './transport.ts';
import { watchEvents } from './watch-stream.ts';

type Query = Record<string, string | number | boolean | undefined>;

const patchTypes: Record<Patch['type'], string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Opens nothing before the first call. Fails with `StatusError`, or `ConnectionError` when there is no answer. */
export function httpClient(connection: Connection): HttpClient {
  return new HttpClient(connection);
}

export class HttpClient implements Client {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.transport = httpTransport(connection);
    this.discovery = discoveryOf(this.transport);
  }

  /** Ends idle connections; the client opens new ones when it is used again. */
  close(): void {
    this.transport.close();
  }

  async get<T extends KubeObject>(ref: ObjectRef): Promise<T> {
    return this.#ask<T>('GET', await this.#pathOf(ref));
  }

  async find<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    const path = await this.#pathOf(ref);
    return this.#ask<T>('GET', path).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  async list<T extends KubeObject>(kind: KindRef, options: ListOptions = {}): Promise<KubeList<T>> {
    const { namespace, shared: _own, ...query } = options;
    const list = await this.#ask<KubeList<T>>(
      'GET',
      (await this.#collection(kind, namespace)) + queryText({ ...query }),
    );
    // Kubernetes leaves these two out in lists of built-in kinds.
    const { apiVersion, kind: name } = kind;
    return { ...list, items: (list.items ?? []).map(item => ({ ...item, apiVersion, kind: name })) };
  }

  async create<T extends KubeObject>(object: T, options: WriteOptions = {}): Promise<T> {
    const { namespaced } = await this.discovery.resourceOf(object);
    const namespace = namespaced ? (object.metadata.namespace ?? this.#namespace) : undefined;
    const path = await this.#collection(object, namespace);
    return this.#ask<T>('POST', path + writeQuery(options), { body: object });
  }

  update<T extends KubeObject>(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#replace(object, '', options);
  }

  updateStatus<T extends KubeObject>(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#replace(object, '/status', options);
  }

  async patch<T extends KubeObject>(ref: ObjectRef, patch: Patch, options: PatchOptions = {}): Promise<T> {
    const { subresource, ...write } = options;
    const path = (await this.#pathOf(ref)) + (subresource === undefined ? '' : `/${subresource}`);
    const { apiVersion, kind } = ref;
    const body = patch.type === 'apply' ? { apiVersion, kind, ...patch.body } : patch.body;
    const force = patch.type === 'apply' ? patch.force : undefined;
    return this.#ask<T>('PATCH', path + writeQuery(write, { force }), { body, type: patchTypes[patch.type] });
  }

  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<KubeObject | undefined> {
    const { dryRun, ...rest } = options;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...rest, ...(dryRun && { dryRun: ['All'] }) };
    const answer = await this.#ask<KubeObject>('DELETE', await this.#pathOf(ref), { body });
    return answer.kind !== 'Status' && isHeld(answer) ? answer : undefined;
  }

  async *watch<T extends KubeObject>(kind: KindRef, options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    const { namespace, signal, shared: _own, ...where } = options;
    const query = queryText({ ...where, watch: true, timeoutSeconds: watchSeconds() });
    try {
      const path = (await this.#collection(kind, namespace)) + query;
      const { status, stream } = await this.transport.open({ method: 'GET', path, signal, lasts: true });
      if (status !== 200) objectOfAnswer(status, await readAll(stream, this.#connection.server));
      try {
        yield* watchEvents<T>(stream as AsyncIterable<Buffer>);
      } finally {
        stream.destroy();
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }

  get #namespace(): string {
    return this.#connection.namespace ?? 'default';
  }

  async #collection(kind: KindRef, namespace: string | undefined): Promise<string> {
    const { name: plural, namespaced } = await this.discovery.resourceOf(kind);
    const within = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    return `${groupPath(kind.apiVersion)}${within}/${plural}`;
  }

  async #pathOf(ref: ObjectRef): Promise<string> {
    return `${await this.#collection(ref, ref.namespace ?? this.#namespace)}/${encodeURIComponent(ref.name)}`;
  }

  async #replace<T extends KubeObject>(object: T, suffix: string, options: WriteOptions): Promise<T> {
    const { apiVersion, kind, metadata } = object;
    const path = await this.#pathOf({ apiVersion, kind, name: metadata.name, namespace: metadata.namespace });
    return this.#ask<T>('PUT', path + suffix + writeQuery(options), { body: object });
  }

  async #ask<T>(
    method: TransportRequest['method'],
    path: string,
    content?: { body: unknown; type?: string },
  ): Promise<T> {
    const headers = content && { 'content-type': content.type ?? 'application/json' };
    const body = content && JSON.stringify(content.body);
    const answer = await this.transport.request({ method, path, headers, body });
    return objectOfAnswer<T>(answer.status, answer.body);
  }
}

function queryText(query: Query): string {
  const text = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') text.set(key, String(value));
  }
  return text.size === 0 ? '' : `?${text.toString()}`;
}

function writeQuery({ fieldManager, fieldValidation, dryRun }: WriteOptions, more: Query = {}): string {
  const manager = fieldManager ?? 'larder';
  return queryText({ fieldManager: manager, fieldValidation, dryRun: dryRun ? 'All' : undefined, ...more });
}

/** Some kinds answer a delete with the object although it is gone. */
function isHeld({ metadata }: KubeObject): boolean {
  return (metadata.finalizers?.length ?? 0) > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0;
}

/** Five to ten minutes, as Kubernetes' own clients ask for: watches don't all end at once. */
function watchSeconds(): number {
  return 300 + Math.floor(Math.random() * 300);
}
