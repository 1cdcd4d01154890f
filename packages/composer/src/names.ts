/** Names of what is made: long enough to be unique, short enough to be a label value. */
import { createHash, randomInt } from 'node:crypto';

/** Kubernetes' letters for generated names: no vowels, so no words; nothing that looks like something else. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const LENGTH = 5;
/** A label value has at most 63 characters: 57, a dash, five letters. */
const LONGEST_BASE = 57;

/** `<base>-<5 letters or digits>`; not the same twice. */
export function generatedName(base: string): string {
  return withSuffix(base, () => randomInt(LETTERS.length));
}

/** `<base>-<5 letters or digits>`; always the same for the same owner and role, so that a repeated turn makes no second one. */
export function childName(base: string, ownerUid: string, role: string): string {
  const hash = createHash('sha256').update(`${ownerUid}/${role}`).digest();
  return withSuffix(base, index => hash.readUInt32BE(index * 4) % LETTERS.length);
}

function withSuffix(base: string, letterAt: (index: number) => number): string {
  const suffix = Array.from({ length: LENGTH }, (_, index) => LETTERS[letterAt(index)]).join('');
  return `${base.slice(0, LONGEST_BASE)}-${suffix}`;
}
