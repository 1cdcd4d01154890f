/** Proof that the server which answers is the one that was made here, and not another one on the same port or socket. */
import type { Session } from '@larder/driver';

export interface ServerIdentity {
  systemIdentifier: string;
  /** What our configuration file tells the server under `larder.incarnation`. */
  incarnation: string;
}

/** Undefined when the server is who it should be; otherwise what differs, in words. */
export async function findImpostor(session: Session, expected: ServerIdentity): Promise<string | undefined> {
  const [row] = await session.rows<{ system: string; incarnation: string | null }>(
    `SELECT system_identifier::pg_catalog.text AS system, pg_catalog.current_setting('larder.incarnation', true) AS incarnation
       FROM pg_catalog.pg_control_system()`,
  );
  if (row?.system !== expected.systemIdentifier) {
    return `it has the system identifier ${row?.system}, not ${expected.systemIdentifier}`;
  }
  return row.incarnation === expected.incarnation
    ? undefined
    : 'it runs with another configuration than the one written here';
}
