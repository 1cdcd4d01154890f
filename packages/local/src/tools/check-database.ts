/** Proves that an application can use its database: a login, TLS, a table that is written, committed, read and dropped. */
import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type pg from 'pg';

/** Prints a line for each thing proved. @throws Error of PostgreSQL for the first that fails */
export async function checkDatabase(client: pg.Client, print: (line: string) => void): Promise<void> {
  const [login, role, database, version] = await row(
    client,
    "select session_user, current_user, current_database(), current_setting('server_version')",
  );
  const acting = role === login ? '' : `, acting as ${role},`;
  print(`logged in as ${login}${acting} to database ${database} of PostgreSQL ${version}`);
  print(`encrypted with ${protocolOf(client)}, server certificate verified`);
  const table = `larder_check_${randomBytes(4).toString('hex')}`;
  await client.query(`create table ${table} (id int primary key, note text not null)`);
  try {
    await client.query(`insert into ${table} select n, 'note ' || n from generate_series(1, 1000) n`);
    const [count, last] = await row(client, `select count(*), max(note) filter (where id = 1000) from ${table}`);
    if (count !== '1000' || last !== 'note 1000')
      throw new Error(`1000 rows were written and ${count} read, the last "${last}"`);
    print('wrote and read 1000 rows');
  } finally {
    await client.query(`drop table ${table}`);
  }
}

async function row(client: pg.Client, text: string): Promise<string[]> {
  const { rows } = await client.query<string[]>({ text, rowMode: 'array' });
  return rows[0] ?? [];
}

function protocolOf(client: pg.Client): string {
  const { stream } = (client as unknown as { connection: { stream: Partial<TLSSocket> } }).connection;
  return stream.getProtocol?.() ?? 'nothing';
}
