/** Why a wish can't be met here, as the condition `Accepted=False` says it: field, value and what to do. */
export interface Refused {
  /** The condition's reason, in CamelCase. */
  reason: string;
  /** Below `spec.parameters`. */
  field: string;
  value: string;
  /** Completes the sentence after the value: the cause, then the remedy. */
  because: string;
}

/** All refusals as one line. */
export function describeRefusals(refusals: Refused[]): string {
  return refusals.map(({ field, value, because }) => `spec.parameters.${field}: "${value}" ${because}`).join('; ');
}

/** `a`, `b` or `c`. */
export function listed(choices: readonly string[], most = 40): string {
  if (choices.length > most) return `${choices.slice(0, most).join(', ')} …`;
  if (choices.length < 2) return choices.join('');
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}
