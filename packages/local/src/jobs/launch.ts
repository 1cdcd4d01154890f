/** Gathers what a pod's process needs: its arguments, its environment, and the files of its volumes. Values never leave this process but through the pipe. */
import type { Client, KubeObject } from '@larder/kube';
import type { Container, EnvVar, KeyToPath, OptionalName, Pod, Volume } from './types.ts';

/** What the process is told, over its standard input. */
export interface Launch {
  args: string[];
  environment: Record<string, string>;
  /** Where a path inside the container really is. */
  mounts: { mountPath: string; folder: string }[];
  /** Where root hands its rights over to. */
  account?: { uid: number; gid: number };
}

/** Volumes by name, each as files by relative path. */
export type VolumeFiles = Record<string, Record<string, Buffer>>;

/** A Secret, ConfigMap or key lacks; it may come. */
export class MissingConfigError extends Error {}

/** @throws MissingConfigError as long as something it names isn't there */
export async function gatherLaunch(client: Client, pod: Pod): Promise<{ launch: Launch; volumes: VolumeFiles }> {
  const container = pod.spec.containers[0]!;
  const source = new Source(client, pod.metadata.namespace ?? 'default');
  const environment = await environmentOf(source, container, pod);
  const volumes: VolumeFiles = {};
  for (const volume of pod.spec.volumes ?? []) volumes[volume.name] = await filesOf(source, volume);
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath }) => ({ mountPath, folder: name }));
  const words = [...(container.command ?? []).slice(1), ...(container.args ?? [])];
  return { launch: { args: words.map(word => expand(word, environment)), environment, mounts }, volumes };
}

async function environmentOf(source: Source, container: Container, pod: Pod): Promise<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const { prefix = '', secretRef, configMapRef } of container.envFrom ?? []) {
    const data = secretRef ? await source.secret(secretRef) : await source.configMap(configMapRef!);
    for (const [key, value] of Object.entries(data)) environment[prefix + key] = value.toString();
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(source, variable, pod);
    if (value !== undefined) environment[variable.name] = expand(value, environment);
  }
  return environment;
}

async function valueOf(source: Source, { value, valueFrom }: EnvVar, pod: Pod): Promise<string | undefined> {
  if (!valueFrom) return value ?? '';
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
  if (secretKeyRef) return pick(await source.secret(secretKeyRef), secretKeyRef, 'Secret');
  if (configMapKeyRef) return pick(await source.configMap(configMapKeyRef), configMapKeyRef, 'ConfigMap');
  const { name, namespace = '', uid = '' } = pod.metadata;
  return (
    { 'metadata.name': name, 'metadata.namespace': namespace, 'metadata.uid': uid }[fieldRef?.fieldPath ?? ''] ?? ''
  );
}

function pick(
  data: Record<string, Buffer>,
  { name, key, optional }: OptionalName & { key: string },
  kind: string,
): string | undefined {
  const value = data[key];
  if (value === undefined && !optional) throw new MissingConfigError(`couldn't find key ${key} in ${kind} ${name}`);
  return value?.toString();
}

async function filesOf(source: Source, { secret, configMap }: Volume): Promise<Record<string, Buffer>> {
  if (!secret && !configMap) return {};
  const data = secret
    ? await source.secret({ name: secret.secretName ?? '', optional: secret.optional })
    : await source.configMap(configMap!);
  const items: KeyToPath[] = (secret ?? configMap)?.items ?? Object.keys(data).map(key => ({ key, path: key }));
  return Object.fromEntries(items.filter(({ key }) => data[key]).map(({ key, path }) => [path, data[key]!]));
}

/** `$(NAME)` as Kubernetes expands it: unknown names stay as they are, `$$(NAME)` is an escape. */
function expand(text: string, environment: Record<string, string>): string {
  return text.replace(/\$(\$)?\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)/g, (whole, escaped: string | undefined, name: string) =>
    escaped ? whole.slice(1) : (environment[name] ?? whole),
  );
}

/** Reads Secrets and ConfigMaps of one namespace. */
class Source {
  readonly #client: Client;
  readonly #namespace: string;

  constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  async secret(ref: OptionalName): Promise<Record<string, Buffer>> {
    const object = await this.#find('Secret', ref);
    return decoded((object?.data ?? {}) as Record<string, string>, 'base64');
  }

  async configMap(ref: OptionalName): Promise<Record<string, Buffer>> {
    const object = await this.#find('ConfigMap', ref);
    const { data = {}, binaryData = {} } = (object ?? {}) as {
      data?: Record<string, string>;
      binaryData?: Record<string, string>;
    };
    return { ...decoded(data, 'utf8'), ...decoded(binaryData, 'base64') };
  }

  async #find(kind: 'Secret' | 'ConfigMap', { name, optional }: OptionalName): Promise<KubeObject | undefined> {
    const object = await this.#client.find({ apiVersion: 'v1', kind, name, namespace: this.#namespace });
    if (!object && !optional) throw new MissingConfigError(`${kind.toLowerCase()} "${name}" not found`);
    return object;
  }
}

function decoded(data: Record<string, string>, encoding: 'base64' | 'utf8'): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)]));
}
