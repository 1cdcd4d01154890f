/** Crossplane, by its chart; one that is there already is left alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpClient } from '@larder/controller';
import { CommandError } from '../failure.ts';
import { findAvailable, untilAvailable, versionOf } from './cluster.ts';
import { runProgram } from './programs.ts';
import type { Sources } from './sources.ts';
import type { Step } from './steps.ts';
import { isAtLeast, versions } from './versions.ts';

export const CROSSPLANE_NAMESPACE = 'crossplane-system';
const deployments = ['crossplane', 'crossplane-rbac-manager'].map(name => ({ namespace: CROSSPLANE_NAMESPACE, name }));

export function crossplaneStep(client: HttpClient, { crossplane }: Sources): Step {
  return {
    name: `Crossplane ${crossplane.version}`,
    look: `kubectl get pods,events --namespace ${CROSSPLANE_NAMESPACE}`,
    find: () => findCrossplane(client),
    run: async () => {
      await installChart({ ...crossplane, release: 'crossplane', namespace: CROSSPLANE_NAMESPACE });
      for (const each of deployments) await untilAvailable(client, each);
    },
  };
}

/** The version that runs, in words. @throws CommandError for one that is too old */
async function findCrossplane(client: HttpClient): Promise<string | undefined> {
  const found = await Promise.all(deployments.map(each => findAvailable(client, each)));
  const [core] = found;
  if (core === undefined || found.includes(undefined)) return undefined;
  const version = versionOf(core);
  const { atLeast } = versions.crossplane;
  if (isAtLeast(version, atLeast) || version === 'unknown') return `version ${version} is there`;
  throw new CommandError(`Crossplane ${version} is there, and the catalog needs ${atLeast} or newer`, {
    remedy: `upgrade it, for example: helm upgrade crossplane crossplane-stable/crossplane --version ${versions.crossplane.version}`,
  });
}

export interface Chart {
  release: string;
  namespace: string;
  chart: string;
  version: string;
  repository?: string;
  values?: object;
}

/** Installs the release, or brings a half installed one to its end. */
export async function installChart(chart: Chart): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'larder-helm-'));
  try {
    const values = join(folder, 'values.json');
    writeFileSync(values, JSON.stringify(chart.values ?? {}));
    await runProgram('helm', helmArguments(chart, values));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** helm's words; what to wait for is ours, since helm's own wait hides a crash loop until its end. */
export function helmArguments(chart: Chart, valuesFile: string): string[] {
  const { release, namespace, version, repository } = chart;
  return [
    ...['upgrade', release, chart.chart, '--install', '--namespace', namespace, '--create-namespace'],
    ...(repository ? ['--repo', repository, '--version', version] : []),
    ...['--values', valuesFile],
  ];
}
