/** Runs work with a server, and says in a claim owner's words what keeps it from being done. */
import type { Session } from '@larder/driver';
import type { SqlContext } from '../context.ts';
import type { Server } from './find-server.ts';
import { connectionTrouble, isPostgresError, said, TroubleError } from './trouble.ts';

/** PostgreSQL: insufficient_privilege. */
const DENIED = '42501';

/** @throws TroubleError */
export async function withServer<T>(
  { sessions }: Pick<SqlContext, 'sessions'>,
  server: Server,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let connected = false;
  try {
    return await sessions.use(server, database, session => {
      connected = true;
      return work(session);
    });
  } catch (error) {
    if (error instanceof TroubleError) throw error;
    if (!connected || !isPostgresError(error)) throw connectionTrouble(error, server.published.endpoint);
    const remedy =
      error.code === DENIED ? `: give that right to "${server.login.user}", whom the secret logs in as` : '';
    throw new TroubleError('StatementFailed', `${said(error)} (${error.code})${remedy}`);
  }
}
