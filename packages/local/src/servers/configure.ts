/** Brings a running server's settings to what is wanted: what it can read anew at once, what needs a restart when that may be. */
import { planConfiguration, type ConfigurationPlan, type Session, type SettingRow } from '@larder/postgres';
import { areSettingsWritten, isAccessWritten, wantedSettings, writeConfiguration } from './files.ts';
import { writeRecord, type InstanceRecord } from './record.ts';
import type { Work } from './work.ts';

export interface Configured {
  record: InstanceRecord;
  plan: ConfigurationPlan;
  /** What the server says is wrong with its file; the file before is back in place then. */
  errors: string[];
}

/** `reload` forces a reload although no setting changed: the certificate has. */
export async function configureRunning(
  work: Work,
  record: InstanceRecord,
  session: Session,
  { mayRestart, reload }: { mayRestart: boolean; reload: boolean },
): Promise<Configured> {
  const wanted = wantedSettings(work, record);
  const written = record.settings ?? {};
  const rows = await settingRows(session, [...Object.keys(wanted), ...Object.keys(written)]);
  const plan = planConfiguration({ wanted, written, rows, mayRestart });
  const changed = !sameSettings(plan.settings, written);
  const drifted = await resetBySystem(session);
  const asWritten = isAccessWritten(work) && areSettingsWritten(work, written);
  if (!changed && !reload && !drifted && asWritten) return { record, plan, errors: [] };
  await writeConfiguration(work, record, plan.settings);
  const errors = await fileErrors(session, plan);
  if (errors.length > 0) {
    await writeConfiguration(work, record, written);
    return { record, plan, errors };
  }
  await session.rows('SELECT pg_catalog.pg_reload_conf()');
  return {
    record: changed ? await writeRecord(work.place, { ...record, settings: plan.settings }) : record,
    plan,
    errors,
  };
}

/** What ALTER SYSTEM has set would win over the plane's file without anybody seeing it. True when there was something. */
async function resetBySystem(session: Session): Promise<boolean> {
  const [row] = await session.rows<{ there: boolean }>(
    "SELECT pg_catalog.count(*) > 0 AS there FROM pg_catalog.pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf'",
  );
  if (row?.there) await session.rows('ALTER SYSTEM RESET ALL');
  return row?.there ?? false;
}

async function settingRows(session: Session, names: string[]): Promise<SettingRow[]> {
  return session.rows<SettingRow>(
    `SELECT name, setting, unit, vartype, context, boot_val, pending_restart
       FROM pg_catalog.pg_settings WHERE pg_catalog.lower(name) = ANY ($1::pg_catalog.text[])`,
    [names.map(name => name.toLowerCase())],
  );
}

/** Reads the file as the server would, without applying it. */
async function fileErrors(session: Session, plan: ConfigurationPlan): Promise<string[]> {
  const rows = await session.rows<{ name: string | null; error: string; setting: string | null }>(
    'SELECT name, setting, error FROM pg_catalog.pg_file_settings WHERE error IS NOT NULL',
  );
  // What waits for its restart is no error.
  const restarting = new Set(plan.restart.map(({ name }) => name));
  return rows
    .filter(({ name }) => name === null || !restarting.has(name))
    .map(({ name, setting, error }) => `${name ?? 'the file'} = ${setting ?? ''}: ${error}`);
}

export function sameSettings(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(key => a[key] === b[key]);
}
