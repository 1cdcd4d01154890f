/** What it costs to look at many users again when nothing has changed: the reconcilers of the plane on a real server, in this process. */
import { makeRig, type Rig } from '../../packages/sql/test/rig.ts';
import { timed } from './report.ts';

export interface Resync {
  ms: number;
  floorMs: number;
  rowsWritten: number;
}

/** Everything goes afterwards. */
export async function measureResync(count: number): Promise<Resync> {
  const undos: (() => unknown)[] = [];
  try {
    const rig = await makeRig({ defer: undo => undos.push(undo) }, { lent: true });
    const names = Array.from({ length: count }, (_, index) => `user-${index}`);
    rig.start();
    for (const name of names) await rig.createRole(name, { grants: [{ database: 'app', privilege: 'readwrite' }] });
    for (const name of names) await rig.untilReady('PostgresRole', name);
    await rig.stop();
    const before = await catalogueRows(rig);
    const ms = await timed(() => rig.resync(names));
    await rig.stop();
    const after = await catalogueRows(rig);
    return { ms, floorMs: await floor(rig, names), rowsWritten: after.filter(row => !before.includes(row)).length };
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}

/** Every version of every row that a user could be written to. */
async function catalogueRows(rig: Rig): Promise<string[]> {
  const catalogues = ['pg_authid', 'pg_auth_members', 'pg_database', 'pg_db_role_setting', 'pg_shdescription'];
  const each = catalogues.map(name => `SELECT '${name} ' || xmin::text || ctid AS row FROM ${name}`);
  const rows = await rig.asSuperuser(session => session.rows<{ row: string }>(each.join(' UNION ALL ')));
  return rows.map(({ row }) => row);
}

async function floor(rig: Rig, names: string[]): Promise<number> {
  const sql = "SELECT rolname, rolcanlogin, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = ANY ($1)";
  return rig.asSuperuser(async session => {
    await session.rows(sql, [names]);
    return timed(() => session.rows(sql, [names]));
  });
}
