/** The roles that come with a server: its owner, and a superuser where that is asked for. */
import { quoteIdentifier, quoteLiteral, scramVerifier, type Session } from '@larder/postgres';
import { SUPERUSER, type ServerCredentials } from './credentials.ts';

/**
 * Gives the owner the password of the Secret. An owner that somebody dropped is made again, and has its database again; returns what was
 * done then, for people.
 */
export async function ensureOwner(session: Session, login: ServerCredentials): Promise<string | undefined> {
  const { username, password, database } = login;
  const verifier = quoteLiteral(await scramVerifier(password));
  const [role] = await session.rows('SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1', [username]);
  const verb = role === undefined ? 'CREATE' : 'ALTER';
  await session.rows(`${verb} ROLE ${quoteIdentifier(username)} LOGIN PASSWORD ${verifier}`);
  return role === undefined ? giveBack(session, username, database) : undefined;
}

async function giveBack(session: Session, owner: string, database: string): Promise<string> {
  const again = `role "${owner}", which the connection secret names, had been dropped and was made again`;
  const rest =
    'objects that were given to others are still theirs, and what was dropped with it is in the backups only';
  const [found] = await session.rows<{ owner: string }>(
    'SELECT pg_catalog.pg_get_userbyid(datdba) AS owner FROM pg_catalog.pg_database WHERE datname = $1',
    [database],
  );
  if (found === undefined) return `${again}; ${rest}`;
  await session.rows(`ALTER DATABASE ${quoteIdentifier(database)} OWNER TO ${quoteIdentifier(owner)}`);
  return `${again}; database "${database}", which was owned by "${found.owner}", is its own again; ${rest}`;
}

/** A superuser with the password of the Secret, or none that can log in. */
export async function ensureSuperuser(session: Session, { superuser }: ServerCredentials): Promise<void> {
  const [role] = await session.rows<{ rights: boolean }>(
    'SELECT rolsuper OR rolcanlogin AS rights FROM pg_catalog.pg_roles WHERE rolname = $1',
    [SUPERUSER],
  );
  const name = quoteIdentifier(SUPERUSER);
  if (superuser) {
    const verb = role ? 'ALTER' : 'CREATE';
    const verifier = quoteLiteral(await scramVerifier(superuser.password));
    await session.rows(`${verb} ROLE ${name} SUPERUSER LOGIN PASSWORD ${verifier}`);
    return;
  }
  if (!role?.rights) return;
  await session.rows(
    `ALTER ROLE ${name} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOLOGIN PASSWORD NULL`,
  );
  await session.rows(
    'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = $1',
    [SUPERUSER],
  );
}
