/** Servers of different majors, side by side, for tests: everything goes when the test ends. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import {
  createDataDirectory,
  defaultSettings,
  ensureBinaries,
  isAlive,
  listVersions,
  npmRegistry,
  observeServer,
  ownedSettings,
  packageName,
  PLANE_ROLE,
  processesIn,
  renderAccess,
  renderSettings,
  run,
  startServer,
  stopServer,
  waitUntilReady,
  type Account,
  type Binaries,
  type ProcessRef,
} from '@larder/postgres';
import { REPLICATION_ROLE, replicationAccess, type Access, type Host, type Link, type Side } from '@larder/upgrade';
import { freePort } from '../../postgres/test/machine.ts';

const full = process.env.LARDER_FULL === '1';

export interface TestServer extends Side {
  data: string;
  account: Account;
  port: number;
  host: Host;
  /** How others follow it. */
  link(subscriber: TestServer): Link;
  major: number;
  started?: ProcessRef;
  /** Settings beside the usual ones, at the next start. */
  settings: Record<string, string>;
  /** A login over the network, as an application has it. */
  tls: { host: string; port: number; ca: string };
  identifier: string;
}

export interface Pair {
  home: string;
  source: TestServer;
  target: TestServer;
}

/** The newest build of a major that was fetched before, or is in the install; under LARDER_FULL=1 also from the registry. */
export async function findBinaries(home: string, major: number): Promise<Binaries | undefined> {
  const versions = { folder: join(home, 'versions') };
  const cache = join(homedir(), '.cache', 'larder', 'postgres', packageName);
  mkdirSync(join(versions.folder, packageName), { recursive: true, mode: 0o755 });
  for (const build of existsSync(cache) ? readdirSync(cache) : []) {
    if (!build.startsWith(`${major}.`) || existsSync(join(versions.folder, packageName, build))) continue;
    execFileSync('cp', ['-R', '--reflink=auto', join(cache, build), join(versions.folder, packageName, build)]);
  }
  const found = async (refresh: boolean): Promise<Binaries | undefined> => {
    const offers = await listVersions({ ...versions, registry: npmRegistry }, { refresh });
    const offer = offers.find(each => each.major === major && each.source === 'npm' && (refresh || each.installed));
    return offer && ensureBinaries(versions, offer);
  };
  return (await found(false)) ?? (full ? found(true) : undefined);
}

/** Both running; undefined where a major isn't here. Call it where a `describe` begins with a scope of that. */
export async function makePair(
  scope: { end?: () => Promise<void> },
  from: number,
  to: number,
): Promise<Pair | undefined> {
  const home = mkdtempSync(join(tmpdir(), 'larder-u-'));
  chmodSync(home, 0o711);
  const servers: TestServer[] = [];
  scope.end = async () => {
    for (const { data, account } of servers) await endServer(data, account);
    rmSync(home, { recursive: true, force: true });
  };
  const binaries = [await findBinaries(home, from), await findBinaries(home, to)];
  const [old, fresh] = binaries;
  if (!old || !fresh) return undefined;
  const authority = await makeAuthority(join(home, 'ca'));
  const source = await makeServer(home, 'old', old, authority);
  servers.push(source);
  const target = await makeServer(home, 'new', fresh, authority);
  servers.push(target);
  await source.host.start(source.port, 'everybody');
  await target.host.start(target.port, 'plane');
  return { home, source, target };
}

export function pairScope(): { end?: () => Promise<void> } {
  const scope: { end?: () => Promise<void> } = {};
  after(async () => scope.end?.());
  return scope;
}

async function endServer(data: string, account: Account): Promise<void> {
  const uid = account?.uid ?? process.geteuid?.() ?? 0;
  const state = await observeServer({ data, uid }).catch(() => undefined);
  if (state?.kind === 'running') await stopServer(state.process, account, { fastMs: 10_000 });
  for (const { pid } of processesIn(data, uid)) process.kill(pid, 'SIGKILL');
}

