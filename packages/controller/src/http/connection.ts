/** Where an API server is and who we are there: from a kubeconfig, whose every entry may be inline or a file. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

export interface Connection {
  /** `https://127.0.0.1:6443`; a path before `/api` is kept. */
  server: string;
  /** PEM. Absent: the system's authorities. */
  ca?: string;
  /** The name that the server's certificate is checked against. @default the host of `server` */
  tlsServerName?: string;
  /** Client certificate and key, PEM. */
  cert?: string;
  key?: string;
  /** Bearer token; a function is asked before each request, since tokens of pods are renewed. */
  token?: string | (() => string);
  /** The context's namespace. @default 'default' */
  namespace?: string;
}

/** A kubeconfig as its YAML or JSON says; only what we read. */
export interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[];
  clusters?: { name: string; cluster?: Record<string, unknown> }[];
  users?: { name: string; user?: Record<string, unknown> }[];
}

export interface ConnectionOptions {
  /** @default the kubeconfig's current-context */
  context?: string;
  /** Relative file names start here. @default the working directory */
  folder?: string;
}

/** Reads a kubeconfig file. @throws Error that names the file, the entry and the remedy */
export async function loadConnection(path: string, options: { context?: string } = {}): Promise<Connection> {
  const text = await readFile(path, 'utf8');
  const kubeconfig = await parseYaml(path, text);
  return connectionOf(kubeconfig, { folder: dirname(resolve(path)), ...options });
}

/** What the kubeconfig's (current) context says. @throws Error that names the entry and the remedy */
export async function connectionOf(kubeconfig: Kubeconfig, options: ConnectionOptions = {}): Promise<Connection> {
  const { namespace, cluster, user } = entriesOf(kubeconfig, options.context ?? kubeconfig['current-context'] ?? '');
  const folder = options.folder ?? '.';
  return {
    server: textOf(cluster.server)?.replace(/\/+$/, '') ?? refuse('the cluster has no "server"'),
    ca: await pemOf(cluster, 'certificate-authority', folder),
    cert: await pemOf(user, 'client-certificate', folder),
    key: await pemOf(user, 'client-key', folder),
    token: textOf(user.token) ?? (await tokenFrom(user, folder)),
    tlsServerName: textOf(cluster['tls-server-name']),
    namespace,
  };
}

type Entry = Record<string, unknown>;

function entriesOf(kubeconfig: Kubeconfig, name: string): { namespace?: string; cluster: Entry; user: Entry } {
  const context = kubeconfig.contexts?.find(each => each.name === name)?.context;
  if (context === undefined) return refuse(`no context "${name}"; it has ${names(kubeconfig.contexts)}`);
  const cluster = kubeconfig.clusters?.find(each => each.name === context.cluster)?.cluster;
  if (cluster === undefined) return refuse(`no cluster "${context.cluster}"; it has ${names(kubeconfig.clusters)}`);
  const user = kubeconfig.users?.find(each => each.name === context.user)?.user ?? {};
  if ('exec' in user || 'auth-provider' in user) {
    return refuse(`user "${context.user}" logs in with a plugin; give it a token or a client certificate`);
  }
  return { namespace: context.namespace, cluster, user };
}

function refuse(cause: string): never {
  throw new Error(`cannot use kubeconfig: ${cause}`);
}

/** `<field>-data` in base64, or the file that `<field>` names. */
async function pemOf(entry: Entry, field: string, folder: string): Promise<string | undefined> {
  const inline = textOf(entry[`${field}-data`]);
  if (inline !== undefined) return Buffer.from(inline, 'base64').toString('utf8');
  const file = textOf(entry[field]);
  return file === undefined ? undefined : readFile(resolve(folder, file), 'utf8');
}

async function tokenFrom(user: Entry, folder: string): Promise<string | undefined> {
  const file = textOf(user.tokenFile);
  return file === undefined ? undefined : (await readFile(resolve(folder, file), 'utf8')).trim();
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function names(entries: { name: string }[] | undefined): string {
  return (entries ?? []).map(each => `"${each.name}"`).join(', ') || 'none';
}

/** JSON is YAML, and is read without loading a parser for the rest of it. */
async function parseYaml(path: string, text: string): Promise<Kubeconfig> {
  if (text.trimStart().startsWith('{')) return JSON.parse(text) as Kubeconfig;
  const { parse } = await import('yaml');
  const value: unknown = parse(text);
  if (typeof value !== 'object' || value === null) throw new Error(`cannot read ${path}: it isn't a kubeconfig`);
  return value;
}
