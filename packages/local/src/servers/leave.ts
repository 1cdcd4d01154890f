/** What may be done to a server now: by its owner's policy and by the change that runs, unless the plane's policy holds all back. */
import {
  CHANGE_SERVER_LABEL,
  holdOf,
  LOCAL_API_VERSION,
  mayHappen,
  POLICY,
  VERSION_FIELD,
  type Grant,
  type PostgresChange,
  type PostgresServer,
  type RolloutPolicy,
} from '@larder/catalog';
import { compareVersions, parseVersion } from '@larder/postgres';
import { windowAt } from '../operations/window.ts';
import type { InstanceRecord } from './record.ts';
import type { Plane } from './work.ts';

export interface Leave {
  policy: RolloutPolicy;
  /** The change that runs, whatever it may. */
  running?: PostgresChange;
  /** What it lets happen. */
  grant: Grant;
  /** The change that ended last. */
  last?: PostgresChange;
  /** Settings that need a restart may be brought in. */
  settings: boolean;
  /** What it shall run with now: the wanted version when its time has come. */
  version: string;
}

export async function leaveOf(
  { client, clock }: Pick<Plane, 'client' | 'clock'>,
  { metadata, spec }: PostgresServer,
  record: InstanceRecord | undefined,
): Promise<Leave> {
  const labelSelector = `${CHANGE_SERVER_LABEL}=${metadata.name}`;
  const kind = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresChange' };
  const [{ items: changes }, policyMap] = await Promise.all([
    client.list<PostgresChange>(kind, { labelSelector }),
    client.find(POLICY),
  ]);
  const running = changes.find(({ status }) => status?.phase === 'Running');
  const grant = running?.status?.grant ?? {};
  const now = clock();
  const policy: RolloutPolicy = {
    apply: spec.apply,
    window: spec.updates && windowAt(spec.updates, now),
    hold: holdOf(policyMap, now.toISOString()),
    approvals: [grant],
    now: now.toISOString(),
  };
  const restart = { needs: 'Restart', field: 'settings', to: '' } as const;
  return {
    policy,
    ...(running ? { running } : {}),
    grant: policy.hold ? {} : grant,
    last: lastOf(changes),
    settings: mayHappen(restart, policy),
    version: versionNow(spec.version, record, policy),
  };
}

/** A wish for an older version, or for another major, is passed on: it is refused where versions are judged. */
function versionNow(wanted: string, record: InstanceRecord | undefined, policy: RolloutPolicy): string {
  const runs = record?.systemIdentifier === undefined ? undefined : record.binaries?.version;
  if (runs === undefined || compareVersions(wanted, runs) <= 0) return wanted;
  if (parseVersion(wanted)?.major !== parseVersion(runs)?.major) return wanted;
  return mayHappen({ needs: 'Restart', field: VERSION_FIELD, to: wanted }, policy) ? wanted : runs;
}

function lastOf(changes: PostgresChange[]): PostgresChange | undefined {
  const completed = ({ status }: PostgresChange): string => status?.completedAt ?? '';
  const ended = changes.filter(change => completed(change) !== '' && change.spec.operation !== 'Vacuum');
  return ended.sort((a, b) => (completed(a) < completed(b) ? -1 : 1)).at(-1);
}
