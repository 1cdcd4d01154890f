/** A login's password: set as a verifier, proved by logging in as an application does. */
import { createHash } from 'node:crypto';
import { scramVerifier, withSession } from '@larder/driver';
import type { Server } from '../access/find-server.ts';
import type { Sessions } from '../access/sessions.ts';
import { connectionTrouble } from '../access/trouble.ts';
import { passwordStatement } from './statement.ts';

export interface LoginPassword {
  username: string;
  password: string;
}

export interface NewVerifier {
  /** Sets the password. */
  statement: string;
  /** SHA-256 of what the server stores from then on. */
  hash: string;
}

export async function newVerifier({ username, password }: LoginPassword): Promise<NewVerifier> {
  const verifier = await scramVerifier(password);
  return {
    statement: passwordStatement(username, verifier),
    hash: createHash('sha256').update(verifier).digest('hex'),
  };
}

/** PostgreSQL: wrong password; this login may not connect. */
const REFUSED = new Set(['28P01', '28000']);
/** Let in, but for the moment or for this database there is no place: the password was right. */
const LET_IN = new Set(['53300', '42501', '3D000']);

/** @throws TroubleError when it can't be told */
export async function tryLogin(
  sessions: Sessions,
  server: Server,
  { username: user, password, database }: LoginPassword & { database: string },
): Promise<'worked' | 'refused'> {
  try {
    const login = { user, password, database };
    await sessions.useOwn(server, () => withSession(server.public, login, async () => undefined));
    return 'worked';
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (REFUSED.has(code)) return 'refused';
    if (LET_IN.has(code)) return 'worked';
    throw connectionTrouble(error, server.published.endpoint);
  }
}
