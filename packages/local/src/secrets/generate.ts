/** What the annotations of mittwald's secret generator ask for, and the values that answer them. Pure but for the randomness handed in. */
import type { KubeObject } from '@larder/kube';

const PREFIX = 'secret-generator.v1.mittwald.de';
const annotation = {
  autogenerate: `${PREFIX}/autogenerate`,
  type: `${PREFIX}/type`,
  length: `${PREFIX}/length`,
  encoding: `${PREFIX}/encoding`,
  regenerate: `${PREFIX}/regenerate`,
  generatedAt: `${PREFIX}/autogenerate-generated-at`,
  secure: `${PREFIX}/secure`,
} as const;

export interface Secret extends KubeObject {
  data?: Record<string, string>;
  type?: string;
}

export type SecretPlan =
  { kind: 'nothing' } | { kind: 'refused'; message: string } | ({ kind: 'generate'; keys: string[] } & Shape);

const encodings = ['base64', 'base64url', 'base32', 'hex', 'raw'] as const;
type Encoding = (typeof encodings)[number];

/** mittwald's own default. */
const DEFAULT_LENGTH = 40;
const LONGEST = 4096;

/** Which keys to generate now: those that lack, and those of which a new value is asked. */
export function planSecret({ metadata, data = {} }: Secret): SecretPlan {
  const annotations = metadata.annotations ?? {};
  const fields = listOf(annotations[annotation.autogenerate]);
  if (fields.length === 0) return { kind: 'nothing' };
  const shape = parseShape(annotations);
  if ('refused' in shape) return { kind: 'refused', message: shape.refused };
  const again = listOf(annotations[annotation.regenerate]);
  const all = again.includes('yes') || again.includes('true');
  const keys = fields.filter(key => !data[key] || all || again.includes(key));
  const bad = keys.find(key => !/^[-._a-zA-Z0-9]{1,253}$/.test(key));
  if (bad !== undefined) {
    return {
      kind: 'refused',
      message: refusal('autogenerate', bad, 'a key has letters, digits, "-", "_" and "." only'),
    };
  }
  // A wish for new values is taken back also when none of the keys is one of ours.
  return keys.length === 0 && again.length === 0 ? { kind: 'nothing' } : { kind: 'generate', keys, ...shape };
}

interface Shape {
  /** Characters, or bytes before they are encoded. */
  length: { characters: number } | { bytes: number };
  encoding: Encoding;
}

function parseShape(annotations: Record<string, string>): Shape | { refused: string } {
  const type = annotations[annotation.type] ?? 'string';
  if (type !== 'string') return { refused: refusal('type', type, 'only "string" is supported') };
  const encoding = annotations[annotation.encoding] ?? 'base64';
  if (!isEncoding(encoding)) return { refused: refusal('encoding', encoding, `use one of ${encodings.join(', ')}`) };
  const text = annotations[annotation.length] ?? String(DEFAULT_LENGTH);
  const [, digits = '0', unit = ''] = /^(\d{1,5})([bB]?)$/.exec(text) ?? [];
  const count = Number(digits);
  if (count < 1 || count > LONGEST)
    return { refused: refusal('length', text, `use a number from 1 to ${LONGEST}, or bytes such as "32b"`) };
  return { encoding, length: unit === '' ? { characters: count } : { bytes: count } };
}

/** The secret with its values; `random` gives bytes nobody can guess. */
export function generated(
  secret: Secret,
  plan: SecretPlan & { kind: 'generate' },
  random: (bytes: number) => Buffer,
  now: Date,
): Secret {
  const data = { ...secret.data };
  for (const key of plan.keys) data[key] = Buffer.from(valueOf(plan, random), 'latin1').toString('base64');
  const annotations = { ...secret.metadata.annotations };
  delete annotations[annotation.regenerate];
  annotations[annotation.type] = 'string';
  annotations[annotation.secure] = 'yes';
  if (plan.keys.length > 0) annotations[annotation.generatedAt] = now.toISOString();
  return { ...secret, data, metadata: { ...secret.metadata, annotations } };
}

function valueOf({ length, encoding }: Shape, random: (bytes: number) => Buffer): string {
  if ('bytes' in length) return encoded(random(length.bytes), encoding);
  // No encoding is shorter than what it encodes.
  return encoded(random(length.characters), encoding).slice(0, length.characters);
}

function encoded(bytes: Buffer, encoding: Encoding): string {
  if (encoding === 'raw') return bytes.toString('latin1');
  return encoding === 'base32' ? base32(bytes) : bytes.toString(encoding);
}

/** RFC 4648. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{1,5}/g) ?? []).map(
    five => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five.padEnd(5, '0'), 2)],
  );
  return letters.join('').padEnd(Math.ceil(letters.length / 8) * 8, '=');
}

function listOf(text = ''): string[] {
  return text
    .split(',')
    .map(word => word.trim())
    .filter(Boolean);
}

function isEncoding(text: string): text is Encoding {
  return (encodings as readonly string[]).includes(text);
}

function refusal(field: string, value: string, remedy: string): string {
  return `cannot generate: annotation ${PREFIX}/${field} is ${JSON.stringify(value)}; ${remedy}`;
}
