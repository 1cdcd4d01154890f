/** `larder psql`: a session on a claim's database, with its connection secret. The password is in no argument list. */
import { Command } from 'commander';
import { namespaceOption, withExample } from '../options.ts';
import { getConnection } from '../connection.ts';
import { CommandError } from '../failure.ts';
import { findProgram, runPsql } from '../psql-program.ts';
import { withClient, type Surroundings } from '../surroundings.ts';
import { getClaim } from '../targets.ts';

interface PsqlOptions {
  command?: string[];
  namespace: string;
}

export function psqlCommand(surroundings: Surroundings): Command {
  const command = new Command('psql')
    .description("a session on a claim's database, as its owner; with psql where it is installed")
    .argument('<claim>')
    .argument('[args...]', 'further arguments for psql, after --')
    .option('-c, --command <sql...>', 'run this and leave; needs no psql')
    .addOption(namespaceOption())
    .action((claim: string, args: string[], options: PsqlOptions) => psql(surroundings, claim, args, options));
  return withExample(
    command,
    "larder psql postgres1 -c 'select version()'",
    'larder psql postgres1 -- --csv -c "table orders"',
  );
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
