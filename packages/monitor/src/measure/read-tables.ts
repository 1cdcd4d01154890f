/** What a database's answer about its tables means, as metrics. */
import { add, type Measured } from '../measured.ts';
import { bounds } from './bounds.ts';
import type { Row } from './read-server.ts';
import { tableColumns } from './table-statement.ts';

const NAMES = Object.keys(tableColumns).map(column => `pg_stat_user_tables_${column}`);

/** Into what is known of other databases already. */
export function readTables(rows: readonly Row[], datname: string, measured: Measured): void {
  const [tables, dead] = rows[0] ?? [];
  add(measured, 'larder_database_tables', tables, [datname]);
  add(measured, 'larder_database_dead_tuples', dead, [datname]);
  for (const [, , schema, table, ...values] of rows) {
    if (typeof schema !== 'string' || typeof table !== 'string') continue; // no table, or one that went meanwhile
    const labels = [datname, schema, table];
    for (const [at, name] of NAMES.entries()) add(measured, name, values[at], labels);
  }
}

/** Of all databases, up to as many tables as are told of one server. */
export function joinedTables(tables: ReadonlyMap<string, Measured>): Measured {
  const all: Measured = new Map();
  for (const measured of tables.values())
    for (const [name, samples] of measured) {
      const before = all.get(name) ?? [];
      const room = name.startsWith('pg_stat_user_tables_') ? bounds.tables - before.length : samples.length;
      all.set(name, [...before, ...samples.slice(0, room)]);
    }
  return all;
}
