/** `larder psql`: a session on a claim's database, with its connection secret. The password is in no argument list. */
import { Command } from 'commander';
import { namespaceOption, withExample } from '../options.ts';
import { getConnection } from '../connection.ts';
import { CommandError, EXIT } from '../failure.ts';
import { findProgram, runPsql } from '../psql-program.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { getClaim } from '../targets.ts';

interface PsqlOptions {
  command?: string[];
  user?: string;
  namespace: string;
}

export function psqlCommand(surroundings: Surroundings): Command {
  const command = new Command('psql')
    .description("a session on a claim's database, as its owner or as a user; with psql where it is installed")
    .argument('[claim]', 'an instance; with --user it may be left out')
    .option('--user <claim>', 'as the login of this PostgreSQLUser')
    .argument('[args...]', 'further arguments for psql, after --')
    .option('-c, --command <sql...>', 'run this and leave; needs no psql')
    .addOption(namespaceOption())
    .action((claim: string | undefined, args: string[], options: PsqlOptions) => {
      const { user } = options;
      // With --user every word is psql's.
      if (user !== undefined)
        return psql(surroundings, userClaim(user), claim === undefined ? args : [claim, ...args], options);
      if (claim !== undefined) return psql(surroundings, claim, args, options);
      throw new CommandError('no claim is named', {
        remedy: 'larder get postgresqlinstances lists them',
        exitCode: EXIT.usage,
      });
    });
  return withExample(
    command,
    "larder psql postgres1 -c 'select version()'",
    'larder psql --user user1',
    'larder psql postgres1 -- --csv -c "table orders"',
  );
}

function userClaim(name: string): string {
  return name.includes('/') ? name : `postgresqluser/${name}`;
}

async function psql(surroundings: Surroundings, name: string, args: string[], options: PsqlOptions): Promise<void> {
  const connection = await withClient(async client =>
    getConnection(client, await getClaim(client, name, options.namespace)),
  );
  const statements = options.command ?? [];
  const program = findProgram('psql');
  if (program) {
    const commands = statements.flatMap(sql => ['-c', sql]);
    process.exitCode = await runPsql(program, connection, [...commands, ...args]);
    return;
  }
  if (statements.length === 0 || args.length > 0)
    throw new CommandError('cannot start psql: it is not installed', {
      remedy: `install it (Debian: apt install postgresql-client), or run one statement: larder psql ${name} -c 'select 1'`,
    });
  const { runSql } = await import('@larder/local');
  const { endpoint, port, username, password, database, ca } = connection;
  process.exitCode = await runSql({
    args: statements.flatMap(sql => ['-c', sql]),
    environment: { endpoint, port, username, password, database, 'ca.crt': ca },
    print: surroundings.print,
    complain: surroundings.note,
  });
}
