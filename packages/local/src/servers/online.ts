/** Everything that is done through a login: passwords, roles, settings, extensions, and the proof that the owner gets in. */
import type { PostgresServerStatus } from '@larder/catalog';
import type { Session } from '@larder/postgres';
import { configureRunning, type Configured } from './configure.ts';
import { ensureCredentials, type ServerCredentials } from './credentials.ts';
import { ensureExtensions } from './extensions.ts';
import { ensureLimits } from './limits.ts';
import { planeSession, replaceFirstPassword, tryLogin } from './login.ts';
import { unreachable } from './network.ts';
import type { InstanceRecord } from './record.ts';
import { ensureOwner, ensureSuperuser } from './roles.ts';
import { ensureMetricsRole } from './metrics-role.ts';
import { ensureProbeRole } from './probe-role.ts';
import { noteRepair } from './repair.ts';
import { isUnanswered } from './restart.ts';
import { maintenanceFacts, pendingChanges, supportFindings } from './maintenance.ts';
import { ready, unwell, type Finding } from './status.ts';
import { NotReadyError, type Work } from './work.ts';

export interface Settled {
  record: InstanceRecord;
  findings: Finding[];
  facts: Partial<PostgresServerStatus>;
  credentials: ServerCredentials;
  /** Settings wait for a start that may happen now; with `settingsBefore` it came up. */
  restart: boolean;
  settingsBefore: Record<string, string>;
}

/** Returns when the owner has been let in with the Secret's own credentials. */
export async function settleRunning(
  work: Work,
  before: InstanceRecord,
  { reload, credentials }: { reload: boolean; credentials: ServerCredentials },
): Promise<Settled> {
  const session = await planeSession(work, before);
  try {
    if (before.firstPassword !== undefined) await bringOwner(work, session, credentials);
    // The proof has a session of its own, and needs nothing but the password.
    const [done, proved] = await Promise.allSettled([
      bring(work, before, session, { reload, credentials }),
      proveLogin(work, before, session, credentials),
    ]);
    if (done.status === 'rejected') throw done.reason;
    if (proved.status === 'rejected') throw proved.reason;
    const { record, configured, problems } = done.value;
    const version = await runningVersion(session);
    return {
      record: configured.record,
      findings: [
        ready(),
        ...settingFindings(work, configured),
        ...extensionFindings(problems),
        ...networkFindings(work),
        ...supportFindings(version, work.plane.clock()),
      ],
      facts: {
        ...factsOf(work, configured.record),
        resources: await ensureLimits(work, configured.record),
        version,
        pendingChanges: pendingChanges(work, configured),
        ...maintenanceFacts(work, configured.record),
      },
      credentials,
      settingsBefore: settingsBefore(record, configured),
      restart: configured.plan.restart.length > 0 && configured.errors.length === 0,
    };
  } finally {
    await session.close().catch(() => undefined);
  }
}

/** The superuser, the plane's own password, settings and extensions. */
async function bring(
  work: Work,
  before: InstanceRecord,
  session: Session,
  { reload, credentials }: { reload: boolean; credentials: ServerCredentials },
): Promise<{ record: InstanceRecord; configured: Configured; problems: string[] }> {
  const { spec } = work.object;
  await ensureSuperuser(session, credentials);
  const own = await replaceFirstPassword(work, before, session);
  const measured = await ensureMetricsRole(work, own, session);
  const record = await ensureProbeRole(work, measured, session);
  const isRejected = work.memory.rejected?.settings === JSON.stringify(spec.settings);
  const mayRestart = work.leave.settings && (!isRejected || isUnanswered(work, record));
  const configured = await configureRunning(work, record, session, { mayRestart, reload });
  return { record, configured, problems: await bringExtensions(work, record) };
}

/** Credentials first: the password stands in the Secret before the server hears of it. */
export const credentialsFor = ensureCredentials;

async function proveLogin(
  work: Work,
  record: InstanceRecord,
  session: Session,
  login: ServerCredentials,
): Promise<void> {
  if ((await tryLogin(work, record, login)) === 'worked') return;
  // Somebody changed the password by hand: the Secret is what applications have.
  await bringOwner(work, session, login);
  if ((await tryLogin(work, record, login)) === 'worked') return;
  throw new NotReadyError('LoginFailed', `role ${login.username} is refused with the password of the secret`, 5_000);
}

async function bringOwner(work: Work, session: Session, login: ServerCredentials): Promise<void> {
  const repair = await ensureOwner(session, login);
  if (repair !== undefined) noteRepair(work, repair);
}

async function bringExtensions(work: Work, record: InstanceRecord): Promise<string[]> {
  const { extensions, database } = work.object.spec;
  if (extensions.length === 0) return [];
  const session = await planeSession(work, record, database);
  try {
    return await ensureExtensions(session, extensions);
  } finally {
    await session.close().catch(() => undefined);
  }
}

/** What ran, also where a plane that was killed had written the file for a restart already. */
function settingsBefore(record: InstanceRecord, { plan }: Configured): Record<string, string> {
  return { ...record.settings, ...Object.fromEntries(plan.restart.map(({ name, from }) => [name, from])) };
}

async function runningVersion(session: Session): Promise<string> {
  const [row] = await session.rows<{ version: string }>(
    "SELECT pg_catalog.current_setting('server_version') AS version",
  );
  return row?.version.split(' ')[0] ?? '';
}

function factsOf({ plane }: Work, record: InstanceRecord): Partial<PostgresServerStatus> {
  const { source, package: name, openssl, icu, collation } = record.binaries ?? { source: 'npm' as const, package: '' };
  return {
    origin: { source, package: name, openssl, icu, collation },
    endpoint: plane.listen.endpoint,
    port: record.port,
    systemIdentifier: record.systemIdentifier,
    archiving: record.archiving ?? false,
  };
}

function settingFindings({ memory, object }: Work, { plan, errors }: Configured): Finding[] {
  if (memory.rejected?.settings === JSON.stringify(object.spec.settings)) {
    const message = `settings: the server doesn’t start with them and runs with those before: ${memory.rejected.cause}`;
    return [unwell('SettingsApplied', 'StartRefused', message)];
  }
  const unknown = plan.unknown.map(name => `${name} is no setting of this PostgreSQL version`);
  const problems = [...unknown, ...errors];
  if (problems.length === 0) return [];
  return [unwell('SettingsApplied', 'SettingRefused', `settings: ${problems.join('; ')}; correct or remove them`)];
}

function extensionFindings(problems: string[]): Finding[] {
  return problems.length === 0
    ? []
    : [unwell('ExtensionsReady', 'ExtensionRefused', `extensions: ${problems.join('; ')}`)];
}

function networkFindings({ plane, object }: Work): Finding[] {
  const cut = unreachable(object.spec.allowedCIDRs, plane.listen.addresses);
  if (cut.length === 0) return [];
  const message = `allowedCIDRs: ${cut.join(', ')} can’t reach a server that listens on this machine only; start the plane with larder up --listen`;
  return [unwell('NetworkOpen', 'ListensOnLoopback', message)];
}
