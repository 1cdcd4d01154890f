/** What is asked in one database: its biggest tables, and those with most to vacuum. One pass over the catalogue, none over files. */

/** Of each of the two. */
const EACH = 15;

const time = (what: string): string => `coalesce(pg_catalog.date_part('epoch', pg_catalog.${what}(c.oid)), 0)`;
const count = (what: string): string => `pg_catalog.${what}(c.oid)::pg_catalog.float8`;
const overIndexes = (what: string): string =>
  `coalesce((SELECT pg_catalog.sum(${what}) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid), 0)::pg_catalog.float8`;
const BLOCK = `pg_catalog.current_setting('block_size')::pg_catalog.float8`;

/** The metrics of `pg_stat_user_tables_`, in the order of the columns after the first four. */
export const tableColumns = {
  seq_scan: count('pg_stat_get_numscans'),
  seq_tup_read: count('pg_stat_get_tuples_returned'),
  idx_scan: overIndexes('pg_catalog.pg_stat_get_numscans(i.indexrelid)'),
  idx_tup_fetch: `${overIndexes('pg_catalog.pg_stat_get_tuples_fetched(i.indexrelid)')} + ${count('pg_stat_get_tuples_fetched')}`,
  n_tup_ins: count('pg_stat_get_tuples_inserted'),
  n_tup_upd: count('pg_stat_get_tuples_updated'),
  n_tup_del: count('pg_stat_get_tuples_deleted'),
  n_tup_hot_upd: count('pg_stat_get_tuples_hot_updated'),
  n_live_tup: count('pg_stat_get_live_tuples'),
  n_dead_tup: count('pg_stat_get_dead_tuples'),
  n_mod_since_analyze: count('pg_stat_get_mod_since_analyze'),
  last_vacuum: time('pg_stat_get_last_vacuum_time'),
  last_autovacuum: time('pg_stat_get_last_autovacuum_time'),
  last_analyze: time('pg_stat_get_last_analyze_time'),
  last_autoanalyze: time('pg_stat_get_last_autoanalyze_time'),
  vacuum_count: count('pg_stat_get_vacuum_count'),
  autovacuum_count: count('pg_stat_get_autovacuum_count'),
  analyze_count: count('pg_stat_get_analyze_count'),
  autoanalyze_count: count('pg_stat_get_autoanalyze_count'),
  table_size_bytes: `c.relpages * ${BLOCK}`,
  index_size_bytes: overIndexes(`x.relpages * ${BLOCK}`),
} as const;

/** Columns: how many tables there are, their dead rows, schema, table, and `tableColumns`. Without a table there is one row with a null schema. */
export const TABLES = `WITH t AS MATERIALIZED (
  SELECT c.oid, c.relpages, pg_catalog.pg_stat_get_dead_tuples(c.oid) AS dead
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
     AND c.relpersistence <> 't'),
top AS ((SELECT oid FROM t ORDER BY dead DESC, oid LIMIT ${EACH}) UNION (SELECT oid FROM t ORDER BY relpages DESC, oid LIMIT ${EACH})),
whole AS (SELECT pg_catalog.count(*)::pg_catalog.float8 AS tables, coalesce(pg_catalog.sum(dead), 0)::pg_catalog.float8 AS dead FROM t)
SELECT whole.tables, whole.dead, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
  ${Object.values(tableColumns).join(',\n  ')}
  FROM whole LEFT JOIN top ON true LEFT JOIN pg_catalog.pg_class c ON c.oid = top.oid
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;
