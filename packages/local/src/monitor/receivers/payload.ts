/** What a receiver gets: Alertmanager's webhook payload, version 4. */
import { createHash } from 'node:crypto';
import type { AlertText } from '@larder/catalog';

/** An alert that fires, or did and is over. */
export interface Told extends AlertText {
  /** ms since 1970 */
  startsAt: number;
  endsAt?: number;
}

export interface Group {
  receiver: string;
  namespace: string;
  claim: string;
  alerts: readonly Told[];
}

/** All alerts of one instance are one group. */
export function webhookPayload({ receiver, namespace, claim, alerts }: Group): Record<string, unknown> {
  const groupLabels = { claim, namespace };
  const each = alerts.map(alert => alertPayload(alert, groupLabels));
  return {
    version: '4',
    groupKey: `{}:{claim=${JSON.stringify(claim)}, namespace=${JSON.stringify(namespace)}}`,
    truncatedAlerts: 0,
    status: alerts.some(({ endsAt }) => endsAt === undefined) ? 'firing' : 'resolved',
    receiver,
    groupLabels,
    commonLabels: common(each.map(({ labels }) => labels)),
    commonAnnotations: common(each.map(({ annotations }) => annotations)),
    externalURL: '',
    alerts: each,
  };
}

function alertPayload(
  { name, severity, summary, cause, remedy, runbook, startsAt, endsAt }: Told,
  identity: Record<string, string>,
): { labels: Record<string, string>; annotations: Record<string, string> } {
  const labels = { alertname: name, ...identity, severity };
  return {
    status: endsAt === undefined ? 'firing' : 'resolved',
    labels,
    annotations: { cause, description: `${cause} ${remedy}`, remedy, runbook_url: `docs/runbooks/${runbook}`, summary },
    startsAt: new Date(startsAt).toISOString(),
    endsAt: endsAt === undefined ? '0001-01-01T00:00:00Z' : new Date(endsAt).toISOString(),
    generatorURL: '',
    fingerprint: fingerprintOf(labels),
  } as ReturnType<typeof alertPayload>;
}

/** The same for the same labels, for ever. */
function fingerprintOf(labels: Record<string, string>): string {
  const text = Object.entries(labels)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}\xff${value}`)
    .join('\xff');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function common(sets: readonly Record<string, string>[]): Record<string, string> {
  const [first = {}, ...more] = sets;
  return Object.fromEntries(Object.entries(first).filter(([key, value]) => more.every(set => set[key] === value)));
}
