/** What a server says of the roles that concern one claim: one query, no writes. */
import type { Session } from '@larder/driver';

export interface RoleFacts {
  name: string;
  login: boolean;
  superuser: boolean;
  createdb: boolean;
  createrole: boolean;
  replication: boolean;
  bypassrls: boolean;
  /** Whether it has what the roles have that it is a member of. */
  inherits: boolean;
  /** Whether its password is valid for ever, as all are that a claim makes. */
  unexpiring: boolean;
  connectionLimit: number;
  /** Sessions that it has at this moment. */
  sessions: number;
  /** The comment: where our mark stands. */
  comment: string | null;
  memberOf: string[];
  /** Of these, where the membership doesn't let it use or become the role (since PostgreSQL 16). */
  halfMemberOf: string[];
  /** `role` that a session of this one begins with: by database, `''` for all. */
  settings: Record<string, string>;
  /** SHA-256 of the stored verifier; null: no password, or not for us to see. */
  verifier: string | null;
}

export interface MyRights {
  superuser: boolean;
  createdb: boolean;
  replication: boolean;
  /** `server_version_num`. */
  version: number;
}

/** The first release whose memberships have options of their own, by `server_version_num`. */
export const MEMBERSHIP_OPTIONS = 160_000;

const ROLES = `
  SELECT r.rolname AS name, r.rolcanlogin AS login, r.rolsuper AS superuser, r.rolcreatedb AS createdb,
         r.rolcreaterole AS createrole, r.rolreplication AS replication, r.rolbypassrls AS bypassrls,
         r.rolinherit AS inherits, COALESCE(r.rolvaliduntil = 'infinity', true) AS unexpiring,
         r.rolconnlimit AS "connectionLimit", COALESCE(busy.sessions, 0) AS sessions, pg_catalog.shobj_description(r.oid, 'pg_authid') AS comment,
         ARRAY(SELECT g.rolname::text FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
                WHERE m.member = r.oid) AS "memberOf",
         MEMBERSHIPS AS "halfMemberOf",
         COALESCE((SELECT pg_catalog.jsonb_object_agg(COALESCE(d.datname, ''), pg_catalog.substr(c.one, 6))
                     FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
                          LATERAL pg_catalog.unnest(s.setconfig) AS c (one)
                    WHERE s.setrole = r.oid AND c.one LIKE 'role=%'), '{}') AS settings`;
const HALF = `
         ARRAY(SELECT g.rolname::text FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
                WHERE m.member = r.oid GROUP BY g.rolname HAVING NOT pg_catalog.bool_or(m.inherit_option AND m.set_option))`;
const VERIFIER = `
  , (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(a.rolpassword, 'UTF8')), 'hex')
       FROM pg_catalog.pg_authid a WHERE a.oid = r.oid) AS verifier`;
const FROM = `
    FROM pg_catalog.pg_roles r
    LEFT JOIN (SELECT usesysid, pg_catalog.count(*)::int AS sessions FROM pg_catalog.pg_stat_activity GROUP BY 1) AS busy
      ON busy.usesysid = r.oid
   WHERE r.rolname = ANY ($1)`;

/** The roles that are there, of those named. */
export async function observeRoles(session: Session, names: string[], mine: MyRights): Promise<Map<string, RoleFacts>> {
  const verifier = mine.superuser ? VERIFIER : ', NULL AS verifier';
  const roles = ROLES.replace('MEMBERSHIPS', mine.version >= MEMBERSHIP_OPTIONS ? HALF : "'{}'::text[]");
  const rows = await session.rows<RoleFacts & { name: string }>(`${roles}${verifier}${FROM}`, [names]);
  return new Map(rows.map(row => [row.name, row]));
}

export async function observeMyRights(session: Session): Promise<MyRights> {
  const [row] = await session.rows<MyRights>(
    `SELECT rolsuper AS superuser, rolcreatedb OR rolsuper AS createdb, rolreplication OR rolsuper AS replication,
            pg_catalog.current_setting('server_version_num')::int AS version
       FROM pg_catalog.pg_roles WHERE rolname = current_user`,
  );
  if (!row) throw new Error('the login is no role of its server');
  return row;
}
