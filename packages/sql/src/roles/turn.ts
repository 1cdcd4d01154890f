/** Who logs in: one login for ever, or two that take turns. Decides, touches nothing. */
import type { PostgresRoleSpec, PostgresRoleStatus } from '@larder/catalog';
import { turnLogins } from './names.ts';

export interface TurnInput {
  spec: Pick<PostgresRoleSpec, 'name' | 'rotationSeconds' | 'rotationRequest'>;
  status: Pick<PostgresRoleStatus, 'rotation'> | undefined;
  /** What the secret says now. */
  current: string | undefined;
  /** A turn that was begun: its password stands in the secret already. */
  begun: string | undefined;
  now: Date;
}

export type Turn =
  | { kind: 'stay'; login: string; dueInMs?: number }
  /** `from` stays valid until its own turn comes again. */
  | { kind: 'turn'; login: string; from: string | undefined; because: 'first' | 'begun' | 'schedule' | 'request' };

export function planTurn(input: TurnInput): Turn {
  const { spec, current, begun } = input;
  const logins = spec.rotationSeconds === undefined ? [spec.name] : turnLogins(spec.name);
  if (begun !== undefined && logins.includes(begun)) {
    return { kind: 'turn', login: begun, from: current, because: 'begun' };
  }
  if (current === undefined || !logins.includes(current)) {
    return { kind: 'turn', login: logins[0] ?? spec.name, from: current, because: 'first' };
  }
  if (spec.rotationSeconds === undefined) return { kind: 'stay', login: current };
  const login = logins.find(each => each !== current) ?? current;
  const dueInMs = dueIn(input, spec.rotationSeconds);
  if (isRequested(input)) return { kind: 'turn', login, from: current, because: 'request' };
  if (dueInMs <= 0) return { kind: 'turn', login, from: current, because: 'schedule' };
  return { kind: 'stay', login: current, dueInMs };
}

function isRequested({ spec, status }: TurnInput): boolean {
  return spec.rotationRequest !== undefined && spec.rotationRequest !== status?.rotation?.request;
}

/** Without a time in the status the turn before was made, but not written down. */
function dueIn({ status, now }: TurnInput, rotationSeconds: number): number {
  const last = Date.parse(status?.rotation?.last ?? '');
  return (Number.isNaN(last) ? now.getTime() : last) + rotationSeconds * 1_000 - now.getTime();
}

/** PostgreSQL releases that silently ignore `ALTER ROLE … SET role` (CVE-2024-10978's first fix), by `server_version_num`. */
const IGNORES_SET_ROLE = new Set([130_017, 140_014, 150_009, 160_005, 170_001]);

export function ignoresSetRole(version: number): boolean {
  return IGNORES_SET_ROLE.has(version);
}

export function refuseRotation(version: number): string | undefined {
  if (!ignoresSetRole(version)) return undefined;
  const [major, minor] = [Math.floor(version / 10_000), version % 10_000];
  return `PostgreSQL ${major}.${minor} ignores ALTER ROLE … SET role, which logins that take turns need: upgrade it to ${major}.${minor + 1}`;
}
