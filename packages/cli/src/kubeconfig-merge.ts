/** Adds our context to the user's kubeconfig and takes it out again; whatever else is in that file stays as it is, comments too. */
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { adminCredentials, findPlaneRecord, kubeconfigText, writeFileAtomic, type Home } from '@larder/local';
import { createHash } from 'node:crypto';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import { CommandError } from './failure.ts';

const SECTIONS = ['clusters', 'users', 'contexts'] as const;

/** Adds or replaces the context of this home. May run twice. */
export async function mergeContext(home: Home): Promise<{ path: string; context: string }> {
  const path = userKubeconfig();
  const ours = await ourKubeconfig(home, path);
  return locked(path, async () => {
    const document = await readKubeconfig(path);
    for (const section of SECTIONS) {
      const entries = ensureSeq(document, section);
      for (const entry of (ours.get(section) as YAMLSeq<YAMLMap>).items) {
        removeNamed(entries, String(entry.get('name')));
        entries.add(entry);
      }
    }
    const context = String(ours.get('current-context'));
    document.set('current-context', context);
    writeFileAtomic(path, document.toString({ lineWidth: 0 }));
    return { path, context };
  });
}

/** Takes the entries of this home out, if they are there. Never fails: there may be no such file. */
export async function removeContext(home: Home): Promise<void> {
  try {
    const path = userKubeconfig();
    const names = [contextName(home), `${contextName(home)}-admin`];
    if (!names.some(name => readFileSync(path, 'utf8').includes(name))) return;
    await locked(path, async () => {
      const document = await readKubeconfig(path);
      for (const section of SECTIONS) for (const name of names) removeNamed(ensureSeq(document, section), name);
      if (names.includes(String(document.get('current-context')))) document.set('current-context', '');
      writeFileAtomic(path, document.toString({ lineWidth: 0 }));
    });
  } catch {
    // A kubeconfig that can't be read or is locked keeps an entry that leads nowhere: no reason to keep the data.
  }
}

/** The first file of $KUBECONFIG, as kubectl writes to; never our own, which may be named there. */
function userKubeconfig(): string {
  const [named] = (process.env.KUBECONFIG ?? '').split(delimiter).filter(Boolean);
  const path = named ?? join(homedir(), '.kube', 'config');
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** `larder` for the home that is used without LARDER_HOME; another home gets a name of its own, so that both can be merged. */
function contextName(home: Home): string {
  if (!process.env.LARDER_HOME) return 'larder';
  return `larder-${createHash('sha256').update(home.folder).digest('hex').slice(0, 8)}`;
}

async function ourKubeconfig(home: Home, path: string): Promise<Document> {
  if (path === home.kubeconfig)
    throw new CommandError(`cannot merge "${path}" into itself: KUBECONFIG names it`, {
      remedy: 'unset KUBECONFIG, or set it to your own file',
    });
  const { parseDocument } = await import('yaml');
  const { ca, ...client } = adminCredentials(home);
  const server = findPlaneRecord(home)?.endpoints.api;
  if (!server) throw new CommandError('cannot merge the kubeconfig: the plane never served', { remedy: 'larder up' });
  return parseDocument(kubeconfigText({ server, ca, client, name: contextName(home) }));
}

async function readKubeconfig(path: string): Promise<Document> {
  const { parseDocument } = await import('yaml');
  const text = findText(path) || 'apiVersion: v1\nkind: Config\n';
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw new CommandError(
      `cannot merge into ${path}: it isn't valid YAML: ${document.errors[0]!.message.split('\n')[0]}`,
    );
  return document;
}

function findText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function ensureSeq(document: Document, section: string): YAMLSeq<YAMLMap> {
  const known = document.get(section) as YAMLSeq<YAMLMap> | null | undefined;
  if (known && 'items' in known) {
    known.flow = false; // `clusters: []` would grow on one line
    return known;
  }
  const made = document.createNode([]) as YAMLSeq<YAMLMap>;
  document.set(section, made);
  return made;
}

function removeNamed(entries: YAMLSeq<YAMLMap>, name: string): void {
  entries.items = entries.items.filter(entry => entry.get('name') !== name);
}

/** The lock file is kubectl's: both may write at once. */
async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = `${path}.lock`;
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (cause) {
    throw new CommandError(`cannot write ${path}: "${lock}" exists, so another program writes it`, {
      remedy: 'try again; remove the lock file if that program is gone',
      cause,
    });
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}
