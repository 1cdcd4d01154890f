/** `larder wait`: returns when an object is ready, has a condition, or is gone; tells meanwhile what it waits for. */
import { Command } from 'commander';
import { waitFor, type HttpClient } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CommandError, EXIT } from '../failure.ts';
import { namespaceOption, timeoutOption, withExample } from '../options.ts';
import { hasCondition, reasonToWait } from '../output/conditions.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { refTo, titleOf, wordsFor, type Target } from '../target.ts';
import { findObjects } from '../targets.ts';
import { inTime } from '../waiting.ts';

interface WaitOptions {
  for: string;
  namespace: string;
  timeout: number;
}

export function waitCommand(surroundings: Surroundings): Command {
  const command = new Command('wait')
    .description('wait until an object is ready, and show what it waits for')
    .argument('<what...>', 'a claim, <kind> <name>, or <kind>/<name>')
    .option('--for <state>', 'condition=<type>, condition=<type>=<status>, or delete', 'condition=Ready')
    .addOption(namespaceOption())
    .addOption(timeoutOption('how long; then exit code 3', 120))
    .action((words: string[], options: WaitOptions) =>
      withClient(client => waitAll(surroundings, client, words, options)),
    );
  return withExample(
    command,
    'larder wait postgres1',
    'larder wait job/test-job --for condition=Complete --timeout 1m',
  );
}

async function waitAll(
  surroundings: Surroundings,
  client: HttpClient,
  words: string[],
  options: WaitOptions,
): Promise<void> {
  parseState(options.for);
  const targets = await findObjects(client, words, options.namespace).catch((error: unknown) => {
    if (options.for === 'delete' && words.length === 1) return [];
    throw error;
  });
  await Promise.all(targets.map(target => waitForState(surroundings, client, target, options)));
}

/** Waits for one object and shows each change of what it waits for. @throws CommandError with exit code 3 */
export async function waitForState(
  { print, note }: Surroundings,
  client: HttpClient,
  target: Required<Target>,
  options: WaitOptions,
): Promise<void> {
  const title = titleOf(target);
  const met = parseState(options.for);
  let told = '';
  const onChange = (object: KubeObject | undefined): void => {
    const words = met(object) ? '' : reasonToWait(object);
    if (words !== told && words !== '') note(`${title}: ${words}`);
    told = words;
  };
  const waiting = waitFor(client, refTo(target, options.namespace), met, { timeoutMs: options.timeout, onChange });
  await inTime(waiting, last => ({
    message: `${title} did not meet "${options.for}" within ${options.timeout / 1000} s: ${reasonToWait(last)}`,
    remedy: `larder describe ${wordsFor(target, options.namespace)} tells more`,
  }));
  print(`${title} ${options.for === 'delete' ? 'deleted' : 'condition met'}`);
}

function parseState(text: string): (object: KubeObject | undefined) => boolean {
  if (text === 'delete') return object => object === undefined;
  const [, type, status] = /^condition=([A-Za-z][\w.-]*)(?:=(True|False|Unknown))?$/i.exec(text) ?? [];
  if (type === undefined)
    throw new CommandError(`cannot wait for "${text}"`, {
      remedy: 'use --for condition=Ready, --for condition=Synced=False or --for delete',
      exitCode: EXIT.usage,
    });
  return object => hasCondition(object, type, status);
}
