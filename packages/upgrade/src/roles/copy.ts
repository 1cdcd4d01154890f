/** Makes the old server's roles and databases on the new one. */
import { inDatabase, type Side } from '../side.ts';
import { planRoles } from './plan.ts';
import { readCluster } from './read.ts';

/** May run twice. @throws Error without the statement, which may hold a verifier */
export async function copyRoles(source: Side, target: Side): Promise<void> {
  const plane = source.login.user;
  const from = await inDatabase(source, 'postgres', session => readCluster(session, plane));
  await inDatabase(target, 'postgres', async session => {
    const to = await readCluster(session, target.login.user);
    const [row] = await session.rows<{ major: number }>(
      "SELECT current_setting('server_version_num')::int / 10000 AS major",
    );
    // A statement that fails must not end in the server's log: it may hold a verifier.
    await session.rows("SET log_min_error_statement = 'panic'");
    await session.rows("SET log_statement = 'none'");
    await session.rows('SET log_min_duration_statement = -1');
    for (const statement of planRoles({ from, to, plane, major: row?.major ?? 0 })) {
      await session.rows(statement).catch((error: Error) => {
        const [what] = /^[A-Z]+ [A-Z]+ ("(?:[^"]|"")*")/.exec(statement) ?? [statement.split(' ', 2).join(' ')];
        throw new Error(`cannot carry over a role or database: ${what}: ${error.message}`, { cause: error });
      });
    }
  });
}
