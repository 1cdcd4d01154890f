/** The least that a claim can take: a copy of the template and a start, through @larder/postgres, and nothing else. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDataDirectory,
  defaultSettings,
  ensureBinaries,
  listVersions,
  packageName,
  renderAccess,
  renderSettings,
  startServer,
  stopServer,
  waitUntilReady,
  type Account,
} from '@larder/postgres';
import { timed } from './report.ts';

/** What root's servers run as here; anybody else's as themselves. */
const account: Account = process.geteuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/** Milliseconds for one. Uses the binaries and the template that the plane in `home` has. */
export async function claimFloor(home: string): Promise<number> {
  const versions = { folder: join(home, 'versions') };
  const offer = (await listVersions(versions)).find(
    ({ package: name, installed }) => name === packageName && installed,
  );
  if (!offer) throw new Error('cannot measure the floor: the binaries of the install are not there');
  const binaries = await ensureBinaries(versions, offer);
  const folder = mkdtempSync(join(tmpdir(), 'larder-floor-'));
  try {
    chmodSync(folder, 0o711);
    const [data, socketFolder] = [join(folder, 'data'), join(folder, 's')];
    writeConfiguration(folder);
    mkdirSync(socketFolder);
    if (account) chownSync(socketFolder, account.uid, account.gid);
    const start = { bin: binaries.bin, data, configuration: folder, socketFolder, port: 5432, account };
    let stop: () => Promise<unknown> = async () => undefined;
    const ms = await timed(async () => {
      await createDataDirectory({
        data,
        binaries,
        templates: join(home, 'templates'),
        account,
        database: 'app',
        owner: 'app',
      });
      const { process: server } = await startServer({ ...start, startLog: join(folder, 'start.log') });
      stop = () => stopServer(server, account);
      const uid = account?.uid ?? process.geteuid?.() ?? 0;
      const readiness = await waitUntilReady({ data, uid, process: server }, { timeoutMs: 120_000 });
      if (readiness !== 'ready') throw new Error(`the server of the floor is ${readiness}`);
    });
    await stop();
    return ms;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeConfiguration(folder: string): void {
  const settings = { ...defaultSettings({ storageBytes: 2 ** 30 }), listen_addresses: '' };
  writeFileSync(join(folder, 'postgresql.conf'), renderSettings(settings), { mode: 0o644 });
  writeFileSync(join(folder, 'pg_hba.conf'), renderAccess([]), { mode: 0o644 });
  writeFileSync(join(folder, 'pg_ident.conf'), '', { mode: 0o644 });
}
