/** A login's password: set as a verifier, proved by logging in as an application does. */
import { createHash } from 'node:crypto';
import { scramVerifier, withSession, type Session } from '@larder/driver';
import type { Server } from '../access/find-server.ts';
import { connectionTrouble } from '../access/trouble.ts';
import { passwordStatement } from './statement.ts';

export interface LoginPassword {
  username: string;
  password: string;
}

/** @returns the SHA-256 of what the server stores from now on */
export async function setPassword(session: Session, { username, password }: LoginPassword): Promise<string> {
  const verifier = await scramVerifier(password);
  await session.rows(passwordStatement(username, verifier));
  return createHash('sha256').update(verifier).digest('hex');
}

/** PostgreSQL: wrong password; this login may not connect. */
const REFUSED = new Set(['28P01', '28000']);
/** Let in, but for the moment or for this database there is no place: the password was right. */
const LET_IN = new Set(['53300', '42501', '3D000']);

/** @throws TroubleError when it can't be told */
export async function tryLogin(server: Server, login: LoginPassword, database: string): Promise<'worked' | 'refused'> {
  const { username: user, password } = login;
  try {
    await withSession(server.public, { user, password, database }, session => session.rows('SELECT 1'));
    return 'worked';
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (REFUSED.has(code)) return 'refused';
    if (LET_IN.has(code)) return 'worked';
    throw connectionTrouble(error, server.published.endpoint);
  }
}
