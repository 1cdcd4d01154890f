/**
 * Which composites belong to claims whose connection secret can't be written, and why: claims find it out, composites say it too.
 * Only in memory: after a start a composite says what it said before, until its claim's first turn.
 */
import { findCondition } from '@larder/controller';
import type { Wanted } from './conditions.ts';
import type { Composite } from './crossplane.ts';

export class SecretRefusals {
  readonly #byComposite = new Map<string, string | undefined>();

  /** `message` is absent when all is well. True when the composite has yet to say so. */
  set(composite: Composite, message: string | undefined): boolean {
    const before = this.of(composite);
    this.#byComposite.set(composite.metadata.name, message);
    return before !== message;
  }

  /** What the composite has to say about its claim's secret. */
  of({ metadata, status }: Composite): string | undefined {
    if (this.#byComposite.has(metadata.name)) return this.#byComposite.get(metadata.name);
    const said = findCondition(status?.conditions ?? [], 'Accepted');
    return said?.reason === REASON ? said.message : undefined;
  }

  forget(composite: string): void {
    this.#byComposite.delete(composite);
  }
}

const REASON = 'SecretNotOurs';

/** The conditions with this refusal among them; what the composition refuses is said with it. */
export function withSecretRefusal(conditions: Wanted[], message: string | undefined): Wanted[] {
  if (message === undefined) return conditions;
  const refusal: Wanted = { type: 'Accepted', status: 'False', reason: REASON, message };
  const other = conditions.find(each => each.type === 'Accepted' && each.status === 'False');
  if (other !== undefined) {
    const isSaid = other.message?.includes(message) === true;
    Object.assign(refusal, { reason: other.reason, message: isSaid ? other.message : `${other.message}; ${message}` });
  }
  return [...conditions.filter(each => each.type !== 'Accepted'), refusal];
}
