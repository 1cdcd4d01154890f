/** `larder apply`: makes objects as a manifest says, by server-side apply with strict validation. */
import { Command } from 'commander';
import type { HttpClient } from '@larder/controller';
import { StatusError, type KubeObject } from '@larder/kube';
import { CommandError } from '../failure.ts';
import { readManifests, type Manifest } from '../manifests.ts';
import { namespaceOption, outputOption, withExample, type OutputFormat } from '../options.ts';
import { printData } from '../output/data.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { refTo, titleOf } from '../target.ts';
import { kindsLike } from '../targets.ts';

interface ApplyOptions {
  filename: string[];
  namespace: string;
  dryRun?: boolean;
  forceConflicts?: boolean;
  output?: OutputFormat;
}

export function applyCommand(surroundings: Surroundings): Command {
  const command = new Command('apply')
    .description('make objects as a manifest says; unknown fields are refused')
    .requiredOption('-f, --filename <file...>', 'a file, a folder, or - for standard input')
    .addOption(namespaceOption())
    .option('--dry-run', 'check only, change nothing')
    .option('--force-conflicts', 'take over fields that somebody else has set')
    .addOption(outputOption('json', 'yaml', 'name'))
    .action((options: ApplyOptions) => withClient(client => apply(surroundings, client, options)));
  return withExample(command, 'larder apply -f service/prototype-instance.yaml');
}

async function apply(surroundings: Surroundings, client: HttpClient, options: ApplyOptions): Promise<void> {
  const manifests = (await Promise.all(options.filename.map(readManifests))).flat();
  for (const manifest of manifests) await applyOne(surroundings, client, manifest, options);
}

/** Applies one manifest and says what that changed. @throws CommandError */
export async function applyOne(
  surroundings: Surroundings,
  client: HttpClient,
  { object, source }: Manifest,
  options: Partial<ApplyOptions> = {},
): Promise<KubeObject> {
  const { kind, apiVersion } = object;
  const resource = await client.discovery.resourceOf({ kind, apiVersion }).catch(async (cause: unknown) => {
    const like = await client.discovery.find(kind);
    throw new CommandError(`cannot apply ${source}: the plane doesn't have the kind ${kind} of ${apiVersion}`, {
      remedy: like ? `it has ${like.kind} of ${like.apiVersion}` : await kindsLike(client, kind),
      cause,
    });
  });
  const target = { resource, name: object.metadata.name };
  const ref = refTo(target, object.metadata.namespace ?? options.namespace ?? 'default');
  const before = await client.find(ref);
  const write = { fieldManager: 'larder', fieldValidation: 'Strict' as const, dryRun: options.dryRun };
  try {
    const after = await client.patch(ref, { type: 'apply', body: object, force: options.forceConflicts }, write);
    await say(surroundings, titleOf(target), { before, after, options });
    return after;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const message = error.message.replace(UNCHECKED, '');
    throw new CommandError(`cannot apply ${source}: ${message}`, { remedy: remedyOf(error), cause: error });
  }
}

interface Applied {
  before: KubeObject | undefined;
  after: KubeObject;
  options: Partial<ApplyOptions>;
}

async function say(surroundings: Surroundings, title: string, { before, after, options }: Applied): Promise<void> {
  if (options.output === 'name') return surroundings.print(title);
  if (options.output) return printData(surroundings, after, options.output);
  const same = before?.metadata.resourceVersion === after.metadata.resourceVersion;
  const verb = before === undefined ? 'created' : same ? 'unchanged' : 'configured';
  surroundings.print(`${title} ${verb}${options.dryRun ? ' (dry run)' : ''}`);
}

/** What the API says beside the fault that matters. */
const UNCHECKED =
  /, <nil>: Invalid value: (null|"null"): some validation rules were not checked because .*? complete validation/;

function remedyOf(error: StatusError): string | undefined {
  if (error.reason === 'Conflict') return 'larder apply --force-conflicts takes these fields over';
  if (error.reason === 'NotFound') return 'does its namespace exist? larder get namespaces';
  if (/field not declared in schema|unknown field/.test(error.message))
    return 'take the field out, or write it as docs/reference/ says';
  if (/expected string, got/.test(error.message)) return `it is text: write it in quotes, as in version: "17"`;
  if (/Required value/.test(error.message)) return 'docs/reference/ says which fields are required';
  return undefined;
}
