/** What a database is made of, so that a change of it is found while it is being copied: replication doesn't carry DDL. */
import { createHash } from 'node:crypto';
import type { Session } from '@larder/driver';
import { inDatabase, listDatabases, type Side } from './side.ts';

/** Each object with a hash of how it is defined. Rows, statistics and who may do what are no part of it. */
export type Catalogue = Record<string, string>;

/** Of all databases, each object with its database in front. */
export async function readCatalogues(side: Side): Promise<Catalogue> {
  const all: Catalogue = {};
  for (const database of await listDatabases(side)) {
    all[`database ${database}`] = '';
    const own = await inDatabase(side, database, readCatalogue);
    for (const [object, hash] of Object.entries(own)) all[`${database}: ${object}`] = hash;
  }
  return all;
}

/** What is there that wasn't, isn't any more, or is otherwise; in words, at most three. Undefined: nothing. Pure. */
export function findChange(before: Catalogue, now: Catalogue): string | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(name => before[name] !== now[name]);
  const said = names
    .sort()
    .slice(0, 3)
    .map(name => {
      if (!(name in before)) return `${name} is new`;
      return name in now ? `${name} was changed` : `${name} is gone`;
    });
  if (names.length > 3) said.push(`and ${names.length - 3} more`);
  return names.length === 0 ? undefined : said.join(', ');
}

/** Short enough to be kept with what is remembered of an upgrade. Pure. */
export function fingerprintOf(catalogue: Catalogue): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(catalogue).sort()))
    .digest('base64url');
}

export async function readCatalogue(session: Session): Promise<Catalogue> {
  const rows = await session.rows<{ object: string; hash: string }>(OBJECTS);
  return Object.fromEntries(rows.map(({ object, hash }) => [object, hash]));
}

const FOREIGN = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'`;

/** Replica identities are left out, since the upgrade changes them itself; so are files and what they hold. */
const OBJECTS = `
  SELECT kind || ' ' || name AS object, md5(string_agg(definition, E'\\n' ORDER BY definition)) AS hash FROM (
    SELECT 'relation' AS kind, format('%I.%I', n.nspname, c.relname) AS name,
           concat_ws(' ', c.relkind, c.relpersistence, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
             pg_get_expr(c.relpartbound, c.oid), c.reloptions,
             CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
             CASE WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid) END) AS definition
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${FOREIGN} AND c.relkind <> 't'
    UNION ALL
    SELECT 'relation', format('%I.%I', n.nspname, c.relname),
           concat_ws(' ', 'column', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
             a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid))
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE ${FOREIGN} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
    UNION ALL
    SELECT 'relation', format('%I.%I', n.nspname, c.relname), 'constraint ' || o.conname || ' ' || pg_get_constraintdef(o.oid)
      FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${FOREIGN}
    UNION ALL
    SELECT 'relation', format('%I.%I', n.nspname, c.relname), concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE ${FOREIGN} AND NOT t.tgisinternal
    UNION ALL
    SELECT 'relation', format('%I.%I', n.nspname, c.relname), concat_ws(' ', 'policy', p.polname, p.polcmd, p.polpermissive,
             p.polroles::text, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${FOREIGN}
    UNION ALL
    SELECT 'relation', format('%I.%I', n.nspname, c.relname), pg_get_ruledef(r.oid)
      FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE ${FOREIGN} AND r.rulename <> '_RETURN'
    UNION ALL
    SELECT 'sequence', format('%I.%I', n.nspname, c.relname), concat_ws(' ', s.seqtypid, s.seqstart, s.seqincrement, s.seqmax,
             s.seqmin, s.seqcache, s.seqcycle)
      FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${FOREIGN}
    UNION ALL
    SELECT 'routine', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
           concat_ws(' ', p.proowner, CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END)
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${FOREIGN}
    UNION ALL
    SELECT 'type', format('%I.%I', n.nspname, t.typname), concat_ws(' ', t.typtype, t.typowner,
             format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault, e.enumsortorder, e.enumlabel)
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_enum e ON e.enumtypid = t.oid
     WHERE ${FOREIGN} AND t.typtype IN ('d', 'e', 'r', 'b', 'm') AND t.typelem = 0
    UNION ALL SELECT 'schema', quote_ident(n.nspname), n.nspowner::text FROM pg_namespace n WHERE ${FOREIGN}
    UNION ALL SELECT 'extension', extname, extversion FROM pg_extension
    UNION ALL SELECT 'event trigger', evtname, concat_ws(' ', evtevent, evtfoid, evtenabled, evttags) FROM pg_event_trigger
    UNION ALL SELECT 'foreign server', srvname, srvoptions::text FROM pg_foreign_server
    UNION ALL SELECT 'statistics', format('%I.%I', n.nspname, s.stxname), concat_ws(' ', pg_get_statisticsobjdef(s.oid), s.stxowner)
      FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
    UNION ALL SELECT 'comment on', pg_describe_object(classoid, objoid, objsubid), description
      FROM pg_description WHERE objoid >= 16384
    UNION ALL SELECT DISTINCT 'object', pg_describe_object(classid, objid, 0), ''
      FROM pg_depend WHERE objid >= 16384 AND classid IN ('pg_operator'::regclass, 'pg_cast'::regclass, 'pg_collation'::regclass,
           'pg_opclass'::regclass, 'pg_opfamily'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass,
           'pg_conversion'::regclass, 'pg_language'::regclass, 'pg_transform'::regclass)
    UNION ALL SELECT 'publication', pubname, concat_ws(' ', puballtables, pubinsert, pubupdate, pubdelete)
      FROM pg_publication WHERE pubname NOT IN ('larder_upgrade', 'larder_return')
  ) objects GROUP BY kind, name`;