async function makeServer(home: string, name: string, binaries: Binaries, authority: Authority): Promise<TestServer> {
  const uid = process.geteuid?.() === 0 ? 91_000 + (randomBytes(2).readUInt16LE() % 8_000) : undefined;
  const account = uid === undefined ? undefined : { uid, gid: uid };
  const folder = join(home, name);
  const data = join(folder, 'data');
  const at = (path: string): string => join(folder, path);
  for (const each of ['', 'log', 'conf', 'tls', 's']) mkdirSync(at(each), { recursive: true, mode: 0o711 });
  for (const own of ['log', 's']) {
    if (account) chownSync(at(own), account.uid, account.gid);
    chmodSync(at(own), 0o700);
  }
  await authority.issue(at('tls'), 'server', 'localhost', account);
  await authority.issue(at('tls'), 'replication', REPLICATION_ROLE, account);
  const templates = join(home, 'templates');
  const made = await createDataDirectory({ data, binaries, templates, account, database: 'app', owner: 'app' });
  const write = (file: string, text: string): void => writeFileSync(at(`conf/${file}`), text, { mode: 0o644 });
  const grant = (access: Access): void => write('pg_hba.conf', renderAccess([], replicationAccess(access)));
  const incarnation = randomBytes(8).toString('hex');
  const server: TestServer = {
    data,
    account,
    port: await freePort(),
    major: Number.parseInt(binaries.version, 10),
    settings: {},
    identifier: made.systemIdentifier,
    endpoint: { socketFolder: at('s'), port: 0 },
    login: { user: PLANE_ROLE, password: made.password },
    tls: { host: 'localhost', port: 0, ca: authority.ca },
    link: subscriber => ({
      port: server.port,
      certificate: join(home, subscriber === server ? name : nameOf(subscriber), 'tls'),
    }),
    host: {
      async start(port, access) {
        if (server.started && isAlive(server.started) && server.port === port) return server.host.admit(access);
        await server.host.stop();
        const owned = ownedSettings({
          clusterName: name,
          incarnation,
          listenAddresses: ['127.0.0.1'],
          logFolder: at('log'),
          tlsFolder: at('tls'),
          storageBytes: 2 ** 30,
          readOnly: false,
        });
        const usual = { ...defaultSettings({ storageBytes: 2 ** 30 }), shared_buffers: '16MB' };
        write('postgresql.conf', renderSettings({ ...usual, ...server.settings, ...owned }));
        write('pg_ident.conf', '');
        grant(access);
        server.port = port;
        server.endpoint = { socketFolder: at('s'), port };
        server.tls.port = port;
        const { process: started, exited } = await startServer({
          bin: binaries.bin,
          data,
          configuration: at('conf'),
          socketFolder: at('s'),
          port,
          account,
          startLog: at('start.log'),
        });
        server.started = started;
        const readiness = await waitUntilReady(
          { data, uid: account?.uid ?? process.geteuid?.() ?? 0, process: started },
          { timeoutMs: 60_000, exited },
        );
        if (readiness !== 'ready') throw new Error(`the ${name} server is ${readiness}`);
      },
      stop: async () => {
        if (server.started) await stopServer(server.started, account, { fastMs: 30_000 });
      },
      async admit(access) {
        grant(access);
        if (server.started) process.kill(server.started.pid, 'SIGHUP');
      },
    },
  };
  const nameOf = (other: TestServer): string => (other.data === join(home, 'old/data') ? 'old' : 'new');
  return server;
}

interface Authority {
  ca: string;
  issue(folder: string, name: string, commonName: string, account: Account): Promise<void>;
}

/** By the system's openssl. */
async function makeAuthority(folder: string): Promise<Authority> {
  mkdirSync(folder, { mode: 0o700 });
  const openssl = (...args: string[]): Promise<string> => run('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-days', '2', '-subj', '/CN=test authority'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', ...subject);
  const ca = await run('cat', [join(folder, 'ca.crt')]);
  return {
    ca,
    async issue(into, name, commonName, account) {
      await openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${commonName}`);
      writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost');
      const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
      await openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...sign);
      await run('cp', [`${name}.key`, `${name}.crt`, 'ca.crt', into], { cwd: folder });
      if (account) chownSync(join(into, `${name}.key`), account.uid, account.gid);
      chmodSync(join(into, `${name}.key`), 0o600);
      for (const each of [`${name}.crt`, 'ca.crt']) chmodSync(join(into, each), 0o644);
    },
  };
}
