/** The arguments of `larder-sql`: psql's spelling where psql has the thing. */
import { parseArgs } from 'node:util';

/** A string of SQL, or a script: `-` is standard input. */
export type SqlInput = { kind: 'statement'; sql: string } | { kind: 'script'; path: string };

export interface SqlArguments {
  /** In the order they were given. */
  inputs: SqlInput[];
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
  const { values, tokens } = parsed(args);
  const inputs = tokens.flatMap(inputOf);
  if (inputs.length === 0 && !values.check)
    throw new UsageError(`nothing to do: give -c "<SQL>", -f FILE or --check; ${USAGE}`);
  const format = values.csv ? 'csv' : values['no-align'] ? 'unaligned' : 'aligned';
  return {
    inputs,
    check: values.check ?? false,
    secret: values.secret,
    format,
    rowsOnly: values['tuples-only'] ?? false,
    waitMs: parseWait(values.wait),
  };
}

type Token = ReturnType<typeof parsed>['tokens'][number];

function inputOf(token: Token): SqlInput[] {
  if (token.kind === 'positional') return [{ kind: 'statement', sql: token.value }];
  if (token.kind !== 'option' || token.value === undefined) return [];
  if (token.name === 'command') return [{ kind: 'statement', sql: token.value }];
  return token.name === 'file' ? [{ kind: 'script', path: token.value }] : [];
}

const USAGE = 'larder-sql [--secret FOLDER] [--wait 30s] [-t] [-A | --csv] (--check | -c SQL | -f FILE ...)';

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      tokens: true,
      options: {
        command: { type: 'string', short: 'c', multiple: true },
        file: { type: 'string', short: 'f', multiple: true },
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
