/** `larder status`: whether the plane runs, where it serves, and what it keeps running. */
import { Command } from 'commander';
import type { HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { isAlive } from '@larder/postgres';
import {
  findHome,
  findMetricsUrl,
  findOwnProcesses,
  findPlaneRecord,
  homeFolder,
  type Endpoints,
  type PlaneRecord,
} from '@larder/local';
import { EXIT } from '../failure.ts';
import { outputOption, withExample, type OutputFormat } from '../options.ts';
import { ageOf, columns } from '../output/columns.ts';
import { hasCondition, reasonToWait } from '../output/conditions.ts';
import { printData } from '../output/data.ts';
import { withClient, type Surroundings } from '../surroundings.ts';

/** What `-o json` prints; scripts rely on `pid` and `endpoints`. */
interface Status {
  /** Null when no plane runs. */
  pid: number | null;
  phase: 'starting' | 'serving' | 'stopped' | 'died' | 'never started';
  version: string | null;
  startedAt: string | null;
  home: string;
  kubeconfig: string | null;
  endpoints: Endpoints;
  /** PostgreSQL servers that run now, with or without a plane. */
  servers: { pid: number; folder: string }[];
}

export function statusCommand(surroundings: Surroundings): Command {
  const command = new Command('status')
    .description('whether the plane runs, where it serves, and the claims; exit code 4 when it does not run')
    .addOption(outputOption('json', 'yaml'))
    .action((options: { output?: OutputFormat }) => showStatus(surroundings, options.output));
  return withExample(command, 'larder status', "larder status -o json | jq -r '.endpoints.api'");
}

async function showStatus(surroundings: Surroundings, output?: OutputFormat): Promise<void> {
  const status = observeStatus();
  if (status.pid === null) process.exitCode = EXIT.notRunning;
  if (output) return printData(surroundings, status, output);
  surroundings.print(columns(rowsOf(status)));
  if (status.phase === 'serving') surroundings.print(`\n${await claimsText()}`);
}

const NAMES: Record<keyof Endpoints, string> = { api: 'API', metrics: 'Metrics', s3: 'S3' };
const NOWHERE: Endpoints = { api: null, metrics: null, s3: null };

// eslint-disable-next-line complexity -- each field has its own way to be absent
function observeStatus(): Status {
  const home = findHome();
  const record = home && findPlaneRecord(home);
  const running = record && isAlive(record) ? record : undefined;
  const servers = home ? findOwnProcesses(home).filter(found => found.kind === 'server') : [];
  return {
    pid: running?.pid ?? null,
    phase: running?.phase ?? phaseOfEnded(record),
    version: running?.version ?? null,
    startedAt: running?.startedAt ?? null,
    home: home?.folder ?? homeFolder(),
    kubeconfig: home && record ? home.kubeconfig : null,
    endpoints: { ...(running?.endpoints ?? NOWHERE), metrics: (home && findMetricsUrl(home)) ?? null },
    servers: servers.map(({ pid, folder }) => ({ pid, folder })),
  };
}

function phaseOfEnded(record: PlaneRecord | undefined): Status['phase'] {
  if (record === undefined) return 'never started';
  return record.phase === 'stopped' ? 'stopped' : 'died';
}

function rowsOf(status: Status): string[][] {
  const words = {
    starting: 'is starting',
    serving: `serves, process ${status.pid}, up ${ageOf(status.startedAt ?? undefined)}`,
    stopped: 'is stopped; start it with: larder up',
    died: 'ended unexpectedly (larder logs tells more); start it with: larder up',
    'never started': 'was never started here; start it with: larder up',
  };
  const endpoints = Object.entries(status.endpoints).filter(([, url]) => url !== null);
  return [
    ['Plane', words[status.phase]],
    ...endpoints.map(([name, url]) => [NAMES[name as keyof Endpoints], String(url)]),
    ['Home', status.home],
    ...(status.kubeconfig ? [['Kubeconfig', status.kubeconfig]] : []),
    ['PostgreSQL', `${status.servers.length} ${status.servers.length === 1 ? 'server runs' : 'servers run'}`],
  ];
}

function claimsText(): Promise<string> {
  return withClient(async client => {
    const claims = await listClaims(client);
    if (claims.length === 0) return 'No claims yet: larder apply -f service/prototype-instance.yaml';
    const rows = claims.map(claim => [
      claim.metadata.namespace ?? '',
      `${claim.kind}/${claim.metadata.name}`,
      hasCondition(claim, 'Ready') ? 'Ready' : reasonToWait(claim),
    ]);
    return columns([['NAMESPACE', 'CLAIM', 'STATE'], ...rows]);
  });
}

async function listClaims(client: HttpClient): Promise<KubeObject[]> {
  const kinds = (await client.discovery.all()).filter(resource => resource.categories?.includes('claim'));
  const lists = await Promise.all(kinds.map(kind => client.list(kind)));
  return lists.flatMap(list => list.items);
}
