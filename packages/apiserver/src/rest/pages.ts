/**
 * Lists in pages that all show the same revision. The rest of a list that was cut is kept for a while; a continue token that
 * comes too late, or after a restart, is answered with `Expired` and a token that carries on at the newest revision.
 */
import { badRequest, expired, StatusError } from '@larder/kube';
import type { Stored } from '../store/store.ts';

/** How long a client may take between two pages. */
const keepMs = 5 * 60_000;
/** Lists kept at once; the longest unused goes first. */
const maxKept = 32;

export interface ContinueToken {
  /** -1: whatever is newest. */
  revision: number;
  /** The last object that was answered: `namespace/name`. */
  after: string;
}

export class PageSnapshots {
  #kept = new Map<string, { items: readonly Stored[]; until: number }>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  keep(resource: string, namespace: string, revision: number, items: readonly Stored[]): void {
    this.#dropOld();
    const key = keyOf(resource, namespace, revision);
    this.#kept.delete(key);
    this.#kept.set(key, { items, until: this.#now().getTime() + keepMs });
  }

  find(resource: string, namespace: string, revision: number): readonly Stored[] | undefined {
    this.#dropOld();
    return this.#kept.get(keyOf(resource, namespace, revision))?.items;
  }

  #dropOld(): void {
    const now = this.#now().getTime();
    for (const [key, { until }] of this.#kept) {
      if (until >= now && this.#kept.size <= maxKept) return;
      this.#kept.delete(key);
    }
  }
}

function keyOf(resource: string, namespace: string, revision: number): string {
  return `${resource}\u0000${namespace}\u0000${revision}`;
}

export function encodeContinue({ revision, after }: ContinueToken): string {
  const token = { v: tokenVersion, rv: revision, start: `${after}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** @throws StatusError `BadRequest` */
export function decodeContinue(text: string): ContinueToken {
  const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw refuse('it is no text that this server gave');
  }
  if (isToken(token)) return { revision: token.rv, after: token.start.slice(0, -1) };
  const { v = '' } = (token ?? {}) as { v?: unknown };
  if (v !== tokenVersion) throw refuse(`server does not recognize this encoded version ${String(v)}`);
  throw refuse('encoded continue token is invalid');
}

const tokenVersion = 'meta.k8s.io/v1';

function isToken(token: unknown): token is { rv: number; start: string } {
  if (typeof token !== 'object' || token === null) return false;
  const { v, rv, start } = token as Record<string, unknown>;
  return v === tokenVersion && Number.isSafeInteger(rv) && typeof start === 'string' && start.endsWith('\u0000');
}

/** The list a token belongs to isn't kept any more; `after` lets the client carry on with what is there now. */
export function expiredContinue(after: string): StatusError {
  const { status } = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the ' +
      'continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing ' +
      'with the provided token results in an inconsistent list - objects that were created, modified, or deleted between ' +
      'the time the first chunk was returned and now may show up in the list.',
  );
  return new StatusError({ ...status, metadata: { continue: encodeContinue({ revision: -1, after }) } });
}
