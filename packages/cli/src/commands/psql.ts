/** `larder psql`: a session on a claim's database, with its connection secret. The password is in no argument list. */
import { Command } from 'commander';
import { namespaceOption, withHelp } from '../options.ts';
import { getConnection, type Connection } from '../connection.ts';
import { CommandError, EXIT } from '../failure.ts';
import { findProgram, runPsql } from '../psql-program.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { getClaim } from '../targets.ts';

interface PsqlOptions {
  user?: string;
  namespace: string;
}

export function psqlCommand(surroundings: Surroundings): Command {
  // In the order they are given, as psql has it.
  const inputs: string[] = [];
  const collect =
    (flag: '-c' | '-f') =>
    (value: string): void =>
      void inputs.push(flag, value);
  const command = new Command('psql')
    .description("a session on a claim's database, as its owner or as a user; with psql where it is installed")
    .argument('[claim]', 'an instance; with --user it may be left out')
    .option('--user <claim>', 'as the login of this PostgreSQLUser')
    .argument('[args...]', 'further arguments for psql, after --')
    .option('-c, --command <sql>', 'run this and leave; may be given several times', collect('-c'))
    .option('-f, --file <path>', 'run this script and leave; "-" is standard input', collect('-f'))
    .addOption(namespaceOption())
    .action((claim: string | undefined, args: string[], options: PsqlOptions) => {
      const { user } = options;
      // With --user every word is psql's.
      if (user !== undefined)
        return psql(
          surroundings,
          userClaim(user),
          [...inputs, ...(claim === undefined ? args : [claim, ...args])],
          options,
        );
      if (claim !== undefined) return psql(surroundings, claim, [...inputs, ...args], options);
      throw new CommandError('no claim is named', {
        remedy: 'larder get postgresqlinstances lists them',
        exitCode: EXIT.usage,
      });
    });
  const examples = [
    "larder psql postgres1 -c 'select version()'",
    'larder psql postgres1 < schema.sql',
    'larder psql --user user1',
    'larder psql postgres1 -- --csv -c "table orders"',
  ];
  return withHelp(command, examples, EXIT_CODES);
}

const EXIT_CODES = `Exit codes are psql's: 0 done, 1 the SQL of -c or psql itself failed, 2 the connection failed or was lost, 3 a script failed
and ON_ERROR_STOP was set. Before psql starts: 1 failed, 2 wrong usage, 4 no plane is running.`;

function userClaim(name: string): string {
  return name.includes('/') ? name : `postgresqluser/${name}`;
}

async function psql(surroundings: Surroundings, name: string, args: string[], options: PsqlOptions): Promise<void> {
  const program = findProgram('psql');
  const isSession = args.length === 0 && process.stdin.isTTY;
  if (!program && isSession)
    throw new CommandError('cannot start a session: psql is not installed', {
      remedy: `install it (Debian: apt install postgresql-client), or give SQL: larder psql ${name} -c 'select 1', -f FILE, or from a pipe`,
    });
  const connection = await withClient(async client =>
    getConnection(client, await getClaim(client, name, options.namespace)),
  );
  process.exitCode = program
    ? await runPsql(program, connection, args)
    : await runOwnClient(surroundings, connection, args);
}

/** Without psql the tools' own client does: it knows psql's arguments and exit codes, and stops at the first error. */
async function runOwnClient({ print, note }: Surroundings, connection: Connection, args: string[]): Promise<number> {
  const { runSql } = await import('@larder/local');
  const { endpoint, port, username, password, database, ca } = connection;
  const hasInput = args.some(arg => /^(-c|-f|--command|--file)/.test(arg));
  return runSql({
    name: 'larder psql',
    args: hasInput ? args : [...args, '-f', '-'],
    environment: { endpoint, port, username, password, database, 'ca.crt': ca },
    print,
    complain: note,
  });
}
