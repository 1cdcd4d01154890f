/**
 * One turn for a role: its rights, its password, its secret. The password is written down before the server hears of it, and
 * what applications get changes only after a login with the new one has worked.
 */
import type { PostgresRole, PostgresRoleStatus } from '@larder/catalog';
import { findServer, type Server } from '../access/find-server.ts';
import { TroubleError } from '../access/trouble.ts';
import { withServer } from '../access/with-server.ts';
import type { SqlContext } from '../context.ts';
import { prepareGranted } from '../databases/prepare-granted.ts';
import { ready, tell, type Finding } from '../status.ts';
import { applyRoles } from './apply.ts';
import { beginTurn, publish, readCredentials, type Credentials } from './credentials.ts';
import { dropRoles, passObjectsOn } from './leave.ts';
import { planLogins } from './logins.ts';
import { refuseName } from './names.ts';
import { observeRole, refuseObserved, type Observed } from './observe.ts';
import { newVerifier, tryLogin, type LoginPassword } from './password.ts';
import { planRoles, type RoleStep } from './plan.ts';
import { ignoresSetRole, planTurn, type Turn } from './turn.ts';

/** How soon to look again whether connections above the limit have gone. */
const CROWDED_MS = 30_000;

export interface Settled {
  findings: Finding[];
  facts: Partial<PostgresRoleStatus>;
  /** Until something is due. */
  dueInMs: number;
}

/** @throws TroubleError when it can't be done now, or not at all */
export async function settleRole(context: SqlContext, role: PostgresRole): Promise<Settled> {
  const { spec, status } = role;
  const server = await findServer(context, spec.connectionSecretRef);
  const refusal = refuseName(spec, server.reserved);
  if (refusal !== undefined) throw new TroubleError('NameNotPossible', `the name ${refusal}`, false);
  const observed = await observeRole(context, server, role);
  refuseObserved(role, server, observed);
  const credentials = await readCredentials(context.client, role);
  const turn = planTurn({
    spec,
    status,
    current: credentials.username,
    begun: credentials.next?.username,
    now: context.now(),
  });
  const login = await loginOf(context, role, credentials, turn);
  const granted = await prepareGranted(context, server, spec.grants, observed.databases);
  const done = await bringRoles(context, role, { server, observed, login, turn });
  const database = loginDatabase(role, server);
  await publish(context.client, role, login, { ...server.published, database });
  const crowded = limitFindings(role, observed);
  const grants = grantFindings([...granted.problems, ...done.problems, ...ownProblems(role, observed)]);
  const findings = [ready, ...grants, ...granted.findings, ...crowded];
  const rotation = rotationFacts(context, role, turn);
  return {
    findings,
    facts: { username: login.username, adopted: observed.adopted, rotation, verifiers: done.verifiers },
    dueInMs: Math.min(
      turn.kind === 'stay' ? (turn.dueInMs ?? Infinity) : Infinity,
      crowded.length > 0 ? CROWDED_MS : Infinity,
    ),
  };
}

async function loginOf(
  { client }: SqlContext,
  role: PostgresRole,
  { username, password, next }: Credentials,
  turn: Turn,
): Promise<LoginPassword> {
  if (turn.kind === 'stay') return { username: username ?? '', password: password ?? '' };
  return turn.because === 'begun' && next ? next : beginTurn(client, role, turn.login);
}

interface Bring {
  server: Server;
  observed: Observed;
  login: LoginPassword;
  turn: Turn;
}

/** Roles first, then the password, then the proof that it lets somebody in. */
async function bringRoles(
  context: SqlContext,
  role: PostgresRole,
  bring: Bring,
): Promise<{ problems: string[]; verifiers: Record<string, string> }> {
  const { server, observed, login, turn } = bring;
  const { wanted, obsolete } = planLogins({
    spec: role.spec,
    status: role.status,
    databases: observed.databases,
    login: login.username,
    present: observed.roles,
    now: context.now(),
  });
  const { mine, databaseOwners, adopted } = observed;
  const steps = planRoles(wanted, observed.roles, { databaseOwners, adopted, superuser: mine.superuser });
  const changes = await change(context, role, bring, steps);
  if (changes.hash !== undefined) await prove(context, server, role, login);
  // A turn changes roles itself.
  if (turn.kind === 'stay') tellDrift(context, role, { steps, password: changes.hash !== undefined });
  const left = await leaveBehind(context, role, { server, observed, turn, obsolete });
  const verifiers = {
    ...role.status?.verifiers,
    ...(changes.hash === undefined ? {} : { [login.username]: changes.hash }),
  };
  return { problems: [...changes.problems, ...left], verifiers };
}

/** Carries out the steps, and sets the password where the server has another one; without either there is no connection. */
async function change(
  context: SqlContext,
  role: PostgresRole,
  bring: Bring,
  steps: RoleStep[],
): Promise<{ problems: string[]; hash: string | undefined }> {
  const { server, observed, login } = bring;
  const database = loginDatabase(role, server);
  const known = isPasswordStale(role, bring, steps);
  const first = known === true ? await newVerifier(login) : undefined;
  const problems =
    steps.length === 0 && first === undefined
      ? []
      : await withServer(context, server, server.database, session =>
          applyRoles(session, role, { steps, password: first, mine: observed.mine }),
        );
  if (known !== undefined) return { problems, hash: first?.hash };
  if ((await tryLogin(context.sessions, server, { ...login, database })) === 'worked')
    return { problems, hash: undefined };
  const again = await newVerifier(login);
  await withServer(context, server, server.database, session => session.rows(again.statement));
  return { problems, hash: again.hash };
}

