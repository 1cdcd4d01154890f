/** What a pod's process printed, as `kubectl logs` asks for it. */
import { createReadStream, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { PodLogOptions, PodLogs } from '@larder/apiserver';
import { badRequest, type KubeObject } from '@larder/kube';
import type { Home } from '../home/home.ts';
import { logOf, observeRun, podFolder } from './pod-run.ts';

/** The logs of this home's pods. */
export function podLogsOf(home: Home): PodLogs {
  return {
    read(pod, options) {
      const folder = podFolder(home, pod);
      if (options.previous || !existsSync(logOf(folder))) throw badRequest(whyNone(pod, options));
      return limited(selected(folder, options), options.limitBytes);
    },
  };
}

function whyNone({ metadata, spec }: KubeObject, { previous, container }: PodLogOptions): string {
  const name = container ?? (spec as { containers?: { name: string }[] } | undefined)?.containers?.[0]?.name ?? '';
  if (previous) return `previous terminated container "${name}" in pod "${metadata.name}" not found`;
  return `container "${name}" in pod "${metadata.name}" is waiting to start: ContainerCreating`;
}

async function* selected(folder: string, options: PodLogOptions): AsyncIterable<string> {
  const since = sinceOf(options);
  const isNew = (line: string): boolean => !isStamped(line) || line.slice(0, 24) >= since;
  const shown = (line: string): string => `${options.timestamps || !isStamped(line) ? line : line.slice(25)}\n`;
  const first: string[] = [];
  let offset = 0;
  for await (const { line, end } of linesFrom(folder, 0)) {
    offset = end;
    if (isNew(line)) first.push(line);
  }
  const tail = options.tailLines === undefined ? first : options.tailLines === 0 ? [] : first.slice(-options.tailLines);
  for (const line of tail) yield shown(line);
  if (!options.follow) return;
  for (let running = true; running && !options.signal.aborted;) {
    running = observeRun(folder).state === 'running';
    for await (const { line, end } of linesFrom(folder, offset)) {
      offset = end;
      yield shown(line);
    }
    if (running) await delay(200, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** The last words of a process that broke have no time before them. */
function isStamped(line: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /.test(line);
}

function sinceOf({ sinceSeconds, sinceTime }: PodLogOptions): string {
  if (sinceTime !== undefined) return new Date(sinceTime).toISOString();
  return sinceSeconds === undefined ? '' : new Date(Date.now() - sinceSeconds * 1_000).toISOString();
}

/** Whole lines from `offset`, each with the offset after it. */
async function* linesFrom(folder: string, offset: number): AsyncIterable<{ line: string; end: number }> {
  if (!existsSync(logOf(folder))) return;
  let rest = Buffer.alloc(0);
  let end = offset;
  for await (const chunk of createReadStream(logOf(folder), { start: offset })) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      end += at + 1;
      yield { line: rest.toString('utf8', 0, at), end };
      rest = rest.subarray(at + 1);
    }
  }
}

async function* limited(pieces: AsyncIterable<string>, bytes: number | undefined): AsyncIterable<string | Uint8Array> {
  let left = bytes ?? Number.POSITIVE_INFINITY;
  for await (const piece of pieces) {
    const buffer = Buffer.from(piece);
    yield buffer.length <= left ? piece : buffer.subarray(0, left);
    left -= buffer.length;
    if (left <= 0) return;
  }
}
