/** `larder delete`: deletes objects and waits until they, and what they made, are gone. */
import { Command } from 'commander';
import { waitFor, type HttpClient } from '@larder/controller';
import { isNotFound } from '@larder/kube';
import { CommandError, EXIT } from '../failure.ts';
import { readManifests } from '../manifests.ts';
import { getObject } from '../missing.ts';
import { namespaceOption, timeoutOption, withExample } from '../options.ts';
import { reasonToWait } from '../output/conditions.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { refTo, titleOf, wordsFor, type Target } from '../target.ts';
import { findObjects } from '../targets.ts';
import { inTime } from '../waiting.ts';

interface DeleteOptions {
  filename?: string[];
  namespace: string;
  wait: boolean;
  timeout: number;
  ignoreNotFound?: boolean;
}

export function deleteCommand(surroundings: Surroundings): Command {
  const command = new Command('delete')
    .description('delete objects, and wait until they are gone')
    .argument('[what...]', 'a claim, <kind> <name>, or <kind>/<name>')
    .option('-f, --filename <file...>', 'what this manifest holds')
    .addOption(namespaceOption())
    .option('--no-wait', 'return at once')
    .option('--ignore-not-found', 'what is not there counts as deleted')
    .addOption(timeoutOption('how long to wait', 120))
    .action((words: string[], options: DeleteOptions) =>
      withClient(client => deleteAll(surroundings, client, words, options)),
    );
  return withExample(command, 'larder delete postgres1', 'larder delete -f service/prototype-instance.yaml');
}

async function deleteAll(
  surroundings: Surroundings,
  client: HttpClient,
  words: string[],
  options: DeleteOptions,
): Promise<void> {
  const found = await (options.filename ? inManifests(client, options.filename) : named(client, words, options));
  for (const target of found)
    await deleteOne(surroundings, client, target, { ...options, namespace: target.namespace ?? options.namespace });
}

type NamedTarget = Required<Target> & { namespace?: string };

async function named(client: HttpClient, words: string[], options: DeleteOptions): Promise<NamedTarget[]> {
  if (words.length === 0)
    throw new CommandError('nothing is named', { remedy: 'larder delete --help', exitCode: EXIT.usage });
  return findObjects(client, words, options.namespace);
}

async function inManifests(client: HttpClient, files: string[]): Promise<NamedTarget[]> {
  const manifests = (await Promise.all(files.map(readManifests))).flat().reverse();
  return Promise.all(
    manifests.map(async ({ object: { apiVersion, kind, metadata } }) => ({
      resource: await client.discovery.resourceOf({ apiVersion, kind }),
      name: metadata.name,
      namespace: metadata.namespace,
    })),
  );
}

/** Deletes one object. @throws CommandError with exit code 3 when it is still there in the end */
export async function deleteOne(
  { print }: Surroundings,
  client: HttpClient,
  target: Required<Target>,
  options: Omit<DeleteOptions, 'filename'>,
): Promise<void> {
  const ref = refTo(target, options.namespace);
  try {
    const left = await client.delete(ref, { propagationPolicy: 'Background' });
    const uid = left?.metadata.uid;
    const isGone = (object?: { metadata: { uid?: string } }): boolean =>
      object === undefined || object.metadata.uid !== uid;
    if (options.wait && left)
      await inTime(waitFor(client, ref, isGone, { timeoutMs: options.timeout }), last => ({
        message: `${titleOf(target)} is still there: ${reasonToWait(last)}`,
        remedy: `larder describe ${wordsFor(target, options.namespace)} tells what it waits for`,
      }));
    print(`${titleOf(target)} deleted`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (!options.ignoreNotFound) await getObject(client, target, options.namespace);
    print(`${titleOf(target)} is not there`);
  }
}
