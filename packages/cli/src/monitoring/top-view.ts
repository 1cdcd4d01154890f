/** What `larder top` shows of instances: a line each, or as data. */
import { columns } from '../output/columns.ts';
import { bytesText, chart, durationText, numberText, shareText } from './chart.ts';
import { HOUR, type MeasuredInstance } from './instances.ts';

const HEADINGS = [
  [
    'NAMESPACE',
    'CLAIM',
    'STATE',
    'SESSIONS',
    'ACTIVE',
    'TX/S',
    'HITS',
    'CPU',
    'MEMORY',
    'STORAGE',
    'WAL/S',
    'OLDEST TX',
    'TX/S, LAST HOUR',
  ],
];

/** Cut to `width` where the terminal has no more. */
export function topText(instances: readonly MeasuredInstance[], { at, width }: { at: number; width?: number }): string {
  const rows = instances.map(({ target, points, now }) => [
    target.namespace,
    target.claim,
    stateOf({ target, now }),
    numberText(now?.connections),
    numberText(now?.active),
    numberText(now?.transactions),
    shareText(now?.cacheHits),
    now?.cpu === undefined ? '-' : `${(now.cpu * 100).toFixed(now.cpu < 0.1 ? 1 : 0)} %`,
    bytesText(now?.memory),
    storageText({ target, now }),
    bytesText(now?.walBytes),
    durationText(now?.oldestTransaction),
    chart(points, 'transactions', { from: at - HOUR, to: at, width: 30 }),
  ]);
  const lines = columns([...HEADINGS, ...rows]).split('\n');
  return lines.map(line => (width === undefined ? line : [...line].slice(0, width).join(''))).join('\n');
}

type Now = Pick<MeasuredInstance, 'target' | 'now'>;

export function stateOf({ target, now }: Now): string {
  if (now === undefined) return 'not measured';
  if (now.up === 0) return 'down';
  return target.facts.ready ? 'ready' : 'not ready';
}

function storageText({ target, now }: Now): string {
  const used = now?.storageUsed ?? target.facts.storageUsed;
  const size = target.facts.storageSize;
  if (used === undefined || size === undefined) return '-';
  return `${bytesText(used)} (${((100 * used) / size).toFixed(0)} %)`;
}

/** As `-o json` prints it. Numbers are absent where they weren't measured. */
export function topData(instances: readonly MeasuredInstance[]): unknown {
  return instances.map(({ target, now }) => ({
    namespace: target.namespace,
    claim: target.claim,
    composite: target.server,
    state: stateOf({ target, now }),
    storageSize: target.facts.storageSize,
    ...now,
  }));
}
