/** The arguments of `larder-sql`: psql's spelling where psql has the thing. */
import { parseArgs } from 'node:util';

export interface SqlArguments {
  statements: string[];
  /** Prove that the database can be written and read. */
  check: boolean;
  /** A folder with one file a key, as a mounted secret is. */
  secret?: string;
  format: 'aligned' | 'unaligned' | 'csv';
  rowsOnly: boolean;
  waitMs: number;
}

export class UsageError extends Error {
  override name = 'UsageError';
}

/** @throws UsageError that says what is allowed */
export function parseSqlArguments(args: string[]): SqlArguments {
  const { values, positionals } = parsed(args);
  const statements = [...(values.command ?? []), ...positionals];
  if (statements.length === 0 && !values.check)
    throw new UsageError(`nothing to do: give -c "<SQL>" or --check; ${USAGE}`);
  const format = values.csv ? 'csv' : values['no-align'] ? 'unaligned' : 'aligned';
  return {
    statements,
    check: values.check ?? false,
    secret: values.secret,
    format,
    rowsOnly: values['tuples-only'] ?? false,
    waitMs: parseWait(values.wait),
  };
}

const USAGE = 'larder-sql [--secret FOLDER] [--wait 30s] [-t] [-A | --csv] (--check | -c SQL ...)';

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        command: { type: 'string', short: 'c', multiple: true },
        check: { type: 'boolean' },
        secret: { type: 'string' },
        wait: { type: 'string' },
        csv: { type: 'boolean' },
        'no-align': { type: 'boolean', short: 'A' },
        'tuples-only': { type: 'boolean', short: 't' },
        // psql's switch for what we always do: stop at the first error.
        set: { type: 'string', short: 'v', multiple: true },
        'no-psqlrc': { type: 'boolean', short: 'X' },
        quiet: { type: 'boolean', short: 'q' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; ${USAGE}`);
  }
}

function parseWait(text = '0s'): number {
  const match = /^(\d{1,4})(s|m)$/.exec(text);
  if (!match) throw new UsageError(`--wait "${text}" is no duration; write it as 30s or 2m`);
  return Number(match[1]) * (match[2] === 'm' ? 60_000 : 1_000);
}
