/**
 * Asks the same of a real kube-apiserver and of Larder's, with the same kubectl and the same requests, and prints where they
 * differ. `npm run compare`, or `npm run compare -- patch watch` for the cases whose names match one of the words;
 * `KUBECTL=…/kubectl-1.32 npm run compare` with another kubectl than the current one. With `RECORD=FILE` the judge's answers are
 * kept, and taken from there the next time: nothing but Larder runs then. Exit 1 when something differs that
 * `known-differences.ts` doesn't explain, or when it explains what doesn't differ.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasKubeApiserver, startKubeApiserver } from '../kube-apiserver/start.ts';
import type { Answers } from './case.ts';
import { httpCases } from './cases/index.ts';
import { kubectlCases, manifests } from './cases/kubectl.ts';
import { httpAnswers } from './http.ts';
import { kubectlAnswers } from './kubectl.ts';
import { knownDifferences } from './known-differences.ts';
import { startLarder } from './larder.ts';
import { compareAnswers, printComparison } from './report.ts';

const tools = process.env.LARDER_TOOLS ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'larder/tools');
const kubectl = process.env.KUBECTL ?? join(tools, 'bin/kubectl-current');
const record = process.env.RECORD ?? '';
const words = process.argv.slice(2);

if (!hasKubeApiserver() || !existsSync(kubectl)) {
  console.log('not run: no kube-apiserver here; hack/tools/install.sh kube-apiserver etcd kubectl builds it');
  process.exit(0);
}
process.exitCode = await compare();

async function compare(): Promise<number> {
  const [expected, found] = await Promise.all([judged(), answersFrom(await startLarder())]);
  const comparison = compareAnswers(expected, found, knownDifferences);
  printComparison(comparison);
  return comparison.unexplained.length + comparison.unused.length === 0 ? 0 : 1;
}

async function judged(): Promise<Answers> {
  if (existsSync(record)) {
    const recorded = JSON.parse(readFileSync(record, 'utf8')) as [string, string][];
    return new Map(recorded.filter(([ask]) => isWanted({ name: ask.replace(/ \d+: .*/s, '') })));
  }
  const answers = await answersFrom(await startKubeApiserver(false));
  if (record !== '') writeFileSync(record, JSON.stringify([...answers], null, 1));
  return answers;
}

/** Stops the server behind itself. */
async function answersFrom(server: { kubeconfig: string; stop(): Promise<void> }): Promise<Answers> {
  const { kubeconfig } = server;
  try {
    const http = await httpAnswers(httpCases.filter(isWanted), kubeconfig);
    const lines = await kubectlAnswers(kubectlCases.filter(isWanted), { kubectl, kubeconfig, manifests });
    return new Map([...http, ...lines]);
  } finally {
    await server.stop();
  }
}

function isWanted({ name }: { name: string }): boolean {
  return words.length === 0 || words.some(word => new RegExp(word).test(name));
}
