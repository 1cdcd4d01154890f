/** A throw-away home with one real server, for tests: everything goes when the test ends. */
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import {
  createDataDirectory,
  defaultSettings,
  ensureBinaries,
  isPortFree,
  listVersions,
  observeServer,
  ownedSettings,
  PLANE_ROLE,
  processesIn,
  renderAccess,
  renderSettings,
  startServer,
  stopServer,
  waitUntilReady,
  type Account,
  type Binaries,
  type Endpoint,
  type Login,
  type NewDataDirectory,
  type ProcessRef,
} from '@larder/postgres';

export interface Machine {
  home: string;
  versions: { folder: string };
  templates: string;
  binaries: Binaries;
}

export interface TestServer {
  folder: string;
  data: string;
  port: number;
  account: Account;
  uid: number;
  incarnation: string;
  made: NewDataDirectory;
  socket: Endpoint;
  tls: Endpoint;
  login: Login;
  /** The servers that were started, the last one last. */
  started: ProcessRef[];
  start(extra?: { notAServer?: number }): Promise<{ process: ProcessRef; readiness: string }>;
  configure(settings: Record<string, string>): void;
}

/** What was made and has to go: the last first. */
export interface Scope {
  defer(undo: () => unknown): void;
}

/** A scope that ends with the `describe` (or the file) it is made in. */
export function scopeOfSuite(): Scope {
  const undos: (() => unknown)[] = [];
  after(async () => {
    for (const undo of undos.reverse()) await undo();
  });
  return { defer: undo => undos.push(undo) };
}

/** A home that other accounts can pass through. */
export function makeHome(scope: Scope, name: string): string {
  const home = mkdtempSync(join(tmpdir(), `larder-p-${name}-`));
  chmodSync(home, 0o711);
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

export async function makeMachine(scope: Scope, name = 'm'): Promise<Machine> {
  const home = makeHome(scope, name);
  const versions = { folder: join(home, 'versions') };
  mkdirSync(versions.folder, { mode: 0o755 });
  const offer = (await listVersions(versions)).find(({ source, installed }) => source === 'npm' && installed);
  if (!offer) throw new Error('no PostgreSQL in the install: run npm install');
  const binaries = await ensureBinaries(versions, offer);
  return { home, versions, templates: join(home, 'templates'), binaries };
}

/** As root an account of its own; otherwise ourselves. */
export function testAccount(): { account: Account; uid: number } {
  if (process.geteuid?.() !== 0) return { account: undefined, uid: process.geteuid?.() ?? 0 };
  const uid = 91_000 + (randomBytes(2).readUInt16LE() % 8_000);
  return { account: { uid, gid: uid }, uid };
}

export async function makeServer(scope: Scope, machine: Machine, name = 'one'): Promise<TestServer> {
  const { account, uid } = testAccount();
  const folder = join(machine.home, 'instances', name);
  const data = join(folder, 'data');
  const at = (path: string): string => join(folder, path);
  for (const each of ['', 'log', 'conf', 'tls', 's']) mkdirSync(at(each), { recursive: true, mode: 0o711 });
  chmodSync(join(machine.home, 'instances'), 0o711);
  for (const own of ['log', 's']) {
    if (account) chownSync(at(own), uid, uid);
    chmodSync(at(own), 0o700);
  }
  const certificates = makeCertificates(at('tls'), uid);
  const made = await createDataDirectory({ ...machine, data, account, database: 'app', owner: 'app' });
  const port = await freePort();
  const incarnation = randomBytes(8).toString('hex');
  const server: TestServer = {
    folder,
    data,
    port,
    account,
    uid,
    incarnation,
    made,
    socket: { socketFolder: at('s'), port },
    tls: { host: 'localhost', port, ca: certificates.ca },
    login: { user: PLANE_ROLE, password: made.password, database: 'postgres' },
    started: [],
    async start(extra = {}) {
      const { process: started, exited } = await startServer({
        bin: machine.binaries.bin,
        data,
        configuration: at('conf'),
        socketFolder: at('s'),
        port,
        account,
        startLog: at('start.log'),
        ...extra,
      });
      server.started.push(started);
      const readiness = await waitUntilReady({ data, uid, process: started }, { timeoutMs: 60_000, exited });
      return { process: started, readiness };
    },
    configure(settings) {
      const owned = ownedSettings({
        clusterName: name,
        incarnation,
        listenAddresses: ['127.0.0.1'],
        logFolder: at('log'),
        tlsFolder: at('tls'),
        storageBytes: 2 ** 30,
        readOnly: false,
      });
      const all = { ...defaultSettings({ storageBytes: 2 ** 30 }), shared_buffers: '16MB', ...settings, ...owned };
      writeFileSync(at('conf/postgresql.conf'), renderSettings(all), { mode: 0o644 });
      writeFileSync(at('conf/pg_hba.conf'), renderAccess([]), { mode: 0o644 });
      writeFileSync(at('conf/pg_ident.conf'), '', { mode: 0o644 });
    },
  };
  server.configure({});
  scope.defer(async () => {
    const state = await observeServer({ data, uid }).catch(() => undefined);
    if (state?.kind === 'running') await stopServer(state.process, account, { fastMs: 10_000 });
    for (const { pid } of processesIn(data, uid)) process.kill(pid, 'SIGKILL');
  });
  return server;
}

/**
 * A port that stays free until a server takes it, also after it was down: of those from which neither the kernel takes ports for outgoing
 * connections (/proc/sys/net/ipv4/ip_local_port_range) nor a plane for its instances.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + (randomBytes(2).readUInt16LE() % 10_000);
    if (await isPortFree(port, '127.0.0.1')) return port;
  }
}

/** An authority and a certificate for localhost, by the system's openssl. */
export function makeCertificates(folder: string, uid: number): { ca: string; cert: string; key: string } {
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test authority');
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost');
  const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...sign);
  chownSync(join(folder, 'server.key'), uid, process.getegid?.() ?? 0);
  chmodSync(join(folder, 'server.key'), 0o600);
  chmodSync(join(folder, 'server.crt'), 0o644);
  chmodSync(join(folder, 'ca.crt'), 0o644);
  const read = (name: string): string => execFileSync('cat', [join(folder, name)], { encoding: 'utf8' });
  return { ca: read('ca.crt'), cert: read('server.crt'), key: read('server.key') };
}
