/** The plane's own policy: ConfigMap `larder-policy` in `larder-system`, with `stop` and `freeze`. */
import type { KubeObject } from '@larder/kube';
import { parse } from 'yaml';
import { fieldAt, isRecord, textOf } from '../fields.ts';
import type { Hold } from './plan.ts';

export const POLICY = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'larder-system',
  name: 'larder-policy',
} as const;

const NAME = `ConfigMap ${POLICY.namespace}/${POLICY.name}`;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/;

/**
 * What holds everything back now; nothing where nothing does. A policy that can't be read holds everything back: who froze a plane
 * must not find it thawed by a slip of the pen.
 */
export function holdOf(configMap: KubeObject | undefined, now: string): Hold | undefined {
  const stop = textOf(fieldAt(configMap, 'data.stop')).trim();
  if (['true', 'yes', 'on', '1'].includes(stop.toLowerCase())) return { reason: `${NAME} says stop` };
  if (!['', 'false', 'no', 'off', '0'].includes(stop.toLowerCase())) {
    return { reason: `stop: "${stop}" in ${NAME} is neither true nor false` };
  }
  const freezes = parseFreezes(textOf(fieldAt(configMap, 'data.freeze')));
  if (typeof freezes === 'string') return { reason: `freeze in ${NAME} ${freezes}` };
  const current = freezes.filter(({ from, to }) => from <= comparable(now) && comparable(now) < to);
  const until = current
    .map(({ to }) => to)
    .sort()
    .at(-1);
  return until === undefined ? undefined : { reason: `${NAME} freezes all changes`, until };
}

/** The next moment at which it may say something else. */
export function nextFreezeChange(configMap: KubeObject | undefined, now: string): string | undefined {
  const freezes = parseFreezes(textOf(fieldAt(configMap, 'data.freeze')));
  if (typeof freezes === 'string') return undefined;
  const moments = freezes.flatMap(({ from, to }) => [from, to]).filter(moment => moment > comparable(now));
  return moments.sort()[0];
}

interface Freeze {
  from: string;
  to: string;
}

/** A list of `from` and `to` in YAML, which JSON is too; a string says what is wrong with it. */
function parseFreezes(text: string): Freeze[] | string {
  if (text.trim() === '') return [];
  const items = parseItems(text);
  if (items === undefined) return 'is no list of from and to';
  const freezes = items.map(item => ({ from: textOf(fieldAt(item, 'from')), to: textOf(fieldAt(item, 'to')) }));
  const wrong = freezes.flatMap(({ from, to }) => [from, to]).find(moment => !TIME.test(moment));
  if (wrong !== undefined) return `has "${wrong}" for a moment: write it in UTC, such as 2026-12-24T00:00:00Z`;
  return freezes.map(({ from, to }) => ({ from: comparable(from), to: comparable(to) }));
}

/** Moments stay texts, as they were written. */
function parseItems(text: string): Record<string, unknown>[] | undefined {
  try {
    const parsed: unknown = parse(text, { schema: 'failsafe', logLevel: 'error' });
    return Array.isArray(parsed) && parsed.every(isRecord) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** With seconds and milliseconds, so that texts sort as moments do. */
function comparable(moment: string): string {
  const [, day = '', minutes = '', seconds = '00', fraction = ''] =
    /^(.{10})T(\d\d:\d\d)(?::(\d\d))?(?:\.(\d+))?Z$/.exec(moment) ?? [];
  return `${day}T${minutes}:${seconds}.${`${fraction}000`.slice(0, 3)}Z`;
}
