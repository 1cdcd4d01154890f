/** Runtime images, the function's and the agent's: this machine's node with the libraries it needs, and the program as one file. No shell, no package manager. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Image, ImageFile } from './image-archive.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Nobody in particular, and not root. */
const user = '65532';

/** @param folder where what is made on the way lies; empty and private */
export async function runtimeImage(folder: string, version: string): Promise<Image> {
  const bundle = join(folder, 'function.mjs');
  await bundleFunction(bundle);
  return {
    tag: `function:${version}`,
    layers: [[...nodeFiles(folder), ...accounts()], [{ path: '/app/function.mjs', source: bundle, mode: 0o444 }]],
    config: {
      User: `${user}:${user}`,
      WorkingDir: '/',
      Entrypoint: ['/usr/bin/node', '/app/function.mjs'],
      Env: ['NODE_ENV=production', 'NODE_OPTIONS=--max-old-space-size=96'],
      ExposedPorts: { '9443/tcp': {}, '8080/tcp': {} },
      Labels: { 'org.opencontainers.image.title': 'larder-function', 'org.opencontainers.image.version': version },
    },
  };
}

/** The agent's image: the same node, and the agent as one file. */
export async function agentImage(folder: string, version: string): Promise<Image> {
  const bundle = join(folder, 'agent.mjs');
  await bundleProgram('packages/agent/src/main.ts', bundle);
  return {
    tag: `agent:${version}`,
    layers: [[...nodeFiles(folder), ...accounts()], [{ path: '/app/agent.mjs', source: bundle, mode: 0o444 }]],
    config: {
      User: `${user}:${user}`,
      WorkingDir: '/',
      Entrypoint: ['/usr/bin/node', '/app/agent.mjs'],
      Env: ['NODE_ENV=production', 'NODE_OPTIONS=--max-old-space-size=128'],
      ExposedPorts: { '8080/tcp': {} },
      Labels: { 'org.opencontainers.image.title': 'larder-agent', 'org.opencontainers.image.version': version },
    },
  };
}

/** The function and all that it imports, as one module. */
export function bundleFunction(outfile: string): Promise<void> {
  return bundleProgram('packages/function/src/main.ts', outfile);
}

async function bundleProgram(source: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(root, source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'error',
    external: ['pg-native'],
    // Some libraries are still CommonJS and ask for node's own modules so.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
}

/** node without its symbols, and what the loader would load for it. */
export function nodeFiles(folder: string): ImageFile[] {
  const node = join(folder, 'node');
  copyFileSync(realpathSync(process.execPath), node);
  execFileSync('strip', ['--strip-unneeded', node]);
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' })
    .split('\n')
    .map(line => /(\/\S+) \(0x/.exec(line)?.[1])
    .filter(path => path !== undefined);
  return [
    { path: '/usr/bin/node', source: node, mode: 0o555 },
    ...libraries.map(path => ({ path, source: realpathSync(path), mode: 0o555 })),
  ];
}

function accounts(): ImageFile[] {
  return [
    { path: '/etc/passwd', content: `root:x:0:0::/:/none\nlarder:x:${user}:${user}::/:/none\n` },
    { path: '/etc/group', content: `root:x:0:\nlarder:x:${user}:\n` },
  ];
}
