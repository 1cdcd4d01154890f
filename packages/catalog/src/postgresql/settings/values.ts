/** Reads the values of settings as PostgreSQL does: booleans by unique prefix, numbers in hexadecimal, octal or decimal, with units. */
import type { SettingFacts } from '../facts/facts.ts';

/** What a value means: an amount in the setting's own unit, or nothing to calculate with. */
export type Reading = { ok: true; amount?: number } | { ok: false; because: string };

const bytes: Record<string, number> = { B: 1, kB: 1024, '8kB': 8192, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
const milliseconds: Record<string, number> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const integerRange = 2 ** 31;

/** Whether `text` is a value for the setting, and how much. */
export function readValue(text: string, setting: SettingFacts): Reading {
  switch (setting.type) {
    case 'bool':
      return readBoolean(text);
    case 'enum':
      return readChoice(text, setting.values ?? []);
    case 'integer':
    case 'real':
      return readNumber(text, setting);
    case 'string':
    case undefined:
      return /[\p{Cc}]/u.test(text) ? { ok: false, because: 'has control characters: remove them' } : { ok: true };
  }
}

/** One unit of the setting in bytes, where it measures memory. */
export function bytesPerUnit(setting: SettingFacts): number | undefined {
  return setting.unit === undefined ? undefined : bytes[setting.unit];
}

/** Whether PostgreSQL reads `text` as true; it must be a boolean. */
export function isOn(text: string): boolean {
  return /^(t|tr|tru|true|y|ye|yes|on|1)$/i.test(text.trim());
}

function readBoolean(text: string): Reading {
  const known = /^(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0)$/i.test(text.trim());
  return known ? { ok: true } : { ok: false, because: 'is no boolean: write "on" or "off", in quotes' };
}

function readChoice(text: string, values: string[]): Reading {
  const wanted = text.trim().toLowerCase();
  // Choices that include on and off take the other spellings of booleans too.
  const synonyms = values.includes('on') && values.includes('off') ? ['true', 'false', 'yes', 'no', '1', '0'] : [];
  if ([...values, ...synonyms].some(value => value.toLowerCase() === wanted)) return { ok: true };
  return { ok: false, because: `is none of ${values.filter(value => value !== '').join(', ')}: choose one of these` };
}

function readNumber(text: string, setting: SettingFacts): Reading {
  const found = /^\s*([+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))\s*([A-Za-z]*)\s*$/.exec(text);
  if (!found) return { ok: false, because: `is no number: write ${exampleOf(setting)}` };
  const [, digits = '', suffix = ''] = found;
  const factor = suffix === '' ? 1 : factorOf(suffix, setting.unit);
  if (factor === undefined) return { ok: false, because: wrongUnit(suffix, setting.unit) };
  const exact = parseNumber(digits, setting.type === 'integer') * factor;
  const amount = setting.type === 'integer' ? Math.round(exact) : exact;
  return withinRange(amount, setting);
}

function parseNumber(digits: string, asInteger: boolean): number {
  const [, sign = '', magnitude = ''] = /^([+-]?)(.*)$/.exec(digits) ?? [];
  // As C's strtol with base 0: a leading zero means octal.
  const octal = asInteger && /^0[0-7]+$/.test(magnitude);
  const value = octal ? parseInt(magnitude, 8) : Number(magnitude);
  return sign === '-' ? -value : value;
}

/** How many of the setting's unit one of `suffix` is; `undefined` when it measures something else. */
function factorOf(suffix: string, unit: string | undefined): number | undefined {
  for (const table of [bytes, milliseconds]) {
    const [given, base] = [table[suffix], table[unit ?? '']];
    if (given !== undefined && base !== undefined) return given / base;
  }
  return undefined;
}

function withinRange(amount: number, setting: SettingFacts): Reading {
  const { min = -Infinity, max = Infinity } = setting;
  const tooLarge = setting.type === 'integer' && Math.abs(amount) >= integerRange;
  if (!tooLarge && amount >= min && amount <= max) return { ok: true, amount };
  return {
    ok: false,
    because: `is outside of ${withUnit(min, setting)} to ${withUnit(max, setting)}: choose a value within`,
  };
}

function withUnit(amount: number, { unit = '' }: SettingFacts): string {
  return unit === '8kB' ? `${amount * 8}kB` : `${amount}${unit}`;
}

function exampleOf({ unit, type }: SettingFacts): string {
  if (unit === undefined) return type === 'real' ? 'one such as "0.5"' : 'one such as 10';
  return unit in bytes ? 'one with its unit, such as 64MB' : 'one with its unit, such as 30s';
}

function wrongUnit(suffix: string, unit: string | undefined): string {
  if (unit === undefined) return `has the unit ${suffix}, but the setting is a plain number: remove the unit`;
  const units = unit in bytes ? 'B, kB, MB, GB, TB' : 'us, ms, s, min, h, d';
  return `has the unit ${suffix}: use one of ${units}, spelled exactly so`;
}
