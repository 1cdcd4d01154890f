/** Which of a data directory's files belong into a backup, by barman's and pg_basebackup's rules. Pure. */

/** Their content is made anew by every server; the folders themselves are kept. */
const EMPTIED = new Set([
  ...['log', 'pg_log', 'pg_wal', 'pg_xlog', 'pg_dynshmem', 'pg_notify', 'pg_replslot', 'pg_serial', 'pg_stat_tmp'],
  ...['pg_snapshots', 'pg_subtrans'],
]);

/** At the top. A label is added by the backup itself; one that lies there is of a backup that this server came from. */
const LEFT_OUT = new Set([
  ...['postmaster.pid', 'postmaster.opts', 'recovery.conf', 'recovery.signal', 'standby.signal'],
  ...['backup_label', 'tablespace_map', 'backup_manifest', 'postgresql.auto.conf.tmp', 'current_logfiles.tmp'],
]);

const RELATION = /^(t\d+_)?(\d+)(?:_(fsm|vm|init))?(?:\.(\d+))?$/;

export interface RelationFile {
  /** The number that its forks and segments share. */
  node: string;
  fork: 'main' | 'fsm' | 'vm' | 'init';
  segment: number;
  /** Of a session: nobody else's, and gone with it. */
  temporary: boolean;
}

/** What a path (`base/1/1259_fsm.1`) below the data directory is, if it is a relation's file. */
export function relationFile(path: string): RelationFile | undefined {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  const inDatabase = parts.length === 3 && parts[0] === 'base' && /^\d+$/.test(parts[1]!);
  const match = inDatabase || (parts.length === 2 && parts[0] === 'global') ? RELATION.exec(name) : null;
  if (!match) return undefined;
  const [, temporary, node = '', fork = 'main', segment = '0'] = match;
  return { node, fork: fork as RelationFile['fork'], segment: Number(segment), temporary: temporary !== undefined };
}

/** Whether the folder `path` (relative, `''` for the data directory) is stored without what is in it. */
export function isEmptied(path: string): boolean {
  return EMPTIED.has(path) || path === 'pg_tblspc';
}

/** The names in folder `path` to store; `names` are all that are in it. `global/pg_control` isn't among them: it comes last. */
export function storedNames(path: string, names: string[]): string[] {
  const below = (name: string): string => (path === '' ? name : `${path}/${name}`);
  const files = new Map(names.map(name => [name, relationFile(below(name))]));
  const unlogged = new Set([...files.values()].flatMap(file => (file?.fork === 'init' ? [file.node] : [])));
  return names.filter(name => {
    if (/^pgsql_tmp/.test(name) || /^pg_internal\.init/.test(name)) return false;
    if (path === '' && LEFT_OUT.has(name)) return false;
    const file = files.get(name);
    if (below(name) === 'global/pg_control') return false;
    if (!file) return true;
    // Recovery makes an unlogged table anew from its init fork.
    return !file.temporary && (file.fork === 'init' || !unlogged.has(file.node));
  });
}

/** Whether PostgreSQL keeps data there, so that a backup without it would be none. */
export function isOwnedByServer(path: string): boolean {
  return /^(base|global|pg_(xact|clog|multixact|commit_ts|twophase|logical|stat))(\/|$)/.test(path);
}
