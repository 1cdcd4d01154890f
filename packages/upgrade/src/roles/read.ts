/** Roles of a server with all that belongs to them, read by queries of our own: pg_dump knows none of it. */
import type { Session } from '@larder/driver';
import { REPLICATION_ROLE, SCHEMA_ROLE } from '../host.ts';

export interface Role {
  name: string;
  superuser: boolean;
  inherit: boolean;
  createRole: boolean;
  createDatabase: boolean;
  login: boolean;
  replication: boolean;
  bypassRls: boolean;
  connectionLimit: number;
  /** As the server stores it, never the password. */
  verifier: string | null;
  validUntil: string | null;
  comment: string | null;
}

export interface Membership {
  role: string;
  member: string;
  grantor: string;
  admin: boolean;
  /** Undefined before 16: what the member's own INHERIT says. */
  inherit?: boolean;
  /** Undefined before 16: yes. */
  set?: boolean;
}

/** `ALTER ROLE … [IN DATABASE …] SET`, `ALTER DATABASE … SET`. */
export interface StoredSetting {
  role: string | null;
  database: string | null;
  name: string;
  value: string;
}

export interface Database {
  name: string;
  owner: string;
  encoding: string;
  collate: string;
  ctype: string;
  provider: string;
  connectionLimit: number;
  comment: string | null;
}

export interface Cluster {
  roles: Role[];
  memberships: Membership[];
  settings: StoredSetting[];
  databases: Database[];
}

const OWN = [REPLICATION_ROLE, SCHEMA_ROLE];

/** `plane` is the role that made the server: every server has its own. */
export async function readCluster(session: Session, plane: string): Promise<Cluster> {
  const [row] = await session.rows<{ major: number }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS major",
  );
  const options =
    (row?.major ?? 0) >= 16 ? 'm.inherit_option AS inherit, m.set_option AS set' : 'NULL AS inherit, NULL AS set';
  const ours = [[...OWN, plane]];
  const roles = await session.rows<Role>(
    `SELECT rolname::text AS name, rolsuper AS superuser, rolinherit AS inherit, rolcreaterole AS "createRole",
            rolcreatedb AS "createDatabase", rolcanlogin AS login, rolreplication AS replication, rolbypassrls AS "bypassRls",
            rolconnlimit AS "connectionLimit", rolpassword AS verifier, rolvaliduntil::text AS "validUntil",
            shobj_description(oid, 'pg_authid') AS comment
       FROM pg_authid WHERE rolname !~ '^pg_' AND rolname <> ALL ($1::text[]) ORDER BY rolname`,
    ours,
  );
  const memberships = await session.rows<Membership>(
    `SELECT r.rolname::text AS role, u.rolname::text AS member, g.rolname::text AS grantor, m.admin_option AS admin, ${options}
       FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
       LEFT JOIN pg_roles g ON g.oid = m.grantor
      WHERE u.rolname <> ALL ($1::text[]) ORDER BY 1, 2, 3`,
    ours,
  );
  const settings = await session.rows<StoredSetting>(
    `SELECT r.rolname::text AS role, d.datname::text AS database, split_part(c, '=', 1) AS name,
            substr(c, strpos(c, '=') + 1) AS value
       FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase,
            unnest(s.setconfig) c
      WHERE coalesce(r.rolname, '') <> ALL ($1::text[]) ORDER BY 1, 2, 3`,
    ours,
  );
  return { roles, memberships: memberships.map(withoutNulls), settings, databases: await readDatabases(session) };
}

async function readDatabases(session: Session): Promise<Database[]> {
  return session.rows<Database>(
    `SELECT d.datname::text AS name, r.rolname::text AS owner, pg_encoding_to_char(d.encoding) AS encoding,
            d.datcollate::text AS collate, d.datctype::text AS ctype, d.datlocprovider::text AS provider,
            d.datconnlimit AS "connectionLimit", shobj_description(d.oid, 'pg_database') AS comment
       FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
      WHERE d.datallowconn AND NOT d.datistemplate ORDER BY d.datname`,
  );
}

function withoutNulls({ inherit, set, ...rest }: Membership): Membership {
  return typeof inherit === 'boolean' ? { ...rest, inherit, set } : rest;
}
