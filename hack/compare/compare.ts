/**
 * Asks the same of a real kube-apiserver and of Larder's, with the same kubectl, and prints where they differ.
 * `npm run compare` with kubectl's current version; `KUBECTL=…/kubectl-1.32 npm run compare` with another. Exit 1 when something differs
 * that `known-differences.ts` doesn't explain.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasKubeApiserver, startKubeApiserver } from '../kube-apiserver/start.ts';
import { startTemporaryPlane } from '../temporary-plane.ts';
import { cases, manifests } from './cases.ts';
import { knownDifferences } from './known-differences.ts';
import { normalise } from './normalise.ts';

const tools = process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools');
const kubectl = process.env.KUBECTL ?? join(tools, 'bin/kubectl-current');

if (!hasKubeApiserver()) {
  console.log('not run: no kube-apiserver here; hack/tools/install.sh kube-apiserver etcd kubectl builds it');
  process.exit(0);
}
process.exitCode = await compare();

async function compare(): Promise<number> {
  const judge = await startKubeApiserver(false);
  const larder = await startTemporaryPlane();
  try {
    const expected = answersOf(judge.kubeconfig);
    const found = answersOf(larder.kubeconfig);
    return report(expected, found);
  } finally {
    await larder.stop();
    await judge.stop();
  }
}

type Answers = Map<string, string>;

function answersOf(kubeconfig: string): Answers {
  const folder = mkdtempSync(join(tmpdir(), 'larder-compare-'));
  const answers: Answers = new Map();
  try {
    for (const [name, text] of Object.entries(manifests)) writeFileSync(join(folder, name), text);
    for (const { name, lines } of cases) {
      lines.forEach((line, index) => answers.set(`${name} ${index + 1}: ${line}`, answer(line, folder, kubeconfig)));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return answers;
}

function answer(line: string, cwd: string, kubeconfig: string): string {
  const ran = spawnSync('/bin/sh', ['-c', line], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, HOME: cwd, K: kubectl, KUBECONFIG: kubeconfig },
  });
  return normalise(`${ran.stdout}${ran.stderr}exit ${ran.status}\n`, cwd);
}

function report(expected: Answers, found: Answers): number {
  let unexplained = 0;
  for (const [line, want] of expected) {
    const got = found.get(line) ?? '';
    if (got === want) continue;
    const why = knownDifferences.find(known => line.includes(known.line))?.why;
    if (!why) unexplained += 1;
    console.log(`\n=== ${line}${why ? ` (known: ${why})` : ''}`);
    if (!why) console.log(`--- kube-apiserver\n${want}+++ larder\n${got}`);
  }
  console.log(`\n${expected.size} answers compared, ${unexplained} differ without a known reason`);
  return unexplained === 0 ? 0 : 1;
}
