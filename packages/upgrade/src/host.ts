/** What the upgrade needs from whoever keeps the two servers: to start them, to end them, and to say who may come in. */

/** Who may log in over the network: everybody who has a login, or nobody but the other server of the upgrade. */
export type Access = 'everybody' | 'plane';

/** Each may be called again, also after it was cut short. */
export interface Host {
  /** On `port`; returns when it takes connections. Does nothing where it runs there already. */
  start(port: number, access: Access): Promise<void>;
  /** At once, with a checkpoint; returns when it is gone. */
  stop(): Promise<void>;
  /** Writes who may come in, and tells the server if it runs; sessions that are there stay. */
  admit(access: Access): Promise<void>;
}

/** How one server reaches the other: on this machine, with a certificate instead of a password. */
export interface Link {
  /** Of the server that is followed. */
  port: number;
  /** A folder of the follower's with `replication.crt`, `replication.key` and `ca.crt`, which its account can read. */
  certificate: string;
}

/** The login by which one server follows the other; its certificate's name. It has no password. */
export const REPLICATION_ROLE = 'larder_replication';

/** The login by which the schema is written: no superuser, gone when the schema is there. */
export const SCHEMA_ROLE = 'larder_schema';

export interface UpgradeAccess {
  /** Lines of pg_hba.conf before those for everybody. */
  first: string[];
  /** Nobody else comes in over the network. */
  closed: boolean;
}

/** What stands in pg_hba.conf while a server is one of two. */
export function replicationAccess(access: Access): UpgradeAccess {
  const loopback = ['127.0.0.1/32', '::1/128'];
  const everywhere = ['0.0.0.0/0', '::/0'];
  return {
    first: [
      `local   all  ${SCHEMA_ROLE}  scram-sha-256`,
      ...loopback.map(address => `hostssl  all  ${REPLICATION_ROLE}  ${address}  cert`),
      ...everywhere.map(address => `host  all  ${REPLICATION_ROLE},${SCHEMA_ROLE}  ${address}  reject`),
    ],
    closed: access === 'plane',
  };
}

/** libpq's words for a link to a database. @throws Error for a folder that they can't hold */
export function conninfo({ port, certificate }: Link, database: string): string {
  const words = {
    host: 'localhost',
    hostaddr: '127.0.0.1',
    port: String(port),
    user: REPLICATION_ROLE,
    dbname: database,
    sslmode: 'verify-full',
    sslrootcert: `${certificate}/ca.crt`,
    sslcert: `${certificate}/replication.crt`,
    sslkey: `${certificate}/replication.key`,
    // What a server hears of a follower that is gone.
    keepalives_idle: '10',
    connect_timeout: '10',
  };
  return Object.entries(words)
    .map(([name, value]) => `${name}='${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
    .join(' ');
}
