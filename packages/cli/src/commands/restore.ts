/** `larder restore` makes a new claim of another's backup, `larder clone` one of what another is now. Neither touches the other. */
import { Command } from 'commander';
import { waitFor, type HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { getInstance, makeBackup } from '../backups.ts';
import { CommandError } from '../failure.ts';
import { namespaceOption, timeoutOption, withExample } from '../options.ts';
import { hasCondition, reasonToWait } from '../output/conditions.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { inTime } from '../waiting.ts';

interface RestoreOptions {
  namespace: string;
  timeout: number;
  time?: string;
  backup?: string;
  instance?: string;
  storage?: string;
  version?: string;
}

export function restoreCommand(surroundings: Surroundings): Command {
  const command = new Command('restore')
    .description('make a new claim from the backups of another, also of one that is deleted')
    .argument('<claim>', 'whose backups')
    .argument('<new-claim>', 'the claim that is made')
    .addOption(namespaceOption())
    .option('--time <moment>', 'come back to this moment, such as 2026-11-23T10:15:00Z')
    .option('--backup <name>', 'begin with this backup')
    .option('--instance <name>', 'which of several instances of that name: larder backups --deleted lists them')
    .option('--storage <size>', 'storageSize of the new claim, where the old one is gone')
    .option('--version <version>', 'PostgreSQL version of the new claim, where the old one is gone')
    .addOption(timeoutOption('how long it may take', 600))
    .action((claim: string, name: string, options: RestoreOptions) =>
      withClient(client => restore(surroundings, client, { claim, name }, options)),
    );
  return withExample(
    command,
    'larder restore postgres1 postgres1-before -n my-app --time 2026-11-23T10:15:00Z',
    'larder restore gone back-again -n my-app --storage 10Gi --version 17',
  );
}

export function cloneCommand(surroundings: Surroundings): Command {
  const command = new Command('clone')
    .description('make a new claim of what an instance is now: a backup first, then a restore')
    .argument('<claim>', 'what is cloned')
    .argument('<new-claim>', 'the claim that is made')
    .addOption(namespaceOption())
    .addOption(timeoutOption('how long each of the two may take', 600))
    .action((claim: string, name: string, options: RestoreOptions) =>
      withClient(async client => {
        await getInstance(client, claim, options.namespace);
        const backup = await makeBackup(surroundings, client, claim, options);
        await restore(surroundings, client, { claim, name }, { ...options, backup });
      }),
    );
  return withExample(command, 'larder clone postgres1 postgres1-copy -n my-app');
}

async function restore(
  surroundings: Surroundings,
  client: HttpClient,
  { claim, name }: { claim: string; name: string },
  options: RestoreOptions,
): Promise<void> {
  const { namespace } = options;
  const ref = { apiVersion: 'syn.tools/v1', kind: 'PostgreSQLInstance', namespace };
  const old = await client.find({ ...ref, name: claim });
  const object = claimFrom(old, { claim, name }, options);
  await client.create(object);
  surroundings.print(`postgresqlinstance.syn.tools/${name} created`);
  const isDecided = (found: KubeObject | undefined): boolean =>
    hasCondition(found, 'Ready') || hasCondition(found, 'Accepted', 'False');
  const title = `postgresqlinstance.syn.tools/${name}`;
  let told = '';
  const onChange = (found: KubeObject | undefined): void => {
    const words = isDecided(found) ? '' : reasonToWait(found);
    if (words !== told && words !== '') surroundings.note(`${title}: ${words}`);
    told = words;
  };
  const waiting = waitFor(client, { ...ref, name }, isDecided, { timeoutMs: options.timeout, onChange });
  const seen = await inTime(waiting, last => ({
    message: `${title} is not ready after ${options.timeout / 1000} s: ${reasonToWait(last)}`,
    remedy: `larder wait ${name} -n ${namespace} goes on waiting`,
  }));
  if (!hasCondition(seen, 'Ready')) {
    const remedy = `larder delete ${name} -n ${namespace} removes the claim; then restore with another wish`;
    throw new CommandError(`${title}: ${reasonToWait(seen)}`, { remedy });
  }
  surroundings.print(`${title} condition met`);
}

/** The parameters of the old claim, but for what speaks of itself; where it is gone, what the options say. */
function claimFrom(
  old: KubeObject | undefined,
  { claim, name }: { claim: string; name: string },
  options: RestoreOptions,
): KubeObject {
  const { namespace, time, backup, instance, storage, version } = options;
  const { parameters } = (old?.spec ?? {}) as { parameters?: Record<string, unknown> };
  if (!parameters && (storage === undefined || version === undefined)) {
    throw new CommandError(`there is no claim "${claim}" in namespace "${namespace}" to take size and version from`, {
      remedy: 'if it is deleted, give --storage and --version; larder backups --deleted lists what is kept',
    });
  }
  const { restore: _restore, deletionProtection: _protection, ...kept } = parameters ?? {};
  const resources = {
    ...(kept.resources as object | undefined),
    ...(storage === undefined ? {} : { storageSize: storage }),
  };
  const updatePolicy = { ...(kept.updatePolicy as object | undefined), ...(version === undefined ? {} : { version }) };
  const from = {
    claimName: claim,
    ...(instance === undefined ? {} : { compositeName: instance }),
    ...(backup === undefined ? {} : { backupName: backup }),
    ...(time === undefined ? {} : { pointInTime: time }),
  };
  return {
    apiVersion: 'syn.tools/v1',
    kind: 'PostgreSQLInstance',
    metadata: { name, namespace },
    spec: { parameters: { ...kept, resources, updatePolicy, restore: from } },
  };
}
