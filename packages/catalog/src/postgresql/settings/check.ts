/** Checks an owner's settings against what their PostgreSQL has, what would break the instance, and the instance's size. */
import { factsOf, majorsWithFacts, type Facts, type SettingFacts } from '../facts/facts.ts';
import type { Refused } from '../refused.ts';
import type { Capacity } from '../sizing.ts';
import { outOfBounds } from './bounds.ts';
import { closestName } from './closest-name.ts';
import { reservedReason, unsafeValue } from './reserved.ts';
import { librariesIn, textRemedy } from './texts.ts';
import { bytesPerUnit, readValue } from './values.ts';
import { sharedMemoryRefusal } from './shared-memory.ts';

export interface CheckedSettings {
  /** Spelled as PostgreSQL spells the names; values as the owner wrote them. */
  settings: Record<string, string>;
  /** What the numbers mean: bytes where they measure memory, otherwise the setting's own unit. */
  amounts: Record<string, number>;
  refusals: Refused[];
}

type Verdict = { amount?: number } | { because: string };

/** The settings that can be had, and why the others can't. */
export function checkSettings(wanted: Record<string, string>, major: number, size: Capacity): CheckedSettings {
  const facts = factsOf(major);
  const names = namesOf(facts);
  const result: CheckedSettings = { settings: {}, amounts: {}, refusals: [] };
  for (const [key, value] of Object.entries(wanted)) {
    const name = names.get(key.toLowerCase()) ?? key;
    const verdict =
      name in result.settings ? { because: 'is given twice: remove one' } : judge(name, value, facts, size);
    if ('because' in verdict) {
      result.refusals.push({ reason: 'SettingNotAccepted', field: `settings.${key}`, value, because: verdict.because });
      continue;
    }
    result.settings[name] = value;
    if (verdict.amount !== undefined) result.amounts[name] = verdict.amount;
  }
  result.refusals.push(...missingLibraries(result.settings), ...crowding(result, size));
  return result;
}

/** As PostgreSQL spells each, by its lower-case letters. Facts never change, so this is worked out once. */
function namesOf(facts: Facts): Map<string, string> {
  const known = namesByFacts.get(facts) ?? new Map(Object.keys(facts.settings).map(name => [name.toLowerCase(), name]));
  namesByFacts.set(facts, known);
  return known;
}

const namesByFacts = new WeakMap<Facts, Map<string, string>>();

function judge(name: string, value: string, facts: Facts, size: Capacity): Verdict {
  const setting = facts.settings[name];
  if (!setting) return { because: unknown(name, facts) };
  const closed = closedReason(name, setting);
  if (closed !== undefined) return { because: closed };
  const reading = readValue(value, setting);
  if (!reading.ok) return { because: reading.because };
  const unsafe = unsafeValue(name, value);
  if (unsafe)
    return { because: `is not possible, since ${unsafe.why}: leave it out, or write ${unsafe.values.join(' or ')}` };
  const remedy = setting.type === 'string' ? textRemedy(name, value) : undefined;
  if (remedy !== undefined) return { because: `is no value that the server could start with: ${remedy}` };
  return reading.amount === undefined ? {} : sized(name, reading.amount, setting, size);
}

/** Why nobody but the plane sets `name`; `undefined` when an owner may. */
export function closedReason(name: string, setting: SettingFacts): string | undefined {
  if (setting.context === 'internal') return 'can not be set: it is fixed when the server is made. Leave it out';
  if (setting.developer) return 'can lose data, and is for people who work on PostgreSQL itself. Leave it out';
  const why = reservedReason(name);
  return why === undefined ? undefined : `can not be set: it ${why}. Leave it out`;
}

function sized(name: string, amount: number, setting: SettingFacts, size: Capacity): Verdict {
  const factor = bytesPerUnit(setting);
  const total = amount * (factor ?? 1);
  // A negative number stands for "automatic" or "no limit", in whatever unit.
  const because = outOfBounds(name, amount < 0 ? amount : total, size, factor !== undefined);
  return because === undefined ? { amount: amount < 0 ? amount : total } : { because };
}

function unknown(name: string, facts: Facts): string {
  const elsewhere = majorsWithFacts.filter(major => factsOf(major).settings[name] !== undefined);
  const major = parseInt(facts.version);
  if (elsewhere.length > 0) return `is a setting of PostgreSQL ${elsewhere.join(', ')}, not of ${major}: remove it`;
  const settable = Object.keys(facts.settings).filter(
    other => closedReason(other, facts.settings[other] ?? { context: '' }) === undefined,
  );
  const close = closestName(name, settable);
  return `is set, but PostgreSQL ${major} has no such setting: ${close === undefined ? 'remove it' : `did you mean ${close}?`}`;
}

/** Settings of libraries that the server doesn't load would say nothing. */
function missingLibraries(settings: Record<string, string>): Refused[] {
  const loaded = new Set(librariesIn(settings.shared_preload_libraries ?? '').concat('pg_stat_statements'));
  return ['auto_explain', 'pg_prewarm'].flatMap(library => {
    const name = Object.keys(settings).find(key => key.startsWith(`${library}.`));
    if (name === undefined || loaded.has(library)) return [];
    const because = `has no effect, since the library is not loaded: add ${library} to settings.shared_preload_libraries`;
    return [{ reason: 'SettingNotAccepted', field: `settings.${name}`, value: settings[name] ?? '', because }];
  });
}

/** What is possible by itself, but not together. */
function crowding({ amounts, settings }: CheckedSettings, size: Capacity): Refused[] {
  const reserved = amounts.reserved_connections ?? 0;
  const connections = amounts.max_connections ?? 20;
  if (reserved > connections / 2) {
    const because = 'is more than half of max_connections: reserve fewer, or allow more connections';
    return [
      {
        reason: 'SettingNotAccepted',
        field: 'settings.reserved_connections',
        value: settings.reserved_connections ?? '',
        because,
      },
    ];
  }
  return sharedMemoryRefusal(amounts, settings, size);
}
