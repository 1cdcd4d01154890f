/** The texts of a server's configuration files. */
import { METRICS_ROLE, PLANE_ROLE } from '../data/initdb.ts';

/** `postgresql.conf`: every value quoted, so that none can end its line or begin another. */
export function renderSettings(settings: Record<string, string>): string {
  const lines = Object.entries(settings)
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([name, value]) => `${checkedName(name)} = ${quoted(value)}`);
  return ['# Written by Larder, and written anew whenever something changes.', ...lines, ''].join('\n');
}

export interface AccessExtra {
  /** Lines before all others, as they shall stand there. */
  first?: string[];
  /** Nobody else comes in over the network. @default false */
  closed?: boolean;
}

/**
 * `pg_hba.conf`: over the network TLS and SCRAM only, for everybody but the plane's own roles; through the socket, whose
 * folder only the server's account can enter, those alone, and they too prove their passwords. Nothing is trusted.
 */
export function renderAccess(allowedCidrs: string[], { first = [], closed = false }: AccessExtra = {}): string {
  const from = closed ? [] : ['127.0.0.1/32', '::1/128', ...allowedCidrs.map(checkedCidr)];
  return [
    '# Written by Larder, and written anew whenever something changes.',
    ...first,
    `local   all  ${PLANE_ROLE}  scram-sha-256`,
    `local   all  ${METRICS_ROLE}  scram-sha-256`,
    'local   all  all  reject',
    ...['0.0.0.0/0', '::/0'].map(everywhere => `host  all  ${PLANE_ROLE},${METRICS_ROLE}  ${everywhere}  reject`),
    ...[...new Set(from)].map(address => `hostssl  all  all  ${address}  scram-sha-256`),
    '',
  ].join('\n');
}

function checkedName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$/.test(name)) return name;
  throw new Error(`cannot write the setting ${JSON.stringify(name)}: that is no name of a setting`);
}

function quoted(value: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(value)) {
    throw new Error(`cannot write the setting's value ${JSON.stringify(value)}: it holds a control character`);
  }
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function checkedCidr(cidr: string): string {
  if (/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(cidr)) return cidr;
  throw new Error(`cannot allow ${JSON.stringify(cidr)}: write a network as 10.0.0.0/8 or fd00::/8`);
}
