/** The plane's own session with a server, and the proof that the owner's credentials work. */
import { quoteIdentifier, quoteLiteral } from '@larder/postgres';
import { connect, findImpostor, PLANE_ROLE, scramVerifier, withSession, type Session } from '@larder/postgres';
import { socketFolder } from './place.ts';
import { writeRecord, type InstanceRecord } from './record.ts';
import { NotReadyError, type Work } from './work.ts';

/** PostgreSQL: the password is wrong, or the role may not log in. */
const REFUSED = new Set(['28P01', '28000']);
/** PostgreSQL: starting up or shutting down; no more connections. */
const BUSY = new Set(['57P03', '53300']);

/** A session as the plane's role, in `database`, with the very server that was made here. */
export async function planeSession(
  work: { plane: Pick<Work['plane'], 'socketRoot'> },
  record: InstanceRecord,
  database = 'postgres',
): Promise<Session> {
  const endpoint = { socketFolder: socketFolder(work.plane.socketRoot, record.port), port: record.port };
  const login = { user: PLANE_ROLE, password: record.firstPassword ?? record.planePassword, database };
  const session = await connect(endpoint, login)
    .catch(error => secondTry(error, record, () => connect(endpoint, { ...login, password: record.planePassword })))
    .catch(error => {
      throw loginFailed(error, record);
    });
  const { systemIdentifier = '', incarnation } = record;
  const impostor = await findImpostor(session, { systemIdentifier, incarnation });
  if (impostor === undefined) return session;
  await session.close();
  throw new NotReadyError('OtherServer', `another server answers in this one’s place: ${impostor}`, 10_000);
}

/** Gives the plane's role its own password instead of the template's. */
export async function replaceFirstPassword(
  work: Work,
  record: InstanceRecord,
  session: Session,
): Promise<InstanceRecord> {
  if (record.firstPassword === undefined) return record;
  const verifier = await scramVerifier(record.planePassword);
  await session.rows(`ALTER ROLE ${quoteIdentifier(PLANE_ROLE)} PASSWORD ${quoteLiteral(verifier)}`);
  const { firstPassword: _, ...rest } = record;
  return writeRecord(work.place, rest);
}

export interface Credentials {
  username: string;
  password: string;
  database: string;
}

/** Logs in exactly as an application does. `refused`: the server has another password. */
export async function tryLogin(work: Work, record: InstanceRecord, login: Credentials): Promise<'worked' | 'refused'> {
  const { listen, pki } = work.plane;
  const endpoint = { host: listen.endpoint, port: record.port, ca: pki.caCertificate };
  const { username: user, password, database } = login;
  try {
    await withSession(endpoint, { user, password, database }, session => session.rows('SELECT 1'));
    return 'worked';
  } catch (error) {
    if (REFUSED.has((error as { code?: string }).code ?? '')) return 'refused';
    throw loginFailed(error, record);
  }
}

/** The reason of a server that nobody can log in to although it runs: only a restart helps. */
export const MEMORY_LOST = 'SharedMemoryLost';
const NO_DATABASE = '3D000';

function memoryLostText(message: string, { process }: InstanceRecord): string {
  return (
    `files of the server in /dev/shm were deleted while it ran, so it takes no new connection (${message}); those that are open go on. ` +
    'It has to be restarted: with updatePolicy.apply Immediate the plane does it at once; or end it when its sessions may end, ' +
    `and the plane starts it again: kill -INT ${process?.pid ?? 'its process'}`
  );
}

function databaseMissingText(message: string): string {
  return (
    `${message}: somebody dropped or renamed it. As a superuser rename it back, or create it anew (CREATE DATABASE … OWNER …); ` +
    'what was in a dropped one is in the backups only'
  );
}

async function secondTry(error: unknown, record: InstanceRecord, again: () => Promise<Session>): Promise<Session> {
  // The plane ended between setting the password and recording it.
  if (record.firstPassword === undefined || (error as { code?: string }).code !== '28P01') throw error;
  return again();
}

function loginFailed(error: unknown, record: InstanceRecord): NotReadyError {
  const { code = '', message } = error as { code?: string; message: string };
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
    return new NotReadyError(
      'ClockWrong',
      `this machine’s clock disagrees with the server’s certificate: set it right`,
      10_000,
    );
  }
  if (/shared memory segment/.test(message))
    return new NotReadyError(MEMORY_LOST, memoryLostText(message, record), 10_000);
  if (code === NO_DATABASE) return new NotReadyError('DatabaseMissing', databaseMissingText(message), 30_000);
  if (BUSY.has(code)) return new NotReadyError('Busy', `the server takes no connection now: ${message}`, 1_000);
  return new NotReadyError('LoginFailed', `cannot log in: ${message === '' ? code : message}`, 5_000);
}
