/** Work that takes longer than a step may: it goes on in this process, and the step looks at it. A plane that comes back begins it anew. */
import type { ChangeRun } from '../step.ts';

interface Work<T> {
  end?: { value: T } | { error: Error };
  said?: string;
}

const works = new Map<string, Work<unknown>>();

/** Begun at the first call; `running` until it has ended. What it threw is thrown once, and the next call begins anew. */
export function inBackground<T>(
  { change }: Pick<ChangeRun, 'change'>,
  name: string,
  work: (say: (said: string) => void) => Promise<T>,
): { kind: 'running'; said?: string } | { kind: 'ended'; value: T } {
  const key = `${change.metadata.uid} ${name}`;
  const known = works.get(key) as Work<T> | undefined;
  if (!known) {
    const made: Work<T> = {};
    works.set(key, made);
    work(said => (made.said = said)).then(
      value => (made.end = { value }),
      (error: Error) => (made.end = { error }),
    );
    return { kind: 'running' };
  }
  if (!known.end) return { kind: 'running', ...(known.said === undefined ? {} : { said: known.said }) };
  works.delete(key);
  if ('error' in known.end) throw known.end.error;
  return { kind: 'ended', value: known.end.value };
}
