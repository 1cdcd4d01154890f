/** Prepared data directories, one for each set of binaries: copying one takes a tenth of the time that `initdb` takes. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/run.ts';
import { syncTree } from '../host/sync.ts';
import { writeDurably } from '../host/durable-file.ts';
import type { Binaries } from '../versions/binaries.ts';
import { initialise } from './initdb.ts';

export interface Template {
  /** The data directory to copy; only we may read it. */
  data: string;
  /** The password of the plane's role in it, until the first login sets another. */
  password: string;
}

export interface TemplateOptions {
  /** `$LARDER_HOME/templates` */
  folder: string;
  binaries: Binaries;
  database: string;
  owner: string;
}

/** What this process is making: the first claims of a version arrive together, and `initdb` once is enough for them. */
const underway = new Map<string, Promise<Template>>();

/** Makes the template where it lacks. May run at the same time in two processes: the first one wins. */
export async function ensureTemplate(options: TemplateOptions): Promise<Template> {
  const target = join(options.folder, nameOf(options));
  const making = underway.get(target);
  if (making) return making;
  const own = findOrMake(options, target).finally(() => underway.delete(target));
  underway.set(target, own);
  return own;
}

async function findOrMake(options: TemplateOptions, target: string): Promise<Template> {
  const found = await findTemplate(target);
  if (found) return found;
  await mkdir(options.folder, { recursive: true, mode: 0o711 });
  const staging = await mkdtemp(join(options.folder, '.new-'));
  try {
    const password = randomBytes(24).toString('base64url');
    // The account that initdb runs as must get here.
    await chmod(staging, 0o700);
    await initialise(options.binaries, staging, { ...options, password });
    if (process.geteuid?.() === 0) await run('chown', ['-R', '-h', '0:0', staging]);
    await assertPlain(join(staging, 'data'));
    await writeDurably(join(staging, 'template.json'), JSON.stringify({ password }));
    await syncTree(staging);
    await rename(staging, target).catch(error => {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  const made = await findTemplate(target);
  if (!made) throw new Error(`cannot make the template ${target}: it is not there after it was made`);
  return made;
}

async function findTemplate(target: string): Promise<Template | undefined> {
  const content = await readFile(join(target, 'template.json'), 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  return { data: join(target, 'data'), ...(JSON.parse(content) as { password: string }) };
}

function nameOf({ binaries, database, owner }: TemplateOptions): string {
  const { source, version, packageVersion = version } = binaries;
  return `${source}-${packageVersion}-${Buffer.from(`${database} ${owner}`).toString('base64url')}`;
}

/** Until it was handed over, another process of initdb's account could have reached in: a template holds no links. */
async function assertPlain(data: string): Promise<void> {
  const odd = await run('find', [
    data,
    '(',
    '!',
    '-type',
    'd',
    '!',
    '-type',
    'f',
    ')',
    '-o',
    '-type',
    'f',
    '-links',
    '+1',
  ]);
  if (odd !== '')
    throw new Error(`the new data directory holds ${odd.split('\n')[0]}, which initdb never makes: not used`);
}
