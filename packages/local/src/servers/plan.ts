/** Decides what has to happen so that a server runs as its object says. Touches nothing: what is so comes in, steps go out. */
import type { PostgresServerSpec } from '@larder/catalog';
import { compareVersions, METRICS_ROLE, parseVersion, PLANE_ROLE, type ServerState } from '@larder/postgres';
import type { InstanceRecord } from './record.ts';

/** What is so. Reading it changes nothing. */
export interface Observed {
  record?: InstanceRecord;
  data: 'absent' | 'whole' | { damaged: string };
  server: ServerState;
  /** Whether this plane can provide `spec.version`; `versions` are all those it can. */
  onOffer: boolean;
  versions: string[];
  /** Who has the server's port while it is down; absent when it is free. */
  portHolder?: string;
  certificate: 'valid' | 'renew';
  /** Whether every server gets an account of its own. */
  separateAccounts: boolean;
  /** Why the machine hasn't got what the server requests; absent when it has. */
  doesNotFit?: string;
  /** A server that keeps dying isn't started before so long. */
  holdOffMs: number;
}

export type Step =
  /** Someone has to change something. What runs goes on running. */
  | { do: 'refuse'; reason: string; message: string }
  /** The world has to change: look again later. */
  | { do: 'wait'; reason: string; message: string; ms: number }
  | { do: 'endOrphans' }
  /** Account, port, binaries, data directory: everything up to the first start. */
  | { do: 'prepare' }
  | { do: 'certify' }
  | { do: 'start' };

/** What to do before anybody can log in; nothing when the server runs. Ends with `refuse` or `wait` where it can't go on. */
export function planServer(spec: PostgresServerSpec, seen: Observed): Step[] {
  const refusal = refuse(spec, seen);
  if (refusal && seen.server.kind !== 'running') return [refusal];
  const certify: Step[] = seen.certificate === 'renew' ? [{ do: 'certify' }] : [];
  if (refusal) return [...certify, refusal];
  // Another version than runs comes with a restart that is made for it, when its time has come.
  if (seen.server.kind === 'running') return certify;
  if (seen.server.kind === 'orphaned') {
    return [
      { do: 'endOrphans' },
      wait('OrphansRunning', 'processes of a server that died still run; they are being ended', 500),
    ];
  }
  if (seen.portHolder !== undefined) return [portTaken(seen)];
  if (seen.holdOffMs > 0) {
    return [wait('Crashed', 'the server keeps dying; it is started again after a pause', seen.holdOffMs)];
  }
  return [...(isPrepared(seen) ? [] : [{ do: 'prepare' } as const]), ...certify, { do: 'start' }];
}

function refuse(spec: PostgresServerSpec, seen: Observed): Step | undefined {
  const { record, data, onOffer, versions, separateAccounts } = seen;
  if (typeof data === 'object') return { do: 'refuse', reason: 'DataDamaged', message: data.damaged };
  if (record === undefined && data === 'whole') {
    const message =
      'there is a data directory that no record describes; restore instance.json, or move the folder away';
    return { do: 'refuse', reason: 'DataUnknown', message };
  }
  if (spec.superuserAccess && !separateAccounts) {
    const message =
      'superuserAccess: a superuser can do all that the server’s operating system user can, and here all servers ' +
      'share one; run Larder as root, or leave it off';
    return { do: 'refuse', reason: 'SuperuserRefused', message };
  }
  if (spec.owner === PLANE_ROLE || spec.owner === METRICS_ROLE) {
    const message = `owner: "${spec.owner}" is the plane’s own role; choose another name`;
    return { do: 'refuse', reason: 'OwnerReserved', message };
  }
  if (seen.doesNotFit !== undefined) return { do: 'refuse', reason: 'DoesNotFit', message: seen.doesNotFit };
  return (
    refuseVersion(spec.version, record?.binaries?.version) ?? (onOffer ? undefined : notOnOffer(spec.version, versions))
  );
}

function refuseVersion(wanted: string, has: string | undefined): Step | undefined {
  if (has === undefined) return undefined;
  if (parseVersion(wanted)?.major !== parseVersion(has)?.major) {
    const message = `version: the data is PostgreSQL ${has}’s, and ${wanted} can’t read it; ask for a ${parseVersion(has)?.major}.x`;
    return { do: 'refuse', reason: 'OtherMajor', message };
  }
  if (compareVersions(wanted, has) >= 0) return undefined;
  const message = `version: ${wanted} is older than ${has}, which the data was used with; ask for ${has} or newer`;
  return { do: 'refuse', reason: 'Downgrade', message };
}

function notOnOffer(version: string, versions: string[]): Step {
  const list =
    versions.length > 0 ? `on offer are ${versions.join(', ')}` : 'none is on offer: the registry can’t be reached';
  return { do: 'refuse', reason: 'VersionNotOnOffer', message: `version: ${version} is not on offer; ${list}` };
}

function isPrepared({ record, data }: Observed): boolean {
  return record?.systemIdentifier !== undefined && data === 'whole';
}

function portTaken({ record, portHolder }: Observed): Step {
  const message =
    `port ${record?.port} is this server’s for life, and ${portHolder} has taken it while the server was down; ` +
    'end that process: the server starts as soon as the port is free';
  return wait('PortTaken', message, 5_000);
}

function wait(reason: string, message: string, ms: number): Step {
  return { do: 'wait', reason, message, ms };
}