/** Whether the server has another password than the secret. A superuser can see what is stored; `undefined`: somebody has to try. */
function isPasswordStale(role: PostgresRole, { observed, login, turn }: Bring, steps: RoleStep[]): boolean | undefined {
  const created = steps.some(step => step.do === 'create' && step.role === login.username);
  if (turn.kind === 'turn' || created) return true;
  if (!observed.mine.superuser) return undefined;
  return observed.roles.get(login.username)?.verifier !== role.status?.verifiers?.[login.username];
}

async function prove(
  { sessions }: SqlContext,
  server: Server,
  role: PostgresRole,
  login: LoginPassword,
): Promise<void> {
  const database = loginDatabase(role, server);
  if ((await tryLogin(sessions, server, { ...login, database })) === 'worked') return;
  throw new TroubleError(
    'LoginRefused',
    `the server refuses "${login.username}" with the password that it was just given`,
  );
}

/** What the turn leaves: objects of the login before, and logins that are no longer anybody's. */
async function leaveBehind(
  context: SqlContext,
  role: PostgresRole,
  { server, observed, turn, obsolete }: { server: Server; observed: Observed; turn: Turn; obsolete: string[] },
): Promise<string[]> {
  const passed =
    turn.kind === 'turn' && turn.from !== undefined && turn.from !== role.spec.name && observed.roles.has(turn.from)
      ? await passObjectsOn(context, server, turn.from, role.spec.name)
      : [];
  const dropped = obsolete.length > 0 ? await dropRoles(context, server, obsolete, role.spec.name) : [];
  return [...passed, ...dropped];
}

/** The database that a login of this claim begins with. */
function loginDatabase({ spec }: PostgresRole, server: Server): string {
  return spec.grants[0]?.database ?? server.database;
}

/** Where sessions don't begin as the owner, what they make is not the owner's. */
function ownProblems({ spec }: PostgresRole, { mine }: Observed): string[] {
  if (!ignoresSetRole(mine.version)) return [];
  const owned = spec.grants.filter(({ privilege }) => privilege === 'owner');
  return owned.map(
    ({ database }) =>
      `${database}: this release ignores ALTER ROLE … SET role, so what "${spec.name}" makes belongs to it alone, until the server has the next release`,
  );
}

function grantFindings(problems: string[]): Finding[] {
  if (problems.length === 0) return [];
  const message = `not everything could be granted: ${problems.slice(0, 5).join('; ')}${problems.length > 5 ? `; and ${problems.length - 5} more` : ''}`;
  return [{ type: 'GrantsComplete', status: 'False', reason: 'NotGranted', message }];
}

/** PostgreSQL ends nobody for a limit that was lowered: it only lets nobody else in. */
function limitFindings({ spec }: PostgresRole, { roles }: Observed): Finding[] {
  const { connectionLimit: limit } = spec;
  const [over] = [...roles.values()].filter(({ sessions }) => limit >= 0 && sessions > limit);
  if (over === undefined) return [];
  const message = `connectionLimit: ${limit} is less than the ${over.sessions} connections that "${over.name}" has now: they stay, and new ones are refused until fewer than ${limit} are left`;
  return [{ type: 'ConnectionLimitHolds', status: 'False', reason: 'MoreConnected', message }];
}

function rotationFacts(
  { now }: SqlContext,
  { spec, status }: PostgresRole,
  turn: Turn,
): PostgresRoleStatus['rotation'] {
  const { rotationSeconds, rotationRequest: request } = spec;
  const last = turn.kind === 'turn' ? now().toISOString() : (status?.rotation?.last ?? now().toISOString());
  if (rotationSeconds === undefined && turn.kind === 'stay') return status?.rotation;
  const next = rotationSeconds === undefined ? '' : new Date(Date.parse(last) + rotationSeconds * 1_000).toISOString();
  return { last, next, ...(request === undefined ? {} : { request }) };
}

/** What somebody had changed by hand, and is right again. */
function tellDrift(
  context: SqlContext,
  role: PostgresRole,
  { steps, password }: { steps: RoleStep[]; password: boolean },
): void {
  const known = role.status?.observedGeneration === role.metadata.generation && role.status?.username !== undefined;
  const changed = [...new Set(steps.map(({ do: what }) => what))];
  if (!known || (changed.length === 0 && !password)) return;
  const what = [...changed.map(words), ...(password ? ['its password'] : [])].join(', ');
  tell(context, role, {
    type: 'Normal',
    reason: 'DriftPutRight',
    message: `role "${role.spec.name}" was changed by hand and is as the claim says again: ${what}`,
  });
}

function words(step: RoleStep['do']): string {
  const said: Record<RoleStep['do'], string> = {
    create: 'the role was gone',
    alter: 'its attributes',
    grant: 'a right that was revoked',
    revoke: 'a right that was granted',
    'begin as': 'the role its sessions begin with',
    'begin as itself': 'the role its sessions begin with',
  };
  return said[step];
}
