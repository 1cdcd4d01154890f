/** Passwords that the plane makes. */
import { randomBytes } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 32 letters and digits (190 bits): no URI, shell or configuration file needs them escaped. */
export function newPassword(): string {
  // 62 letters in a byte's 256 values: the first 248 are fair, the rest are thrown away.
  const fair = [...randomBytes(96)].filter(byte => byte < 248).slice(0, 32);
  return fair.map(byte => ALPHABET[byte % ALPHABET.length]).join('');
}
