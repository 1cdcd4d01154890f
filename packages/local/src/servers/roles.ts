/** The roles that come with a server: its owner, and a superuser where that is asked for. */
import { quoteIdentifier, quoteLiteral, scramVerifier, type Session } from '@larder/postgres';
import { SUPERUSER, type ServerCredentials } from './credentials.ts';

/** Gives the owner the password of the Secret. */
export async function setOwnerPassword(session: Session, { username, password }: ServerCredentials): Promise<void> {
  const verifier = quoteLiteral(await scramVerifier(password));
  await session.rows(`ALTER ROLE ${quoteIdentifier(username)} LOGIN PASSWORD ${verifier}`);
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
