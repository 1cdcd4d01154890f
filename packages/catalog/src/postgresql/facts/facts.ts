/** What each major version has, as real binaries said; `hack/generate/postgresql-facts.ts` writes the files. */
import facts15 from './15.json' with { type: 'json' };
import facts16 from './16.json' with { type: 'json' };
import facts17 from './17.json' with { type: 'json' };
import facts18 from './18.json' with { type: 'json' };

export interface SettingFacts {
  type?: 'bool' | 'integer' | 'real' | 'enum' | 'string';
  /** `internal` can't be set, `postmaster` takes a restart, all others a reload. */
  context: string;
  /** What a bare number counts: `kB`, `8kB`, `MB`, `B`, `ms`, `s`, `min`. */
  unit?: string;
  min?: number;
  max?: number;
  values?: string[];
  /** For people who work on PostgreSQL itself. */
  developer?: boolean;
}

export interface Facts {
  /** The version that was asked. */
  version: string;
  settings: Record<string, SettingFacts>;
  /** What can be created in a database of that version. */
  extensions: Record<string, { default: string; versions: string[] }>;
}

const byMajor = new Map<number, Facts>([
  [15, facts15 as Facts],
  [16, facts16 as Facts],
  [17, facts17 as Facts],
  [18, facts18 as Facts],
]);

/** @throws Error for a major that new instances don't get: a bug, since versions are checked before */
export function factsOf(major: number): Facts {
  const facts = byMajor.get(major);
  if (!facts) throw new Error(`cannot look up the settings of PostgreSQL ${major}: no facts are known`);
  return facts;
}

/** Majors with facts, ascending. */
export const majorsWithFacts: readonly number[] = [...byMajor.keys()];
