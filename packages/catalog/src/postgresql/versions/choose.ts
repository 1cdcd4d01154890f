/** Which PostgreSQL an instance has: the wish, what is on offer and what runs already. */
import { listed, type RefusalReason, type Refused } from '../refused.ts';
import { isSupportedMajor, supportedMajors } from './end-of-life.ts';
import { compareVersions, majorOf } from './versions.ts';

export interface VersionWish {
  /** `17` or `17.9`. */
  wish: string;
  /** Exact versions that the plane can provide. */
  onOffer: string[];
  /** What the instance was made with or moved to; absent until there is data. */
  running?: string;
  /** Whether the plane can make one of a higher major. @default false */
  majors?: boolean;
}

export type VersionChoice =
  | { kind: 'use'; version: string }
  /** A newer minor of what runs; it takes a restart. */
  | { kind: 'upgrade'; from: string; to: string }
  /** A higher major than what runs; it takes a new server. */
  | { kind: 'major'; from: string; to: string }
  | { kind: 'refused'; refused: Refused };

/**
 * The first major whose logical replication applies changes with the rights of a table's owner (PostgreSQL 16's release notes,
 * `run_as_owner`). Before, functions in an owner's constraints and indexes run as the subscription's owner, a superuser.
 */
export const APPLIES_AS_OWNER = 16;

/** The exact version to have. An instance that runs is never moved down, nor off its version for one near it. */
export function chooseVersion({ wish, onOffer, running, majors = false }: VersionWish): VersionChoice {
  if (running === undefined) return chooseFirst(wish, onOffer);
  return majors && majorOf(wish) > majorOf(running)
    ? chooseMajor(wish, onOffer, running)
    : chooseNext(wish, onOffer, running);
}

function chooseFirst(wish: string, onOffer: string[]): VersionChoice {
  const major = majorOf(wish);
  if (!isSupportedMajor(major)) {
    const majors = listed(supportedMajors.map(String));
    return refused('VersionNotSupported', wish, `is not offered to new instances: choose ${majors}`);
  }
  const version = newest(wish, onOffer);
  return version === undefined ? notOnOffer(wish, onOffer) : { kind: 'use', version };
}

/** Only to what new instances would get, too. */
function chooseMajor(wish: string, onOffer: string[], from: string): VersionChoice {
  if (majorOf(wish) < APPLIES_AS_OWNER) {
    const because = `would be filled by logical replication, which runs the owner's functions as a superuser before PostgreSQL ${APPLIES_AS_OWNER}: choose ${APPLIES_AS_OWNER} or newer`;
    return refused('MajorUpgradeNotPossible', wish, because);
  }
  const first = chooseFirst(wish, onOffer);
  return first.kind === 'use' ? { kind: 'major', from, to: first.version } : first;
}

function chooseNext(wish: string, onOffer: string[], running: string): VersionChoice {
  if (majorOf(wish) > majorOf(running)) {
    const because = `would be a major upgrade from ${running}, which this plane can not do yet: set it back to "${majorOf(running)}", or make a new instance and move the data with pg_dump`;
    return refused('MajorUpgradeNotPossible', wish, because);
  }
  if (compareVersions(wish, running) < 0) {
    const because = `is below PostgreSQL ${running}, which runs and can not go down: set it to "${running}" or "${majorOf(running)}"`;
    return refused('VersionDowngrade', wish, because);
  }
  const to = newest(wish, onOffer);
  // What runs stays, though it may be on offer no more.
  if (wish === running || (to === undefined && isMajor(wish))) return { kind: 'use', version: running };
  if (to === undefined) return notOnOffer(wish, onOffer);
  return compareVersions(to, running) > 0 ? { kind: 'upgrade', from: running, to } : { kind: 'use', version: running };
}

/** The newest version on offer that meets the wish. */
function newest(wish: string, onOffer: string[]): string | undefined {
  const met = onOffer.filter(version => (isMajor(wish) ? majorOf(version) === majorOf(wish) : version === wish));
  return met.sort(compareVersions).at(-1);
}

function isMajor(wish: string): boolean {
  return !wish.includes('.');
}

function notOnOffer(wish: string, onOffer: string[]): VersionChoice {
  const choices = [...new Set(onOffer)].filter(version => isSupportedMajor(majorOf(version)));
  const near = choices.filter(version => majorOf(version) === majorOf(wish));
  const shown = (near.length > 0 ? near : choices).sort((left, right) => compareVersions(right, left));
  return refused('VersionNotOnOffer', wish, `is not on offer: choose ${listed(shown)}`);
}

function refused(reason: RefusalReason, value: string, because: string): VersionChoice {
  return { kind: 'refused', refused: { reason, field: 'updatePolicy.version', value, because } };
}
